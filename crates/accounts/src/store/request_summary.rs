//! The request log in figures: how calls fared over time, by connector.

use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};

use super::{Store, request_log::RequestFilter};
use crate::{error::StoreError, ids::EnvironmentId};

/// How some calls fared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallFigures {
    /// How many there were.
    pub calls: u64,
    /// Those answered with 4xx, and those whose client went away.
    pub client_errors: u64,
    /// Those answered with 5xx.
    pub server_errors: u64,
    /// The requests to vendors behind them.
    pub vendor_requests: u64,
    /// Half of them took so many milliseconds at most.
    pub median: u32,
    /// 95 of a hundred took so many milliseconds at most.
    pub p95: u32,
    /// The longest.
    pub max: u32,
}

/// How the calls for one connector's accounts fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallSummary {
    /// The connector; `None` is the calls that were for no account.
    pub integration: Option<String>,
    /// All of them.
    pub total: CallFigures,
    /// Interval by interval, those left out in which there was no call. The number is the interval's place,
    /// from 0.
    pub intervals: Vec<(i64, CallFigures)>,
}

impl Store {
    /// How the calls that fit a filter fared: in each interval of so many milliseconds (at least one) after
    /// `since`, and in all. By the connectors' names, the calls for no account first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn request_summary(
        &self,
        environment: &EnvironmentId,
        filter: &RequestFilter,
        interval: i64,
    ) -> Result<Vec<CallSummary>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT integration, (at - ");
        query.push_bind(filter.since.unwrap_or(0)).push(") / ");
        query.push_bind(interval.max(1)).push(
            " AS place, json_group_array(milliseconds) AS milliseconds, \
             total(status BETWEEN 400 AND 499) AS client_errors, total(status >= 500) AS server_errors, \
             total(vendor_requests_count) AS vendor_requests FROM request_log WHERE environment_id = ",
        );
        query.push_bind(environment.as_str());
        filter.push_to(&mut query);
        query.push(" GROUP BY integration, place ORDER BY integration, place");
        let rows = query.build().fetch_all(self.pool()).await?;
        let mut summaries: Vec<Gathered> = Vec::new();
        for row in &rows {
            let integration: Option<String> = row.try_get("integration")?;
            let known = summaries
                .last_mut()
                .filter(|known| known.summary.integration == integration);
            match known {
                Some(known) => known.add(row)?,
                None => {
                    let mut new = Gathered::of(integration);
                    new.add(row)?;
                    summaries.push(new);
                }
            }
        }
        Ok(summaries.into_iter().map(Gathered::done).collect())
    }
}

/// A summary and the times of all its calls: four bytes for each call, whatever the log's rows hold.
struct Gathered {
    summary: CallSummary,
    times: Vec<u32>,
}

impl Gathered {
    fn of(integration: Option<String>) -> Self {
        Self {
            summary: CallSummary {
                integration,
                total: CallFigures::default(),
                intervals: Vec::new(),
            },
            times: Vec::new(),
        }
    }

    fn add(&mut self, row: &SqliteRow) -> Result<(), StoreError> {
        let times: &str = row.try_get("milliseconds")?;
        let mut times: Vec<u32> = serde_json::from_str::<Vec<u64>>(times)
            .map_err(|error| StoreError::Damaged(error.to_string()))?
            .into_iter()
            .map(|time| u32::try_from(time).unwrap_or(u32::MAX))
            .collect();
        let count = |column: &str| row.try_get::<f64, _>(column).map(|number| number as u64);
        let counts = CallFigures {
            calls: times.len() as u64,
            client_errors: count("client_errors")?,
            server_errors: count("server_errors")?,
            vendor_requests: count("vendor_requests")?,
            ..CallFigures::default()
        };
        let total = &mut self.summary.total;
        total.calls += counts.calls;
        total.client_errors += counts.client_errors;
        total.server_errors += counts.server_errors;
        total.vendor_requests += counts.vendor_requests;
        self.times.extend_from_slice(&times);
        self.summary
            .intervals
            .push((row.try_get("place")?, counts.with_times(&mut times)));
        Ok(())
    }

    fn done(mut self) -> CallSummary {
        self.summary.total = self.summary.total.with_times(&mut self.times);
        self.summary
    }
}

impl CallFigures {
    fn with_times(self, times: &mut [u32]) -> Self {
        times.sort_unstable();
        // The smallest time within which so many of a hundred calls were over.
        let within = |percent: usize| {
            let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
            times.get(place).copied().unwrap_or_default()
        };
        Self {
            median: within(50),
            p95: within(95),
            max: within(100),
            ..self
        }
    }
}
