//! Opening the store: folder, key check, migrations, first rows.

use std::{io, path::Path, time::Duration};

use sqlx::{
    ConnectOptions, SqlitePool,
    migrate::MigrateError,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    CONNECTIONS_HELD, ENVIRONMENTS_HELD, Inner, Store, TOKENS_HELD, cache::FreshCache, environments,
    last_used::LastUsed, migrations::MIGRATIONS, rotate,
};
use crate::{
    clock::now_ms,
    data_dir,
    error::StoreError,
    ids::EnvironmentId,
    key::{MasterKey, Purpose},
    keyring::Keyring,
    vault::Vault,
};

/// How long a statement waits for other processes' writes.
pub(super) const BUSY: Duration = Duration::from_secs(10);
/// Each connection is a thread. Reads are cached and writes queue up anyway.
const CONNECTIONS: u32 = 4;

const CHECK_OWNER: &str = "key check";
const CHECK_TEXT: &[u8] = b"this key opens this database";

impl Store {
    /// Opens the store in `data_dir`, making folder, database, key check and one
    /// environment where there are none, and bringing an older database up to date.
    ///
    /// # Errors
    /// A folder that can't be used, a key that is not the database's, a database of a
    /// later version: in each case nothing in it was changed.
    pub async fn open(data_dir: &Path, key: &MasterKey) -> Result<Self, StoreError> {
        let file = data_dir::database(data_dir);
        let folder = data_dir.to_owned();
        let lock = tokio::task::spawn_blocking(move || prepare(&folder))
            .await
            .unwrap_or_else(|stopped| Err(io::Error::other(stopped)))
            .map_err(|source| StoreError::File {
                path: data_dir.to_owned(),
                source,
            })?;
        let plain = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(false)
            .busy_timeout(BUSY)
            .disable_statement_logging();
        first_look(plain.clone(), key).await?;
        let options = plain
            .journal_mode(SqliteJournalMode::Wal)
            // A refresh token is spent the moment it is sent: what came back for it
            // must be on disk, not in a buffer, when the call returns.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true);
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .connect_with(options)
            .await?;
        let store = Self::set_up(&pool, key).await;
        if store.is_err() {
            pool.close().await;
        }
        drop(lock);
        store
    }

    async fn set_up(pool: &SqlitePool, key: &MasterKey) -> Result<Self, StoreError> {
        let vault = Keyring::new(key.copy(), Purpose::Credentials);
        MIGRATIONS.run(pool).await.map_err(|error| match error {
            MigrateError::VersionMissing(_) | MigrateError::VersionTooNew(..) => StoreError::TooNew,
            other => StoreError::Migration(other),
        })?;
        check_key(pool, key).await?;
        // While keys rotate, the one given may not be the one whose turn it is.
        if !rotate::learn(pool, &vault).await? {
            return Err(wrong_key(pool, key).await?);
        }
        let default_environment = environments::ensure_default(pool).await?;
        let store = Self::over(pool, key, vault, default_environment);
        rotate::watch(&store.inner);
        Ok(store)
    }

    /// A store over a database that is ready.
    pub(super) fn over(
        pool: &SqlitePool,
        key: &MasterKey,
        vault: Keyring,
        default_environment: EnvironmentId,
    ) -> Self {
        let inner = Inner {
            pool: pool.clone(),
            vault,
            cursors: Vault::new(key, Purpose::AccountCursors),
            default_environment,
            connections: FreshCache::new(CONNECTIONS_HELD),
            principals: FreshCache::new(TOKENS_HELD),
            overrides: FreshCache::new(ENVIRONMENTS_HELD),
            last_used: LastUsed::default(),
        };
        Self {
            inner: std::sync::Arc::new(inner),
        }
    }
}

/// Makes the folder and the empty file, the latter so that it and the files SQLite
/// puts beside it are the owner's alone.
fn prepare(folder: &Path) -> io::Result<data_dir::Lock> {
    data_dir::prepare(folder)?;
    let lock = data_dir::lock(folder)?;
    data_dir::private()
        .write(true)
        .create(true)
        .truncate(false)
        .open(data_dir::database(folder))?;
    Ok(lock)
}

/// Holds the key to a database that is there already, before anything is done to it: a wrong key must not even
/// change how its journal is kept, which a restored backup leaves to be set.
async fn first_look(options: SqliteConnectOptions, key: &MasterKey) -> Result<(), StoreError> {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await?;
    let looked = holds_key(&pool, key).await;
    pool.close().await;
    looked
}

async fn has_key_table(pool: &SqlitePool) -> Result<bool, StoreError> {
    let found: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'sealing_keys'",
    )
    .fetch_one(pool)
    .await?;
    Ok(found > 0)
}

/// Holds the key to the database's own check value, or leaves one if it has none yet.
async fn check_key(pool: &SqlitePool, key: &MasterKey) -> Result<(), StoreError> {
    let vault = Vault::new(key, Purpose::Credentials);
    let known = known_keys(pool).await?;
    if known.is_empty() {
        let value = check_value(&vault)?;
        sqlx::query(
            "INSERT INTO sealing_keys (id, state, check_value, created_at) VALUES ($1, 'current', $2, $3)",
        )
        .bind(vault.key_id().to_text())
        .bind(value)
        .bind(now_ms())
        .execute(pool)
        .await?;
        return Ok(());
    }
    if opens_one(&vault, &known) {
        return Ok(());
    }
    Err(wrong_key(pool, key).await?)
}

/// The same without leaving one: a database that has no keys yet takes any.
pub(super) async fn holds_key(pool: &SqlitePool, key: &MasterKey) -> Result<(), StoreError> {
    if has_key_table(pool).await? {
        let known = known_keys(pool).await?;
        if !known.is_empty() && !opens_one(&Vault::new(key, Purpose::Credentials), &known) {
            return Err(wrong_key(pool, key).await?);
        }
    }
    Ok(())
}

async fn known_keys(pool: &SqlitePool) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    let known = sqlx::query_as("SELECT id, check_value FROM sealing_keys ORDER BY created_at, id")
        .fetch_all(pool)
        .await?;
    Ok(known)
}

/// Whether the key is one of those that the database knows.
fn opens_one(vault: &Vault, known: &[(String, Vec<u8>)]) -> bool {
    let given = vault.key_id().to_text();
    known.iter().any(|(id, value)| {
        *id == given
            && vault
                .open(CHECK_OWNER, value)
                .is_ok_and(|text| text.as_slice() == CHECK_TEXT)
    })
}

/// What opens with a key and no other.
pub(super) fn check_value(vault: &Vault) -> Result<Vec<u8>, StoreError> {
    Ok(vault.seal(CHECK_OWNER, CHECK_TEXT)?)
}

pub(super) async fn wrong_key(pool: &SqlitePool, key: &MasterKey) -> Result<StoreError, StoreError> {
    let stored: Vec<String> = sqlx::query_scalar("SELECT id FROM sealing_keys ORDER BY created_at, id")
        .fetch_all(pool)
        .await?;
    Ok(StoreError::WrongKey {
        stored: stored.join(", "),
        given: key.id().to_text(),
    })
}
