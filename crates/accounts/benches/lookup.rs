//! What a call pays for knowing who asks and what for: token, account and opened credentials; and lists of many
//! accounts.

#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use crosswalk_accounts::{AccountFilter, AccountId, MasterKey, NewAccount, NewToken, Store};
use secrecy::ExposeSecret;

const ACCOUNTS: usize = 10_000;

async fn filled(folder: &std::path::Path) -> (Store, Vec<AccountId>, String) {
    let key = MasterKey::load(folder, None).unwrap();
    let store = Store::open(folder, &key).await.unwrap();
    let environment = store.default_environment().clone();
    let mut ids = Vec::with_capacity(ACCOUNTS);
    for number in 0..ACCOUNTS {
        let new = NewAccount {
            tenant_id: format!("tenant-{}", number % 500),
            integration: "hubspot".to_owned(),
            authentication_method: "oauth2".to_owned(),
            settings: serde_json::Map::new(),
            credentials: [("access_token".to_owned(), "a".repeat(300).into())].into(),
            expires_at: None,
        };
        ids.push(store.create_account(&environment, new).await.unwrap().id);
    }
    let token = store
        .create_token(NewToken::of_environment("bench", environment))
        .await
        .unwrap();
    (store, ids, token.secret.expose_secret().to_owned())
}

fn lookups(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (store, ids, token) = runtime.block_on(filled(folder.path()));
    let environment = store.default_environment().clone();
    criterion.bench_function("token, account and credentials, warm", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                let principal = store.authenticate(&token).await.unwrap().unwrap();
                let connection = store
                    .connection(&principal.environment_id, &ids[7])
                    .await
                    .unwrap()
                    .unwrap();
                black_box(connection.credentials.get("access_token").map(str::len))
            })
        });
    });
    let mut next = 0;
    criterion.bench_function("account and credentials, each another of 10,000", |bencher| {
        bencher.iter(|| {
            next = (next + 7919) % ACCOUNTS;
            runtime.block_on(async { black_box(store.connection(&environment, &ids[next]).await.unwrap()) })
        });
    });
    criterion.bench_function("first page of 100 of 10,000", |bencher| {
        bencher.iter(|| {
            let filter = AccountFilter::default();
            runtime.block_on(async {
                black_box(
                    store
                        .list_accounts(&environment, &filter, 100, None)
                        .await
                        .unwrap(),
                )
            })
        });
    });
    let half = runtime.block_on(async {
        let filter = AccountFilter::default();
        let mut cursor = None;
        for _ in 0..9 {
            let page = store
                .list_accounts(&environment, &filter, 1000, cursor.as_deref())
                .await
                .unwrap();
            cursor = page.next_cursor;
        }
        cursor.unwrap()
    });
    criterion.bench_function("page of 100 behind 9,000", |bencher| {
        bencher.iter(|| {
            let filter = AccountFilter::default();
            runtime.block_on(async {
                black_box(
                    store
                        .list_accounts(&environment, &filter, 100, Some(&half))
                        .await
                        .unwrap(),
                )
            })
        });
    });
}

criterion_group!(benches, lookups);
criterion_main!(benches);
