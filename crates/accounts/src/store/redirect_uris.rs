//! Where browsers may be sent after an account is connected.

use super::Store;
use crate::{clock::now_ms, error::StoreError, ids::EnvironmentId};

impl Store {
    /// The environment's list, in the order of the alphabet.
    ///
    /// # Errors
    /// The database failed.
    pub async fn redirect_uris(&self, environment: &EnvironmentId) -> Result<Vec<String>, StoreError> {
        let uris = sqlx::query_scalar("SELECT uri FROM redirect_uris WHERE environment_id = $1 ORDER BY uri")
            .bind(environment.as_str())
            .fetch_all(self.pool())
            .await?;
        Ok(uris)
    }

    /// Puts another list in its place.
    ///
    /// # Errors
    /// The database failed.
    pub async fn set_redirect_uris(
        &self,
        environment: &EnvironmentId,
        uris: &[String],
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("DELETE FROM redirect_uris WHERE environment_id = $1")
            .bind(environment.as_str())
            .execute(&mut *transaction)
            .await?;
        for uri in uris {
            sqlx::query(
                "INSERT INTO redirect_uris (environment_id, uri, created_at) VALUES ($1, $2, $3) \
                 ON CONFLICT DO NOTHING",
            )
            .bind(environment.as_str())
            .bind(uri)
            .bind(now_ms())
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
