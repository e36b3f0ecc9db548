//! Our own rate limits, off unless asked for.

use std::num::NonZeroU32;
use std::sync::Arc;

use crosswalk_accounts::{AccountId, TokenId};
use crosswalk_model::{ApiError, Insight};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use serde_json::json;

use crate::error::Failure;

type Limiter = Arc<DefaultKeyedRateLimiter<String>>;

/// Requests a minute, by token and by account.
pub(crate) struct Limits {
    by_token: Option<Limiter>,
    by_account: Option<Limiter>,
}

impl Limits {
    pub(crate) fn new(by_token: Option<u32>, by_account: Option<u32>) -> Self {
        let limiter = |rate: Option<u32>| {
            rate.and_then(NonZeroU32::new)
                .map(|rate| Arc::new(RateLimiter::keyed(Quota::per_minute(rate))))
        };
        Self {
            by_token: limiter(by_token),
            by_account: limiter(by_account),
        }
    }

    pub(crate) fn token(&self, id: &TokenId) -> Result<(), Failure> {
        check(
            self.by_token.as_ref(),
            id.as_str(),
            "this API token makes too many requests",
        )
    }

    pub(crate) fn account(&self, id: &AccountId) -> Result<(), Failure> {
        check(
            self.by_account.as_ref(),
            id.as_str(),
            "this account is asked too often",
        )
    }
}

fn check(limiter: Option<&Limiter>, key: &str, message: &str) -> Result<(), Failure> {
    let Some(limiter) = limiter else { return Ok(()) };
    match limiter.check_key(&key.to_owned()) {
        Ok(()) => Ok(()),
        Err(until) => {
            let seconds = until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
            Err(ApiError::new(429, format!("{message}; try again in {seconds} s"))
                .with_retry_after(seconds)
                .with_insight(Insight::new(
                    "rate_limit_error",
                    "This server's own rate limit is reached.",
                    json!({ "retry_after": seconds.to_string() }),
                ))
                .into())
        }
    }
}
