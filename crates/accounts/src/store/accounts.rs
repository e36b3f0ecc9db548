//! Accounts one by one: create, get, change, delete. Another environment's account
//! is not there.

use std::sync::Arc;

use sqlx::SqliteConnection;

use super::{
    Store,
    events::{self, AccountEvent},
    owned::without,
    rows::{self, account_columns},
    written,
};
use crate::{
    account::{Account, AccountStatus, AccountUpdate, Connection, NewAccount, merge_settings},
    clock::now_ms,
    credentials::{SecretValues, encode},
    error::StoreError,
    ids::{AccountId, EnvironmentId},
};

impl Store {
    /// Makes an account, active.
    ///
    /// # Errors
    /// No such environment, or the database failed.
    pub async fn create_account(
        &self,
        environment: &EnvironmentId,
        new: NewAccount,
    ) -> Result<Account, StoreError> {
        self.make_account(environment, new, AccountStatus::Active).await
    }

    /// Makes an account that is not usable yet: nobody hears of it before its status changes.
    ///
    /// # Errors
    /// No such environment, or the database failed.
    pub async fn begin_account(
        &self,
        environment: &EnvironmentId,
        new: NewAccount,
    ) -> Result<Account, StoreError> {
        self.make_account(environment, new, AccountStatus::Connecting)
            .await
    }

    async fn make_account(
        &self,
        environment: &EnvironmentId,
        new: NewAccount,
        status: AccountStatus,
    ) -> Result<Account, StoreError> {
        let (account, credentials, expires_at) = drafted(environment, new, status)?;
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        self.insert_account(&mut transaction, &account, &credentials, expires_at)
            .await?;
        transaction.commit().await?;
        Ok(account)
    }

    /// Writes a new account and its credentials.
    pub(super) async fn insert_account(
        &self,
        transaction: &mut SqliteConnection,
        account: &Account,
        credentials: &SecretValues,
        expires_at: Option<i64>,
    ) -> Result<(), StoreError> {
        let sealed = self.vault().seal(account.id.as_str(), &encode(credentials)?)?;
        sqlx::query(
            "INSERT INTO accounts (id, environment_id, tenant_id, integration, authentication_method, status, \
                                   settings, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
        )
        .bind(account.id.as_str())
        .bind(account.environment_id.as_str())
        .bind(&account.tenant_id)
        .bind(&account.integration)
        .bind(&account.authentication_method)
        .bind(account.status.as_str())
        .bind(rows::settings_text(&account.settings)?)
        .bind(account.created_at)
        .execute(&mut *transaction)
        .await
        .map_err(without("environment"))?;
        sqlx::query(
            "INSERT INTO credentials (account_id, version, key_id, sealed, expires_at, stored_at) \
             VALUES ($1, 1, $2, $3, $4, $5)",
        )
        .bind(account.id.as_str())
        .bind(self.vault().key_id().to_text())
        .bind(sealed)
        .bind(expires_at)
        .bind(account.created_at)
        .execute(&mut *transaction)
        .await?;
        // An account that is still being connected is nobody's business.
        events::announce_status(transaction, AccountStatus::Connecting, account).await
    }

    /// The account as the database has it now.
    ///
    /// # Errors
    /// The database failed.
    pub async fn account(
        &self,
        environment: &EnvironmentId,
        id: &AccountId,
    ) -> Result<Option<Account>, StoreError> {
        let row = sqlx::query(concat!(
            "SELECT ",
            account_columns!(),
            " FROM accounts a WHERE a.id = $1 AND a.environment_id = $2",
        ))
        .bind(id.as_str())
        .bind(environment.as_str())
        .fetch_optional(self.pool())
        .await?;
        row.as_ref().map(rows::account).transpose()
    }

