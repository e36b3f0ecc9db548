//! The key, the folder and the database at start.

use std::{collections::BTreeMap, fs, path::Path};

use crosswalk_accounts::{DATABASE_FILE, KEY_FILE, KeyError, MasterKey, Store, StoreError};
use secrecy::SecretString;
use sqlx::{ConnectOptions, Connection as _, sqlite::SqliteConnectOptions};

use crate::support::{Folder, expired};

const ONE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                fs::read(entry.path()).unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn the_first_start_makes_all_and_the_second_finds_it() {
    let folder = Folder::new();
    let store = folder.open().await;
    let account = expired(&store).await;
    let environment = store.default_environment().clone();
    assert_eq!(store.environments().await.unwrap().len(), 1);
    store.close().await;
    let store = folder.open().await;
    assert_eq!(store.default_environment(), &environment);
    assert_eq!(
        store.account(&environment, &account.id).await.unwrap(),
        Some(account)
    );
}

#[tokio::test]
async fn a_wrong_key_is_refused_and_changes_nothing() {
    let folder = Folder::new();
    let store = folder.open().await;
    expired(&store).await;
    store.close().await;
    let before = contents(folder.path());
    let wrong = MasterKey::generate().unwrap();
    let refused = Store::open(folder.path(), &wrong).await.unwrap_err();
    assert!(matches!(refused, StoreError::WrongKey { .. }), "{refused}");
    assert!(refused.to_string().contains(&wrong.id().to_text()));
    assert_eq!(contents(folder.path()), before);
    folder.open().await;
}

#[tokio::test]
async fn a_lost_key_is_never_replaced() {
    let folder = Folder::new();
    folder.open().await.close().await;
    fs::remove_file(folder.path().join(KEY_FILE)).unwrap();
    let before = contents(folder.path());
    let refused = MasterKey::load(folder.path(), None).unwrap_err();
    assert!(matches!(refused, KeyError::Missing { .. }), "{refused}");
    assert_eq!(contents(folder.path()), before);
}

#[tokio::test]
async fn the_variable_wins_and_leaves_no_file() {
    let folder = Folder::new();
    let key = MasterKey::load(folder.path(), Some(&SecretString::from(ONE))).unwrap();
    Store::open(folder.path(), &key).await.unwrap().close().await;
    assert!(!folder.path().join(KEY_FILE).exists());
    assert!(matches!(
        MasterKey::load(folder.path(), None),
        Err(KeyError::Missing { .. })
    ));
    for wrong in ["", "hello", "AAEC", &ONE[..40]] {
        let refused = MasterKey::load(folder.path(), Some(&SecretString::from(wrong))).unwrap_err();
        assert!(refused.to_string().contains("CROSSWALK_KEY"), "{refused}");
        assert!(
            wrong.is_empty() || !refused.to_string().contains(wrong),
            "{refused}"
        );
    }
}

#[test]
fn a_damaged_key_file_is_refused() {
    let folder = Folder::new();
    MasterKey::load(folder.path(), None).unwrap();
    fs::write(folder.path().join(KEY_FILE), "half").unwrap();
    let refused = MasterKey::load(folder.path(), None).unwrap_err();
    assert!(matches!(refused, KeyError::Malformed { .. }), "{refused}");
}

#[cfg(unix)]
#[tokio::test]
async fn files_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let outer = Folder::new();
    let folder = outer.path().join("deep").join("data");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let key = MasterKey::load(&folder, None).unwrap();
    let store = Store::open(&folder, &key).await.unwrap();
    expired(&store).await;
    assert_eq!(mode(&folder), 0o700);
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    fs::set_permissions(folder.join(KEY_FILE), fs::Permissions::from_mode(0o640)).unwrap();
    let refused = MasterKey::load(&folder, None).unwrap_err();
    assert!(
        matches!(refused, KeyError::TooOpen { mode: 0o640, .. }),
        "{refused}"
    );
    assert!(refused.to_string().contains("chmod 600"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_first_starts_at_once_agree() {
    let folder = Folder::new();
    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let path = folder.path().to_owned();
        starts.spawn(async move {
            let key = {
                let path = path.clone();
                tokio::task::spawn_blocking(move || MasterKey::load(&path, None))
                    .await
                    .unwrap()
                    .unwrap()
            };
            let store = Store::open(&path, &key).await.unwrap();
            let environment = store.default_environment().clone();
            store.close().await;
            environment
        });
    }
    let mut environments = starts.join_all().await;
    environments.dedup();
    assert_eq!(environments.len(), 1);
}

#[tokio::test]
async fn a_database_of_a_later_version_is_refused() {
    let folder = Folder::new();
    folder.open().await.close().await;
    let options = SqliteConnectOptions::new().filename(folder.path().join(DATABASE_FILE));
    let mut connection = options.connect().await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'later', 1, x'00', 0)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    let key = MasterKey::load(folder.path(), None).unwrap();
    let refused = Store::open(folder.path(), &key).await.unwrap_err();
    assert!(matches!(refused, StoreError::TooNew), "{refused}");
}
