//! When accounts and tokens were last used, to the minute, and what vendors say is left of
//! accounts' quotas, both in bulk: a request costs a look into memory, the database one
//! write for all of a second's requests.

use std::{
    collections::HashMap,
    mem,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use moka::sync::Cache;

use super::Store;
use crate::{
    account::Quota,
    clock::now_ms,
    error::StoreError,
    ids::{AccountId, TokenId},
};

/// One use in so long is noted; the others are the same to within it.
const NOTED_EVERY: Duration = Duration::from_secs(60);
/// A quota changes with every request; one in so long is told to other processes.
const QUOTA_NOTED_EVERY: Duration = Duration::from_secs(5);
/// No vendor needs more to say what is left.
const LONGEST_QUOTA: usize = 120;
/// Uses are gathered for so long before they are written.
const GATHERED_FOR: Duration = Duration::from_secs(1);
const REMEMBERED: u64 = 50_000;

/// What was used.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Used {
    Account(AccountId),
    Token(TokenId),
}

pub(super) struct LastUsed {
    lately: Cache<Used, ()>,
    unwritten: Mutex<HashMap<Used, i64>>,
    /// Accounts whose quota was written a moment ago.
    quota_lately: Cache<AccountId, ()>,
    /// Quotas that are newer than the database's.
    quotas: Mutex<HashMap<AccountId, Quota>>,
    writer_is_coming: AtomicBool,
}

impl Default for LastUsed {
    fn default() -> Self {
        Self {
            lately: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(NOTED_EVERY)
                .build(),
            unwritten: Mutex::default(),
            quota_lately: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(QUOTA_NOTED_EVERY)
                .build(),
            quotas: Mutex::default(),
            writer_is_coming: AtomicBool::new(false),
        }
    }
}

impl Store {
    /// Notes that the account was used just now. Returns at once; `last_used_at` follows
    /// within a second or two, at most once a minute. Call it inside a tokio runtime.
    pub fn touch(&self, account: &AccountId) {
        self.note_use(&Used::Account(account.clone()));
    }

    /// Notes what the vendor says is left of the account's quota. Returns at once; others see it
    /// within some seconds. Call it inside a tokio runtime.
    pub fn note_quota(&self, account: &AccountId, remaining: &str) {
        let last_used = &self.inner.last_used;
        if last_used.quota_lately.contains_key(account) {
            return;
        }
        last_used.quota_lately.insert(account.clone(), ());
        let remaining = remaining.chars().take(LONGEST_QUOTA).collect();
        let quota = Quota {
            remaining,
            seen_at: now_ms(),
        };
        lock(&last_used.quotas).insert(account.clone(), quota);
        self.write_soon();
    }

    /// Writes the uses noted so far. What fails is logged and left: it is only a hint
    /// for people.
    pub async fn flush_last_used(&self) {
        if let Err(error) = self.write_uses().await {
            tracing::warn!(%error, "when accounts and tokens were last used could not be written");
        }
    }

    pub(super) fn note_use(&self, used: &Used) {
        let last_used = &self.inner.last_used;
        if last_used.lately.contains_key(used) {
            return;
        }
        last_used.lately.insert(used.clone(), ());
        lock(&last_used.unwritten).insert(used.clone(), now_ms());
        self.write_soon();
    }

    fn write_soon(&self) {
        let last_used = &self.inner.last_used;
        if !last_used.writer_is_coming.swap(true, Ordering::SeqCst) {
            let store = self.clone();
            tokio::spawn(async move {
                tokio::time::sleep(GATHERED_FOR).await;
                store
                    .inner
                    .last_used
                    .writer_is_coming
                    .store(false, Ordering::SeqCst);
                store.flush_last_used().await;
            });
        }
    }

    async fn write_uses(&self) -> Result<(), StoreError> {
        let uses = mem::take(&mut *lock(&self.inner.last_used.unwritten));
        let quotas = mem::take(&mut *lock(&self.inner.last_used.quotas));
        if uses.is_empty() && quotas.is_empty() {
            return Ok(());
        }
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        for (used, at) in &uses {
            let (statement, id) = match used {
                Used::Account(id) => (
                    "UPDATE accounts SET last_used_at = $2 WHERE id = $1 AND coalesce(last_used_at, 0) < $2",
                    id.as_str(),
                ),
                Used::Token(id) => (
                    "UPDATE api_tokens SET last_used_at = $2 WHERE id = $1 AND coalesce(last_used_at, 0) < $2",
                    id.as_str(),
                ),
            };
            sqlx::query(statement)
                .bind(id)
                .bind(at)
                .execute(&mut *transaction)
                .await?;
        }
        for (account, quota) in &quotas {
            sqlx::query(
                "UPDATE accounts SET quota_remaining = $2, quota_seen_at = $3 \
                 WHERE id = $1 AND coalesce(quota_seen_at, 0) < $3",
            )
            .bind(account.as_str())
            .bind(&quota.remaining)
            .bind(quota.seen_at)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
