//! `GET /integrated-account`, `/{id}` and `/me`

use axum::extract::{Path, RawQuery, State};
use crosswalk_accounts::{AccountFilter, AccountId, AccountStatus, StoreError};
use crosswalk_model::{ParamTree, query::parse_pairs};
use http::StatusCode;
use serde_json::{Value, json};

use crate::app::App;
use crate::auth::{Caller, no_account};
use crate::error::{Answer, Failure, json_value};
use crate::views;

pub(crate) async fn list(State(app): State<App>, caller: Caller, RawQuery(raw): RawQuery) -> Answer {
    caller.no_account_token()?;
    let tree = parse_pairs(&raw.unwrap_or_default()).map_err(|error| Failure::new(400, error.to_string()))?;
    let ParamTree::Map(members) = tree else {
        return Err(Failure::new(400, "the query can not be read"));
    };
    let mut filter = AccountFilter {
        among: caller.0.scope.clone(),
        ..AccountFilter::default()
    };
    let (mut limit, mut cursor) = (100, None);
    for (name, tree) in &members {
        let ParamTree::Text(text) = tree else {
            return Err(Failure::new(400, format!("`{name}` takes one value")));
        };
        let text = text.trim();
        match name.as_str() {
            "tenant_id" => filter.tenant_id = Some(text.to_owned()),
            "integration" => filter.integration = Some(text.to_owned()),
            "status" => {
                let known = AccountStatus::ALL.map(AccountStatus::as_str).join(", ");
                filter.status = Some(
                    AccountStatus::parse(text)
                        .ok_or_else(|| Failure::new(400, format!("`status` must be one of: {known}")))?,
                );
            }
            "limit" => {
                limit = text
                    .parse()
                    .ok()
                    .filter(|limit| (1..=1000).contains(limit))
                    .ok_or_else(|| Failure::new(400, "`limit` must be 1 to 1000"))?;
            }
            "next_cursor" => cursor = Some(text.to_owned()).filter(|cursor| !cursor.is_empty()),
            other => {
                return Err(Failure::new(
                    400,
                    format!(
                        "`{other}` is not a parameter of this call; there is tenant_id, integration, status, limit, next_cursor"
                    ),
                ));
            }
        }
    }
    let page = app
        .inner
        .store
        .list_accounts(caller.environment(), &filter, limit, cursor.as_deref())
        .await;
    let page = page.map_err(|error| match error {
        StoreError::InvalidCursor => Failure::new(
            400,
            "`next_cursor` does not belong to this list; start again without it",
        ),
        other => other.into(),
    })?;
    let result: Vec<Value> = page.accounts.iter().map(views::account).collect();
    let envelope = json!({
        "result_count": result.len(),
        "result": result,
        "next_cursor": page.next_cursor,
        "prev_cursor": null,
        "is_partial_response": false,
    });
    Ok(json_value(StatusCode::OK, &envelope))
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
