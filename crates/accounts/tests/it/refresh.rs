//! One refresh, whoever asks.

use std::{sync::Arc, time::Duration};

use crosswalk_accounts::{AccountStatus, Connection, RefreshError, Store};
use tokio::task::JoinSet;

use crate::support::{Does, Folder, Vendor, connection, eventually, expired, new_account, now_ms, soon};

/// `calls` callers, spread over the stores, who all need a good token now.
async fn ask(
    vendor: &Arc<Vendor>,
    stores: &[Store],
    account: &Connection,
    calls: usize,
) -> Vec<Arc<Connection>> {
    let refreshers: Vec<_> = stores.iter().map(|store| vendor.refresher(store)).collect();
    let mut callers = JoinSet::new();
    for call in 0..calls {
        let (refresher, store) = (
            refreshers[call % stores.len()].clone(),
            stores[call % stores.len()].clone(),
        );
        let id = account.account.id.clone();
        callers.spawn(async move {
            let given = connection(&store, &id).await;
            refresher.current(&given, soon()).await.unwrap()
        });
    }
    callers.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_callers_and_one_refresh() {
    let folder = Folder::new();
    let store = folder.open().await;
    let vendor = Vendor::new(&[Does::Answers]);
    let id = expired(&store).await.id;
    let given = connection(&store, &id).await;
    let got = ask(&vendor, std::slice::from_ref(&store), &given, 100).await;
    assert_eq!(vendor.requests(), 1);
    for connection in got {
        assert_eq!(connection.credentials.get("access_token"), Some("access-1"));
        assert_eq!(connection.account.settings["instance_url"], "https://1.example");
    }
    // The new tokens are on disk, not only in memory.
    let elsewhere = folder.open().await;
    let stored = connection(&elsewhere, &id).await;
    assert_eq!(stored.credentials.get("refresh_token"), Some("refresh-1"));
    assert_eq!(stored.account.settings["instance_url"], "https://1.example");
    vendor.assert_lawful();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_a_hundred_calls_and_one_refresh_per_expiry() {
    let folder = Folder::new();
    let stores = [folder.open().await, folder.open().await];
    let vendor = Vendor::new(&[Does::Answers]);
    let id = expired(&stores[0]).await.id;
    let refreshers = [vendor.refresher(&stores[0]), vendor.refresher(&stores[1])];
    for expiry in 1..=5_usize {
        let mut callers = JoinSet::new();
        let stale = i64::try_from(expiry).unwrap();
        for call in 0..100 {
            let (refresher, id) = (refreshers[call % 2].clone(), id.clone());
            callers.spawn(async move { refresher.refresh(&id, stale, soon()).await.unwrap() });
        }
        for connection in callers.join_all().await {
            assert_eq!(
                connection.credentials.get("access_token"),
                Some(&*format!("access-{expiry}"))
            );
        }
        assert_eq!(vendor.requests(), expiry);
    }
    vendor.assert_lawful();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_accounts_at_once_are_refreshed_each_once() {
    let folder = Folder::new();
    let stores = [folder.open().await, folder.open().await];
    let vendor = Vendor::new(&[Does::Answers]);
    let refreshers = [vendor.refresher(&stores[0]), vendor.refresher(&stores[1])];
    let mut callers = JoinSet::new();
    for _ in 0..20 {
        let id = expired(&stores[0]).await.id;
        for call in 0..6 {
            let (refresher, id) = (refreshers[call % 2].clone(), id.clone());
            callers.spawn(async move { refresher.refresh(&id, 1, soon()).await.unwrap() });
        }
    }
    callers.join_all().await;
    assert_eq!(vendor.requests(), 20);
    vendor.assert_lawful();
}

#[tokio::test]
async fn who_comes_with_an_old_version_gets_what_is_stored() {
    let folder = Folder::new();
    let store = folder.open().await;
    let vendor = Vendor::new(&[Does::Answers]);
    let refresher = vendor.refresher(&store);
    let id = expired(&store).await.id;
    let fresh = refresher.refresh(&id, 1, soon()).await.unwrap();
    let again = refresher.refresh(&id, 1, soon()).await.unwrap();
    assert_eq!(again.credentials.version, fresh.credentials.version);
    assert_eq!(vendor.requests(), 1);
    // Whoever saw the new ones rejected gets newer ones.
    refresher
        .refresh(&id, fresh.credentials.version, soon())
        .await
        .unwrap();
    assert_eq!(vendor.requests(), 2);
    refresher.refresh_now(&id, soon()).await.unwrap();
    assert_eq!(vendor.requests(), 3);
    vendor.assert_lawful();
}

#[tokio::test]
async fn a_good_token_is_left_alone_and_one_that_ends_soon_is_refreshed_on_the_side() {
    let folder = Folder::new();
    let store = folder.open().await;
    let vendor = Vendor::new(&[Does::Answers]);
    let refresher = vendor.refresher(&store);
    for (expires_at, credentials) in [
        (Some(now_ms() + 3_600_000), None),
        (None, None),
        // Over, but there is nothing to refresh it with: the vendor will tell.
        (Some(0), Some(&[("access_token", "a")])),
    ] {
        let mut new = new_account("t", "x");
        new.expires_at = expires_at;
        if let Some(credentials) = credentials {
            new.credentials = crate::support::secrets(credentials);
        }
        let id = store
            .create_account(store.default_environment(), new)
            .await
            .unwrap()
            .id;
        let given = connection(&store, &id).await;
        assert!(Arc::ptr_eq(
            &refresher.current(&given, soon()).await.unwrap(),
            &given
        ));
        refresher.settle(soon()).await;
    }
    assert_eq!(vendor.requests(), 0);

    // A token of 40 seconds is renewed in its last 8; 7 are left.
    let mut ending = (*connection(&store, &expired(&store).await.id).await).clone();
    let mut credentials = (*ending.credentials).clone();
    credentials.expires_at = Some(now_ms() + 7_000);
    credentials.stored_at = now_ms() - 33_000;
    ending.credentials = Arc::new(credentials);
    let ending = Arc::new(ending);
    let id = ending.account.id.clone();
    for _ in 0..20 {
        assert!(Arc::ptr_eq(
            &refresher.current(&ending, soon()).await.unwrap(),
            &ending
        ));
    }
    eventually(|| async { connection(&store, &id).await.credentials.version > 1 }).await;
    refresher.settle(soon()).await;
    assert_eq!(vendor.requests(), 1);
}

#[tokio::test]
async fn a_caller_that_leaves_does_not_stop_it() {
    let folder = Folder::new();
    let store = folder.open().await;
    let vendor = Vendor::new(&[Does::Answers]);
    let refresher = vendor.refresher(&store);
    let id = expired(&store).await.id;
    let caller = tokio::spawn({
        let (refresher, id) = (refresher.clone(), id.clone());
        async move { refresher.refresh(&id, 1, soon()).await }
    });
    eventually(|| async { vendor.requests() == 1 }).await;
    caller.abort();
    refresher.settle(soon()).await;
    assert_eq!(
        connection(&store, &id).await.credentials.get("access_token"),
        Some("access-1")
    );
    vendor.assert_lawful();
}

#[tokio::test]
async fn a_caller_whose_time_is_up_leaves_and_the_refresh_goes_on() {
    let folder = Folder::new();
    let store = folder.open().await;
    let vendor = Vendor::new(&[Does::Answers]);
    let refresher = vendor.refresher(&store);
    let id = expired(&store).await.id;
    let short = std::time::Instant::now() + Duration::from_millis(1);
    let outcome = refresher.refresh(&id, 1, short).await;
    assert!(matches!(outcome, Err(RefreshError::Deadline)), "{outcome:?}");
    let got = refresher.refresh(&id, 1, soon()).await.unwrap();
    assert_eq!(got.account.status, AccountStatus::Active);
    assert_eq!(vendor.requests(), 1);
}

#[tokio::test]
async fn a_token_that_lives_shortly_is_not_refreshed_with_every_call() {
    let folder = Folder::new();
    let store = folder.open().await;
    let vendor = Vendor::with_life(&[Does::Answers], Duration::from_secs(50));
    let refresher = vendor.refresher(&store);
    let id = expired(&store).await.id;
    for _ in 0..20 {
        let given = connection(&store, &id).await;
        refresher.current(&given, soon()).await.unwrap();
        refresher.settle(soon()).await;
    }
    assert_eq!(vendor.requests(), 1);
}
