//! `GET /audit-log`: who changed what in an environment.

use axum::extract::{RawQuery, State};
use crosswalk_accounts::{AuditFilter, TokenId, parse_expires_at};
use serde_json::{Value, json};

use super::listing::{self, PAGING, Plain};
use crate::app::App;
use crate::auth::Caller;
use crate::error::Answer;
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
        .query(
            "action",
            "Only this action; with a dot at its end all that begin so.",
            text(),
            "account.",
        )
        .query(
            "target",
            "Only what was done to this account, token or webhook.",
            text(),
            "",
        )
        .query("token_id", "Only what was done with this token.", text(), "")
        .query(
            "since",
            "Only from this time on: ISO 8601, or Unix seconds.",
            text(),
            "",
        );
    let operation = listing::paged(operation, "entries").answers(
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
    let known = [&["action", "target", "token_id", "since"], &PAGING[..]].concat();
    let asked = Plain::read(raw.as_deref(), &known)?;
    let must = "an ISO 8601 instant, as 2030-01-31T12:00:00Z, or Unix seconds";
    let filter = AuditFilter {
        environment_id: Some(caller.environment().clone()),
        action: asked.text("action"),
        target: asked.text("target"),
        token_id: asked.text("token_id").map(TokenId::from),
        since: asked
            .get("since", must, |text| parse_expires_at(&text.into()).ok())?
            .flatten(),
    };
    let page = app
        .inner
        .store
        .audit_log(&filter, asked.limit()?, asked.cursor())
        .await
        .map_err(listing::failed)?;
    let result: Vec<Value> = page.entries.iter().map(views::audit_entry).collect();
    Ok(listing::page(&result, page.next_cursor.as_deref()))
}
