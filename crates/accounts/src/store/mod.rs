//! The store: an SQLite database in the data folder.
//!
//! Hot reads (a token, an account with its opened credentials) are answered from
//! memory for less than a second ([`cache::STALE_AFTER`]); everything else asks the
//! database. Writes are on disk when the call that made them returns.

mod accounts;
mod audit;
mod backup;
mod cache;
mod credentials;
mod deliveries;
mod environments;
mod events;
mod flows;
mod last_used;
mod lease;
mod link_tokens;
mod list;
mod look;
mod migrations;
mod oauth_apps;
mod open;
mod overrides;
mod owned;
mod pages;
mod redirect_uris;
mod refreshed;
mod request_log;
mod request_summary;
mod rotate;
mod rows;
mod staged;
#[cfg(test)]
mod testing;
mod token_list;
mod tokens;
mod webhooks;
mod written;

use std::sync::Arc;

use sqlx::SqlitePool;

use crate::{
    account::Connection,
    ids::{AccountId, EnvironmentId},
    keyring::Keyring,
    overrides::EnvironmentOverride,
    vault::Vault,
};

use cache::FreshCache;
use last_used::LastUsed;

pub use audit::{AUDIT_ENTRIES_KEPT, Actor, AuditEntry, AuditFilter, AuditRecord};
pub use deliveries::{Attempt, Delivery, DeliveryRecord};
pub use environments::{DEFAULT_ENVIRONMENT, Environment};
pub use events::AccountEvent;
pub(crate) use lease::{Lease, LeaseAttempt};
pub use look::{Condition, Look};
pub use pages::Page;
pub(crate) use refreshed::{Fresh, Refusal};
pub use request_log::{RequestEntry, RequestFilter, RequestLogBounds, RequestRecord};
pub use request_summary::{CallFigures, CallSummary};
pub use rotate::{Rotated, SealingKey};
pub use token_list::{TokenFilter, TokenState};
pub use tokens::{ApiToken, IssuedToken, NewToken, Principal};
pub use webhooks::{NewWebhook, Webhook, WebhookUpdate, is_webhook_secret};

/// Entries the caches may hold.
const CONNECTIONS_HELD: u64 = 20_000;
const TOKENS_HELD: u64 = 20_000;
const ENVIRONMENTS_HELD: u64 = 1_000;

/// Accounts, credentials, tokens and environments on disk. A clone is the same store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    pool: SqlitePool,
    vault: Keyring,
    cursors: Vault,
    default_environment: EnvironmentId,
    connections: FreshCache<AccountId, Arc<Connection>>,
    principals: FreshCache<[u8; 32], Arc<Principal>>,
    overrides: FreshCache<EnvironmentId, Arc<Vec<EnvironmentOverride>>>,
    last_used: LastUsed,
}

impl Store {
    fn pool(&self) -> &SqlitePool {
        &self.inner.pool
    }

    fn vault(&self) -> &Keyring {
        &self.inner.vault
    }

    /// Writes what is still to be written and closes the database. Later calls fail.
    pub async fn close(&self) {
        self.flush_last_used().await;
        // Keeps the query planner's figures in step with the tables; nothing hangs on it.
        let _ = sqlx::query("PRAGMA optimize").execute(self.pool()).await;
        self.inner.pool.close().await;
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("key_id", &self.inner.vault.key_id())
            .finish_non_exhaustive()
    }
}
