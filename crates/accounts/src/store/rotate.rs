//! Changing the master key while servers run.
//!
//! 1. The new key is written down as `next`, sealed under the present one. Every process looks
//!    at the table of keys once a second, and learns it.
//! 2. It becomes `current`: what is sealed from now on is sealed under it.
//! 3. Everything that is sealed is sealed anew, a few rows at a time.
//! 4. The old key is forgotten, with what was sealed under it.
//!
//! Whatever interrupts this, the old key opens the database until step 4, and the new one from
//! step 3 on; running it again goes on where it stopped.

use std::{path::Path, time::Duration};

use secrecy::zeroize::Zeroizing;
use sqlx::{Row, SqlitePool};

use super::{Inner, Store, open::check_value, webhooks};
use crate::{
    clock::now_ms,
    error::StoreError,
    key::{KEY_FILE, KeyId, MasterKey, Purpose},
    keyring::Keyring,
    vault::Vault,
};

/// How often a process looks whether keys rotate.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Rows sealed anew in one transaction.
const AT_ONCE: i64 = 100;

/// A table with something sealed in its column `sealed`, its key, and what that belongs to.
pub(crate) struct Sealed {
    pub(crate) table: &'static str,
    pub(crate) key: &'static str,
    pub(crate) owner: fn(&str) -> String,
}

/// Everything that is sealed. A table with a column `key_id` that is missing here would be lost
/// with the old key; a test looks for those.
pub(crate) const SEALED: &[Sealed] = &[
    Sealed {
        table: "credentials",
        key: "account_id",
        owner: str::to_owned,
    },
    Sealed {
        table: "oauth_apps",
        key: "id",
        owner: str::to_owned,
    },
    Sealed {
        table: "link_tokens",
        key: "id",
        owner: str::to_owned,
    },
    Sealed {
        table: "oauth_flows",
        key: "id",
        owner: str::to_owned,
    },
    Sealed {
        table: "webhooks",
        key: "id",
        owner: webhooks::owner,
    },
];

/// A key that the database knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealingKey {
    /// Its id.
    pub id: String,
    /// `next`, `current` or `retiring`.
    pub state: String,
    /// When it was first used, in milliseconds since the epoch.
    pub created_at: i64,
    /// How many values are sealed under it.
    pub values: i64,
}

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// The key that seals now.
    pub current: KeyId,
    /// How many values were sealed anew.
    pub resealed: u64,
}

/// Takes the keys of the table that this process can open, and seals under the current one.
/// `false` if it can't.
pub(super) async fn learn(pool: &SqlitePool, ring: &Keyring) -> Result<bool, StoreError> {
    let handed_over: Vec<(String, Vec<u8>, String)> = sqlx::query_as(
        "SELECT id, handover, handover_by FROM sealing_keys \
         WHERE handover IS NOT NULL AND handover_by IS NOT NULL",
    )
    .fetch_all(pool)
    .await?;
    for (id, handover, by) in &handed_over {
        if ring.holds(id) {
            continue;
        }
        let opened = ring.with_master(by, |master| {
            Vault::new(master, Purpose::Handover).open(id, handover)
        });
        if let Some(bytes) = opened.transpose()?
            && let Some(master) = MasterKey::from_bytes(&bytes)
            && master.id().to_text() == *id
        {
            ring.add(master);
        }
    }
    let current: Option<String> = sqlx::query_scalar("SELECT id FROM sealing_keys WHERE state = 'current'")
        .fetch_optional(pool)
        .await?;
    Ok(current.is_some_and(|id| ring.turn_to(&id)))
}

/// Looks at the keys as long as the store is open.
pub(super) fn watch(inner: &std::sync::Arc<Inner>) {
    let inner = std::sync::Arc::downgrade(inner);
    tokio::spawn(async move {
        let mut known = Vec::new();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let Some(inner) = inner.upgrade() else { return };
            if inner.pool.is_closed() {
                return;
            }
            let now: Result<Vec<(String, String)>, _> =
                sqlx::query_as("SELECT id, state FROM sealing_keys ORDER BY id")
                    .fetch_all(&inner.pool)
                    .await;
            let Ok(now) = now else { continue };
            if now == known {
                continue;
            }
            match learn(&inner.pool, &inner.vault).await {
                Ok(true) => known = now,
                Ok(false) => tracing::error!(
                    "the key of this process is not the database's any more: restart it with the new one"
                ),
                Err(error) => tracing::warn!(%error, "the keys could not be read"),
            }
        }
    });
}

impl Store {
    /// Changes the key to `new`, or goes on with a change that was interrupted (then `new` is
    /// dropped unused). `notice` is how long other processes get to see each step: longer than
    /// a second. The old key still opens the database until [`Store::finish_rotation`].
    ///
    /// # Errors
    /// The database failed, or something sealed could not be opened: then the old key stays.
    pub async fn rotate_key(&self, new: &MasterKey, notice: Duration) -> Result<Rotated, StoreError> {
        let next = self.announce_key(new).await?;
        if next {
            tokio::time::sleep(notice).await;
            self.turn_to_next().await?;
            tokio::time::sleep(notice).await;
        }
        let mut resealed = 0;
        for sealed in SEALED {
            resealed += self.reseal(sealed).await?;
        }
        Ok(Rotated {
            current: self.vault().key_id(),
            resealed,
        })
    }

