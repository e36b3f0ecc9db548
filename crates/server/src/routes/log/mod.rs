//! `GET /log`: the calls of an environment, and `GET /log/summary`: how they fared.

mod list;
mod summary;

use crosswalk_accounts::{AccountId, RequestFilter, TokenId};
use serde_json::json;

use super::listing::Plain;
use crate::error::Failure;
use crate::reference::endpoint::{Endpoint, Operation};

/// By what calls are chosen, with what it does and an example.
const FILTERS: &[(&str, &str, &str)] = &[
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
    vec![
        Endpoint::get("/log", list::list, list::told()),
        Endpoint::get("/log/summary", summary::summary, summary::told()),
    ]
}

/// An operation that takes the filters.
fn filtered(operation: Operation) -> Operation {
    FILTERS
        .iter()
        .fold(operation, |operation, (name, description, example)| {
            operation.query(name, description, json!({ "type": "string" }), example)
        })
}

/// Reads a query of the filters and of what else the call takes.
fn read(raw: Option<&str>, further: &[&str]) -> Result<(Plain, RequestFilter), Failure> {
    let mut known: Vec<&str> = FILTERS.iter().map(|(name, ..)| *name).collect();
    known.extend(further);
    let asked = Plain::read(raw, &known)?;
    let filter = RequestFilter {
        method: asked.text("method").map(|method| method.to_ascii_uppercase()),
        path: asked.text("path"),
        account_id: asked.text("integrated_account_id").map(AccountId::from),
        integration: asked.text("integration"),
        status: asked.get("status", "a status or a class of them, as 404 or 5xx", status)?,
        token_id: asked.text("token_id").map(TokenId::from),
        request_id: asked.text("request_id"),
        since: asked.instant("since")?,
        until: asked.instant("until")?,
        slower_than: asked.get("slower_than", "a number of milliseconds", |text| {
            text.parse().ok()
        })?,
    };
    Ok((asked, filter))
}

/// `404`, or `4xx`.
fn status(text: &str) -> Option<(u16, u16)> {
    let class = text
        .strip_suffix("xx")
        .or_else(|| text.strip_suffix("XX"))
        .and_then(|class| class.parse::<u16>().ok())
        .filter(|class| (1..=5).contains(class))
        .map(|class| (class * 100, class * 100 + 99));
    let one = text.parse().ok().filter(|status| (100..=599).contains(status));
    class.or(one.map(|status| (status, status)))
}
