//! What a page in a frame asks while the consent goes on in a window beside it, and where it goes in the end.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use crosswalk_accounts::FlowId;
use http::StatusCode;
use serde_json::json;

use crate::app::App;
use crate::error::{Answer, Failure, json_value};

/// `GET /connect-account/status?link_token=…&attempt=…`
pub(super) async fn attempt(State(app): State<App>, RawQuery(raw): RawQuery) -> Answer {
    let (mut secret, mut attempt) = (String::new(), String::new());
    for (name, value) in form_urlencoded::parse(raw.unwrap_or_default().as_bytes()) {
        match name.as_ref() {
            "link_token" => secret = value.into_owned(),
            "attempt" => attempt = value.into_owned(),
            _ => {}
        }
    }
    let store = &app.inner.store;
    let token = store
        .link_token(&secret)
        .await?
        .ok_or_else(|| Failure::new(401, "this link token is not known here"))?;
    let ended = store
        .attempt(&token.id, &attempt)
        .await?
        .filter(|(_, outcome)| !outcome.is_null())
        .map(|(id, _)| id);
    Ok(json_value(
        StatusCode::OK,
        &json!({ "flow": ended.as_ref().map(FlowId::as_str) }),
    ))
}

/// `GET /connect-account/done?flow=…`
pub(super) async fn done(State(app): State<App>, RawQuery(raw): RawQuery) -> Response {
    let (mut flow, mut iframe) = (String::new(), false);
    for (name, value) in form_urlencoded::parse(raw.unwrap_or_default().as_bytes()) {
        match name.as_ref() {
            "flow" => flow = value.into_owned(),
            "iframe" => iframe = value == "true",
            _ => {}
        }
    }
    app.ended_flow(&FlowId::from(flow), iframe, false).await
}
