//! Errors as clients see them.
//!
//! An [`ApiError`] is the whole answer to a failed call, whoever is to blame: its status, its body, and what
//! belongs into headers. It knows nothing of HTTP libraries.

use std::fmt;

use serde_json::{Map, Value, json};

/// Why something could not be done just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delay {
    /// What is in the way.
    pub reason: String,
    /// In how many seconds the vendor takes the next attempt, where it is the vendor's limit that is in the way.
    pub retry_after: Option<u64>,
}

impl Delay {
    /// The error of a call that came to nothing for it: 429 for a vendor's limit, else 502.
    pub fn to_error(&self, message: String) -> ApiError {
        match self.retry_after {
            None => ApiError::new(502, message),
            Some(seconds) => ApiError::new(429, message)
                .with_remote(Remote::default())
                .with_retry_after(seconds)
                .with_insight(Insight::new(
                    "rate_limit_error",
                    "The vendor's rate limit is reached.",
                    json!({ "retry_after": seconds.to_string() }),
                )),
        }
    }
}

impl<T: Into<String>> From<T> for Delay {
    fn from(reason: T) -> Self {
        Self {
            reason: reason.into(),
            retry_after: None,
        }
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

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
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Remote {
    /// Its body, as it came; none when there was no answer.
    pub raw_response: Option<Vec<u8>>,
    /// Its rate-limit headers.
    pub headers: Vec<(String, String)>,
}

/// Sizes and names only: a vendor's answer is its customer's data, and no matter for logs.
impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Remote")
            .field("raw_response_bytes", &self.raw_response.as_ref().map(Vec::len))
            .field("headers", &headers)
            .finish()
    }
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

    /// The same with `scrub` over the words that may be the vendor's: the message and its answer.
    #[must_use]
    pub fn scrubbed(mut self, scrub: impl Fn(&str) -> String) -> Self {
        self.message = scrub(&self.message);
        if let Some(raw) = self
            .remote
            .as_mut()
            .and_then(|remote| remote.raw_response.as_mut())
            && let Ok(text) = std::str::from_utf8(raw)
        {
            *raw = scrub(text).into_bytes();
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_is_that_of_the_contract() {
        let error = ApiError::bad_request("`limit` must be 1 to 1000");
        assert_eq!(
            error.to_json().to_string(),
            r#"{"statusCode":400,"error":"Bad Request","message":"`limit` must be 1 to 1000"}"#
        );
        let error = ApiError::new(502, "it failed")
            .with_remote(Remote {
                raw_response: Some(br#"{"b":1,"a":"x"}"#.to_vec()),
                headers: Vec::new(),
            })
            .with_insight(Insight::new("remote_error", "What it said.", json!("x")))
            .with_next_cursor("c".into());
        assert_eq!(
            error.to_json().to_string(),
            concat!(
                r#"{"statusCode":502,"error":"Bad Gateway","message":"it failed","truto_is_remote_error":true,"#,
                r#""raw_response":{"b":1,"a":"x"},"#,
                r#""truto_error_insight":{"remote_error":{"description":"What it said.","value":"x"}},"#,
                r#""next_cursor":"c"}"#
            )
        );
    }

    #[test]
    fn a_vendors_answer_that_is_no_json_is_text_and_is_not_logged() {
        let error = ApiError::new(502, "it failed").with_remote(Remote {
            raw_response: Some(b"<p>sorry, hunter2</p>\xff".to_vec()),
            headers: vec![("retry-after".into(), "7".into())],
        });
        assert_eq!(error.to_json()["raw_response"], "<p>sorry, hunter2</p>\u{fffd}");
        assert!(!format!("{error:?}").contains("hunter2"));
        assert!(format!("{error:?}").contains("retry-after"));
    }
}
