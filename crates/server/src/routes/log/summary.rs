//! `GET /log/summary`: how calls fared over time, by connector.

use axum::extract::{RawQuery, State};
use crosswalk_accounts::{CallFigures, CallSummary};
use crosswalk_model::Instant;
use http::StatusCode;
use serde_json::{Value, json};

use super::{filtered, read};
use crate::app::App;
use crate::auth::Caller;
use crate::error::{Answer, Failure, json_value};
use crate::reference::endpoint::{Group, Operation, named};
use crate::views::merged;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// So much is told of unless asked otherwise.
const LATELY: i64 = DAY;
/// The most intervals of one answer, and about how many it has unless asked otherwise.
const MOST_INTERVALS: i64 = 300;
const USUAL_INTERVALS: i64 = 100;
/// Intervals that people think in.
const USUAL: [i64; 9] = [
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
];
/// The shortest and the longest that is taken.
const SHORTEST: i64 = 10 * SECOND;
const LONGEST: i64 = 366 * DAY;

pub(super) fn told() -> Operation {
    let operation = Operation::new(
        "summarizeRequestLog",
        Group::Server,
        "How calls fared",
        "The calls of the request log in figures, for charts: by connector and interval how many there were, how many failed, how long they took, and how many requests to CRMs were behind them. The calls that were for no account stand under `null`. `since` and `until` are widened to whole intervals, which count from midnight UTC; without them the last 24 hours are told of. Intervals without a call are left out.",
    );
    filtered(operation)
        .query(
            "interval",
            "How long an interval is: `30s`, `5m`, `1h`, `1d`. About 100 intervals when left out; 300 are the most.",
            json!({ "type": "string" }),
            "1h",
        )
        .answers(200, "The figures.", named("LogSummary"), example())
}

fn example() -> Value {
    let figures = CallFigures {
        calls: 12,
        client_errors: 1,
        server_errors: 0,
        vendor_requests: 14,
        median: 180,
        p95: 420,
        max: 420,
    };
    let summary = CallSummary {
        integration: Some("hubspot".to_owned()),
        total: figures.clone(),
        intervals: vec![(7, figures)],
    };
    let span = Span {
        since: 1_714_953_600_000,
        until: 1_715_040_000_000,
        interval: HOUR,
    };
    span.view(&[summary])
}

pub(super) async fn summary(State(app): State<App>, caller: Caller, RawQuery(raw): RawQuery) -> Answer {
    caller.whole_environment()?;
    let (asked, mut filter) = read(raw.as_deref(), &["interval"])?;
    let interval = asked.get("interval", "10s to 366d, written as 30s, 5m, 1h or 1d", interval)?;
    let now = jiff::Timestamp::now().as_millisecond();
    let span = Span::of(filter.since, filter.until, interval, now)?;
    (filter.since, filter.until) = (Some(span.since), Some(span.until));
    app.logged().await;
    let summaries = app
        .inner
        .store
        .request_summary(caller.environment(), &filter, span.interval)
        .await?;
    Ok(json_value(StatusCode::OK, &span.view(&summaries)))
}

/// A length of time, in milliseconds.
fn interval(text: &str) -> Option<i64> {
    let span: jiff::Span = text.parse().ok()?;
    let length = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok()?;
    i64::try_from(length.as_millis())
        .ok()
        .filter(|length| (SHORTEST..=LONGEST).contains(length) && length % SECOND == 0)
}

/// The time that is told of, in whole intervals. All in milliseconds.
#[derive(Debug, PartialEq, Eq)]
struct Span {
    since: i64,
    until: i64,
    interval: i64,
}

impl Span {
    fn of(since: Option<i64>, until: Option<i64>, interval: Option<i64>, now: i64) -> Result<Self, Failure> {
        // What is yet to come has no calls; the interval that runs is told of too.
        let until = until.map_or(now + 1, |until| until.min(now + 1));
        let since = since.unwrap_or(until - LATELY);
        if since >= until {
            return Err(Failure::new(
                400,
                "`since` must be before `until`, and not in the future",
            ));
        }
        let interval = interval.unwrap_or_else(|| usual(until - since));
        let span = Self {
            since: since - since.rem_euclid(interval),
            until: until + (-until).rem_euclid(interval),
            interval,
        };
        let intervals = (span.until - span.since) / interval;
        if intervals > MOST_INTERVALS {
            return Err(Failure::new(
                400,
                format!(
                    "`interval` is too short: from `since` to `until` there are {intervals} of them, and {MOST_INTERVALS} may be asked for"
                ),
            ));
        }
        Ok(span)
    }

    fn view(&self, summaries: &[CallSummary]) -> Value {
        let instant = |at: i64| Instant(at).to_string();
        let result: Vec<Value> = summaries
            .iter()
            .map(|summary| {
                let intervals: Vec<Value> = summary
                    .intervals
                    .iter()
                    .map(|(place, figures)| {
                        let at = instant(self.since + place * self.interval);
                        merged(json!({ "at": at }), view(figures))
                    })
                    .collect();
                let head = json!({ "integration": summary.integration });
                merged(
                    merged(head, view(&summary.total)),
                    json!({ "intervals": intervals }),
                )
            })
            .collect();
        json!({
            "since": instant(self.since),
            "until": instant(self.until),
            "interval_seconds": self.interval / SECOND,
            "result": result,
        })
    }
}

/// The shortest usual interval of which there are not too many; whole days where none is long enough.
fn usual(length: i64) -> i64 {
    let enough = |interval: &i64| length <= interval * USUAL_INTERVALS;
    let days = || (length / (USUAL_INTERVALS * DAY) + 1) * DAY;
    USUAL.into_iter().find(enough).unwrap_or_else(days)
}

fn view(figures: &CallFigures) -> Value {
    json!({
        "calls": figures.calls,
        "client_errors": figures.client_errors,
        "server_errors": figures.server_errors,
        "vendor_requests": figures.vendor_requests,
        "milliseconds": { "median": figures.median, "p95": figures.p95, "max": figures.max },
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const NOW: i64 = 1_715_040_123_456;

    #[test]
    fn spans_are_whole_intervals() {
        let last_day = Span::of(None, None, None, NOW).unwrap();
        assert_eq!(last_day.interval, 15 * MINUTE);
        assert!(last_day.since <= NOW - DAY && NOW < last_day.until);
        assert_eq!(
            (
                last_day.since % last_day.interval,
                last_day.until % last_day.interval
            ),
            (0, 0)
        );
        let hour = Span::of(Some(NOW - HOUR), Some(NOW), Some(MINUTE), NOW).unwrap();
        assert_eq!((hour.until - hour.since) / MINUTE, 61);
        // The whole time there is, and before it.
        let ever = Span::of(Some(-62_135_596_800_000), None, None, NOW).unwrap();
        assert!((ever.until - ever.since) / ever.interval <= USUAL_INTERVALS + 1);
    }

    #[test]
    fn spans_that_make_no_sense_are_refused() {
        for (since, until, interval) in [
            (Some(NOW), Some(NOW - 1), None),
            (Some(NOW + HOUR), None, None),
            (None, None, Some(MINUTE)),
        ] {
            assert!(Span::of(since, until, interval, NOW).is_err());
        }
        for text in ["", "5", "1s", "-5m", "1mo", "soon", "10500ms", "367d"] {
            assert_eq!(interval(text), None, "{text}");
        }
        assert_eq!(interval("90s"), Some(90 * SECOND));
        assert_eq!(interval("1d"), Some(DAY));
    }
}
