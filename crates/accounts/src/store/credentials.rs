//! Credentials changed by a person. (Those changed by a refresh: `refreshed.rs`.)

use sqlx::{Sqlite, Transaction};

use super::{
    Store,
    events::{self, AccountEvent},
    rows, written,
};
use crate::{
    account::{Account, AccountStatus, merge_settings},
    clock::now_ms,
    credentials::CredentialsChange,
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
        let account = replace_credentials(self, &mut transaction, environment, id, None, change).await?;
        transaction.commit().await?;
        self.inner.connections.forget(id);
        Ok(account)
    }
}

/// Writes the change, and the method that the new credentials are of; the account is active then.
pub(super) async fn replace_credentials(
    store: &Store,
    transaction: &mut Transaction<'_, Sqlite>,
    environment: &EnvironmentId,
    id: &AccountId,
    authentication_method: Option<&str>,
    change: &CredentialsChange,
) -> Result<Option<Account>, StoreError> {
    let row = written::find_whole(transaction, environment, id).await?;
    let Some(row) = row else { return Ok(None) };
    let mut account = rows::account(&row)?;
    let old = store.open_credentials(id, &row)?;
    let (values, expires_at) = old.changed(change);
    merge_settings(&mut account.settings, &change.settings);
    if let Some(method) = authentication_method {
        method.clone_into(&mut account.authentication_method);
    }
    let before = account.status;
    account.status = AccountStatus::Active;
    account.last_error = None;
    account.updated_at = now_ms();
    let times = (expires_at, account.updated_at);
    store
        .write_credentials(transaction, id, &values, times, None)
        .await?;
    written::write(transaction, &account).await?;
    if before == AccountStatus::Connecting {
        events::announce_status(&mut *transaction, before, &account).await?;
    } else if before != AccountStatus::Active {
        events::announce(&mut *transaction, AccountEvent::Active, &account).await?;
    }
    Ok(Some(account))
}
