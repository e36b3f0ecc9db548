//! A store to test with.
#![allow(clippy::unwrap_used)]

use tempfile::TempDir;

use super::Store;
use crate::{account::NewAccount, ids::AccountId, key::MasterKey};

/// A store in a folder of its own, which goes with the first of the two.
pub(super) async fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let key = MasterKey::load(folder.path(), None).unwrap();
    let store = Store::open(folder.path(), &key).await.unwrap();
    (folder, store)
}

/// An account with a refresh token, its credentials in version 1.
pub(super) async fn account(store: &Store) -> AccountId {
    let new = NewAccount {
        tenant_id: "acme".to_owned(),
        integration: "example".to_owned(),
        authentication_method: "oauth2".to_owned(),
        settings: serde_json::Map::new(),
        credentials: [("refresh_token".to_owned(), "r".into())].into(),
        expires_at: None,
    };
    store
        .create_account(store.default_environment(), new)
        .await
        .unwrap()
        .id
}
