//! An account as every change of it finds and writes it, inside a transaction.

use sqlx::{SqliteConnection, sqlite::SqliteRow};

use super::{
    Store,
    lease::Lease,
    rows::{self, account_columns, credentials_columns},
};
use crate::{
    account::Account,
    credentials::{SecretValues, encode},
    error::StoreError,
    ids::{AccountId, EnvironmentId},
};

/// An answer to a refresh: who had the lease, and which version it was given for.
pub(super) struct Answered {
    pub(super) fence: i64,
    pub(super) base: i64,
}

/// The row of an account.
pub(super) async fn find(
    transaction: &mut SqliteConnection,
    environment: &EnvironmentId,
    id: &AccountId,
) -> Result<Option<SqliteRow>, StoreError> {
    Ok(sqlx::query(concat!(
        "SELECT ",
        account_columns!(),
        " FROM accounts a WHERE a.id = $1 AND a.environment_id = $2",
    ))
    .bind(id.as_str())
    .bind(environment.as_str())
    .fetch_optional(transaction)
    .await?)
}

/// The row of an account with its credentials.
pub(super) async fn find_whole(
    transaction: &mut SqliteConnection,
    environment: &EnvironmentId,
    id: &AccountId,
) -> Result<Option<SqliteRow>, StoreError> {
    Ok(sqlx::query(concat!(
        "SELECT ", account_columns!(), ", ", credentials_columns!(),
        " FROM accounts a JOIN credentials c ON c.account_id = a.id WHERE a.id = $1 AND a.environment_id = $2",
    ))
    .bind(id.as_str())
    .bind(environment.as_str())
    .fetch_optional(transaction)
    .await?)
}

/// Writes what can change of an account.
pub(super) async fn write(transaction: &mut SqliteConnection, account: &Account) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE accounts SET tenant_id = $2, authentication_method = $3, settings = $4, status = $5, \
                             last_error = $6, updated_at = $7 \
         WHERE id = $1",
    )
    .bind(account.id.as_str())
    .bind(&account.tenant_id)
    .bind(&account.authentication_method)
    .bind(rows::settings_text(&account.settings)?)
    .bind(account.status.as_str())
    .bind(&account.last_error)
    .bind(account.updated_at)
    .execute(transaction)
    .await?;
    Ok(())
}

/// Gives a lease back, if it is still its holder's.
pub(super) async fn give_back(transaction: &mut SqliteConnection, lease: &Lease) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE refresh_leases SET owner = NULL, failure = NULL WHERE account_id = $1 AND fence = $2",
    )
    .bind(lease.account.as_str())
    .bind(lease.fence)
    .execute(transaction)
    .await?;
    Ok(())
}

impl Store {
    /// Writes the next version of an account's credentials. Those that are no answer to a refresh make every
    /// refresh that is on its way count for nothing.
    pub(super) async fn write_credentials(
        &self,
        transaction: &mut SqliteConnection,
        id: &AccountId,
        values: &SecretValues,
        (expires_at, stored_at): (Option<i64>, i64),
        answered: Option<Answered>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE credentials SET version = version + 1, key_id = $2, sealed = $3, expires_at = $4, \
                                    stored_at = $5, fence = $6, base_version = $7 \
             WHERE account_id = $1",
        )
        .bind(id.as_str())
        .bind(self.vault().key_id().to_text())
        .bind(self.vault().seal(id.as_str(), &encode(values)?)?)
        .bind(expires_at)
        .bind(stored_at)
        .bind(answered.as_ref().map_or(0, |answered| answered.fence))
        .bind(answered.map(|answered| answered.base))
        .execute(transaction)
        .await?;
        Ok(())
    }
}
