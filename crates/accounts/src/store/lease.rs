//! The lease on an account's refresh token: who may spend it just now.
//!
//! A lease is one row with owner, end and fencing number; taking, renewing and
//! releasing it are one statement each, so that no transaction is open while a vendor
//! is asked. The time is the database's own, taken when the statement has its turn.

use std::time::Duration;

use crosswalk_model::Delay;
use sqlx::Row;

use super::{Store, owned::without};
use crate::{clock::now_ms, error::StoreError, ids::AccountId};

/// The right to spend the account's refresh token until `expires_at`.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    pub(crate) account: AccountId,
    /// Higher than that of everyone who held it before.
    pub(crate) fence: i64,
    /// Whether its holder before let it run out: dead, or too slow to write down what it got.
    pub(crate) is_taken_over: bool,
    owner: String,
    /// Milliseconds since the epoch.
    expires_at: i64,
}

impl Lease {
    /// How long it still holds.
    pub(crate) fn left(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.expires_at - now_ms()).unwrap_or(0))
    }
}

/// What came of asking for a lease.
#[derive(Debug)]
pub(crate) enum LeaseAttempt {
    Held(Lease),
    /// Somebody else has it, under this fencing number.
    Busy(i64),
}

fn milliseconds(ttl: Duration) -> i64 {
    i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX / 4)
}

impl Store {
    /// Takes the lease if nobody has it or its holder let it run out.
    pub(crate) async fn take_lease(
        &self,
        account: &AccountId,
        owner: &str,
        ttl: Duration,
    ) -> Result<LeaseAttempt, StoreError> {
        // `failure` tells nothing of a lease that is held, so it can say what it was taken from.
        let taken = sqlx::query(
            "INSERT INTO refresh_leases AS lease (account_id, fence, owner, expires_at) \
             VALUES ($1, 1, $2, CAST(unixepoch('subsec') * 1000 AS INTEGER) + $3) \
             ON CONFLICT (account_id) DO UPDATE \
                SET fence = lease.fence + 1, owner = excluded.owner, expires_at = excluded.expires_at, \
                    failure = lease.owner \
              WHERE lease.owner IS NULL OR lease.expires_at <= CAST(unixepoch('subsec') * 1000 AS INTEGER) \
             RETURNING fence, expires_at, failure IS NOT NULL AS is_taken_over",
        )
        .bind(account.as_str())
        .bind(owner)
        .bind(milliseconds(ttl))
        .fetch_optional(self.pool())
        .await
        .map_err(without("account"))?;
        if let Some(row) = taken {
            return Ok(LeaseAttempt::Held(Lease {
                account: account.clone(),
                fence: row.try_get("fence")?,
                is_taken_over: row.try_get("is_taken_over")?,
                owner: owner.to_owned(),
                expires_at: row.try_get("expires_at")?,
            }));
        }
        let fence: Option<i64> = sqlx::query_scalar("SELECT fence FROM refresh_leases WHERE account_id = $1")
            .bind(account.as_str())
            .fetch_optional(self.pool())
            .await?;
        Ok(LeaseAttempt::Busy(fence.ok_or(StoreError::NotFound("account"))?))
    }

    /// Makes the lease last `ttl` from now. `false` if somebody else has it by now.
    pub(crate) async fn renew_lease(&self, lease: &mut Lease, ttl: Duration) -> Result<bool, StoreError> {
        let expires_at: Option<i64> = sqlx::query_scalar(
            "UPDATE refresh_leases SET expires_at = CAST(unixepoch('subsec') * 1000 AS INTEGER) + $4 \
             WHERE account_id = $1 AND fence = $2 AND owner = $3 RETURNING expires_at",
        )
        .bind(lease.account.as_str())
        .bind(lease.fence)
        .bind(&lease.owner)
        .bind(milliseconds(ttl))
        .fetch_optional(self.pool())
        .await?;
        if let Some(expires_at) = expires_at {
            lease.expires_at = expires_at;
        }
        Ok(expires_at.is_some())
    }

