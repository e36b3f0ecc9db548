//! `GET /oauth/callback`: the browser is back from the vendor.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use crosswalk_accounts::{Account, Flow, FlowFound, FlowId};
use crosswalk_connector::Connector;
use crosswalk_connector::file::Method;
use crosswalk_engine::{CodeGrant, CredentialSet};
use http::{HeaderMap, StatusCode};
use secrecy::SecretString;
use serde_json::{Map, Value, json};

use super::begin::Rest;
use super::browser;
use super::establish::{Parts, refused};
use super::offer::{known_values, used_up};
use super::outcome::{Kind, Outcome, Trouble};
use super::page;
use crate::app::App;

pub(super) async fn back(State(app): State<App>, RawQuery(raw): RawQuery, headers: HeaderMap) -> Response {
    let raw = raw.unwrap_or_default();
    let mut given = Map::new();
    for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
        given
            .entry(name.into_owned())
            .or_insert_with(|| Value::String(value.into_owned()));
    }
    if given.is_empty() {
        let words = "This is where CRMs send people back to after they allowed a connection. There is nothing to do here.";
        return app.notice(StatusCode::OK, "Nothing to do here", words);
    }
    let flow = match app.flow_of(&given).await {
        Ok(flow) => flow,
        Err(trouble) => return app.notice(trouble.status, "This did not work", &trouble.message),
    };
    let rest = page::rest_of(&flow.memory);
    if let Some(browser) = &rest.browser
        && browser::cookie(&headers).as_ref() != Some(browser)
    {
        let words = "This sign-in was begun in another browser. Go back to the app that sent you here and start again.";
        return app.notice(StatusCode::BAD_REQUEST, "This did not work", words);
    }
    // The browser may go away while the vendor is asked; what was begun is finished either way.
    let (task_app, id) = (app.clone(), flow.id.clone());
    let task = tokio::spawn(async move {
        let outcome = task_app.come_back(&flow, &rest, &given).await;
        if let Err(error) = task_app.inner.store.end_flow(&flow.id, &json!(outcome)).await {
            tracing::error!(%error, "the outcome of a consent could not be written");
        }
    });
    if task.await.is_err() {
        let words = "The server made a mistake while the account was connected. Start again.";
        return app.notice(StatusCode::INTERNAL_SERVER_ERROR, "This did not work", words);
    }
    app.ended_flow(&id, false, true).await
}

impl App {
    /// The flow that a callback belongs to. It is used up by this.
    async fn flow_of(&self, given: &Map<String, Value>) -> Result<Flow, Trouble> {
        let wrong = |words: &str| Trouble::new(Kind::ConnectionError, StatusCode::BAD_REQUEST, words);
        let state = given.get("state").and_then(Value::as_str).unwrap_or_default();
        if state.is_empty() {
            return Err(wrong(
                "The answer of the CRM lacks its `state`, so it can not be told whose it is. Go back to the app that sent you here and start again.",
            ));
        }
        match self.inner.store.take_flow(state).await? {
            FlowFound::Live(flow) => Ok(*flow),
            FlowFound::Used(_) => Err(wrong(
                "This answer of the CRM was used already. If nothing was connected, go back to the app that sent you here and start again.",
            )),
            FlowFound::Expired => Err(wrong(
                "This took too long. Go back to the app that sent you here and start again.",
            )),
            FlowFound::Unknown => Err(wrong(
                "This answer does not belong to a sign-in that was begun here. Go back to the app that sent you here and start again.",
            )),
        }
    }

    async fn come_back(&self, flow: &Flow, rest: &Rest, given: &Map<String, Value>) -> Outcome {
        match self.finish(flow, rest, given).await {
            Ok(account) => Outcome::connected(&account),
            Err(trouble) => Outcome::failed(
                &trouble,
                Some(&flow.memory.integration),
                flow.token.account_id.as_ref(),
            ),
        }
    }

