//! Credentials changed by a person. (Those changed by a refresh: `refreshed.rs`.)

use sqlx::{Sqlite, Transaction};

use super::{
    Store,
    events::{self, AccountEvent},
    rows::{self, account_columns, credentials_columns},
};
use crate::{
    account::{Account, AccountStatus, merge_settings},
    clock::now_ms,
    credentials::{CredentialsChange, encode},
    error::StoreError,
    ids::{AccountId, EnvironmentId},
};

impl Store {
    /// Changes the account's credentials and the settings that come with them. The
    /// account is active again, whatever stood in the way, and a refresh that is on its
    /// way for the old ones will change nothing. `None` if there is no such account.
    ///
    /// # Errors
    /// The database failed.
    pub async fn change_credentials(
        &self,
        environment: &EnvironmentId,
        id: &AccountId,
        change: &CredentialsChange,
    ) -> Result<Option<Account>, StoreError> {
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let account = replace_credentials(self, &mut transaction, environment, id, change).await?;
        transaction.commit().await?;
        self.inner.connections.forget(id);
        Ok(account)
    }
}

/// Writes the change; the account is active then.
pub(super) async fn replace_credentials(
    store: &Store,
    transaction: &mut Transaction<'_, Sqlite>,
    environment: &EnvironmentId,
    id: &AccountId,
    change: &CredentialsChange,
) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query(concat!(
        "SELECT ", account_columns!(), ", ", credentials_columns!(),
        " FROM accounts a JOIN credentials c ON c.account_id = a.id WHERE a.id = $1 AND a.environment_id = $2",
    ))
    .bind(id.as_str())
    .bind(environment.as_str())
    .fetch_optional(&mut **transaction)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let mut account = rows::account(&row)?;
    let old = store.open_credentials(id, &row)?;
    let (values, expires_at) = old.changed(change);
    merge_settings(&mut account.settings, &change.settings);
    let before = account.status;
    account.status = AccountStatus::Active;
    account.last_error = None;
    account.updated_at = now_ms();
    sqlx::query(
        "UPDATE credentials SET version = version + 1, key_id = $2, sealed = $3, expires_at = $4, \
                                stored_at = $5, fence = 0, base_version = NULL \
         WHERE account_id = $1",
    )
    .bind(id.as_str())
    .bind(store.vault().key_id().to_text())
    .bind(store.vault().seal(id.as_str(), &encode(&values)?)?)
    .bind(expires_at)
    .bind(account.updated_at)
    .execute(&mut **transaction)
    .await?;
    sqlx::query(
        "UPDATE accounts SET settings = $2, status = $3, last_error = NULL, updated_at = $4 WHERE id = $1",
    )
    .bind(id.as_str())
    .bind(rows::settings_text(&account.settings)?)
    .bind(account.status.as_str())
    .bind(account.updated_at)
    .execute(&mut **transaction)
    .await?;
    if before == AccountStatus::Connecting {
        events::announce_status(&mut *transaction, before, &account).await?;
    } else if before != AccountStatus::Active {
        events::announce(&mut *transaction, AccountEvent::Active, &account).await?;
    }
    Ok(Some(account))
}
