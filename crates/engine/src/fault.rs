//! What an answer of the vendor means, and how a failure is told to the client.

use bytes::Bytes;
use crosswalk_connector::Connector;
use crosswalk_connector::file::{ErrorClass, Errors, LivenessCheck};
use crosswalk_mapping::{Layout, RecordProblem};
use crosswalk_model::{ApiError, Delay, Insight, Remote};
use http::HeaderMap;
use serde_json::{Map, Value, json};

use crate::wait::Wait;

/// Which call an answer belongs to; `call` in the scope of error rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    List,
    Get,
    Check,
    Token,
}

impl Call {
    fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Get => "get",
            Self::Check => "check",
            Self::Token => "token",
        }
    }
}

/// An answer of the vendor.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) class: ErrorClass,
}

/// Whether credentials live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// The vendor accepts them.
    Alive,
    /// The vendor refuses them, in these words.
    Dead(String),
    /// The vendor could not be asked, or takes no requests just now.
    Unknown(Delay),
}

/// A failed vendor call.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The vendor answered, and it is an error.
    Answered { answer: Box<Answer>, wait: Option<Wait> },
    /// No answer in time.
    Timeout,
    /// No usable answer at all.
    Unreachable(String),
    /// The account has no living credentials.
    NeedsReauth {
        reason: String,
        answer: Option<Box<Answer>>,
    },
    /// Credentials could not be had for now.
    CredentialsPassing(Delay),
    /// The connector's file does not lead to a request that can be sent.
    Connector(String),
    /// The vendor answered what its API does not allow.
    Malformed(String),
    /// An override of the account's mapping fails for a record.
    Override(String),
    /// The vendor's list is not in the order it was asked for.
    OutOfOrder,
    /// A list to be sorted here could not be read to its end in time.
    SortTooLate,
    /// The disk failed a sort.
    Spill(String),
}

impl Fault {
    /// A record that can't be read: the vendor's doing, or an override's.
    pub(crate) fn record(problem: &RecordProblem) -> Self {
        match problem {
            RecordProblem::Override { .. } => Self::Override(problem.to_string()),
            _ => Self::Malformed(problem.to_string()),
        }
    }

    /// Whether the vendor says that it was asked something wrong.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self, Self::Answered { answer, .. } if answer.class == ErrorClass::Invalid)
    }

    /// Whether the call may end as a partial page instead, when it has found something already.
    pub(crate) fn is_lateness(&self) -> bool {
        match self {
            Self::Timeout => true,
            Self::Answered { answer, .. } => answer.class == ErrorClass::RateLimited,
            _ => false,
        }
    }
}

/// The scope of error rules, wait rules and liveness tests.
pub(crate) fn answer_scope(call: Call, status: u16, headers: &HeaderMap, body: &[u8]) -> Value {
    let mut names = Map::with_capacity(headers.len());
    for (name, value) in headers {
        if let Ok(value) = value.to_str() {
            names.entry(name.as_str()).or_insert_with(|| value.into());
        }
    }
    json!({ "status": status, "headers": names, "body": body_value(body), "call": call.name() })
}

/// Whether the answer to a liveness call shows living credentials.
pub(crate) fn shows_life(check: &LivenessCheck, scope: &Value, class: ErrorClass) -> bool {
    match &check.alive {
        Some(alive) => alive.is_true(scope).unwrap_or(false),
        None => matches!(class, ErrorClass::Ok | ErrorClass::Empty),
    }
}

/// A body as JSON if it is JSON, else as text.
pub(crate) fn body_value(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| {
        let text = String::from_utf8_lossy(&body[..body.len().min(16 * 1024)])
            .trim()
            .to_owned();
        if text.is_empty() {
            Value::Null
        } else {
            Value::String(text)
        }
    })
}

