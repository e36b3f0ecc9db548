//! What a refresh brought, written down: new tokens, or that the vendor refused.

use sqlx::Row;

use super::{
    Lease, Store, events,
    rows::{self, account_columns, credentials_columns},
    written::{self, Answered},
};
use crate::{
    account::{AccountStatus, merge_settings},
    clock::now_ms,
    credentials::merged,
    error::StoreError,
    refresh::Refreshed,
};

/// What became of new tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fresh {
    /// They are on disk.
    Stored,
    /// Others were stored meanwhile that count more: a person's, or a later refresh's.
    Superseded,
}

/// What became of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The account needs a person now.
    Marked,
    /// The credentials changed meanwhile, or somebody else is trying: it says nothing.
    Superseded,
}

impl Store {
    /// Stores what the vendor gave for the refresh token of version `base`, and gives
    /// the lease back, in one transaction.
    ///
    /// The answer counts if the credentials are still those it was given for, even when
    /// the lease ran out meanwhile: the vendor has spent the old token, so these are the
    /// only good ones. It also counts over an answer to the same token that an earlier
    /// holder of the lease stored, because the vendor gave it later.
    pub(crate) async fn store_refreshed(
        &self,
        lease: &Lease,
        base: i64,
        refreshed: &Refreshed,
    ) -> Result<Fresh, StoreError> {
        let id = &lease.account;
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let row = sqlx::query(concat!(
            "SELECT ",
            account_columns!(),
            ", c.fence, c.base_version, ",
            credentials_columns!(),
            " FROM accounts a JOIN credentials c ON c.account_id = a.id WHERE a.id = $1",
        ))
        .bind(id.as_str())
        .fetch_optional(&mut *transaction)
        .await?
        .ok_or(StoreError::NotFound("account"))?;
        let present = self.open_credentials(id, &row)?;
        let written_by: i64 = row.try_get("fence")?;
        let written_for: Option<i64> = row.try_get("base_version")?;
        let counts = present.version == base || (written_for == Some(base) && written_by < lease.fence);
        if counts {
            let now = now_ms();
            let values = merged(&present.values, &refreshed.values);
            let answered = Answered {
                fence: lease.fence,
                base,
            };
            self.write_credentials(
                &mut transaction,
                id,
                &values,
                (refreshed.expires_at, now),
                Some(answered),
            )
            .await?;
            let mut account = rows::account(&row)?;
            merge_settings(&mut account.settings, &refreshed.settings);
            let before = account.status;
            if before == AccountStatus::NeedsReauth {
                account.status = AccountStatus::Active;
                account.last_error = None;
            }
            account.updated_at = now;
            written::write(&mut transaction, &account).await?;
            events::announce_status(&mut transaction, before, &account).await?;
        }
        written::give_back(&mut transaction, lease).await?;
        transaction.commit().await?;
        self.inner.connections.forget(id);
        Ok(if counts { Fresh::Stored } else { Fresh::Superseded })
    }