    async fn finish(&self, flow: &Flow, rest: &Rest, given: &Map<String, Value>) -> Result<Account, Trouble> {
        let memory = &flow.memory;
        let token = &flow.token;
        let connector = self.inner.registry.get(&memory.integration).map(Arc::clone);
        let (Some(connector), Some(method)) = (connector, Method::from_name(&memory.method)) else {
            return Err(Trouble::integration("This CRM is not known here any more."));
        };
        if token.consumed_by.is_some() {
            return Err(used_up());
        }
        let text = |name: &str| {
            given
                .get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        if let Some(code) = text("error") {
            return Err(denied(&connector, code, text("error_description")));
        }
        let before = self.account_of(token).await?;
        let own = known_values(token, before.as_deref());
        let (client, _) = self.client_of(token, &connector, &own).await?;
        let mut parts = Parts {
            method,
            settings: memory.settings.clone(),
            credentials: own,
            client,
            expires_at: None,
        };
        parts
            .credentials
            .retain(|name, _| !connector.file.settings.contains_key(name));
        parts
            .settings
            .extend(self.inner.engine.consent_settings(&connector, method, given));
        if method == Method::Oauth2 {
            let code = text("code")
                .ok_or_else(|| Trouble::connection(format!("{} sent no code along.", connector.label())))?;
            self.exchange(&connector, rest, code, &memory.verifier, &mut parts)
                .await?;
        }
        self.establish(token, before.as_deref(), &connector, parts).await
    }

    /// Exchanges the code for tokens, into `parts`.
    async fn exchange(
        &self,
        connector: &Connector,
        rest: &Rest,
        code: &str,
        verifier: &str,
        parts: &mut Parts,
    ) -> Result<(), Trouble> {
        let mut set = CredentialSet {
            values: parts.credentials.clone(),
            settings: parts.settings.clone(),
            version: 0,
            stored_at: 0,
        };
        set.values.extend(parts.client.clone());
        // So that it is taken out of the vendor's words.
        set.values.insert("code".to_owned(), SecretString::from(code));
        let grant = CodeGrant {
            code,
            redirect_uri: &rest.callback,
            verifier,
        };
        let answer = self
            .inner
            .engine
            .exchange_code(connector, parts.method, &grant, &set)
            .await
            .map_err(|fault| refused(connector, fault))?;
        parts.credentials.extend(answer.secrets);
        parts.settings.extend(answer.settings);
        if let Some(scope) = answer.scope {
            parts.settings.insert("scope".to_owned(), Value::String(scope));
        }
        parts.expires_at = answer.expires_at;
        Ok(())
    }

    /// The page of a flow that has ended. At the callback the browser may have to go to another address first.
    pub(super) async fn ended_flow(&self, id: &FlowId, iframe: bool, at_callback: bool) -> Response {
        let ended = self.inner.store.ended_flow(id).await;
        match ended {
            Ok(Some((flow, outcome))) => match serde_json::from_value::<Outcome>(outcome) {
                Ok(outcome) => self.end(&flow, &outcome, iframe, at_callback),
                Err(_) => self.notice(
                    StatusCode::ACCEPTED,
                    "One moment",
                    "The CRM is being asked. Load this page again in a few seconds.",
                ),
            },
            Ok(None) => self.notice(
                StatusCode::NOT_FOUND,
                "This did not work",
                "This page has gone. Go back to the app that sent you here.",
            ),
            Err(error) => {
                let trouble = Trouble::from(error);
                self.notice(trouble.status, "This did not work", &trouble.message)
            }
        }
    }
}

/// The vendor sent the browser back without a consent.
fn denied(connector: &Connector, code: &str, description: Option<&str>) -> Trouble {
    let label = connector.label();
    let said: String = description.unwrap_or(code).chars().take(300).collect();
    if code == "access_denied" {
        return Trouble::connection(format!("The connection was not allowed in {label}. ({said})"));
    }
    Trouble::connection(format!("{label} did not allow the connection: {said}"))
}
