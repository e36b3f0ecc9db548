//! Overrides of mappings: an environment's, one for each call, and an account's own.

use std::sync::Arc;

use serde_json::{Map, Value};
use sqlx::{Row, sqlite::SqliteRow};

use super::{Store, owned::Owned};
use crate::{
    clock::now_ms,
    error::StoreError,
    ids::{AccountId, EnvironmentId, OverrideId},
    overrides::{EnvironmentOverride, OverrideTarget, StoredOverride},
};

impl Store {
    /// The environment's overrides, oldest first. Answered from memory for less than a second; changes made in
    /// this process count at once.
    ///
    /// # Errors
    /// The database failed.
    pub async fn environment_overrides(
        &self,
        environment: &EnvironmentId,
    ) -> Result<Arc<Vec<EnvironmentOverride>>, StoreError> {
        if let Some(known) = self.inner.overrides.get(environment) {
            return Ok(known);
        }
        let ticket = self.inner.overrides.ticket();
        let rows = sqlx::query(
            "SELECT id, integration, model, resource, method, override, created_at, updated_at \
             FROM environment_overrides WHERE environment_id = $1 ORDER BY created_at, id",
        )
        .bind(environment.as_str())
        .fetch_all(self.pool())
        .await?;
        let found: Arc<Vec<EnvironmentOverride>> = Arc::new(rows.iter().map(read).collect::<Result<_, _>>()?);
        self.inner.overrides.put(&ticket, environment, found.clone());
        Ok(found)
    }

    /// Makes an override.
    ///
    /// # Errors
    /// There is one of that call already, or the database failed.
    pub async fn create_environment_override(
        &self,
        environment: &EnvironmentId,
        of: &OverrideTarget,
        value: &Map<String, Value>,
    ) -> Result<EnvironmentOverride, StoreError> {
        let (id, now, text) = (OverrideId::random()?, now_ms(), text_of(value)?);
        sqlx::query(
            "INSERT INTO environment_overrides \
             (id, environment_id, integration, model, resource, method, override, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        )
        .bind(id.as_str())
        .bind(environment.as_str())
        .bind(&of.integration)
        .bind(&of.model)
        .bind(&of.resource)
        .bind(&of.method)
        .bind(&text)
        .bind(now)
        .execute(self.pool())
        .await
        .map_err(|error| match error.as_database_error() {
            Some(known) if known.is_unique_violation() => StoreError::NameTaken("an override of this call"),
            _ => error.into(),
        })?;
        self.inner.overrides.forget(environment);
        Ok(EnvironmentOverride {
            stored: StoredOverride::read(&text, id.as_str())?,
            id,
            of: of.clone(),
            created_at: now,
            updated_at: now,
        })
    }

    /// Says something else in an override's place. `false` if there is none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn update_environment_override(
        &self,
        environment: &EnvironmentId,
        id: &OverrideId,
        value: &Map<String, Value>,
    ) -> Result<bool, StoreError> {
        let changed = sqlx::query(
            "UPDATE environment_overrides SET override = $3, updated_at = $4 WHERE id = $1 AND environment_id = $2",
        )
        .bind(id.as_str())
        .bind(environment.as_str())
        .bind(text_of(value)?)
        .bind(now_ms())
        .execute(self.pool())
        .await?;
        self.inner.overrides.forget(environment);
        Ok(changed.rows_affected() > 0)
    }

    /// Deletes an override. `false` if there was none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn delete_environment_override(
        &self,
        environment: &EnvironmentId,
        id: &OverrideId,
    ) -> Result<bool, StoreError> {
        let deleted = self
            .delete_owned(Owned::Overrides, environment, id.as_str())
            .await?;
        self.inner.overrides.forget(environment);
        Ok(deleted)
    }

    /// Sets an account's own override, or takes it away. `false` if there is no such account.
    ///
    /// # Errors
    /// The database failed.
    pub async fn set_unified_model_override(
        &self,
        environment: &EnvironmentId,
        id: &AccountId,
        value: Option<&Map<String, Value>>,
    ) -> Result<bool, StoreError> {
        let set = sqlx::query(
            "UPDATE accounts SET unified_model_override = $3, updated_at = $4 \
             WHERE id = $1 AND environment_id = $2",
        )
        .bind(id.as_str())
        .bind(environment.as_str())
        .bind(value.map(text_of).transpose()?)
        .bind(now_ms())
        .execute(self.pool())
        .await?;
        self.inner.connections.forget(id);
        Ok(set.rows_affected() > 0)
    }
}

fn text_of(value: &Map<String, Value>) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Damaged(error.to_string()))
}

fn read(row: &SqliteRow) -> Result<EnvironmentOverride, StoreError> {
    let id: String = row.try_get("id")?;
    Ok(EnvironmentOverride {
        stored: StoredOverride::read(row.try_get("override")?, &id)?,
        of: OverrideTarget {
            integration: row.try_get("integration")?,
            model: row.try_get("model")?,
            resource: row.try_get("resource")?,
            method: row.try_get("method")?,
        },
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        id: id.into(),
    })
}
