//! `GET /integrated-account`, `/{id}` and `/me`

use axum::extract::{Path, RawQuery, State};
use crosswalk_accounts::{AccountFilter, AccountId, AccountStatus};
use http::StatusCode;
use serde_json::Value;

use crate::app::App;
use crate::auth::{Caller, no_account};
use crate::error::{Answer, json_value};
use crate::routes::listing::{self, PAGING, Plain};
use crate::views;

pub(crate) async fn list(State(app): State<App>, caller: Caller, RawQuery(raw): RawQuery) -> Answer {
    caller.no_account_token()?;
    let known = [&["tenant_id", "integration", "status"], &PAGING[..]].concat();
    let asked = Plain::read(raw.as_deref(), &known)?;
    let statuses = AccountStatus::ALL.map(AccountStatus::as_str).join(", ");
    let filter = AccountFilter {
        among: caller.0.scope.clone(),
        tenant_id: asked.text("tenant_id"),
        integration: asked.text("integration"),
        status: asked.get("status", &format!("one of: {statuses}"), AccountStatus::parse)?,
    };
    let page = app
        .inner
        .store
        .list_accounts(caller.environment(), &filter, asked.limit()?, asked.cursor())
        .await
        .map_err(listing::failed)?;
    let result: Vec<Value> = page.accounts.iter().map(views::account).collect();
    Ok(listing::page(&result, page.next_cursor.as_deref()))
}

pub(crate) async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    let id = AccountId::from(id.as_str());
    caller.manages(&id)?;
    one(&app, &caller, &id).await
}

/// The account of an account's own token.
pub(crate) async fn me(State(app): State<App>, caller: Caller, RawQuery(raw): RawQuery) -> Answer {
    let named = crosswalk_model::Query::account_of(&raw.unwrap_or_default())?;
    let id = caller.account(named)?;
    one(&app, &caller, &id).await
}

pub(super) async fn one(app: &App, caller: &Caller, id: &AccountId) -> Answer {
    caller.reaches(id)?;
    let account = app
        .inner
        .store
        .account(caller.environment(), id)
        .await?
        .ok_or_else(|| no_account(id.as_str()))?;
    Ok(json_value(StatusCode::OK, &views::account(&account)))
}