    /// Notes that the vendor refused the refresh token of version `base`, and gives the
    /// lease back. It says nothing if the credentials changed meanwhile or the lease went
    /// to somebody else, who may have been answered with success.
    pub(crate) async fn store_refusal(
        &self,
        lease: &Lease,
        base: i64,
        reason: &str,
    ) -> Result<Refusal, StoreError> {
        let id = &lease.account;
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let row = sqlx::query(concat!(
            "SELECT ",
            account_columns!(),
            " FROM accounts a WHERE a.id = $1 \
               AND $2 = (SELECT version FROM credentials WHERE account_id = $1) \
               AND $3 = (SELECT fence FROM refresh_leases WHERE account_id = $1)",
        ))
        .bind(id.as_str())
        .bind(base)
        .bind(lease.fence)
        .fetch_optional(&mut *transaction)
        .await?;
        if let Some(row) = &row {
            let mut account = rows::account(row)?;
            let before = account.status;
            // One that is still being connected is for whoever connects it to give up.
            if before != AccountStatus::Connecting {
                account.status = AccountStatus::NeedsReauth;
            }
            account.last_error = Some(reason.to_owned());
            account.updated_at = now_ms();
            written::write(&mut transaction, &account).await?;
            events::announce_status(&mut transaction, before, &account).await?;
        }
        written::give_back(&mut transaction, lease).await?;
        transaction.commit().await?;
        self.inner.connections.forget(id);
        Ok(if row.is_some() {
            Refusal::Marked
        } else {
            Refusal::Superseded
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use super::*;
    use crate::{
        credentials::CredentialsChange,
        ids::AccountId,
        store::{
            LeaseAttempt,
            testing::{account, store},
        },
    };

    /// A lease that is over the moment it is taken: its holder was asleep.
    async fn lapsed(store: &Store, id: &AccountId) -> Lease {
        match store.take_lease(id, "sleeper", Duration::ZERO).await.unwrap() {
            LeaseAttempt::Held(lease) => lease,
            LeaseAttempt::Busy(fence) => panic!("{fence} holds it"),
        }
    }

    fn tokens(access: &str) -> Refreshed {
        let values = [("access_token".to_owned(), access.into())].into();
        Refreshed {
            values,
            ..Refreshed::default()
        }
    }

    async fn access(store: &Store, id: &AccountId) -> String {
        let connection = store.read_connection(id).await.unwrap().unwrap();
        connection.credentials.get("access_token").unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_late_success_counts_while_nobody_did_better() {
        let (_folder, store) = store().await;
        let id = account(&store).await;
        let first = lapsed(&store, &id).await;
        let second = lapsed(&store, &id).await;
        // The second was refused, because the first had spent the token ...
        assert_eq!(
            store.store_refusal(&second, 1, "spent").await.unwrap(),
            Refusal::Marked
        );
        // ... whose answer brings the account back.
        assert_eq!(
            store.store_refreshed(&first, 1, &tokens("one")).await.unwrap(),
            Fresh::Stored
        );
        let connection = store.read_connection(&id).await.unwrap().unwrap();
        assert_eq!(connection.account.status, AccountStatus::Active);
        assert_eq!(connection.account.last_error, None);
        assert_eq!(access(&store, &id).await, "one");
    }

    #[tokio::test]
    async fn of_two_answers_to_one_token_the_later_counts() {
        for late_first in [true, false] {
            let (_folder, store) = store().await;
            let id = account(&store).await;
            let (first, second) = (lapsed(&store, &id).await, lapsed(&store, &id).await);
            let mut answers = [(&first, "one"), (&second, "two")];
            if late_first {
                answers.reverse();
            }
            for (lease, access) in answers {
                store.store_refreshed(lease, 1, &tokens(access)).await.unwrap();
            }
            assert_eq!(access(&store, &id).await, "two");
        }
    }

    #[tokio::test]
    async fn a_refusal_without_the_lease_says_nothing() {
        let (_folder, store) = store().await;
        let id = account(&store).await;
        let first = lapsed(&store, &id).await;
        lapsed(&store, &id).await;
        assert_eq!(
            store.store_refusal(&first, 1, "spent").await.unwrap(),
            Refusal::Superseded
        );
    }

    #[tokio::test]
    async fn nothing_counts_against_a_persons_change() {
        let (_folder, store) = store().await;
        let id = account(&store).await;
        let lease = lapsed(&store, &id).await;
        let change = CredentialsChange {
            values: tokens("typed").values,
            ..Default::default()
        };
        store
            .change_credentials(store.default_environment(), &id, &change)
            .await
            .unwrap();
        assert_eq!(
            store.store_refusal(&lease, 1, "spent").await.unwrap(),
            Refusal::Superseded
        );
        assert_eq!(
            store.store_refreshed(&lease, 1, &tokens("late")).await.unwrap(),
            Fresh::Superseded
        );
        assert_eq!(access(&store, &id).await, "typed");
    }
}