    /// Writes the new key down, unless a rotation is under way. Whether there is a key whose
    /// turn is still to come.
    async fn announce_key(&self, new: &MasterKey) -> Result<bool, StoreError> {
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let under_way: Option<String> = sqlx::query_scalar(
            "SELECT state FROM sealing_keys WHERE state <> 'current' ORDER BY state LIMIT 1",
        )
        .fetch_optional(&mut *transaction)
        .await?;
        if let Some(state) = under_way {
            return Ok(state == "next");
        }
        let current: String = sqlx::query_scalar("SELECT id FROM sealing_keys WHERE state = 'current'")
            .fetch_one(&mut *transaction)
            .await?;
        let id = new.id().to_text();
        if id == current {
            return Err(StoreError::InUse("the new key is the one in use".to_owned()));
        }
        let handover = self
            .vault()
            .with_master(&current, |master| {
                Vault::new(master, Purpose::Handover).seal(&id, new.bytes())
            })
            .ok_or_else(|| StoreError::Damaged("the current key is not at hand".to_owned()))??;
        sqlx::query(
            "INSERT INTO sealing_keys (id, state, check_value, created_at, handover, handover_by) \
             VALUES ($1, 'next', $2, $3, $4, $5)",
        )
        .bind(&id)
        .bind(check_value(&Vault::new(new, Purpose::Credentials))?)
        .bind(now_ms())
        .bind(handover)
        .bind(current)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        learn(self.pool(), self.vault()).await?;
        Ok(true)
    }

