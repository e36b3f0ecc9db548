//! What token endpoints have in common.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::call::{Call, Reply, first};
use crate::tokens::{CLIENT_ID, CLIENT_SECRET, Issued};

/// Where a token endpoint looks for the client's id and secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    /// HTTP Basic alone.
    Basic,
    /// The body alone.
    Body,
    /// Either.
    Either,
}

impl Client {
    /// Whether a request proves to come from the sandbox's app. `fields` are those of its body.
    pub(crate) fn is_proven(self, call: &Call, fields: &[(String, String)]) -> bool {
        let basic = call.basic();
        let body = (
            first(fields, "client_id").to_owned(),
            first(fields, "client_secret").to_owned(),
        );
        let given = match self {
            Self::Basic => basic,
            Self::Body => Some(body).filter(|_| basic.is_none()),
            Self::Either => basic.or(Some(body)),
        };
        given.is_some_and(|(id, secret)| id == CLIENT_ID && secret == CLIENT_SECRET)
    }
}

/// An error of RFC 6749.
pub(crate) fn error(status: u16, code: &str, description: &str) -> Reply {
    let mut body = json!({ "error": code });
    if !description.is_empty() {
        body["error_description"] = Value::from(description);
    }
    Reply::json(status, &body)
}

/// Tokens as RFC 6749 has them: of a kind (`Bearer`, as the vendor spells it), for so long, with what it adds.
pub(crate) fn granted<const N: usize>(
    issued: &Issued,
    kind: &str,
    life: Duration,
    further: [(&str, Value); N],
) -> Reply {
    let common = [
        ("access_token", Value::from(issued.access.as_str())),
        ("refresh_token", Value::from(issued.refresh.as_str())),
        ("token_type", Value::from(kind)),
        ("expires_in", Value::from(life.as_secs())),
    ];
    let members = common.into_iter().chain(further);
    let body: Map<String, Value> = members.map(|(name, value)| (name.to_owned(), value)).collect();
    Reply::json(200, &Value::Object(body))
}
