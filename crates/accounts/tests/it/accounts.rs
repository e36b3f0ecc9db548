//! Accounts: made, read, listed, changed, deleted.

use std::collections::BTreeSet;

use crosswalk_accounts::{
    Account, AccountFilter, AccountStatus, AccountUpdate, CredentialsChange, EnvironmentId, Store, StoreError,
};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{Folder, connection, eventually, expired, new_account, secrets};

fn settings(value: &serde_json::Value) -> crosswalk_accounts::Settings {
    value.as_object().unwrap().clone()
}

#[tokio::test]
async fn what_was_created_reads_back() {
    let folder = Folder::new();
    let store = folder.open().await;
    let mut new = new_account("acme", "salesforce");
    new.settings = settings(&json!({"z": 1, "a": {"b": [null, "é"]}}));
    let made = store
        .create_account(store.default_environment(), new)
        .await
        .unwrap();
    assert_eq!(made.status, AccountStatus::Active);
    let connection = connection(&store, &made.id).await;
    assert_eq!(connection.account, made);
    assert_eq!(connection.credentials.get("access_token"), Some("access-0"));
    assert_eq!(connection.credentials.version, 1);
    assert_eq!(connection.credentials.expires_at, Some(0));
    let nowhere = EnvironmentId::from("none");
    let refused = store
        .create_account(&nowhere, new_account("t", "x"))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, StoreError::NotFound("environment")),
        "{refused}"
    );
}

#[tokio::test]
async fn another_environments_account_is_not_there() {
    let folder = Folder::new();
    let store = folder.open().await;
    let account = expired(&store).await;
    let home = store.default_environment();
    let other = store.create_environment("staging").await.unwrap().id;
    assert!(matches!(
        store.create_environment("staging").await,
        Err(StoreError::NameTaken(_))
    ));
    for warm in [false, true] {
        assert!(
            store.connection(&other, &account.id).await.unwrap().is_none(),
            "{warm}"
        );
        assert!(store.connection(home, &account.id).await.unwrap().is_some());
    }
    let update = AccountUpdate::default();
    let change = CredentialsChange::default();
    assert!(store.account(&other, &account.id).await.unwrap().is_none());
    assert!(
        store
            .update_account(&other, &account.id, &update)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        store
            .change_credentials(&other, &account.id, &change)
            .await
            .unwrap()
            .is_none()
    );
    assert!(!store.delete_account(&other, &account.id).await.unwrap());
    let page = store
        .list_accounts(&other, &AccountFilter::default(), 10, None)
        .await
        .unwrap();
    assert!(page.accounts.is_empty() && page.next_cursor.is_none());
    assert!(store.account(home, &account.id).await.unwrap().is_some());
}

#[tokio::test]
async fn changes_count_at_once_here_and_soon_elsewhere() {
    let folder = Folder::new();
    let (here, there) = (folder.open().await, folder.open().await);
    let mut new = new_account("acme", "x");
    new.settings = settings(&json!({"keep": 1, "drop": 2}));
    let home = here.default_environment();
    let account = here.create_account(home, new).await.unwrap();
    connection(&here, &account.id).await;
    connection(&there, &account.id).await;

    let update = AccountUpdate {
        tenant_id: Some("new".to_owned()),
        settings: Some(settings(&json!({"drop": null, "add": true}))),
    };
    let updated = here
        .update_account(home, &account.id, &update)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(updated.tenant_id, "new");
    assert_eq!(
        serde_json::Value::from(updated.settings.clone()),
        json!({"keep": 1, "add": true})
    );
    assert_eq!(connection(&here, &account.id).await.account, updated);
    eventually(|| async { connection(&there, &account.id).await.account == updated }).await;

    assert!(here.delete_account(home, &account.id).await.unwrap());
    assert!(here.connection(home, &account.id).await.unwrap().is_none());
    assert!(!here.delete_account(home, &account.id).await.unwrap());
    eventually(|| async { there.connection(home, &account.id).await.unwrap().is_none() }).await;
}

#[tokio::test]
async fn new_credentials_bring_an_account_back() {
    let folder = Folder::new();
    let store = folder.open().await;
    let account = expired(&store).await;
    let home = store.default_environment();
    let version = connection(&store, &account.id).await.credentials.version;
    let needs = AccountStatus::NeedsReauth;
    assert!(
        store
            .set_status(&account.id, needs, Some("revoked"), Some(version))
            .await
            .unwrap()
    );
    let read = connection(&store, &account.id).await;
    assert_eq!(
        (read.account.status, read.account.last_error.as_deref()),
        (needs, Some("revoked"))
    );

    let change = CredentialsChange {
        values: secrets(&[("access_token", "other")]),
        settings: settings(&json!({"region": "eu"})),
        keep_others: true,
        ..Default::default()
    };
    let changed = store
        .change_credentials(home, &account.id, &change)
        .await
        .unwrap()
        .unwrap();
    let read = connection(&store, &account.id).await;
    assert_eq!(read.account, changed);
    assert_eq!(
        (changed.status, changed.last_error),
        (AccountStatus::Active, None)
    );
    assert_eq!(changed.settings["region"], "eu");
    assert_eq!(read.credentials.get("access_token"), Some("other"));
    assert_eq!(read.credentials.get("refresh_token"), Some("refresh-0"));
    assert!(read.credentials.version > version);

    // What was learnt with the old ones comes too late.
    assert!(
        !store
            .set_status(&account.id, needs, Some("late"), Some(version))
            .await
            .unwrap()
    );
    assert_eq!(
        connection(&store, &account.id).await.account.status,
        AccountStatus::Active
    );

    let replace = CredentialsChange {
        values: secrets(&[("api_key", "k")]),
        ..Default::default()
    };
    store
        .change_credentials(home, &account.id, &replace)
        .await
        .unwrap();
    assert_eq!(connection(&store, &account.id).await.credentials.values.len(), 1);
}

