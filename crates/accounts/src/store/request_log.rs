//! The request log: what was asked of the API, and what it took. Rows are written in batches
//! by whoever serves, and only the newest are kept.

use serde::Serialize;
use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};

use super::{
    Store,
    pages::{Listed, Order, Page},
};
use crate::{
    clock::now_ms,
    error::StoreError,
    ids::{AccountId, EnvironmentId, TokenId},
};

/// A call.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestRecord {
    /// When it came, in milliseconds since the epoch.
    pub at: i64,
    /// The caller's environment.
    pub environment_id: EnvironmentId,
    /// The id that its answer carries.
    pub request_id: String,
    /// The verb.
    pub method: String,
    /// The path, with the ids left out: `/unified/crm/users/{id}`.
    pub path: String,
    /// The account that it was for.
    pub account_id: Option<AccountId>,
    /// The account's connector.
    pub integration: Option<String>,
    /// The answer's status.
    pub status: u16,
    /// From the request to the answer's last byte.
    pub milliseconds: u64,
    /// The length of the answer's body.
    pub bytes: u64,
    /// The token, and its name; `None` is the command line.
    pub token: Option<(TokenId, String)>,
    /// The first requests to the vendor, as a JSON array.
    pub vendor_requests: String,
    /// How many there were.
    pub vendor_requests_count: u64,
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestEntry {
    /// Grows with time.
    pub id: i64,
    /// What was recorded.
    pub record: RequestRecord,
}

/// How much of the log is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestLogBounds {
    /// So many rows, of all environments together.
    pub rows: u32,
    /// Rows no older than this, in milliseconds.
    pub age: i64,
}

impl Default for RequestLogBounds {
    /// The newest 100,000 rows of the last 30 days.
    fn default() -> Self {
        Self {
            rows: 100_000,
            age: 30 * 24 * 60 * 60 * 1000,
        }
    }
}

/// Which rows a list holds: those that fit all that is given.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RequestFilter {
    /// With this verb.
    pub method: Option<String>,
    /// Whose path begins so.
    pub path: Option<String>,
    /// For this account.
    pub account_id: Option<AccountId>,
    /// For accounts of this connector.
    pub integration: Option<String>,
    /// With a status from the first to the second.
    pub status: Option<(u16, u16)>,
    /// With this token.
    pub token_id: Option<TokenId>,
    /// With this request id.
    pub request_id: Option<String>,
    /// Not before this time, in milliseconds since the epoch.
    pub since: Option<i64>,
    /// Before this time.
    pub until: Option<i64>,
    /// That took at least so many milliseconds.
    pub slower_than: Option<u32>,
}

const COLUMNS: &str = "id, at, environment_id, request_id, method, path, account_id, integration, status, \
                       milliseconds, bytes, token_id, token_name, vendor_requests, vendor_requests_count";

/// Rows that one statement writes. Each statement is a hand-over to the database's thread and back, which costs
/// more than the row does.
const ROWS_AT_ONCE: usize = 64;

