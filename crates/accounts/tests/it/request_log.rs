//! The request log is kept within its bounds.

use crosswalk_accounts::{CallFigures, RequestFilter, RequestLogBounds, RequestRecord, Store};

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

#[tokio::test]
async fn rows_of_one_batch_keep_their_order() {
    let folder = Folder::new();
    let store = folder.open().await;
    // Two whole statements and the rest, one row, and none.
    for calls in [150, 1, 0] {
        log(&store, 0..calls).await;
    }
    let newest_first: Vec<String> = std::iter::once(0)
        .chain((0..150).rev())
        .map(|n| n.to_string())
        .collect();
    assert_eq!(kept(&store).await, newest_first);
}

/// A call at a time after a round one, for a connector's account.
fn call(
    store: &Store,
    after: i64,
    integration: Option<&str>,
    status: u16,
    milliseconds: u64,
) -> RequestRecord {
    RequestRecord {
        at: 1_700_000_000_000 + after,
        environment_id: store.default_environment().clone(),
        request_id: String::new(),
        method: "GET".to_owned(),
        path: "/unified/crm/users".to_owned(),
        account_id: None,
        integration: integration.map(str::to_owned),
        status,
        milliseconds,
        bytes: 1,
        token: None,
        vendor_requests: "[]".to_owned(),
        vendor_requests_count: 2,
    }
}

#[tokio::test]
async fn summaries_count_every_call_once() {
    let folder = Folder::new();
    let store = folder.open().await;
    let mut calls: Vec<RequestRecord> = (1..=100)
        .map(|n| call(&store, 1000 + n, Some("b"), 200, n as u64))
        .collect();
    calls.extend([
        call(&store, 0, Some("a"), 500, 7),
        call(&store, 999, Some("a"), 499, 9),
        call(&store, 1000, Some("a"), 404, u64::MAX),
        call(&store, 5000, None, 200, 1),
        // Before and after the time that is asked for.
        call(&store, -1, Some("a"), 200, 1),
        call(&store, 6000, Some("a"), 200, 1),
    ]);
    store.log_requests(&calls).await.unwrap();
    let filter = RequestFilter {
        since: Some(1_700_000_000_000),
        until: Some(1_700_000_006_000),
        ..RequestFilter::default()
    };
    let summaries = store
        .request_summary(store.default_environment(), &filter, 1000)
        .await
        .unwrap();
    let [none, a, b] = summaries.as_slice() else {
        panic!("{summaries:?}")
    };
    assert_eq!(none.integration, None);
    assert_eq!(
        none.intervals.iter().map(|(place, _)| *place).collect::<Vec<_>>(),
        [5]
    );
    let first = CallFigures {
        calls: 2,
        client_errors: 1,
        server_errors: 1,
        vendor_requests: 4,
        median: 7,
        p95: 9,
        max: 9,
    };
    assert_eq!(a.intervals[0], (0, first));
    assert_eq!(a.intervals[1].1.max, u32::MAX);
    assert_eq!((a.total.calls, a.total.client_errors, a.total.median), (3, 2, 9));
    assert_eq!((b.total.median, b.total.p95, b.total.max), (50, 95, 100));
    assert_eq!(b.intervals, [(1, b.total.clone())]);
}