    /// Gives the lease back, with the reason if the attempt came to nothing for now.
    pub(crate) async fn release_lease(
        &self,
        lease: &Lease,
        failure: Option<&Delay>,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE refresh_leases SET owner = NULL, failure = $3, retry_after = $4 \
             WHERE account_id = $1 AND fence = $2",
        )
        .bind(lease.account.as_str())
        .bind(lease.fence)
        .bind(failure.map(|delay| delay.reason.as_str()))
        .bind(failure.and_then(|delay| i64::try_from(delay.retry_after?).ok()))
        .execute(self.pool())
        .await?;
        Ok(())
    }

    /// Why the attempt with this fencing number came to nothing, if it is over, was the
    /// last one, and did.
    pub(crate) async fn lease_failure(
        &self,
        account: &AccountId,
        fence: i64,
    ) -> Result<Option<Delay>, StoreError> {
        let failure: Option<(String, Option<i64>)> = sqlx::query_as(
            "SELECT failure, retry_after FROM refresh_leases \
             WHERE account_id = $1 AND fence = $2 AND owner IS NULL AND failure IS NOT NULL",
        )
        .bind(account.as_str())
        .bind(fence)
        .fetch_optional(self.pool())
        .await?;
        Ok(failure.map(|(reason, retry_after)| Delay {
            reason,
            retry_after: retry_after.and_then(|seconds| u64::try_from(seconds).ok()),
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::store::testing::{account, store};

    const LONG: Duration = Duration::from_secs(60);

    fn held(attempt: LeaseAttempt) -> Lease {
        match attempt {
            LeaseAttempt::Held(lease) => lease,
            LeaseAttempt::Busy(fence) => panic!("{fence} holds it"),
        }
    }

    #[tokio::test]
    async fn one_holds_it_and_the_fence_grows() {
        let (_folder, store) = store().await;
        let id = account(&store).await;
        let first = held(store.take_lease(&id, "a", LONG).await.unwrap());
        assert!(first.left() > LONG / 2);
        // Not even the same owner gets it twice.
        for owner in ["a", "b"] {
            let busy = store.take_lease(&id, owner, LONG).await.unwrap();
            assert!(
                matches!(busy, LeaseAttempt::Busy(fence) if fence == first.fence),
                "{busy:?}"
            );
        }
        let limited = Delay {
            reason: "429".into(),
            retry_after: Some(30),
        };
        store.release_lease(&first, Some(&limited)).await.unwrap();
        assert_eq!(
            store.lease_failure(&id, first.fence).await.unwrap(),
            Some(limited)
        );
        let second = held(store.take_lease(&id, "b", LONG).await.unwrap());
        assert!(second.fence > first.fence);
        assert!(!first.is_taken_over && !second.is_taken_over);
        assert_eq!(store.lease_failure(&id, first.fence).await.unwrap(), None);
        // The one before has no say any more.
        assert!(!store.renew_lease(&mut first.clone(), LONG).await.unwrap());
        store.release_lease(&first, None).await.unwrap();
        assert!(matches!(
            store.take_lease(&id, "c", LONG).await.unwrap(),
            LeaseAttempt::Busy(_)
        ));
    }

    #[tokio::test]
    async fn it_runs_out_unless_renewed() {
        let (_folder, store) = store().await;
        let id = account(&store).await;
        let mut first = held(store.take_lease(&id, "a", Duration::ZERO).await.unwrap());
        // Over, but nobody took it: it can still be had back.
        assert!(store.renew_lease(&mut first, LONG).await.unwrap());
        assert!(matches!(
            store.take_lease(&id, "b", LONG).await.unwrap(),
            LeaseAttempt::Busy(_)
        ));
        assert!(store.renew_lease(&mut first, Duration::ZERO).await.unwrap());
        let second = held(store.take_lease(&id, "b", LONG).await.unwrap());
        assert_eq!(second.fence, first.fence + 1);
        assert!(second.is_taken_over);
        assert!(!store.renew_lease(&mut first, LONG).await.unwrap());
    }

    #[tokio::test]
    async fn there_is_none_on_an_account_that_is_gone() {
        let (_folder, store) = store().await;
        let outcome = store.take_lease(&"none".into(), "a", LONG).await;
        assert!(matches!(outcome, Err(StoreError::NotFound(_))), "{outcome:?}");
    }
}
