//! Very many refreshes at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use crosswalk_accounts::{
    Account, Credentials, ExchangeError, RefreshConfig, Refreshed, Refresher, TokenExchange,
};
use tokio::task::JoinSet;

use crate::support::{Folder, connection, new_account, now_ms, secrets};

/// Two vendors that count how many requests they get at once.
#[derive(Default)]
struct Counting {
    now: [AtomicUsize; 2],
    most: [AtomicUsize; 2],
    total: AtomicUsize,
}

fn host(account: &Account) -> usize {
    usize::from(account.integration == "two")
}

#[async_trait]
impl TokenExchange for Counting {
    fn lane(&self, account: &Account) -> Option<String> {
        Some(host(account).to_string())
    }

    async fn exchange(&self, account: &Account, _: &Credentials) -> Result<Refreshed, ExchangeError> {
        let host = host(account);
        let now = self.now[host].fetch_add(1, Ordering::SeqCst) + 1;
        self.most[host].fetch_max(now, Ordering::SeqCst);
        self.total.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.now[host].fetch_sub(1, Ordering::SeqCst);
        Ok(Refreshed {
            values: secrets(&[("access_token", "fresh")]),
            expires_at: Some(now_ms() + 3_600_000),
            settings: serde_json::Map::new(),
        })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_expired_accounts_ask_a_vendor_a_few_at_a_time() {
    let folder = Folder::new();
    let store = folder.open().await;
    let mut ids = Vec::new();
    for number in 0..1000 {
        let new = new_account("acme", if number % 10 == 0 { "two" } else { "one" });
        let made = store
            .create_account(store.default_environment(), new)
            .await
            .unwrap();
        ids.push(made.id);
    }
    let vendors = Arc::new(Counting::default());
    let config = RefreshConfig {
        patience: Duration::from_secs(300),
        ..RefreshConfig::default()
    };
    let at_once = config.at_once;
    let refresher = Refresher::new(store.clone(), vendors.clone(), config).unwrap();
    let mut callers = JoinSet::new();
    for id in ids {
        let (refresher, store) = (refresher.clone(), store.clone());
        callers.spawn(async move {
            let given = connection(&store, &id).await;
            let deadline = Instant::now() + Duration::from_secs(300);
            let got = refresher.current(&given, deadline).await.unwrap();
            assert_eq!(got.credentials.get("access_token"), Some("fresh"));
        });
    }
    callers.join_all().await;
    assert_eq!(vendors.total.load(Ordering::SeqCst), 1000);
    for most in &vendors.most {
        let most = most.load(Ordering::SeqCst);
        assert!((2..=at_once).contains(&most), "{most} at once");
    }
}