async fn walk(store: &Store, filter: &AccountFilter, limit: u32) -> Vec<Account> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = store
            .list_accounts(store.default_environment(), filter, limit, cursor.as_deref())
            .await
            .unwrap();
        assert!(page.accounts.len() <= limit as usize);
        assert!(page.next_cursor.is_none() || page.accounts.len() == limit as usize);
        all.extend(page.accounts);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return all;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Walking a filtered list gives what filtering the whole list gives, for any limit.
    #[test]
    fn pages_add_up(
        kinds in proptest::collection::vec((0..3_u8, 0..3_u8, 0..4_usize), 0..25),
        wanted in (proptest::option::of(0..3_u8), proptest::option::of(0..3_u8), proptest::option::of(0..4_usize)),
        limit in 1..9_u32,
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let folder = Folder::new();
            let store = folder.open().await;
            for (tenant, integration, status) in kinds {
                let new = new_account(&format!("t{tenant}"), &format!("i{integration}"));
                let made = store.create_account(store.default_environment(), new).await.unwrap();
                store.set_status(&made.id, AccountStatus::ALL[status], None, None).await.unwrap();
            }
            let all = walk(&store, &AccountFilter::default(), 1000).await;
            assert!(all.is_sorted_by_key(|account| (account.created_at, account.id.clone())));
            let filter = AccountFilter {
                tenant_id: wanted.0.map(|tenant| format!("t{tenant}")),
                integration: wanted.1.map(|integration| format!("i{integration}")),
                status: wanted.2.map(|status| AccountStatus::ALL[status]),
                ..AccountFilter::default()
            };
            let fits = |account: &Account| {
                filter.tenant_id.as_ref().is_none_or(|tenant| *tenant == account.tenant_id)
                    && filter.integration.as_ref().is_none_or(|name| *name == account.integration)
                    && filter.status.is_none_or(|status| status == account.status)
            };
            let expected: Vec<Account> = all.into_iter().filter(fits).collect();
            assert_eq!(walk(&store, &filter, limit).await, expected);
        });
    }
}

#[tokio::test]
async fn a_walk_is_not_shifted_by_what_comes_and_goes() {
    let folder = Folder::new();
    let store = folder.open().await;
    let home = store.default_environment();
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(expired(&store).await.id);
    }
    let filter = AccountFilter::default();
    let first = store.list_accounts(home, &filter, 3, None).await.unwrap();
    let seen: BTreeSet<_> = first.accounts.iter().map(|account| account.id.clone()).collect();
    // Even the account that the cursor stands on may go.
    store.delete_account(home, &first.accounts[2].id).await.unwrap();
    let late = expired(&store).await.id;
    let second = store
        .list_accounts(home, &filter, 100, first.next_cursor.as_deref())
        .await
        .unwrap();
    let rest: BTreeSet<_> = second.accounts.iter().map(|account| account.id.clone()).collect();
    assert!(seen.is_disjoint(&rest));
    assert!(rest.contains(&late));
    assert_eq!(seen.len() + rest.len(), 7);
}

#[tokio::test]
async fn cursors_fit_only_their_list() {
    let folder = Folder::new();
    let store = folder.open().await;
    expired(&store).await;
    expired(&store).await;
    let home = store.default_environment();
    let filter = AccountFilter::default();
    let cursor = store
        .list_accounts(home, &filter, 1, None)
        .await
        .unwrap()
        .next_cursor
        .unwrap();
    // Another replica with the same key goes on.
    let replica = folder.open().await;
    assert_eq!(
        replica
            .list_accounts(home, &filter, 1, Some(&cursor))
            .await
            .unwrap()
            .accounts
            .len(),
        1
    );

    let other = store.create_environment("other").await.unwrap().id;
    let filtered = AccountFilter {
        tenant_id: Some("acme".to_owned()),
        ..Default::default()
    };
    let mut altered = cursor.clone();
    altered.replace_range(50..51, if &altered[50..51] == "A" { "B" } else { "A" });
    for (environment, filter, cursor) in [
        (&other, &filter, cursor.as_str()),
        (home, &filtered, &cursor),
        (home, &filter, &altered),
        (home, &filter, &cursor[..20]),
        (home, &filter, "né"),
        (home, &filter, ""),
    ] {
        let refused = store.list_accounts(environment, filter, 1, Some(cursor)).await;
        assert!(matches!(refused, Err(StoreError::InvalidCursor)), "{cursor}");
    }
}
