//! Environments: separate worlds of accounts and tokens.

use sqlx::{Row, SqlitePool, sqlite::SqliteRow};

use super::Store;
use crate::{clock::now_ms, error::StoreError, ids::EnvironmentId};

/// The name of the environment that is made at first start.
pub const DEFAULT_ENVIRONMENT: &str = "default";

/// A world of its own: its tokens see its accounts and no others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The environment's id.
    pub id: EnvironmentId,
    /// Its name; no two have the same.
    pub name: String,
    /// When it was made, in milliseconds since the epoch.
    pub created_at: i64,
}

/// Finds the first environment, making it if there is none.
pub(super) async fn ensure_default(pool: &SqlitePool) -> Result<EnvironmentId, StoreError> {
    sqlx::query("INSERT INTO environments (id, name, created_at) SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM environments)")
        .bind(EnvironmentId::random()?.as_str())
        .bind(DEFAULT_ENVIRONMENT)
        .bind(now_ms())
        .execute(pool)
        .await?;
    find_default(pool)
        .await?
        .ok_or(StoreError::NotFound("environment"))
}

/// The first environment, if there is one.
pub(super) async fn find_default(pool: &SqlitePool) -> Result<Option<EnvironmentId>, StoreError> {
    let id: Option<String> =
        sqlx::query_scalar("SELECT id FROM environments ORDER BY name <> $1, created_at, id LIMIT 1")
            .bind(DEFAULT_ENVIRONMENT)
            .fetch_optional(pool)
            .await?;
    Ok(id.map(Into::into))
}

impl Store {
    /// The environment made at first start.
    #[must_use]
    pub fn default_environment(&self) -> &EnvironmentId {
        &self.inner.default_environment
    }

    /// All environments, oldest first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn environments(&self) -> Result<Vec<Environment>, StoreError> {
        let rows = sqlx::query("SELECT id, name, created_at FROM environments ORDER BY created_at, id")
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(read).collect()
    }

    /// Makes an environment.
    ///
    /// # Errors
    /// The name is taken, or the database failed.
    pub async fn create_environment(&self, name: &str) -> Result<Environment, StoreError> {
        let made = Environment {
            id: EnvironmentId::random()?,
            name: name.to_owned(),
            created_at: now_ms(),
        };
        sqlx::query("INSERT INTO environments (id, name, created_at) VALUES ($1, $2, $3)")
            .bind(made.id.as_str())
            .bind(name)
            .bind(made.created_at)
            .execute(self.pool())
            .await
            .map_err(|error| match error.as_database_error() {
                Some(known) if known.is_unique_violation() => StoreError::NameTaken("an environment"),
                _ => error.into(),
            })?;
        Ok(made)
    }

    /// Removes an environment with all that is in it: accounts, credentials, tokens.
    ///
    /// # Errors
    /// No such environment, the only one, one with accounts unless `with_accounts` says that
    /// they go too, or the database failed.
    pub async fn remove_environment(
        &self,
        id: &EnvironmentId,
        with_accounts: bool,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let (others, accounts): (i64, i64) = sqlx::query_as(
            "SELECT (SELECT count(*) FROM environments WHERE id <> $1), \
                    (SELECT count(*) FROM accounts WHERE environment_id = $1)",
        )
        .bind(id.as_str())
        .fetch_one(&mut *transaction)
        .await?;
        if others == 0 {
            return Err(StoreError::InUse(
                "it is the only environment, and there has to be one".to_owned(),
            ));
        }
        if accounts > 0 && !with_accounts {
            return Err(StoreError::InUse(format!(
                "the environment has accounts ({accounts}), which would be removed with their credentials"
            )));
        }
        let removed = sqlx::query("DELETE FROM environments WHERE id = $1")
            .bind(id.as_str())
            .execute(&mut *transaction)
            .await?;
        if removed.rows_affected() == 0 {
            return Err(StoreError::NotFound("environment"));
        }
        transaction.commit().await?;
        self.inner.connections.forget_all();
        self.inner.principals.forget_all();
        Ok(())
    }
}

fn read(row: &SqliteRow) -> Result<Environment, StoreError> {
    Ok(Environment {
        id: row.try_get::<String, _>("id")?.into(),
        name: row.try_get("name")?,
        created_at: row.try_get("created_at")?,
    })
}
