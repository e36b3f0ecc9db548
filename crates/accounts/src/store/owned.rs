//! Rows that belong to something: to an environment, to an account.

use super::Store;
use crate::{error::StoreError, ids::EnvironmentId};

/// A table whose rows have an `id` and belong to an environment.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owned {
    OAuthApps,
    Overrides,
    Webhooks,
}

impl Owned {
    fn table(self) -> &'static str {
        match self {
            Self::OAuthApps => "oauth_apps",
            Self::Overrides => "environment_overrides",
            Self::Webhooks => "webhooks",
        }
    }
}

impl Store {
    /// Deletes a row of the environment's. `false` if there was none.
    pub(super) async fn delete_owned(
        &self,
        of: Owned,
        environment: &EnvironmentId,
        id: &str,
    ) -> Result<bool, StoreError> {
        let statement = format!("DELETE FROM {} WHERE id = $1 AND environment_id = $2", of.table());
        let deleted = sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(id)
            .bind(environment.as_str())
            .execute(self.pool())
            .await?;
        Ok(deleted.rows_affected() > 0)
    }
}

/// For a row that is written: whether `owner`, which it would belong to, is not there.
pub(super) fn without(owner: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| match error.as_database_error() {
        Some(known) if known.is_foreign_key_violation() => StoreError::NotFound(owner),
        _ => error.into(),
    }
}
