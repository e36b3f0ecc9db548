//! What lists have in common: how their queries are read, and the envelope around what they answer.

use std::collections::BTreeMap;

use axum::response::Response;
use crosswalk_accounts::StoreError;
use crosswalk_model::{Instant, ParamTree, query::parse_pairs};
use http::StatusCode;
use serde_json::{Value, json};

use crate::error::{Failure, json_value};
use crate::reference::endpoint::Operation;

/// How many rows a page has unless told otherwise, and how many it may have.
const LIMIT: u32 = 100;
const MOST: u32 = 1000;
/// The parameters by which pages are walked.
pub(super) const PAGING: [&str; 2] = ["limit", "next_cursor"];

/// A query of plain values: each of its parameters is known and stands there once.
pub(super) struct Plain(BTreeMap<String, String>);

impl Plain {
    /// Reads a query that may hold these parameters.
    pub(super) fn read(raw: Option<&str>, known: &[&str]) -> Result<Self, Failure> {
        let tree =
            parse_pairs(raw.unwrap_or_default()).map_err(|error| Failure::new(400, error.to_string()))?;
        let ParamTree::Map(members) = tree else {
            return Err(Failure::new(400, "the query can not be read"));
        };
        let mut values = BTreeMap::new();
        for (name, tree) in &members {
            if !known.contains(&name.as_str()) {
                let shown: String = name.chars().take(60).collect();
                return Err(Failure::new(
                    400,
                    format!(
                        "`{shown}` is not a parameter of this call; there is {}",
                        known.join(", ")
                    ),
                ));
            }
            let ParamTree::Text(text) = tree else {
                return Err(Failure::new(400, format!("`{name}` takes one value")));
            };
            values.insert(name.clone(), text.trim().to_owned());
        }
        Ok(Self(values))
    }

    /// A value as it stands.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    /// A value, read; `must` says what it has to be where it can't.
    pub(super) fn get<T>(
        &self,
        name: &str,
        must: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        let wrong = || Failure::new(400, format!("`{name}` must be {must}"));
        let text = self.0.get(name);
        text.map(|text| read(text).ok_or_else(wrong)).transpose()
    }

    /// An instant, in milliseconds since the epoch.
    pub(super) fn instant(&self, name: &str) -> Result<Option<i64>, Failure> {
        let must = "an ISO 8601 instant with its offset, as 2030-01-31T12:00:00Z, or a date";
        self.get(name, must, |text| {
            Instant::parse(text).map(|Instant(millis)| millis)
        })
    }

    /// How many rows are wanted.
    pub(super) fn limit(&self) -> Result<u32, Failure> {
        let limit = self.get("limit", &format!("1 to {MOST}"), |text| {
            text.parse().ok().filter(|limit| (1..=MOST).contains(limit))
        })?;
        Ok(limit.unwrap_or(LIMIT))
    }

    /// Where to go on.
    pub(super) fn cursor(&self) -> Option<&str> {
        let cursor = self.0.get("next_cursor").map(String::as_str);
        cursor.filter(|cursor| !cursor.is_empty())
    }
}

/// Describes the parameters by which pages are walked.
pub(super) fn paged(operation: Operation, rows: &str) -> Operation {
    limited(operation, &format!("How many {rows} a page has.")).query(
        "next_cursor",
        "Where to go on: the `next_cursor` of the page before.",
        json!({ "type": "string" }),
        "",
    )
}

/// Describes `limit` alone.
pub(super) fn limited(operation: Operation, description: &str) -> Operation {
    operation.query(
        "limit",
        description,
        json!({ "type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT }),
        "10",
    )
}

/// A page in its envelope.
pub(super) fn page(result: &[Value], next_cursor: Option<&str>) -> Response {
    json_value(StatusCode::OK, &envelope(result, next_cursor))
}

/// The envelope of a list.
pub(super) fn envelope(result: &[Value], next_cursor: Option<&str>) -> Value {
    json!({
        "result_count": result.len(),
        "result": result,
        "next_cursor": next_cursor,
        "prev_cursor": null,
        "is_partial_response": false,
    })
}

/// What a list's failure is called.
pub(super) fn failed(error: StoreError) -> Failure {
    match error {
        StoreError::InvalidCursor => Failure::new(
            400,
            "`next_cursor` does not belong to this list; start again without it",
        ),
        other => other.into(),
    }
}
