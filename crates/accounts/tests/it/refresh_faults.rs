//! Refreshes that go wrong: nothing is lost, nothing is stuck, and only a refusal costs
//! the connection.

use std::{sync::Arc, time::Duration};

use crosswalk_accounts::{
    AccountStatus, CredentialsChange, DATABASE_FILE, RefreshConfig, RefreshError, Refresher,
};
use proptest::prelude::*;
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
use tokio::task::JoinSet;

use crate::support::{Does, Folder, Vendor, connection, eventually, expired, quick, secrets, soon};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_holder_that_dies_is_followed_by_the_next() {
    let folder = Folder::new();
    let store = folder.open().await;
    let id = expired(&store).await.id;
    let vendor = Vendor::new(&[Does::Hangs, Does::Answers]);
    // A process of its own: when its runtime goes, so does all that ran in it, and the
    // lease row stays behind.
    let process = {
        let (path, id, vendor) = (folder.path().to_owned(), id.clone(), vendor.clone());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let key = crosswalk_accounts::MasterKey::load(&path, None).unwrap();
                let store = crosswalk_accounts::Store::open(&path, &key).await.unwrap();
                let refresher = vendor.refresher(&store);
                let asked = tokio::spawn(async move { refresher.refresh(&id, 1, soon()).await });
                eventually(|| async { vendor.requests() == 1 }).await;
                asked.abort();
            });
            runtime.shutdown_timeout(Duration::from_secs(5));
        })
    };
    tokio::task::spawn_blocking(move || process.join())
        .await
        .unwrap()
        .unwrap();
    let got = vendor.refresher(&store).refresh(&id, 1, soon()).await.unwrap();
    assert_eq!(got.credentials.get("access_token"), Some("access-1"));
    assert_eq!(*vendor.came.lock().unwrap(), ["refresh-0", "refresh-0"]);
    vendor.assert_lawful();
}

