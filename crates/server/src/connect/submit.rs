//! `POST /connect-account`: a form was sent.

use std::collections::BTreeMap;

use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::Uri;
use axum::response::Response;
use bytes::Bytes;
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};

use super::establish::Parts;
use super::fields::{fields, take};
use super::offer::used_up;
use super::outcome::{Kind, Outcome, Trouble};
use super::page;
use super::query::PageQuery;
use crate::app::App;

pub(super) async fn form(
    State(app): State<App>,
    RawQuery(raw): RawQuery,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(body) = body else {
        let words = "That was more than a form can hold.";
        return app.notice(StatusCode::PAYLOAD_TOO_LARGE, "This did not work", words);
    };
    let raw = raw.unwrap_or_default();
    let query = PageQuery::parse(&raw);
    let attempt = form_urlencoded::parse(raw.as_bytes())
        .find(|(name, _)| name == "attempt")
        .map(|(_, value)| value.chars().take(64).collect::<String>());
    let typed: BTreeMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    // The browser may go away while the vendor is asked; what was begun is finished either way.
    let (task_app, task_query) = (app.clone(), query.clone());
    let task = tokio::spawn(async move {
        task_app
            .submitted(&task_query, &typed, attempt.as_deref(), (&headers, &uri))
            .await
    });
    match task.await {
        Ok(Ok(response)) => response,
        Ok(Err(trouble)) => app.trouble(&query, &trouble),
        Err(_) => app.notice(
            StatusCode::INTERNAL_SERVER_ERROR,
            "This did not work",
            "The server made a mistake while the account was connected. Start again.",
        ),
    }
}

impl App {
    async fn submitted(
        &self,
        query: &PageQuery,
        typed: &BTreeMap<String, String>,
        attempt: Option<&str>,
        from: (&HeaderMap, &Uri),
    ) -> Result<Response, Trouble> {
        let page = &self.inner.connect;
        let offer = self.offer(query).await?;
        let Some(connector) = offer.chosen(query)? else {
            return Err(Trouble::integration("Choose a CRM first."));
        };
        let way = offer.way(connector, query)?;
        let mut fields = fields(&offer, connector, way);
        let Some(given) = take(&offer, connector, typed, &mut fields) else {
            let markup = page::form(page, &offer, connector, way, &fields, query, None);
            return Ok(page.answer(StatusCode::UNPROCESSABLE_ENTITY, markup, query.iframe));
        };
        if way.consents {
            let left = self
                .begin(&offer, connector, way, &given, query, attempt, from)
                .await;
            return Ok(match left {
                Ok(leaving) => {
                    let markup = page::leaving(connector.label(), &leaving.url);
                    let mut response = page.answer(StatusCode::OK, markup, query.iframe);
                    if let Some(cookie) = leaving.cookie {
                        response.headers_mut().append(SET_COOKIE, cookie);
                    }
                    response
                }
                Err(trouble) if trouble.kind == Kind::ConnectionError => {
                    let markup = page::form(page, &offer, connector, way, &fields, query, Some(&trouble));
                    page.answer(trouble.status, markup, query.iframe)
                }
                Err(trouble) => return Err(trouble),
            });
        }
        let (client, _) = self
            .client_of(&offer.token, connector, &given.credentials)
            .await?;
        let parts = Parts {
            method: way.method,
            settings: given.settings,
            credentials: given.credentials,
            client,
            expires_at: None,
        };
        match self
            .establish(&offer.token, offer.account.as_deref(), connector, parts)
            .await
        {
            Ok(account) => {
                let outcome = Outcome::connected(&account);
                let redirect = offer.token.options.redirect_uri.as_deref();
                Ok(self.success(connector.label(), &outcome, query.iframe, redirect))
            }
            // Another try may help: what was typed stays, secrets aside.
            Err(trouble) if matches!(trouble.kind, Kind::ValidationError | Kind::ConnectionError) => {
                let markup = page::form(page, &offer, connector, way, &fields, query, Some(&trouble));
                Ok(page.answer(trouble.status, markup, query.iframe))
            }
            Err(trouble) => Err(if trouble.kind == Kind::InvalidToken {
                used_up()
            } else {
                trouble
            }),
        }
    }
}
