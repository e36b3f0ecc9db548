//! How long a vendor asks to wait.

use crosswalk_connector::file::{RateLimit, WaitForm};
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;

/// The wait that the answer asks for, and how the vendor spelled it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wait {
    pub(crate) time: Duration,
    pub(crate) spelling: Option<String>,
}

/// Reads the first rule that gives a value; `answer` is `{status, headers, body}`.
pub(crate) fn asked(limits: &RateLimit, answer: &Value, now: Timestamp) -> Option<Wait> {
    for rule in &limits.wait {
        let value = match (&rule.header, &rule.value) {
            (Some(header), _) => answer["headers"].get(header.to_lowercase()).cloned(),
            (None, Some(expression)) => expression.evaluate(answer).ok().flatten(),
            (None, None) => None,
        };
        let spelling = match value {
            Some(Value::String(text)) => text,
            Some(Value::Number(number)) => number.to_string(),
            _ => continue,
        };
        if let Some(time) = read(&spelling, rule.form, now) {
            return Some(Wait {
                time,
                spelling: Some(spelling),
            });
        }
    }
    limits
        .default_wait
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .map(|time| Wait { time, spelling: None })
}

/// A wait in any of the forms vendors use. Times in the past are no wait.
fn read(spelling: &str, form: WaitForm, now: Timestamp) -> Option<Duration> {
    let text = spelling.trim();
    if let Ok(number) = text.parse::<f64>() {
        if !number.is_finite() || number < 0.0 {
            return None;
        }
        return match form {
            WaitForm::Seconds => Duration::try_from_secs_f64(number).ok(),
            WaitForm::Milliseconds => Duration::try_from_secs_f64(number / 1000.0).ok(),
            // Nobody waits 30 years: large numbers are times.
            WaitForm::Auto if number >= 1e11 => until(number / 1000.0, now),
            WaitForm::Auto if number >= 1e9 => until(number, now),
            WaitForm::Auto => Duration::try_from_secs_f64(number).ok(),
        };
    }
    let time = instant(text)?;
    Some(Duration::try_from(time.duration_since(now)).unwrap_or_default())
}

fn until(epoch_seconds: f64, now: Timestamp) -> Option<Duration> {
    let now = now.as_millisecond() as f64 / 1000.0;
    Duration::try_from_secs_f64((epoch_seconds - now).max(0.0)).ok()
}

/// An HTTP date or an ISO 8601 instant; the offset may lack its colon.
fn instant(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time);
    }
    if let Ok(time) = jiff::fmt::rfc2822::parse(text) {
        return Some(time.timestamp());
    }
    ["%Y-%m-%dT%H:%M:%S%.f%z", "%Y-%m-%d %H:%M:%S%.f%z"]
        .iter()
        .find_map(|form| Timestamp::strptime(form, text).ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_spelling_is_read() {
        let now: Timestamp = "2026-03-03T10:20:00Z".parse().unwrap();
        let seconds = |text: &str| read(text, WaitForm::Auto, now).map(|wait| wait.as_secs());
        assert_eq!(seconds("58"), Some(58));
        assert_eq!(seconds("Tue, 03 Mar 2026 10:20:30 GMT"), Some(30));
        assert_eq!(seconds("2026-03-03T10:21:00Z"), Some(60));
        assert_eq!(seconds("2026-03-03T11:20:23.035+0100"), Some(23));
        assert_eq!(seconds("1772533230"), Some(30));
        assert_eq!(seconds("1772533230000"), Some(30));
        assert_eq!(seconds("Mon, 02 Mar 2026 10:20:30 GMT"), Some(0));
        assert_eq!(seconds("soon"), None);
        assert_eq!(
            read("1500", WaitForm::Milliseconds, now),
            Some(Duration::from_millis(1500))
        );
        assert_eq!(seconds("-1"), None);
    }
}
