//! `GET /log`: the calls of an environment.

use axum::extract::{RawQuery, State};
use crosswalk_accounts::{AccountId, RequestFilter, StoreError, TokenId};
use crosswalk_model::{Instant, ParamTree, query::parse_pairs};
use http::StatusCode;
use serde_json::{Value, json};

use crate::app::App;
use crate::auth::Caller;
use crate::error::{Answer, Failure, json_value};
use crate::reference::endpoint::{Endpoint, Group, Operation, named};
use crate::views;

/// What the call takes, with what it does and an example.
const PARAMETERS: &[(&str, &str, &str)] = &[
    ("method", "Only this verb.", "GET"),
    (
        "path",
        "Only paths that begin so; ids stand as `{id}` in them.",
        "/unified/crm/users",
    ),
    ("integrated_account_id", "Only calls for this account.", ""),
    (
        "integration",
        "Only calls for accounts of this connector.",
        "hubspot",
    ),
    (
        "status",
        "Only this status, or a class of them: `404`, `5xx`.",
        "5xx",
    ),
    ("token_id", "Only calls with this token.", ""),
    (
        "request_id",
        "Only the call whose answer had this `x-request-id`.",
        "",
    ),
    ("since", "Only from this time on, ISO 8601.", ""),
    ("until", "Only before this time, ISO 8601.", ""),
    (
        "slower_than",
        "Only calls that took at least so many milliseconds.",
        "1000",
    ),
];

pub(super) fn endpoints() -> Vec<Endpoint> {
    let mut operation = Operation::new(
        "listRequestLog",
        Group::Server,
        "The calls made",
        "The calls of the token's environment, the newest first: who asked what of which account, what it took, and which requests to the CRM were behind it. Ids in paths, queries and bodies are not kept. How many rows are kept, and how long, is set when the server starts; the newest 100,000 of the last 30 days unless told otherwise. Reading this log leaves no row in it. Status 499 is a client that went away before its answer.",
    );
    for (name, description, example) in PARAMETERS {
        operation = operation.query(name, description, json!({ "type": "string" }), example);
    }
    let operation = operation
        .query(
            "limit",
            "How many rows a page has.",
            json!({ "type": "integer", "minimum": 1, "maximum": 1000, "default": 100 }),
            "10",
        )
        .query(
            "next_cursor",
            "Where to go on: the `next_cursor` of the page before.",
            json!({ "type": "string" }),
            "",
        )
        .answers(200, "A page of calls.", named("LogPage"), example());
    vec![Endpoint::get("/log", list, operation)]
}

fn example() -> Value {
    json!({
        "result": [{
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
                "milliseconds": 209,
            }],
            "vendor_requests_count": 1,
        }],
        "next_cursor": null, "prev_cursor": null, "result_count": 1, "is_partial_response": false,
    })
}

async fn list(State(app): State<App>, caller: Caller, RawQuery(raw): RawQuery) -> Answer {
    caller.whole_environment()?;
    let asked = Asked::read(&raw.unwrap_or_default())?;
    // What this process was asked before is there when it is asked for.
    if let Some(log) = &app.inner.request_log {
        log.flush().await;
    }
    let page = app
        .inner
        .store
        .request_log(
            caller.environment(),
            &asked.filter,
            asked.limit,
            asked.cursor.as_deref(),
        )
        .await
        .map_err(|error| match error {
            StoreError::InvalidCursor => Failure::new(
                400,
                "`next_cursor` does not belong to this list; start again without it",
            ),
            other => other.into(),
        })?;
    let result: Vec<Value> = page.entries.iter().map(views::request_entry).collect();
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

/// The query, read.
struct Asked {
    filter: RequestFilter,
    limit: u32,
    cursor: Option<String>,
}

impl Asked {
    fn read(raw: &str) -> Result<Self, Failure> {
        let tree = parse_pairs(raw).map_err(|error| Failure::new(400, error.to_string()))?;
        let ParamTree::Map(members) = tree else {
            return Err(Failure::new(400, "the query can not be read"));
        };
        let mut asked = Self {
            filter: RequestFilter::default(),
            limit: 100,
            cursor: None,
        };
        for (name, tree) in &members {
            let ParamTree::Text(text) = tree else {
                return Err(Failure::new(400, format!("`{name}` takes one value")));
            };
            asked.take(name, text.trim())?;
        }
        Ok(asked)
    }

    fn take(&mut self, name: &str, text: &str) -> Result<(), Failure> {
        let filter = &mut self.filter;
        match name {
            "method" => filter.method = Some(text.to_ascii_uppercase()),
            "path" => filter.path = Some(text.to_owned()),
            "integrated_account_id" => filter.account_id = Some(AccountId::from(text)),
            "integration" => filter.integration = Some(text.to_owned()),
            "status" => filter.status = Some(status(text)?),
            "token_id" => filter.token_id = Some(TokenId::from(text)),
            "request_id" => filter.request_id = Some(text.to_owned()),
            "since" => filter.since = Some(instant(name, text)?),
            "until" => filter.until = Some(instant(name, text)?),
            "slower_than" => {
                let milliseconds = text
                    .parse()
                    .map_err(|_| Failure::new(400, "`slower_than` must be a number of milliseconds"))?;
                filter.slower_than = Some(milliseconds);
            }
            "limit" => {
                self.limit = text
                    .parse()
                    .ok()
                    .filter(|limit| (1..=1000).contains(limit))
                    .ok_or_else(|| Failure::new(400, "`limit` must be 1 to 1000"))?;
            }
            "next_cursor" => self.cursor = Some(text.to_owned()).filter(|cursor| !cursor.is_empty()),
            other => {
                let known: Vec<&str> = PARAMETERS.iter().map(|(name, ..)| *name).collect();
                return Err(Failure::new(
                    400,
                    format!(
                        "`{other}` is not a parameter of this call; there is {}, limit, next_cursor",
                        known.join(", ")
                    ),
                ));
            }
        }
        Ok(())
    }
}

/// `404`, or `4xx`.
fn status(text: &str) -> Result<(u16, u16), Failure> {
    let class = text
        .strip_suffix("xx")
        .or_else(|| text.strip_suffix("XX"))
        .and_then(|class| class.parse::<u16>().ok())
        .filter(|class| (1..=5).contains(class))
        .map(|class| (class * 100, class * 100 + 99));
    let one = text.parse().ok().filter(|status| (100..=599).contains(status));
    class
        .or(one.map(|status| (status, status)))
        .ok_or_else(|| Failure::new(400, "`status` must be a status or a class of them, as 404 or 5xx"))
}

fn instant(name: &str, text: &str) -> Result<i64, Failure> {
    Instant::parse(text).map(|Instant(millis)| millis).ok_or_else(|| {
        Failure::new(
            400,
            format!(
                "`{name}` must be an ISO 8601 instant with its offset, as 2030-01-31T12:00:00Z, or a date"
            ),
        )
    })
}
