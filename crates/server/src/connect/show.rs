//! `GET /connect-account`

use axum::extract::{RawQuery, State};
use axum::response::Response;
use http::StatusCode;

use super::fields::fields;
use super::outcome::Trouble;
use super::page;
use super::query::PageQuery;
use crate::app::App;

pub(super) async fn page(State(app): State<App>, RawQuery(raw): RawQuery) -> Response {
    let query = PageQuery::parse(&raw.unwrap_or_default());
    if query.link_token.is_empty() && query.integration.is_none() {
        return app.notice(
            StatusCode::OK,
            "Connect your CRM",
            "This address needs a link token. Open it through the app that sent you here.",
        );
    }
    match app.shown(&query).await {
        Ok(response) => response,
        Err(trouble) => app.trouble(&query, &trouble),
    }
}

impl App {
    async fn shown(&self, query: &PageQuery) -> Result<Response, Trouble> {
        let offer = self.offer(query).await?;
        let Some(connector) = offer.chosen(query)? else {
            let markup = page::list(&self.inner.connect, &offer, query);
            return Ok(self.inner.connect.answer(StatusCode::OK, markup, query.iframe));
        };
        let way = offer.way(connector, query)?;
        let fields = fields(&offer, connector, way);
        let markup = page::form(&self.inner.connect, &offer, connector, way, &fields, query, None);
        Ok(self.inner.connect.answer(StatusCode::OK, markup, query.iframe))
    }
}
