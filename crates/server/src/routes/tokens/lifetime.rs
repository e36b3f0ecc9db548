//! How long tokens count that are made over the API.

use crosswalk_model::Instant;
use serde_json::Value;

use crate::auth::Caller;
use crate::body::JsonObject;
use crate::error::Failure;

const DAY: i64 = 24 * 60 * 60;

/// How long tokens of one kind count, in seconds.
pub(in crate::routes) struct Lifetime {
    /// Unless told otherwise; `None` is for ever.
    usual: Option<i64>,
    longest: i64,
}

impl Lifetime {
    /// Tokens of an environment.
    pub(in crate::routes) const OF_ENVIRONMENT: Self = Self {
        usual: None,
        longest: 3650 * DAY,
    };
    /// Tokens of one account.
    pub(in crate::routes) const OF_ACCOUNT: Self = Self {
        usual: Some(DAY),
        longest: 365 * DAY,
    };

    /// When the token ends that a body asks for, in milliseconds since the epoch: never after the one that makes
    /// it, which would otherwise outlive itself.
    pub(in crate::routes) fn end(self, caller: &Caller, body: &JsonObject) -> Result<Option<i64>, Failure> {
        let asked = match body.0.get("expires_in") {
            None | Some(Value::Null) => None,
            Some(value) => Some(
                value
                    .as_i64()
                    .filter(|seconds| (1..=self.longest).contains(seconds))
                    .ok_or_else(|| {
                        Failure::new(400, format!("`expires_in` must be 1 to {} seconds", self.longest))
                    })?,
            ),
        };
        let now = jiff::Timestamp::now().as_millisecond();
        let end = asked.or(self.usual).map(|seconds| now + seconds * 1000);
        match (caller.0.expires_at, end) {
            (Some(own), Some(end)) if asked.is_some() && end > own => Err(Failure::new(
                403,
                format!(
                    "this token ends at {}, and makes none that counts longer: ask for less with `expires_in`, or leave it out",
                    Instant(own)
                ),
            )),
            (Some(own), end) => Ok(Some(end.map_or(own, |end| end.min(own)))),
            (None, end) => Ok(end),
        }
    }
}