/// Tells an answer's class: the connector's rules first, then the status.
pub(crate) fn classify(
    errors: &Errors,
    call: Call,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    layout: Option<&Layout>,
) -> ErrorClass {
    let mut scope = None;
    for rule in &errors.rules {
        // A rule without a status is about errors; successes are only looked into where a rule says so.
        let applies = match &rule.status {
            Some(statuses) => statuses.matches(status),
            None => status >= 300,
        };
        if !applies {
            continue;
        }
        let Some(when) = &rule.when else {
            return *rule.class.get();
        };
        let scope = scope.get_or_insert_with(|| match layout {
            // Of a page only what surrounds the records is read into a tree.
            Some(layout) if (200..300).contains(&status) => {
                answer_scope(call, status, headers, &surroundings(layout, body))
            }
            _ => answer_scope(call, status, headers, body),
        });
        if when.is_true(scope).unwrap_or(false) {
            return *rule.class.get();
        }
    }
    match status {
        // Where a list or a record may be answered with nothing, the connector says so.
        204 | 304 if matches!(call, Call::List | Call::Get) => ErrorClass::Failed,
        204 | 304 => ErrorClass::Empty,
        200..=299 => ErrorClass::Ok,
        401 => ErrorClass::Unauthorized,
        // 402 is a plan that does not have it.
        402 | 403 => ErrorClass::Forbidden,
        404 | 410 => ErrorClass::NotFound,
        429 => ErrorClass::RateLimited,
        408 | 425 | 500..=599 => ErrorClass::Unavailable,
        300..=399 => ErrorClass::Failed,
        _ => ErrorClass::Invalid,
    }
}

fn surroundings(layout: &Layout, body: &[u8]) -> Vec<u8> {
    let mapping = crosswalk_mapping::Mapping::raw_only();
    match crosswalk_mapping::read_page(layout, &mapping, body, &mut |_| {}) {
        Ok(end) => end.residue,
        Err(_) => body.to_vec(),
    }
}

/// The vendor's own words for an error, short enough for a message.
pub(crate) fn words(errors: &Errors, body: &[u8]) -> Option<String> {
    let value = body_value(body);
    let chosen = match &errors.message {
        Some(expression) => expression.evaluate(&value).ok().flatten().and_then(first_text),
        None => None,
    };
    let text = chosen.or_else(|| match &value {
        Value::Object(members) => [
            "message",
            "error_description",
            "detail",
            "title",
            "error",
            "errors",
        ]
        .iter()
        .find_map(|name| members.get(*name).cloned().and_then(first_text)),
        Value::Array(_) => first_text(value.clone()),
        // Pages of HTML say nothing to a program's user.
        Value::String(text) if !text.starts_with('<') => Some(text.clone()),
        _ => None,
    })?;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(match text.char_indices().nth(300) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    })
    .filter(|text| !text.is_empty())
}

fn first_text(value: Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text),
        Value::Array(items) => items.into_iter().find_map(first_text),
        Value::Object(members) => ["message", "title", "detail", "description", "faultstring"]
            .iter()
            .find_map(|name| members.get(*name).cloned().and_then(first_text)),
        _ => None,
    }
}

/// The client's error for a failed vendor call. `asked_as_given` tells that the request carried the caller's
/// own `remote_query`, so that the vendor's "wrong request" is the caller's.
pub(crate) fn to_api_error(connector: &Connector, fault: Fault, asked_as_given: bool) -> ApiError {
    let label = connector.label();
    match fault {
        Fault::Answered { answer, wait } => answered(connector, &answer, wait.as_ref(), asked_as_given),
        Fault::Timeout => ApiError::new(
            504,
            format!("{label} did not answer within the deadline; try again"),
        ),
        Fault::Unreachable(reason) => ApiError::new(502, format!("{label} could not be reached: {reason}")),
        Fault::NeedsReauth { reason, answer } => {
            let error = ApiError::new(
                401,
                format!(
                    "{label} does not accept this account's credentials any more ({reason}); connect the account again or give it new credentials"
                ),
            );
            match answer {
                Some(answer) => error.with_remote(remote(connector, &answer)),
                None => error.with_remote(Remote::default()),
            }
        }
        Fault::CredentialsPassing(delay) => delay.to_error(format!(
            "the credentials for {label} could not be refreshed or checked for now: {delay}"
        )),
        Fault::Connector(reason) => ApiError::new(
            502,
            format!(
                "the connector `{}` could not ask {label}: {reason}",
                connector.name()
            ),
        ),
        Fault::Malformed(reason) => ApiError::new(
            502,
            format!("{label} answered what its API does not allow: {reason}"),
        )
        .with_remote(Remote::default()),
        Fault::Override(reason) => ApiError::new(
            422,
            format!(
                "a record of {label} does not go through the account's override: {reason}; change the override of the \
                 account or of its environment"
            ),
        ),
        Fault::OutOfOrder => ApiError::new(
            502,
            format!("{label} does not keep the order it was asked for; start again without `next_cursor`"),
        ),
        Fault::SortTooLate => ApiError::new(
            504,
            format!(
                "{label} can not sort this list, and reading it whole takes longer than the deadline; ask with \
                 `truto_response_format=stream`, which has none, or narrow it with filters"
            ),
        ),
        Fault::Spill(reason) => ApiError::new(500, format!("the list could not be sorted on disk: {reason}")),
    }
}

