//! The wall clock as the store writes it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since the epoch, UTC. A clock set before 1970 reads 0.
pub(crate) fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
