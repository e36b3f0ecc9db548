//! Looking at a database without changing anything: no migration, no key check left, no file made.

use std::path::Path;

use sqlx::{
    ConnectOptions, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

use super::{
    Store, environments,
    migrations::MIGRATIONS,
    open::{BUSY, holds_key, wrong_key},
    rotate,
};
use crate::{
    data_dir,
    error::StoreError,
    key::{MasterKey, Purpose},
    keyring::Keyring,
};

/// The tables whose rows tell when they were written, and the question for the newest.
const WRITTEN: &[(&str, &str)] = &[
    (
        "accounts",
        "SELECT max(max(created_at, updated_at)) FROM accounts",
    ),
    ("api_tokens", "SELECT max(created_at) FROM api_tokens"),
    ("audit_log", "SELECT max(at) FROM audit_log"),
    ("credentials", "SELECT max(stored_at) FROM credentials"),
    ("link_tokens", "SELECT max(created_at) FROM link_tokens"),
    ("request_log", "SELECT max(at) FROM request_log"),
    ("sealing_keys", "SELECT max(created_at) FROM sealing_keys"),
];

/// The same for leases, which end at a time that is still to come.
const LEASED: &[(&str, &str)] = &[
    (
        "refresh_leases",
        "SELECT max(expires_at) FROM refresh_leases WHERE owner IS NOT NULL",
    ),
    (
        "webhook_deliveries",
        "SELECT max(lease_until) FROM webhook_deliveries WHERE state = 'pending'",
    ),
];

/// A database that is looked at.
#[derive(Debug)]
pub struct Look {
    pool: SqlitePool,
}

/// How a database stands. Times are milliseconds since the epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// How large it is.
    pub bytes: u64,
    /// What is wrong with its structure, in SQLite's words.
    pub damage: Vec<String>,
    /// How many steps of bringing it up to date the next start takes.
    pub pending: usize,
    /// Whether a later version of the program made it.
    pub is_too_new: bool,
    /// When something was last written, by the clock of whoever did.
    pub newest: Option<i64>,
    /// When the last lease ends that somebody holds.
    pub leased_until: Option<i64>,
}

