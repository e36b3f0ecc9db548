//! Errors as clients see them.

use serde_json::{Map, Value, json};

/// A failed call: a status, what to change, and what the vendor said.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// What is wrong and what to change.
    pub message: String,
    /// The vendor's part in it.
    pub remote: Option<Remote>,
    /// Structured hints.
    pub insight: Vec<Insight>,
    /// `Retry-After`, in whole seconds.
    pub retry_after: Option<u64>,
    /// Where the call may go on.
    pub next_cursor: Option<String>,
}

/// What the vendor answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remote {
    /// Its body.
    pub raw_response: Option<Vec<u8>>,
    /// Its rate-limit headers.
    pub headers: Vec<(String, String)>,
}

/// One entry of `truto_error_insight`.
#[derive(Clone, Debug, PartialEq)]
pub struct Insight {
    /// Which: `missing_required_query_parameters`, `unsupported_query_parameters`, `forbidden_error`,
    /// `rate_limit_error` or `remote_error`.
    pub key: &'static str,
    /// What it says.
    pub description: &'static str,
    /// Its value.
    pub value: Value,
}

impl Insight {
    /// An entry.
    pub fn new(key: &'static str, description: &'static str, value: Value) -> Self {
        Self {
            key,
            description,
            value,
        }
    }
}

impl ApiError {
    /// An error with a status and a message.
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            remote: None,
            insight: Vec::new(),
            retry_after: None,
            next_cursor: None,
        }
    }

    /// A 400.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    /// The same, caused by the vendor.
    #[must_use]
    pub fn with_remote(mut self, remote: Remote) -> Self {
        self.remote = Some(remote);
        self
    }

    /// The same with a structured hint.
    #[must_use]
    pub fn with_insight(mut self, insight: Insight) -> Self {
        self.insight.push(insight);
        self
    }

    /// The same, to be tried again after this many seconds.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The same, with the cursor from which to go on.
    #[must_use]
    pub fn with_next_cursor(mut self, cursor: String) -> Self {
        self.next_cursor = Some(cursor);
        self
    }

    /// The body of the answer.
    pub fn to_json(&self) -> Value {
        let mut body = Map::new();
        body.insert("statusCode".into(), self.status.into());
        body.insert("error".into(), reason(self.status).into());
        body.insert("message".into(), self.message.clone().into());
        if let Some(remote) = &self.remote {
            body.insert("truto_is_remote_error".into(), true.into());
            if let Some(raw) = &remote.raw_response {
                let value = serde_json::from_slice(raw)
                    .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(raw).into_owned()));
                body.insert("raw_response".into(), value);
            }
        }
        if !self.insight.is_empty() {
            let entries = self
                .insight
                .iter()
                .map(|insight| {
                    (
                        insight.key.to_owned(),
                        json!({ "description": insight.description, "value": insight.value }),
                    )
                })
                .collect();
            body.insert("truto_error_insight".into(), Value::Object(entries));
        }
        if let Some(cursor) = &self.next_cursor {
            body.insert("next_cursor".into(), cursor.clone().into());
        }
        Value::Object(body)
    }
}

/// The standard phrase of a status.
fn reason(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Payload Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Error",
    }
}
