//! Growing waits with jitter between attempts.

use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(4);

/// The wait before the attempt after `attempt` (from 0): doubled each time, and anywhere between its half
/// and its whole, so that callers who failed together do not come back together.
pub(crate) fn backoff(attempt: u32) -> Duration {
    let whole = FIRST.saturating_mul(1 << attempt.min(8)).min(LONGEST);
    let mut random = [0_u8; 2];
    let part = match SystemRandom::new().fill(&mut random) {
        Ok(()) => f64::from(u16::from_le_bytes(random)) / f64::from(u16::MAX),
        Err(_) => 1.0,
    };
    whole.mul_f64(0.5 + part / 2.0)
}