    /// The account with its opened credentials, for calls to the vendor. Answered from
    /// memory for less than a second; changes made in this process count at once.
    ///
    /// # Errors
    /// The database failed, or the credentials don't open.
    pub async fn connection(
        &self,
        environment: &EnvironmentId,
        id: &AccountId,
    ) -> Result<Option<Arc<Connection>>, StoreError> {
        let connection = match self.inner.connections.get(id) {
            Some(connection) => Some(connection),
            None => {
                let ticket = self.inner.connections.ticket();
                let connection = self.read_connection(id).await?;
                if let Some(connection) = &connection {
                    self.inner.connections.put(&ticket, id, connection.clone());
                }
                connection
            }
        };
        Ok(connection.filter(|connection| connection.account.environment_id == *environment))
    }

    /// Changes tenant and settings. `None` if there is no such account.
    ///
    /// # Errors
    /// The database failed.
    pub async fn update_account(
        &self,
        environment: &EnvironmentId,
        id: &AccountId,
        update: &AccountUpdate,
    ) -> Result<Option<Account>, StoreError> {
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let row = written::find(&mut transaction, environment, id).await?;
        let Some(row) = row else { return Ok(None) };
        let mut account = rows::account(&row)?;
        if let Some(tenant) = &update.tenant_id {
            account.tenant_id.clone_from(tenant);
        }
        if let Some(settings) = &update.settings {
            merge_settings(&mut account.settings, settings);
        }
        account.updated_at = now_ms();
        written::write(&mut transaction, &account).await?;
        transaction.commit().await?;
        self.inner.connections.forget(id);
        Ok(Some(account))
    }

    /// Sets where the account stands and why. With `version`, only if its credentials
    /// are still that version: what was learnt with old credentials says nothing about
    /// new ones. Answers whether it was set.
    ///
    /// # Errors
    /// The database failed.
    pub async fn set_status(
        &self,
        id: &AccountId,
        status: AccountStatus,
        last_error: Option<&str>,
        version: Option<i64>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let row = sqlx::query(concat!(
            "SELECT ",
            account_columns!(),
            " FROM accounts a WHERE a.id = $1 \
               AND ($2 IS NULL OR $2 = (SELECT version FROM credentials WHERE account_id = $1))",
        ))
        .bind(id.as_str())
        .bind(version)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(row) = row else { return Ok(false) };
        let mut account = rows::account(&row)?;
        let before = account.status;
        account.status = status;
        account.last_error = last_error.map(str::to_owned);
        account.updated_at = now_ms();
        written::write(&mut transaction, &account).await?;
        events::announce_status(&mut transaction, before, &account).await?;
        transaction.commit().await?;
        self.inner.connections.forget(id);
        Ok(true)
    }

    /// Deletes the account, its credentials and its tokens. `false` if there was none.
    ///
    /// # Errors
    /// The database failed.
    pub async fn delete_account(
        &self,
        environment: &EnvironmentId,
        id: &AccountId,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let row = written::find(&mut transaction, environment, id).await?;
        let Some(row) = row else { return Ok(false) };
        sqlx::query("DELETE FROM accounts WHERE id = $1")
            .bind(id.as_str())
            .execute(&mut *transaction)
            .await?;
        // What can't be read must go all the same. Whoever never heard of an account need not hear of its end.
        if let Ok(account) = rows::account(&row)
            && account.status != AccountStatus::Connecting
        {
            events::announce(&mut transaction, AccountEvent::Deleted, &account).await?;
        }
        transaction.commit().await?;
        self.inner.connections.forget(id);
        self.inner.principals.forget_all();
        Ok(true)
    }
}

/// An account as it will be written, and what is written beside it.
pub(super) fn drafted(
    environment: &EnvironmentId,
    new: NewAccount,
    status: AccountStatus,
) -> Result<(Account, SecretValues, Option<i64>), StoreError> {
    let now = now_ms();
    let account = Account {
        id: AccountId::random()?,
        environment_id: environment.clone(),
        tenant_id: new.tenant_id,
        integration: new.integration,
        authentication_method: new.authentication_method,
        status,
        last_error: None,
        settings: new.settings,
        unified_model_override: None,
        created_at: now,
        updated_at: now,
        last_used_at: None,
        quota: None,
    };
    Ok((account, new.credentials, new.expires_at))
}
