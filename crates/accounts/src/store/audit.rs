//! The audit log: who did what. Entries are small, hold nothing secret, and outlive what
//! they tell of; only the newest are kept.

use serde::Serialize;
use sqlx::{QueryBuilder, Row, Sqlite, sqlite::SqliteRow};

use super::{
    Store,
    pages::{Listed, Order, Page},
};
use crate::{
    clock::now_ms,
    error::StoreError,
    ids::{EnvironmentId, LinkTokenId, TokenId},
};

/// So many entries are kept, of all environments together.
pub const AUDIT_ENTRIES_KEPT: i64 = 100_000;
/// A target or name is cut to so many characters.
const LONGEST: usize = 200;

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Whoever held this API token.
    Token {
        /// The token's id.
        id: TokenId,
        /// Its name when it was used.
        name: String,
    },
    /// Whoever held this link token, in a browser.
    LinkToken {
        /// The link token's id, which is not the token itself.
        id: LinkTokenId,
    },
    /// Whoever may read the data folder, by the command line.
    CommandLine,
}

/// Something done.
#[derive(Debug, Clone)]
pub struct AuditRecord {
    /// Where; `None` is the whole installation.
    pub environment_id: Option<EnvironmentId>,
    /// By whom.
    pub actor: Actor,
    /// What, as `account.create`.
    pub action: String,
    /// The id of what it was done to.
    pub target: Option<String>,
    /// The status that the request was answered with, if it was one.
    pub status: Option<u16>,
    /// What else is worth knowing. Nothing secret.
    pub detail: Option<serde_json::Value>,
}

/// An entry of the log.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// Grows with time.
    pub id: i64,
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// What was recorded.
    pub record: AuditRecord,
}

/// Which entries a list holds: those that fit all that is given.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AuditFilter {
    /// Of this environment; of all, and of the installation, if there is none.
    pub environment_id: Option<EnvironmentId>,
    /// Of this action, or with a `.` at its end of all that begin so.
    pub action: Option<String>,
    /// Done to this.
    pub target: Option<String>,
    /// Done with this API or link token.
    pub token_id: Option<TokenId>,
    /// Not before this time.
    pub since: Option<i64>,
}

impl Store {
    /// Writes an entry, and drops the oldest beyond [`AUDIT_ENTRIES_KEPT`].
    ///
    /// # Errors
    /// The database failed.
    pub async fn record(&self, record: &AuditRecord) -> Result<(), StoreError> {
        let (actor, token, name) = match &record.actor {
            Actor::Token { id, name } => ("token", Some(id.as_str()), Some(cut(name))),
            Actor::LinkToken { id } => ("link_token", Some(id.as_str()), None),
            Actor::CommandLine => ("command_line", None, None),
        };
        let detail = record.detail.as_ref().map(ToString::to_string);
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query(
            "INSERT INTO audit_log (at, environment_id, actor, token_id, token_name, action, target, status, detail) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(now_ms())
        .bind(record.environment_id.as_ref().map(EnvironmentId::as_str))
        .bind(actor)
        .bind(token)
        .bind(name)
        .bind(cut(&record.action))
        .bind(record.target.as_deref().map(cut))
        .bind(record.status)
        .bind(detail)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM audit_log WHERE id <= (SELECT max(id) FROM audit_log) - $1")
            .bind(AUDIT_ENTRIES_KEPT)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// A page of at most `limit` entries (at least one), newest first.
    ///
    /// # Errors
    /// A cursor that this list did not give out, or the database failed.
    pub async fn audit_log(
        &self,
        filter: &AuditFilter,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Page<AuditEntry>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(
            "SELECT id, at, environment_id, actor, token_id, token_name, action, target, status, detail \
             FROM audit_log WHERE true",
        );
        for (column, wanted) in [
            (
                "environment_id",
                filter.environment_id.as_ref().map(EnvironmentId::as_str),
            ),
            ("target", filter.target.as_deref()),
            ("token_id", filter.token_id.as_ref().map(TokenId::as_str)),
        ] {
            if let Some(wanted) = wanted {
                query.push(" AND ").push(column).push(" = ").push_bind(wanted);
            }
        }
        match filter.action.as_deref() {
            Some(family) if family.ends_with('.') => {
                query.push(" AND substr(action, 1, ");
                query.push_bind(i64::try_from(family.len()).unwrap_or(i64::MAX));
                query.push(") = ").push_bind(family);
            }
            Some(action) => drop(query.push(" AND action = ").push_bind(action)),
            None => {}
        }
        if let Some(since) = filter.since {
            query.push(" AND at >= ").push_bind(since);
        }
        self.page(&("audit", filter), query, limit, cursor).await
    }
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

impl Listed for AuditEntry {
    const ORDER: Order = Order::Log;

    fn place(&self) -> String {
        self.id.to_string()
    }

    fn read(row: &SqliteRow) -> Result<Self, StoreError> {
        let token: Option<String> = row.try_get("token_id")?;
        let actor = match row.try_get("actor")? {
            "token" => Actor::Token {
                id: token.unwrap_or_default().into(),
                name: row
                    .try_get::<Option<String>, _>("token_name")?
                    .unwrap_or_default(),
            },
            "link_token" => Actor::LinkToken {
                id: token.unwrap_or_default().into(),
            },
            _ => Actor::CommandLine,
        };
        let detail: Option<&str> = row.try_get("detail")?;
        Ok(Self {
            id: row.try_get("id")?,
            at: row.try_get("at")?,
            record: AuditRecord {
                environment_id: row
                    .try_get::<Option<String>, _>("environment_id")?
                    .map(EnvironmentId::from),
                actor,
                action: row.try_get("action")?,
                target: row.try_get("target")?,
                status: row.try_get("status")?,
                detail: detail.and_then(|text| serde_json::from_str(text).ok()),
            },
        })
    }
}
