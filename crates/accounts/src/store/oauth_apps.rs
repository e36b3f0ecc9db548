//! Environments' own apps at vendors.

use sqlx::{Row, sqlite::SqliteRow};

use super::{
    Store,
    owned::{Owned, without},
};
use crate::{
    clock::now_ms,
    connecting::{OAuthApp, OAuthAppUpdate},
    credentials::{SecretValues, decode, encode, merged},
    error::StoreError,
    ids::{EnvironmentId, OAuthAppId},
};

macro_rules! columns {
    () => {
        "id, environment_id, integration, scopes, created_at, updated_at"
    };
}

impl Store {
    /// Sets the environment's app for a connector: makes one, or changes the one there is. Answers whether it
    /// is new.
    ///
    /// # Errors
    /// No such environment, or the database failed.
    pub async fn put_oauth_app(
        &self,
        environment: &EnvironmentId,
        integration: &str,
        client: &SecretValues,
        scopes: Option<&[String]>,
    ) -> Result<(OAuthApp, bool), StoreError> {
        let now = now_ms();
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let known: Option<String> =
            sqlx::query_scalar("SELECT id FROM oauth_apps WHERE environment_id = $1 AND integration = $2")
                .bind(environment.as_str())
                .bind(integration)
                .fetch_optional(&mut *transaction)
                .await?;
        let is_new = known.is_none();
        let id = match known {
            Some(id) => OAuthAppId::from(id),
            None => OAuthAppId::random()?,
        };
        sqlx::query(
            "INSERT INTO oauth_apps (id, environment_id, integration, scopes, key_id, sealed, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $7) \
             ON CONFLICT (id) DO UPDATE SET scopes = excluded.scopes, key_id = excluded.key_id, \
                                            sealed = excluded.sealed, updated_at = excluded.updated_at",
        )
        .bind(id.as_str())
        .bind(environment.as_str())
        .bind(integration)
        .bind(scopes.map(list_text).transpose()?)
        .bind(self.vault().key_id().to_text())
        .bind(self.vault().seal(id.as_str(), &encode(client)?)?)
        .bind(now)
        .execute(&mut *transaction)
        .await
        .map_err(without("environment"))?;
        let row = sqlx::query(concat!("SELECT ", columns!(), " FROM oauth_apps WHERE id = $1"))
            .bind(id.as_str())
            .fetch_one(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok((read(&row)?, is_new))
    }

    /// Changes an app. `None` if there is none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn update_oauth_app(
        &self,
        environment: &EnvironmentId,
        id: &OAuthAppId,
        update: &OAuthAppUpdate,
    ) -> Result<Option<OAuthApp>, StoreError> {
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let row = sqlx::query("SELECT sealed, scopes FROM oauth_apps WHERE id = $1 AND environment_id = $2")
            .bind(id.as_str())
            .bind(environment.as_str())
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let sealed: &[u8] = row.try_get("sealed")?;
        let client = merged(&decode(&self.vault().open(id.as_str(), sealed)?)?, &update.client);
        let scopes: Option<String> = match &update.scopes {
            Some(scopes) => scopes.as_deref().map(list_text).transpose()?,
            None => row.try_get("scopes")?,
        };
        sqlx::query(
            "UPDATE oauth_apps SET scopes = $2, key_id = $3, sealed = $4, updated_at = $5 WHERE id = $1",
        )
        .bind(id.as_str())
        .bind(scopes)
        .bind(self.vault().key_id().to_text())
        .bind(self.vault().seal(id.as_str(), &encode(&client)?)?)
        .bind(now_ms())
        .execute(&mut *transaction)
        .await?;
        let row = sqlx::query(concat!("SELECT ", columns!(), " FROM oauth_apps WHERE id = $1"))
            .bind(id.as_str())
            .fetch_one(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Some(read(&row)?))
    }

    /// The environment's apps, by connector.
    ///
    /// # Errors
    /// The database failed.
    pub async fn oauth_apps(&self, environment: &EnvironmentId) -> Result<Vec<OAuthApp>, StoreError> {
        let rows = sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM oauth_apps WHERE environment_id = $1 ORDER BY integration"
        ))
        .bind(environment.as_str())
        .fetch_all(self.pool())
        .await?;
        rows.iter().map(read).collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// The database failed.
    pub async fn oauth_app(
        &self,
        environment: &EnvironmentId,
        id: &OAuthAppId,
    ) -> Result<Option<OAuthApp>, StoreError> {
        let row = sqlx::query(concat!(
            "SELECT ",
            columns!(),
            " FROM oauth_apps WHERE environment_id = $1 AND id = $2"
        ))
        .bind(environment.as_str())
        .bind(id.as_str())
        .fetch_optional(self.pool())
        .await?;
        row.as_ref().map(read).transpose()
    }

    /// The environment's app for a connector, with its `client_id` and `client_secret`.
    ///
    /// # Errors
    /// The database failed, or the app does not open.
    pub async fn oauth_client(
        &self,
        environment: &EnvironmentId,
        integration: &str,
    ) -> Result<Option<(OAuthApp, SecretValues)>, StoreError> {
        let row = sqlx::query(concat!(
            "SELECT ",
            columns!(),
            ", sealed FROM oauth_apps WHERE environment_id = $1 AND integration = $2"
        ))
        .bind(environment.as_str())
        .bind(integration)
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let app = read(&row)?;
        let sealed: &[u8] = row.try_get("sealed")?;
        let client = decode(&self.vault().open(app.id.as_str(), sealed)?)?;
        Ok(Some((app, client)))
    }

    /// Deletes an app. `false` if there was none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn delete_oauth_app(
        &self,
        environment: &EnvironmentId,
        id: &OAuthAppId,
    ) -> Result<bool, StoreError> {
        self.delete_owned(Owned::OAuthApps, environment, id.as_str())
            .await
    }
}

fn read(row: &SqliteRow) -> Result<OAuthApp, StoreError> {
    let scopes: Option<&str> = row.try_get("scopes")?;
    let scopes = scopes
        .map(serde_json::from_str)
        .transpose()
        .map_err(|_| StoreError::Damaged("the scopes of an app are no list".to_owned()))?;
    Ok(OAuthApp {
        id: row.try_get::<String, _>("id")?.into(),
        environment_id: row.try_get::<String, _>("environment_id")?.into(),
        integration: row.try_get("integration")?,
        scopes,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

fn list_text(list: &[String]) -> Result<String, StoreError> {
    serde_json::to_string(list).map_err(|error| StoreError::Damaged(error.to_string()))
}