#[tokio::test]
async fn a_slow_vendor_keeps_the_lease_with_its_holder() {
    let folder = Folder::new();
    let stores = [folder.open().await, folder.open().await];
    let id = expired(&stores[0]).await.id;
    let vendor = Vendor::new(&[Does::Hangs, Does::Answers]);
    // The lease alone would run out three times within the exchange's time.
    let config = RefreshConfig {
        lease: Duration::from_millis(500),
        exchange_timeout: Duration::from_millis(1600),
        ..quick()
    };
    let first = Refresher::new(stores[0].clone(), vendor.clone(), config.clone()).unwrap();
    let second = Refresher::new(stores[1].clone(), vendor.clone(), config).unwrap();
    let waiting = tokio::spawn({
        let (first, id) = (first.clone(), id.clone());
        async move { first.refresh(&id, 1, soon()).await }
    });
    eventually(|| async { vendor.requests() == 1 }).await;
    // The other process waits for that very attempt and shares its failure.
    let outcome = second.refresh(&id, 1, soon()).await;
    assert!(matches!(outcome, Err(RefreshError::Passing(_))), "{outcome:?}");
    let outcome = waiting.await.unwrap();
    assert!(matches!(outcome, Err(RefreshError::Passing(_))), "{outcome:?}");
    assert_eq!(vendor.requests(), 1);
    // No answer is no verdict: the same token goes out again.
    second.refresh(&id, 1, soon()).await.unwrap();
    assert_eq!(*vendor.came.lock().unwrap(), ["refresh-0", "refresh-0"]);
    vendor.assert_lawful();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refusal_needs_a_person_and_is_not_repeated() {
    let folder = Folder::new();
    let stores = [folder.open().await, folder.open().await];
    let id = expired(&stores[0]).await.id;
    let vendor = Vendor::new(&[
        Does::Refuses("invalid_grant: refresh-0 is not known"),
        Does::Answers,
    ]);
    let refreshers = [vendor.refresher(&stores[0]), vendor.refresher(&stores[1])];
    let mut callers = JoinSet::new();
    for call in 0..40 {
        let (refresher, id) = (refreshers[call % 2].clone(), id.clone());
        callers.spawn(async move { refresher.refresh(&id, 1, soon()).await });
    }
    for outcome in callers.join_all().await {
        let Err(RefreshError::Refused(reason)) = outcome else {
            panic!("{outcome:?}")
        };
        // The vendor's words, but not the token that it repeats.
        assert_eq!(reason, "invalid_grant: [redacted] is not known");
    }
    assert_eq!(vendor.requests(), 1);
    let stored = connection(&stores[1], &id).await;
    assert_eq!(stored.account.status, AccountStatus::NeedsReauth);
    assert_eq!(
        stored.account.last_error.as_deref(),
        Some("invalid_grant: [redacted] is not known")
    );
    let at_once = refreshers[1].current(&stored, soon()).await;
    assert!(matches!(at_once, Err(RefreshError::Refused(_))), "{at_once:?}");
    assert_eq!(vendor.requests(), 1);

    // A person may have it tried again, and success brings the account back.
    let back = refreshers[0].refresh_now(&id, soon()).await.unwrap();
    assert_eq!(
        (back.account.status, back.account.last_error.clone()),
        (AccountStatus::Active, None)
    );
    assert_eq!(vendor.requests(), 2);
}

#[tokio::test]
async fn a_refusal_of_old_credentials_does_not_count_against_new_ones() {
    for does in [Does::Refuses("invalid_grant"), Does::Answers] {
        let folder = Folder::new();
        let store = folder.open().await;
        let id = expired(&store).await.id;
        let vendor = Vendor::new(&[does]);
        let refresher = vendor.refresher(&store);
        let asked = tokio::spawn({
            let (refresher, id) = (refresher.clone(), id.clone());
            async move { refresher.refresh(&id, 1, soon()).await }
        });
        eventually(|| async { vendor.requests() == 1 }).await;
        let change = CredentialsChange {
            values: secrets(&[("access_token", "typed-in"), ("refresh_token", "refresh-7")]),
            ..Default::default()
        };
        store
            .change_credentials(store.default_environment(), &id, &change)
            .await
            .unwrap();
        let got = asked.await.unwrap().unwrap();
        assert_eq!(got.credentials.get("access_token"), Some("typed-in"));
        assert_eq!(got.account.status, AccountStatus::Active);
        assert_eq!(vendor.requests(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn passing_faults_never_cost_the_connection() {
    let folder = Folder::new();
    let store = folder.open().await;
    let id = expired(&store).await.id;
    let vendor = Vendor::new(&[Does::Fails("503 for refresh-0"), Does::Panics, Does::Answers]);
    let refresher = vendor.refresher(&store);
    let mut callers = JoinSet::new();
    for _ in 0..10 {
        let (refresher, id) = (refresher.clone(), id.clone());
        callers.spawn(async move { refresher.refresh(&id, 1, soon()).await });
    }
    for outcome in callers.join_all().await {
        let Err(RefreshError::Passing(delay)) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(delay.reason, "503 for [redacted]");
    }
    assert_eq!(vendor.requests(), 1);
    let outcome = refresher.refresh(&id, 1, soon()).await;
    assert!(matches!(outcome, Err(RefreshError::Passing(_))), "{outcome:?}");
    let stored = connection(&store, &id).await;
    assert_eq!(
        (stored.account.status, stored.credentials.version),
        (AccountStatus::Active, 1)
    );
    refresher.refresh(&id, 1, soon()).await.unwrap();
    vendor.assert_lawful();
}

#[tokio::test]
async fn an_account_that_goes_meanwhile_is_gone() {
    let folder = Folder::new();
    let store = folder.open().await;
    let id = expired(&store).await.id;
    let vendor = Vendor::new(&[Does::Answers]);
    let refresher = vendor.refresher(&store);
    let asked = tokio::spawn({
        let (refresher, id) = (refresher.clone(), id.clone());
        async move { refresher.refresh(&id, 1, soon()).await }
    });
    eventually(|| async { vendor.requests() == 1 }).await;
    store
        .delete_account(store.default_environment(), &id)
        .await
        .unwrap();
    let outcome = asked.await.unwrap();
    assert!(matches!(outcome, Err(RefreshError::Gone)), "{outcome:?}");
    let outcome = refresher.refresh(&id, 1, soon()).await;
    assert!(matches!(outcome, Err(RefreshError::Gone)), "{outcome:?}");
}

#[tokio::test]
async fn without_a_refresh_token_there_is_nothing_to_do() {
    let folder = Folder::new();
    let store = folder.open().await;
    let mut new = crate::support::new_account("t", "x");
    new.credentials = secrets(&[("api_key", "k")]);
    let id = store
        .create_account(store.default_environment(), new)
        .await
        .unwrap()
        .id;
    let vendor: Arc<Vendor> = Vendor::new(&[Does::Answers]);
    let outcome = vendor.refresher(&store).refresh(&id, 1, soon()).await;
    assert!(matches!(outcome, Err(RefreshError::Unsupported)), "{outcome:?}");
    assert_eq!(vendor.requests(), 0);
}

#[tokio::test]
async fn tokens_that_can_not_be_written_yet_are_kept_until_they_can() {
    let folder = Folder::new();
    let store = folder.open().await;
    let id = expired(&store).await.id;
    let vendor = Vendor::new(&[Does::Answers]);
    let refresher = vendor.refresher(&store);
    let mut outside = SqliteConnectOptions::new()
        .filename(folder.path().join(DATABASE_FILE))
        .connect()
        .await
        .unwrap();
    sqlx::query(
        "CREATE TRIGGER full BEFORE UPDATE ON credentials BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    )
    .execute(&mut outside)
    .await
    .unwrap();
    let asked = tokio::spawn({
        let (refresher, id) = (refresher.clone(), id.clone());
        async move { refresher.refresh(&id, 1, soon()).await }
    });
    eventually(|| async { vendor.requests() == 1 }).await;
    // Longer than the lease, which must not go to anybody else.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(!asked.is_finished());
    let elsewhere = vendor.refresher(&folder.open().await);
    let other = tokio::spawn({
        let id = id.clone();
        async move { elsewhere.refresh(&id, 1, soon()).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    sqlx::query("DROP TRIGGER full")
        .execute(&mut outside)
        .await
        .unwrap();
    for outcome in [asked.await.unwrap(), other.await.unwrap()] {
        assert_eq!(outcome.unwrap().credentials.get("access_token"), Some("access-1"));
    }
    assert_eq!(vendor.requests(), 1);
    vendor.assert_lawful();
}

#[tokio::test]
async fn a_database_that_stalls_while_the_vendor_is_asked_spends_no_token_twice() {
    let folder = Folder::new();
    let stores = [folder.open().await, folder.open().await];
    let id = expired(&stores[0]).await.id;
    // Longer than the lease, which can not be renewed meanwhile.
    let vendor = Vendor::new(&[Does::AnswersLate(Duration::from_millis(1200))]);
    let ask = |store| {
        let (refresher, id) = (vendor.refresher(store), id.clone());
        tokio::spawn(async move { refresher.refresh(&id, 1, soon()).await })
    };
    let asked = ask(&stores[0]);
    eventually(|| async { vendor.requests() == 1 }).await;
    let mut outside = SqliteConnectOptions::new()
        .filename(folder.path().join(DATABASE_FILE))
        .connect()
        .await
        .unwrap();
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut outside)
        .await
        .unwrap();
    let other = ask(&stores[1]);
    tokio::time::sleep(Duration::from_millis(2000)).await;
    sqlx::query("COMMIT").execute(&mut outside).await.unwrap();
    for outcome in [asked.await.unwrap(), other.await.unwrap()] {
        assert_eq!(outcome.unwrap().credentials.get("access_token"), Some("access-1"));
    }
    assert_eq!(vendor.requests(), 1);
    vendor.assert_lawful();
}

#[tokio::test]
async fn a_limit_of_the_token_endpoint_is_kept() {
    let folder = Folder::new();
    let store = folder.open().await;
    let id = expired(&store).await.id;
    let vendor = Vendor::new(&[Does::Throttles(200), Does::Answers]);
    let refresher = vendor.refresher(&store);
    for _ in 0..3 {
        let outcome = refresher.refresh(&id, 1, soon()).await;
        let Err(RefreshError::Passing(delay)) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(delay.reason, "too many");
        assert!((190..=201).contains(&delay.retry_after.unwrap()), "{delay:?}");
    }
    assert_eq!(vendor.requests(), 1);
    // A person may try all the same, and what comes of it counts for everybody.
    refresher.refresh_now(&id, soon()).await.unwrap();
    let got = refresher.refresh(&id, 1, soon()).await.unwrap();
    assert_eq!(got.credentials.get("access_token"), Some("access-1"));
    assert_eq!(vendor.requests(), 2);
    vendor.assert_lawful();
}

fn any_fault() -> impl Strategy<Value = Does> {
    prop_oneof![
        Just(Does::Answers),
        Just(Does::Fails("503")),
        Just(Does::Hangs),
        Just(Does::Panics)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// Whatever goes wrong for the moment, and in whichever process: callers who try
    /// again get there, tokens are sent one at a time and never after success, and the
    /// account stays.
    #[test]
    fn under_random_faults_the_laws_hold(faults in proptest::collection::vec(any_fault(), 0..5), calls in 1..12_usize) {
        let script: Vec<Does> = faults.into_iter().chain([Does::Answers]).collect();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let folder = Folder::new();
            let stores = [folder.open().await, folder.open().await];
            let id = expired(&stores[0]).await.id;
            let vendor = Vendor::new(&script);
            let config = RefreshConfig {
                lease: Duration::from_millis(400),
                exchange_timeout: Duration::from_millis(150),
                ..quick()
            };
            let mut callers = JoinSet::new();
            let refreshers =
                stores.each_ref().map(|store| Refresher::new(store.clone(), vendor.clone(), config.clone()).unwrap());
            for call in 0..calls {
                let (refresher, id) = (refreshers[call % 2].clone(), id.clone());
                callers.spawn(async move {
                    loop {
                        match refresher.refresh(&id, 1, soon()).await {
                            Err(RefreshError::Passing(_)) => {}
                            outcome => return outcome.unwrap(),
                        }
                    }
                });
            }
            for connection in callers.join_all().await {
                assert_eq!(connection.credentials.get("access_token"), Some("access-1"));
                assert_eq!(connection.account.status, AccountStatus::Active);
            }
            vendor.assert_lawful();
        });
    }
}
