//! When accounts and tokens were last used, to the minute and in bulk: a request
//! costs a look into memory, the database one write for all of a second's requests.

use std::{
    collections::HashMap,
    mem,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use moka::sync::Cache;

use super::Store;
use crate::{
    clock::now_ms,
    error::StoreError,
    ids::{AccountId, TokenId},
};

/// One use in so long is noted; the others are the same to within it.
const NOTED_EVERY: Duration = Duration::from_secs(60);
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
        last_used
            .unwritten
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(used.clone(), now_ms());
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
        let uses = mem::take(
            &mut *self
                .inner
                .last_used
                .unwritten
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        if uses.is_empty() {
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
        transaction.commit().await?;
        Ok(())
    }
}
