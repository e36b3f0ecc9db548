//! `GET /log`

use axum::extract::{RawQuery, State};
use serde_json::{Value, json};

use super::{filtered, read};
use crate::app::App;
use crate::auth::Caller;
use crate::error::Answer;
use crate::reference::endpoint::{Group, Operation, named};
use crate::routes::listing::{self, PAGING};
use crate::views;

pub(super) fn told() -> Operation {
    let operation = Operation::new(
        "listRequestLog",
        Group::Server,
        "The calls made",
        "The calls of the token's environment, the newest first: who asked what of which account, what it took, and which requests to the CRM were behind it. Ids in paths, queries and bodies are not kept. How many rows are kept, and how long, is set when the server starts; the newest 100,000 of the last 30 days unless told otherwise. Reading this log leaves no row in it. Status 499 is a client that went away before its answer.",
    );
    listing::paged(filtered(operation), "rows").answers(200, "A page of calls.", named("LogPage"), example())
}

fn example() -> Value {
    let call = json!({
        "id": "17",
        "created_at": "2024-05-06T07:08:09.000Z",
        "request_id": "a0b1c2d3e4f5061700000011",
        "method": "GET",
        "path": "/unified/crm/users",
        "integrated_account_id": "4b6a31bb-6d67-4651-a509-13318e8e63a8",
        "integration": "hubspot",
        "status": 200,
        "milliseconds": 212,
        "bytes": 30122,
        "actor": { "type": "token", "id": "c3f9f0a4-2f4c-4f0f-9a57-6d2f0f3b1c11", "name": "my-app" },
        "vendor_requests": [{
            "method": "GET",
            "url": "https://api.hubapi.com/crm/v3/owners?limit=100",
            "status": 200,
            "started_after": 1,
            "milliseconds": 209,
        }],
        "vendor_requests_count": 1,
    });
    listing::envelope(&[call], None)
}

pub(super) async fn list(State(app): State<App>, caller: Caller, RawQuery(raw): RawQuery) -> Answer {
    caller.whole_environment()?;
    let (asked, filter) = read(raw.as_deref(), &PAGING)?;
    let limit = asked.limit()?;
    app.logged().await;
    let page = app
        .inner
        .store
        .request_log(caller.environment(), &filter, limit, asked.cursor())
        .await
        .map_err(listing::failed)?;
    let result: Vec<Value> = page.entries.iter().map(views::request_entry).collect();
    Ok(listing::page(&result, page.next_cursor.as_deref()))
}

impl App {
    /// What this process was asked before is in the log once this returns.
    pub(super) async fn logged(&self) {
        if let Some(log) = &self.inner.request_log {
            log.flush().await;
        }
    }
}