impl Look {
    /// Opens the database of a data folder for reading; `None` if there is none.
    ///
    /// # Errors
    /// It can not be read, or is no database.
    pub async fn at(data_dir: &Path) -> Result<Option<Self>, StoreError> {
        let file = data_dir::database(data_dir);
        match std::fs::metadata(&file) {
            Ok(found) if found.len() > 0 => {}
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StoreError::File { path: file, source }),
        }
        // A database that nobody has open has no log beside it, and SQLite would make one to read by.
        let mut log = file.clone().into_os_string();
        log.push("-wal");
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .read_only(true)
            .immutable(!Path::new(&log).exists())
            .busy_timeout(BUSY)
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new()
            .max_connections(2)
            .connect_with(options)
            .await?;
        Ok(Some(Self { pool }))
    }

    /// Reads through the whole database.
    ///
    /// # Errors
    /// It could not be read.
    pub async fn condition(&self) -> Result<Condition, StoreError> {
        let mut damage: Vec<String> = sqlx::query_scalar("PRAGMA quick_check(5)")
            .fetch_all(&self.pool)
            .await?;
        damage.retain(|line| line != "ok");
        let (pending, is_too_new) = self.versions().await?;
        Ok(Condition {
            bytes: self.bytes().await?,
            damage,
            pending,
            is_too_new,
            newest: self.latest(WRITTEN).await?,
            leased_until: self.latest(LEASED).await?,
        })
    }

    /// A store to read from. What would write fails.
    ///
    /// # Errors
    /// The key is not the database's, there is no environment in it, or the database failed.
    pub async fn store(&self, key: &MasterKey) -> Result<Store, StoreError> {
        holds_key(&self.pool, key).await?;
        let vault = Keyring::new(key.copy(), Purpose::Credentials);
        if !rotate::learn(&self.pool, &vault).await? {
            return Err(wrong_key(&self.pool, key).await?);
        }
        let default = environments::find_default(&self.pool).await?;
        let default = default.ok_or(StoreError::NotFound("environment"))?;
        Ok(Store::over(&self.pool, key, vault, default))
    }

    /// Whether a key opens the database.
    ///
    /// # Errors
    /// It does not, or the database failed.
    pub async fn check_key(&self, key: &MasterKey) -> Result<(), StoreError> {
        holds_key(&self.pool, key).await
    }

    /// Lets go of it.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn bytes(&self) -> Result<u64, StoreError> {
        let pages: i64 = sqlx::query_scalar("PRAGMA page_count")
            .fetch_one(&self.pool)
            .await?;
        let size: i64 = sqlx::query_scalar("PRAGMA page_size")
            .fetch_one(&self.pool)
            .await?;
        Ok(u64::try_from(pages.saturating_mul(size)).unwrap_or_default())
    }

    /// How many steps are still to be taken, and whether some were taken that are not known here.
    async fn versions(&self) -> Result<(usize, bool), StoreError> {
        if !self.has("_sqlx_migrations").await? {
            return Ok((MIGRATIONS.iter().count(), false));
        }
        let taken: Vec<i64> = sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success")
            .fetch_all(&self.pool)
            .await?;
        let known: Vec<i64> = MIGRATIONS.iter().map(|step| step.version).collect();
        let pending = known.iter().filter(|step| !taken.contains(step)).count();
        Ok((pending, taken.iter().any(|step| !known.contains(step))))
    }

    async fn latest(&self, questions: &[(&str, &'static str)]) -> Result<Option<i64>, StoreError> {
        let mut latest = None;
        for (table, question) in questions {
            // A database of an earlier version has fewer tables.
            if self.has(table).await? {
                let found: Option<i64> = sqlx::query_scalar(*question).fetch_one(&self.pool).await?;
                latest = latest.max(found);
            }
        }
        Ok(latest)
    }

    async fn has(&self, table: &str) -> Result<bool, StoreError> {
        let found: i64 =
            sqlx::query_scalar("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1")
                .bind(table)
                .fetch_one(&self.pool)
                .await?;
        Ok(found > 0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use super::*;
    use crate::store::testing::account;

    /// The files of a folder with what is in them.
    fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
        std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                (path.display().to_string(), std::fs::read(&path).unwrap())
            })
            .collect()
    }

    #[tokio::test]
    async fn nothing_is_there_and_nothing_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("none");
        assert!(Look::at(&missing).await.unwrap().is_none());
        assert!(MasterKey::find(&missing, None).unwrap().is_none());
        assert!(!missing.exists());
    }

    #[tokio::test]
    async fn looking_changes_no_byte() {
        let folder = tempfile::tempdir().unwrap();
        let key = MasterKey::load(folder.path(), None).unwrap();
        let store = Store::open(folder.path(), &key).await.unwrap();
        let id = account(&store).await;
        let environment = store.default_environment().clone();
        store.close().await;
        let before = files(folder.path());

        let look = Look::at(folder.path()).await.unwrap().unwrap();
        let condition = look.condition().await.unwrap();
        assert!(condition.damage.is_empty() && condition.pending == 0 && !condition.is_too_new);
        assert!(condition.newest.is_some() && condition.leased_until.is_none());
        let seen = look.store(&key).await.unwrap();
        assert!(seen.connection(&environment, &id).await.unwrap().is_some());
        assert!(seen.create_environment("written").await.is_err());
        let other = MasterKey::generate().unwrap();
        assert!(matches!(
            look.check_key(&other).await,
            Err(StoreError::WrongKey { .. })
        ));
        assert!(matches!(
            look.store(&other).await,
            Err(StoreError::WrongKey { .. })
        ));
        look.close().await;
        assert_eq!(files(folder.path()), before);
    }

    #[tokio::test]
    async fn it_sees_what_a_running_server_wrote() {
        let (folder, store) = crate::store::testing::store().await;
        let id = account(&store).await;
        let key = MasterKey::find(folder.path(), None).unwrap().unwrap();
        let look = Look::at(folder.path()).await.unwrap().unwrap();
        assert!(look.condition().await.unwrap().newest.is_some());
        let seen = look.store(&key).await.unwrap();
        let environment = store.default_environment();
        assert!(seen.connection(environment, &id).await.unwrap().is_some());
        look.close().await;
        store.close().await;
    }
}