impl Store {
    /// Writes rows, all or none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn log_requests(&self, records: &[RequestRecord]) -> Result<(), StoreError> {
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        for rows in records.chunks(ROWS_AT_ONCE) {
            let mut insert = QueryBuilder::<Sqlite>::new(
                "INSERT INTO request_log (at, environment_id, request_id, method, path, account_id, integration, \
                 status, milliseconds, bytes, token_id, token_name, vendor_requests, vendor_requests_count) ",
            );
            insert.push_values(rows, |mut row, record| {
                let token = record.token.as_ref();
                row.push_bind(record.at)
                    .push_bind(record.environment_id.as_str())
                    .push_bind(&record.request_id)
                    .push_bind(&record.method)
                    .push_bind(&record.path)
                    .push_bind(record.account_id.as_ref().map(AccountId::as_str))
                    .push_bind(&record.integration)
                    .push_bind(record.status)
                    .push_bind(signed(record.milliseconds))
                    .push_bind(signed(record.bytes))
                    .push_bind(token.map(|(id, _)| id.as_str()))
                    .push_bind(token.map(|(_, name)| name))
                    .push_bind(&record.vendor_requests)
                    .push_bind(signed(record.vendor_requests_count));
            });
            let insert = insert.build().persistent(rows.len() == ROWS_AT_ONCE);
            insert.execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Drops the rows that are too old or too many.
    ///
    /// # Errors
    /// The database failed.
    pub async fn prune_request_log(&self, bounds: RequestLogBounds) -> Result<(), StoreError> {
        for (statement, bound) in [
            (
                "DELETE FROM request_log WHERE id <= (SELECT max(id) FROM request_log) - $1",
                i64::from(bounds.rows),
            ),
            (
                "DELETE FROM request_log WHERE at < $1",
                now_ms().saturating_sub(bounds.age),
            ),
        ] {
            sqlx::query(statement).bind(bound).execute(self.pool()).await?;
        }
        Ok(())
    }

    /// A page of at most `limit` rows (at least one) of an environment, newest first.
    ///
    /// # Errors
    /// A cursor that this list did not give out, or the database failed.
    pub async fn request_log(
        &self,
        environment: &EnvironmentId,
        filter: &RequestFilter,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Page<RequestEntry>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT ");
        query
            .push(COLUMNS)
            .push(" FROM request_log WHERE environment_id = ");
        query.push_bind(environment.as_str());
        filter.push_to(&mut query);
        let decides = ("request log", environment.as_str(), filter);
        self.page(&decides, query, limit, cursor).await
    }
}

impl RequestFilter {
    pub(super) fn push_to(&self, query: &mut QueryBuilder<Sqlite>) {
        for (column, wanted) in [
            ("method", self.method.as_deref()),
            ("account_id", self.account_id.as_ref().map(AccountId::as_str)),
            ("integration", self.integration.as_deref()),
            ("token_id", self.token_id.as_ref().map(TokenId::as_str)),
            ("request_id", self.request_id.as_deref()),
        ] {
            if let Some(wanted) = wanted {
                query.push(" AND ").push(column).push(" = ").push_bind(wanted);
            }
        }
        if let Some(path) = &self.path {
            let length = i64::try_from(path.chars().count()).unwrap_or(i64::MAX);
            query.push(" AND substr(path, 1, ").push_bind(length);
            query.push(") = ").push_bind(path);
        }
        if let Some((first, last)) = self.status {
            query.push(" AND status BETWEEN ").push_bind(first);
            query.push(" AND ").push_bind(last);
        }
        for (condition, bound) in [
            (" AND at >= ", self.since),
            (" AND at < ", self.until),
            (" AND milliseconds >= ", self.slower_than.map(i64::from)),
        ] {
            if let Some(bound) = bound {
                query.push(condition).push_bind(bound);
            }
        }
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Listed for RequestEntry {
    const ORDER: Order = Order::Log;

    fn place(&self) -> String {
        self.id.to_string()
    }

    fn read(row: &SqliteRow) -> Result<Self, StoreError> {
        let unsigned = |column: &str| {
            row.try_get::<i64, _>(column)
                .map(|number| u64::try_from(number).unwrap_or_default())
        };
        let token: Option<String> = row.try_get("token_id")?;
        let name: Option<String> = row.try_get("token_name")?;
        let account: Option<String> = row.try_get("account_id")?;
        Ok(Self {
            id: row.try_get("id")?,
            record: RequestRecord {
                at: row.try_get("at")?,
                environment_id: EnvironmentId::from(row.try_get::<String, _>("environment_id")?),
                request_id: row.try_get("request_id")?,
                method: row.try_get("method")?,
                path: row.try_get("path")?,
                account_id: account.map(AccountId::from),
                integration: row.try_get("integration")?,
                status: row.try_get("status")?,
                milliseconds: unsigned("milliseconds")?,
                bytes: unsigned("bytes")?,
                token: token.map(|id| (TokenId::from(id), name.unwrap_or_default())),
                vendor_requests: row.try_get("vendor_requests")?,
                vendor_requests_count: unsigned("vendor_requests_count")?,
            },
        })
    }
}