fn answered(connector: &Connector, answer: &Answer, wait: Option<&Wait>, asked_as_given: bool) -> ApiError {
    let label = connector.label();
    let errors = &connector.file.errors;
    let said = words(errors, &answer.body).map_or_else(String::new, |words| format!(": {words}"));
    let (status, message) = match answer.class {
        ErrorClass::Unauthorized | ErrorClass::Forbidden => (
            403,
            format!("{label} forbids this call ({}){said}", answer.status),
        ),
        ErrorClass::RateLimited => (429, format!("{label} takes no more requests for now{said}")),
        ErrorClass::QuotaExceeded => (429, format!("the quota of {label} is spent{said}")),
        ErrorClass::Invalid if asked_as_given => (
            400,
            format!(
                "{label} refuses this request ({}){said}; look at `remote_query`",
                answer.status
            ),
        ),
        _ => (502, format!("{label} failed ({}){said}", answer.status)),
    };
    let mut error = ApiError::new(status, message).with_remote(remote(connector, answer));
    match answer.class {
        ErrorClass::Forbidden | ErrorClass::Unauthorized => {
            let body = body_value(&answer.body);
            let scopes = errors
                .missing_scopes
                .as_ref()
                .and_then(|scopes| scopes.evaluate(&body).ok().flatten());
            error = error.with_insight(Insight::new(
                "forbidden_error",
                "The vendor forbids it; the account may lack a scope or a permission.",
                json!({ "missing_scopes": scopes.map(as_list).unwrap_or_default() }),
            ));
        }
        ErrorClass::RateLimited | ErrorClass::QuotaExceeded => {
            error = error
                .with_retry_after(retry_after(answer.class, wait))
                .with_insight(Insight::new(
                    "rate_limit_error",
                    "The vendor's rate limit is reached.",
                    json!({ "retry_after": wait.and_then(|wait| wait.spelling.clone()) }),
                ));
        }
        _ => {
            error = error.with_insight(Insight::new(
                "remote_error",
                "The vendor answered with an error.",
                json!({ "status": answer.status }),
            ));
            // A vendor in maintenance may say when it is back.
            if let Some(wait) = wait {
                error = error.with_retry_after(retry_after(answer.class, Some(wait)));
            }
        }
    }
    error
}

/// A wait as `Retry-After` has it.
/// In how many seconds to try again; a guess where the vendor does not say.
pub(crate) fn retry_after(class: ErrorClass, wait: Option<&Wait>) -> u64 {
    match (wait, class) {
        // The usual wait of a short limit says nothing of a day's.
        (None | Some(Wait { spelling: None, .. }), ErrorClass::QuotaExceeded) => 3600,
        (Some(wait), _) => wait.time.as_secs_f64().ceil().max(1.0) as u64,
        (None, _) => 10,
    }
}

fn as_list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.into_iter().flat_map(as_list).collect(),
        Value::Null => Vec::new(),
        other => vec![other],
    }
}

/// The vendor's body and the headers that are passed on.
fn remote(connector: &Connector, answer: &Answer) -> Remote {
    Remote {
        raw_response: Some(answer.body.to_vec()),
        headers: rate_headers(connector, &answer.headers),
    }
}

/// The vendor's rate-limit headers, as the connector names them.
pub(crate) fn rate_headers(connector: &Connector, headers: &HeaderMap) -> Vec<(String, String)> {
    let wanted = &connector.file.rate_limit.headers;
    headers
        .iter()
        .filter(|(name, _)| {
            let name = name.as_str();
            wanted.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => name.starts_with(&prefix.to_lowercase()),
                None => name.eq_ignore_ascii_case(pattern),
            })
        })
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect()
}
