//! Credentials that are tried before they count.
//!
//! They wait in an account of their own that is still being connected, where they can be
//! checked and refreshed like any others while nothing happens to those that they are to
//! replace. What a process leaves behind is swept away like any half-connected account.

use sqlx::Row;

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
    /// Puts an account with the change applied beside the account it is meant for. Gives the
    /// staged account's id; `None` if there is no account to change.
    ///
    /// # Errors
    /// The database failed.
    pub async fn stage_credentials(
        &self,
        environment: &EnvironmentId,
        id: &AccountId,
        change: &CredentialsChange,
    ) -> Result<Option<AccountId>, StoreError> {
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let row = written::find_whole(&mut transaction, environment, id).await?;
        let Some(row) = row else { return Ok(None) };
        let mut staged = rows::account(&row)?;
        let (values, expires_at) = self.open_credentials(id, &row)?.changed(change);
        merge_settings(&mut staged.settings, &change.settings);
        let now = now_ms();
        staged.id = AccountId::random()?;
        staged.status = AccountStatus::Connecting;
        staged.last_error = None;
        (staged.created_at, staged.updated_at) = (now, now);
        self.insert_account(&mut transaction, &staged, &values, expires_at)
            .await?;
        transaction.commit().await?;
        Ok(Some(staged.id))
    }

    /// Gives the account the credentials and settings of a staged one, which is gone after
    /// that. The account is active, and a refresh that is on its way for the old credentials
    /// will change nothing. `None` if either of them is not there any more.
    ///
    /// # Errors
    /// The database failed.
    pub async fn adopt_credentials(
        &self,
        environment: &EnvironmentId,
        id: &AccountId,
        staged: &AccountId,
    ) -> Result<Option<Account>, StoreError> {
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let row = written::find_whole(&mut transaction, environment, staged).await?;
        let Some(row) = row else { return Ok(None) };
        let fresh = self.open_credentials(staged, &row)?;
        let settings = rows::settings(staged, row.try_get("settings")?)?;
        let row = written::find(&mut transaction, environment, id).await?;
        let Some(row) = row else { return Ok(None) };
        let mut account = rows::account(&row)?;
        let before = account.status;
        account.settings = settings;
        account.status = AccountStatus::Active;
        account.last_error = None;
        account.updated_at = now_ms();
        let times = (fresh.expires_at, fresh.stored_at);
        self.write_credentials(&mut transaction, id, &fresh.values, times, None)
            .await?;
        written::write(&mut transaction, &account).await?;
        sqlx::query("DELETE FROM accounts WHERE id = $1")
            .bind(staged.as_str())
            .execute(&mut *transaction)
            .await?;
        if before != AccountStatus::Active {
            events::announce(&mut transaction, AccountEvent::Active, &account).await?;
        }
        transaction.commit().await?;
        self.inner.connections.forget(id);
        self.inner.connections.forget(staged);
        Ok(Some(account))
    }
}
