//! The request log is kept within its bounds.

use crosswalk_accounts::{RequestFilter, RequestLogBounds, RequestRecord, Store};

use crate::support::{Folder, now_ms};

async fn log(store: &Store, ages: impl IntoIterator<Item = i64>) {
    let records: Vec<RequestRecord> = ages
        .into_iter()
        .map(|age| RequestRecord {
            at: now_ms() - age,
            environment_id: store.default_environment().clone(),
            request_id: age.to_string(),
            method: "GET".to_owned(),
            path: "/unified/crm/users".to_owned(),
            account_id: None,
            integration: None,
            status: 200,
            milliseconds: 1,
            bytes: 1,
            token: None,
            vendor_requests: "[]".to_owned(),
            vendor_requests_count: 0,
        })
        .collect();
    store.log_requests(&records).await.unwrap();
}

async fn kept(store: &Store) -> Vec<String> {
    let everything = RequestFilter::default();
    let environment = store.default_environment();
    let page = store
        .request_log(environment, &everything, 1000, None)
        .await
        .unwrap();
    page.entries
        .into_iter()
        .map(|entry| entry.record.request_id)
        .collect()
}

#[tokio::test]
async fn rows_go_when_they_are_too_many_or_too_old() {
    let folder = Folder::new();
    let store = folder.open().await;
    log(&store, [60_000, 3, 2, 1]).await;
    let bounds = RequestLogBounds {
        rows: 10,
        age: 30_000,
    };
    store.prune_request_log(bounds).await.unwrap();
    assert_eq!(kept(&store).await, ["1", "2", "3"]);
    log(&store, 100..110).await;
    store.prune_request_log(bounds).await.unwrap();
    assert_eq!(kept(&store).await.len(), 10);
    assert_eq!(kept(&store).await[0], "109");
    store
        .prune_request_log(RequestLogBounds { rows: 1, ..bounds })
        .await
        .unwrap();
    assert_eq!(kept(&store).await, ["109"]);
}
