//! `DELETE /api-token/{id}`

use axum::extract::{Path, State};
use axum::response::IntoResponse;
use crosswalk_accounts::TokenId;
use http::StatusCode;

use crate::app::App;
use crate::audit::Affected;
use crate::auth::Caller;
use crate::error::{Answer, Failure, json_value};
use crate::views;

/// How tokens begin, and how much of one may be shown.
const PREFIX: &str = "cw_";
const HINT: usize = 7;

/// A token may end itself: the answer says so by `is_current`, and is the last that it gets.
pub(super) async fn revoke(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    caller.whole_environment()?;
    let known = TokenId::from(id.as_str());
    let store = &app.inner.store;
    if store.token(caller.environment(), &known).await?.is_none() {
        return Ok(unknown(&id));
    }
    store.revoke_token(&known).await?;
    Ok(match store.token(caller.environment(), &known).await? {
        Some(token) => json_value(StatusCode::OK, &views::token(&token, &caller.0.token_id)),
        None => unknown(&id),
    })
}

/// What was given may be a token itself, which is not to be repeated: neither in the answer nor in the audit log.
fn unknown(id: &str) -> axum::response::Response {
    let is_token = id.starts_with(PREFIX);
    let shown: String = id.chars().take(if is_token { HINT } else { 60 }).collect();
    let message = if is_token {
        format!("`{shown}…` is a token itself; name it by its id, which the list of tokens shows")
    } else {
        format!("there is no API token `{shown}`")
    };
    Affected::new(shown).mark(Failure::new(404, message).into_response())
}