    /// Makes the next key the current one.
    async fn turn_to_next(&self) -> Result<(), StoreError> {
        let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
        let next: Option<String> = sqlx::query_scalar("SELECT id FROM sealing_keys WHERE state = 'next'")
            .fetch_optional(&mut *transaction)
            .await?;
        if let Some(next) = next {
            sqlx::query("UPDATE sealing_keys SET state = 'retiring' WHERE state = 'current'")
                .execute(&mut *transaction)
                .await?;
            sqlx::query("UPDATE sealing_keys SET state = 'current' WHERE id = $1")
                .bind(next)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        if !learn(self.pool(), self.vault()).await? {
            return Err(StoreError::Damaged("the new key can not be opened".to_owned()));
        }
        Ok(())
    }

    async fn reseal(&self, what: &Sealed) -> Result<u64, StoreError> {
        let Sealed { table, key, owner } = what;
        let current = self.vault().key_id().to_text();
        let find = format!(
            "SELECT {key} AS owner, sealed FROM {table} \
             WHERE lower(hex(substr(sealed, 2, 8))) <> $1 ORDER BY {key} LIMIT {AT_ONCE}"
        );
        let write = format!("UPDATE {table} SET sealed = $2, key_id = $3 WHERE {key} = $1");
        let mut done = 0;
        loop {
            let mut transaction = self.pool().begin_with("BEGIN IMMEDIATE").await?;
            let rows = sqlx::query(sqlx::AssertSqlSafe(find.clone()))
                .bind(&current)
                .fetch_all(&mut *transaction)
                .await?;
            if rows.is_empty() {
                return Ok(done);
            }
            for row in rows {
                let id: String = row.try_get("owner")?;
                let sealed: &[u8] = row.try_get("sealed")?;
                let owner = owner(&id);
                let plain: Zeroizing<Vec<u8>> = self.vault().open(&owner, sealed).map_err(|error| {
                    StoreError::Damaged(format!(
                        "what is sealed in {table} for {id} does not open: {error}"
                    ))
                })?;
                sqlx::query(sqlx::AssertSqlSafe(write.clone()))
                    .bind(&id)
                    .bind(self.vault().seal(&owner, &plain)?)
                    .bind(&current)
                    .execute(&mut *transaction)
                    .await?;
                done += 1;
            }
            transaction.commit().await?;
        }
    }

    /// Forgets the old key: from now on only the new one opens the database, and nothing that
    /// the old one sealed is left in its files. Answers whether there was an old key.
    ///
    /// # Errors
    /// Something is still sealed under the old key, or the database failed.
    pub async fn finish_rotation(&self) -> Result<bool, StoreError> {
        let left: i64 = self
            .sealing_keys()
            .await?
            .iter()
            .filter(|key| key.state != "current")
            .map(|key| key.values)
            .sum();
        if left > 0 {
            return Err(StoreError::InUse(format!(
                "{left} values are still sealed under the old key; rotate again, which goes on where it stopped"
            )));
        }
        let forgotten = sqlx::query("DELETE FROM sealing_keys WHERE state = 'retiring'")
            .execute(self.pool())
            .await?;
        sqlx::query("UPDATE sealing_keys SET handover = NULL, handover_by = NULL WHERE state = 'current'")
            .execute(self.pool())
            .await?;
        // What was written over is still in free pages and in the log.
        for tidy in ["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"] {
            if let Err(error) = sqlx::query(tidy).execute(self.pool()).await {
                tracing::warn!(%error, "the database could not be tidied: values sealed under the old key may be left in its free pages");
            }
        }
        Ok(forgotten.rows_affected() > 0)
    }

    /// The keys that the database knows, and how much is sealed under each.
    ///
    /// # Errors
    /// The database failed.
    pub async fn sealing_keys(&self) -> Result<Vec<SealingKey>, StoreError> {
        let rows: Vec<(String, String, i64)> =
            sqlx::query_as("SELECT id, state, created_at FROM sealing_keys ORDER BY created_at, id")
                .fetch_all(self.pool())
                .await?;
        let mut keys = Vec::with_capacity(rows.len());
        for (id, state, created_at) in rows {
            let mut values = 0;
            for Sealed { table, .. } in SEALED {
                let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
                    "SELECT count(*) FROM {table} WHERE lower(hex(substr(sealed, 2, 8))) = $1"
                )))
                .bind(&id)
                .fetch_one(self.pool())
                .await?;
                values += count;
            }
            keys.push(SealingKey {
                id,
                state,
                created_at,
                values,
            });
        }
        Ok(keys)
    }

    /// Puts the current key into the key file of the data folder. The one that was there is
    /// kept beside it under its id, for backups that were made before. Gives that file's name.
    ///
    /// # Errors
    /// The files could not be written.
    pub fn write_key_file(&self, data_dir: &Path) -> Result<Option<String>, StoreError> {
        let current = self.vault().key_id().to_text();
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| StoreError::File { path, source }
        };
        let path = data_dir.join(KEY_FILE);
        let present =
            MasterKey::load(data_dir, None).map_err(|error| StoreError::InUse(error.to_string()))?;
        if present.id().to_text() == current {
            return Ok(None);
        }
        let kept = format!("{KEY_FILE}.{}", present.id());
        present
            .write(data_dir, &data_dir.join(&kept))
            .map_err(at(&data_dir.join(&kept)))?;
        self.vault()
            .with_master(&current, |master| master.write(data_dir, &path))
            .ok_or_else(|| StoreError::Damaged("the current key is not at hand".to_owned()))?
            .map_err(at(&path))?;
        Ok(Some(kept))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;
    use crate::store::testing::{account, store};

    #[tokio::test]
    async fn everything_sealed_is_known_here() {
        let (_folder, store) = store().await;
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT t.name FROM sqlite_master t JOIN pragma_table_info(t.name) c \
             WHERE t.type = 'table' AND c.name = 'key_id'",
        )
        .fetch_all(store.pool())
        .await
        .unwrap();
        let tables: BTreeSet<&str> = tables.iter().map(String::as_str).collect();
        let known: BTreeSet<&str> = SEALED.iter().map(|sealed| sealed.table).collect();
        assert_eq!(tables, known);
    }

    #[tokio::test]
    async fn a_rotation_goes_on_where_it_stopped() {
        let (folder, store) = store().await;
        let old = MasterKey::load(folder.path(), None).unwrap();
        let id = account(&store).await;
        let new = MasterKey::generate().unwrap();
        // Cut off after each step; each time a process that starts with the old key opens all.
        assert!(store.announce_key(&new).await.unwrap());
        Store::open(folder.path(), &old).await.unwrap().close().await;
        store.turn_to_next().await.unwrap();
        let again = Store::open(folder.path(), &old).await.unwrap();
        assert_eq!(again.vault().key_id(), new.id());
        let fresh = account(&again).await;
        assert!(
            again.finish_rotation().await.is_err(),
            "something is left under the old key"
        );
        // Another new key is not begun with before this one is done.
        let unused = MasterKey::generate().unwrap();
        let rotated = again.rotate_key(&unused, Duration::ZERO).await.unwrap();
        assert_eq!((rotated.current, rotated.resealed), (new.id(), 1));
        assert!(again.finish_rotation().await.unwrap());
        for id in [&id, &fresh] {
            assert!(again.read_connection(id).await.unwrap().is_some());
        }
        let refused = Store::open(folder.path(), &old).await.unwrap_err();
        assert!(matches!(refused, StoreError::WrongKey { .. }), "{refused}");
        Store::open(folder.path(), &new).await.unwrap();
        // A process that slept through it can not leave anything behind under the old key.
        let sealed = Vault::new(&old, Purpose::Credentials)
            .seal(id.as_str(), b"{}")
            .unwrap();
        let late = sqlx::query("UPDATE credentials SET sealed = $1 WHERE account_id = $2")
            .bind(sealed)
            .bind(id.as_str())
            .execute(again.pool())
            .await;
        assert!(late.unwrap_err().to_string().contains("retired"));
    }
}
