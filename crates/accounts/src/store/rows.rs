//! Reading accounts and credentials out of rows.

use std::sync::Arc;

use sqlx::{Row, sqlite::SqliteRow};

use super::Store;
use crate::{
    account::{Account, AccountStatus, Connection, Quota, Settings},
    credentials::{Credentials, decode},
    error::StoreError,
    ids::AccountId,
    overrides::StoredOverride,
};

/// An account's columns, of a table called `a`.
macro_rules! account_columns {
    () => {
        "a.id, a.environment_id, a.tenant_id, a.integration, a.authentication_method, a.status, \
         a.last_error, a.settings, a.unified_model_override, a.created_at, a.updated_at, a.last_used_at, \
         a.quota_remaining, a.quota_seen_at"
    };
}
/// The columns of its credentials, of a table called `c`.
macro_rules! credentials_columns {
    () => {
        "c.sealed, c.expires_at, c.stored_at, c.version"
    };
}
pub(super) use {account_columns, credentials_columns};

pub(super) fn account(row: &SqliteRow) -> Result<Account, StoreError> {
    let id: AccountId = row.try_get::<String, _>("id")?.into();
    let status: &str = row.try_get("status")?;
    let status = AccountStatus::parse(status)
        .ok_or_else(|| StoreError::Damaged(format!("account {id} has the unknown status {status:?}")))?;
    let settings = settings(&id, row.try_get("settings")?)?;
    let overridden: Option<&str> = row.try_get("unified_model_override")?;
    let unified_model_override = overridden
        .map(|text| StoredOverride::read(text, id.as_str()))
        .transpose()?;
    Ok(Account {
        environment_id: row.try_get::<String, _>("environment_id")?.into(),
        tenant_id: row.try_get("tenant_id")?,
        integration: row.try_get("integration")?,
        authentication_method: row.try_get("authentication_method")?,
        status,
        last_error: row.try_get("last_error")?,
        settings,
        unified_model_override,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        last_used_at: row.try_get("last_used_at")?,
        quota: quota(row)?,
        id,
    })
}

fn quota(row: &SqliteRow) -> Result<Option<Quota>, StoreError> {
    let remaining: Option<String> = row.try_get("quota_remaining")?;
    let seen_at: Option<i64> = row.try_get("quota_seen_at")?;
    Ok(remaining
        .zip(seen_at)
        .map(|(remaining, seen_at)| Quota { remaining, seen_at }))
}

pub(super) fn settings(id: &AccountId, text: &str) -> Result<Settings, StoreError> {
    serde_json::from_str(text)
        .map_err(|_| StoreError::Damaged(format!("the settings of account {id} are not a JSON object")))
}

pub(super) fn settings_text(settings: &Settings) -> Result<String, StoreError> {
    serde_json::to_string(settings).map_err(|error| StoreError::Damaged(error.to_string()))
}

impl Store {
    /// Opens a row of `credentials`.
    pub(super) fn open_credentials(
        &self,
        id: &AccountId,
        row: &SqliteRow,
    ) -> Result<Credentials, StoreError> {
        let sealed: &[u8] = row.try_get("sealed")?;
        Ok(Credentials {
            values: decode(&self.vault().open(id.as_str(), sealed)?)?,
            expires_at: row.try_get("expires_at")?,
            stored_at: row.try_get("stored_at")?,
            version: row.try_get("version")?,
        })
    }

    /// Account and credentials as the database has them now.
    pub(crate) async fn read_connection(
        &self,
        id: &AccountId,
    ) -> Result<Option<Arc<Connection>>, StoreError> {
        let row = sqlx::query(concat!(
            "SELECT ",
            account_columns!(),
            ", ",
            credentials_columns!(),
            " FROM accounts a JOIN credentials c ON c.account_id = a.id WHERE a.id = $1",
        ))
        .bind(id.as_str())
        .fetch_optional(self.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let credentials = Arc::new(self.open_credentials(id, &row)?);
        Ok(Some(Arc::new(Connection {
            account: account(&row)?,
            credentials,
        })))
    }
}
