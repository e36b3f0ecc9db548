//! `GET /api-token` and `/me`

use axum::extract::{RawQuery, State};
use crosswalk_accounts::{AccountId, TokenFilter, TokenState};
use http::StatusCode;
use serde_json::{Value, json};

use crate::app::App;
use crate::auth::Caller;
use crate::error::{Answer, Failure, json_value};
use crate::routes::listing::{self, PAGING, Plain};
use crate::views::{self, merged};

/// The kinds of tokens.
pub(super) const KINDS: [&str; 2] = ["environment", "account"];

pub(super) async fn list(State(app): State<App>, caller: Caller, RawQuery(raw): RawQuery) -> Answer {
    caller.whole_environment()?;
    let known = [&["type", "integrated_account_id", "state"], &PAGING[..]].concat();
    let asked = Plain::read(raw.as_deref(), &known)?;
    let states = TokenState::ALL.map(TokenState::as_str).join(", ");
    let kinds = format!("one of: {}", KINDS.join(", "));
    let filter = TokenFilter {
        of_accounts: asked.get("type", &kinds, |kind| {
            KINDS.contains(&kind).then_some(kind == KINDS[1])
        })?,
        account_id: asked.text("integrated_account_id").map(AccountId::from),
        state: asked.get("state", &format!("one of: {states}"), TokenState::parse)?,
    };
    let page = app
        .inner
        .store
        .tokens(caller.environment(), &filter, asked.limit()?, asked.cursor())
        .await
        .map_err(listing::failed)?;
    let own = &caller.0.token_id;
    let result: Vec<Value> = page
        .entries
        .iter()
        .map(|token| views::token(token, own))
        .collect();
    Ok(listing::page(&result, page.next_cursor.as_deref()))
}

/// The token of this very call, whatever it may do.
pub(super) async fn me(State(app): State<App>, caller: Caller) -> Answer {
    let store = &app.inner.store;
    let own = &caller.0.token_id;
    let token = store
        .token(caller.environment(), own)
        .await?
        .ok_or_else(|| Failure::new(404, "this call was made without a token"))?;
    let environments = store.environments().await?;
    let environment = environments
        .iter()
        .find(|environment| environment.id == *caller.environment());
    let whose = json!({
        "environment_id": caller.environment().as_str(),
        "environment_name": environment.map(|environment| &environment.name),
    });
    Ok(json_value(
        StatusCode::OK,
        &merged(views::token(&token, own), whose),
    ))
}
