//! `GET /audit-log`: who changed what in an environment.

use axum::extract::{RawQuery, State};
use crosswalk_accounts::{AuditFilter, StoreError, TokenId, parse_expires_at};
use crosswalk_model::{ParamTree, query::parse_pairs};
use http::StatusCode;
use serde_json::{Value, json};

use crate::app::App;
use crate::auth::Caller;
use crate::error::{Answer, Failure, json_value};
use crate::reference::endpoint::{Endpoint, Group, Operation, named};
use crate::views;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let operation = Operation::new(
        "listAuditLog",
        Group::Server,
        "Who changed what",
        "Every change made in the token's environment by this API or the command line, the newest first, also those that were refused. The newest 100,000 are kept.",
    );
    let text = || json!({ "type": "string" });
    let operation = operation
        .query("action", "Only this action; with a dot at its end all that begin so.", text(), "account.")
        .query("target", "Only what was done to this account, token or webhook.", text(), "")
        .query("token_id", "Only what was done with this token.", text(), "")
        .query("since", "Only from this time on: ISO 8601, or Unix seconds.", text(), "")
        .query(
            "limit",
            "How many entries a page has.",
            json!({ "type": "integer", "minimum": 1, "maximum": 1000, "default": 100 }),
            "10",
        )
        .query("next_cursor", "Where to go on: the `next_cursor` of the page before.", text(), "")
        .answers(
            200,
            "A page of entries.",
            named("AuditPage"),
            json!({
                "result": [{
                    "id": "17",
                    "created_at": "2024-05-06T07:08:09.000Z",
                    "actor": { "type": "token", "id": "4b6a31bb-6d67-4651-a509-13318e8e63a8", "name": "my-app" },
                    "action": "account.create",
                    "target": "c3f9f0a4-2f4c-4f0f-9a57-6d2f0f3b1c11",
                    "status": 201,
                    "detail": { "integration": "hubspot", "tenant_id": "acme-1" },
                }],
                "next_cursor": null, "prev_cursor": null, "result_count": 1, "is_partial_response": false,
            }),
        );
    vec![Endpoint::get("/audit-log", list, operation)]
}

async fn list(State(app): State<App>, caller: Caller, RawQuery(raw): RawQuery) -> Answer {
    caller.whole_environment()?;
    let tree = parse_pairs(&raw.unwrap_or_default()).map_err(|error| Failure::new(400, error.to_string()))?;
    let ParamTree::Map(members) = tree else {
        return Err(Failure::new(400, "the query can not be read"));
    };
    let mut filter = AuditFilter {
        environment_id: Some(caller.environment().clone()),
        ..AuditFilter::default()
    };
    let (mut limit, mut cursor) = (100, None);
    for (name, tree) in &members {
        let ParamTree::Text(text) = tree else {
            return Err(Failure::new(400, format!("`{name}` takes one value")));
        };
        let text = text.trim();
        match name.as_str() {
            "action" => filter.action = Some(text.to_owned()),
            "target" => filter.target = Some(text.to_owned()),
            "token_id" => filter.token_id = Some(TokenId::from(text)),
            "since" => {
                filter.since = parse_expires_at(&text.into()).map_err(|_| {
                    Failure::new(
                        400,
                        "`since` must be an ISO 8601 instant, as 2030-01-31T12:00:00Z, or Unix seconds",
                    )
                })?;
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
                        "`{other}` is not a parameter of this call; there is action, target, token_id, since, limit, next_cursor"
                    ),
                ));
            }
        }
    }
    let page = app
        .inner
        .store
        .audit_log(&filter, limit, cursor.as_deref())
        .await
        .map_err(|error| match error {
            StoreError::InvalidCursor => Failure::new(
                400,
                "`next_cursor` does not belong to this list; start again without it",
            ),
            other => other.into(),
        })?;
    let result: Vec<Value> = page.entries.iter().map(views::audit_entry).collect();
    Ok(json_value(
        StatusCode::OK,
        &json!({
            "result_count": result.len(),
            "result": result,
            "next_cursor": page.next_cursor,
            "prev_cursor": null,
            "is_partial_response": false,
        }),
    ))
}
