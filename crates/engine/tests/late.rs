//! Calls that end before their list does: late vendors, clients that leave, errors in the middle of a stream.

#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use crosswalk_engine::{EngineConfig, StreamFormat};
use crosswalk_sandbox::{Fault, FaultRule};
use support::{House, users};

fn hasty() -> EngineConfig {
    EngineConfig {
        deadline: Duration::from_millis(1500),
        margin: Duration::from_millis(200),
        request_timeout: Duration::from_secs(1),
        ..EngineConfig::default()
    }
}

/// All answers but the first so many come too late.
fn stall(house: &House, after: u32) {
    house.sandbox.clear_faults();
    house.sandbox.inject(FaultRule {
        host: String::new(),
        path: String::new(),
        after,
        times: u32::MAX,
        kind: Fault::Delay { millis: 60_000 },
    });
}

/// In a list that the vendor sorts, what is held of a run of equal keys was not given out.
#[tokio::test]
async fn a_late_vendor_loses_no_record_of_a_run() {
    let house = House::with("zendesksell", 230, hasty()).await;
    let sorted = house.expected(&house.query("sort_by=created_at"));
    let user: serde_json::Value = serde_json::from_str(&sorted[5]).unwrap();
    let email = user["email"].as_str().unwrap();
    let raw = format!("sort_by=created_at&limit=10&email[contains]={email}");
    let expected = house.expected(&house.query(&raw));
    // The one match is on the first page, and the second does not come.
    stall(&house, 1);
    let late = house.list(&house.query(&raw)).await.err().unwrap();
    assert_eq!(late.status, 504, "{}", late.message);
    let on = house.query(&format!("{raw}&next_cursor={}", late.next_cursor.unwrap()));
    // From there it would be read for ever, so that is said.
    stall(&house, 1);
    let stuck = house.list(&on).await.err().unwrap();
    assert_eq!(
        (stuck.status, stuck.next_cursor),
        (504, None),
        "{}",
        stuck.message
    );
    assert!(stuck.message.contains("stream"), "{}", stuck.message);
    house.sandbox.clear_faults();
    let answer = house.list(&on).await.unwrap();
    assert_eq!(users(&answer.body), expected);
    assert_eq!(answer.next_cursor, None);
}

/// A vendor's walk is not gone on with for a client that has left, whether there was something to send or not.
#[tokio::test]
async fn nobody_is_read_for_who_has_left() {
    for raw in ["sort_by=name", "name=nobody"] {
        let house = House::build("capsule", 730).await;
        house.sandbox.inject(FaultRule {
            host: String::new(),
            path: String::new(),
            after: 0,
            times: u32::MAX,
            kind: Fault::Delay { millis: 300 },
        });
        let query = house.query(raw);
        let stream = house.engine.stream(
            house.model.clone(),
            house.target.clone(),
            query,
            StreamFormat::Envelope,
        );
        let begun = tokio::time::timeout(Duration::from_millis(500), stream).await;
        drop(begun);
        let asked = house.sandbox.requests().len();
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let more = house.sandbox.requests().len() - asked;
        assert!(more <= 1, "{raw}: {more} requests for nobody");
    }
}

/// What a vendor repeats of the account's secrets stays here, behind the first byte too.
#[tokio::test]
async fn an_error_inside_a_stream_holds_no_secret() {
    let house = House::build("capsule", 230).await;
    let accounts = house.sandbox.accounts();
    let account = accounts.iter().find(|account| account.integration == "capsule");
    let secret = account.unwrap().context["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    house.sandbox.inject(FaultRule {
        host: String::new(),
        path: String::new(),
        after: 1,
        times: u32::MAX,
        kind: Fault::Status {
            code: 400,
            body: format!(r#"{{"message":"what is {secret}?"}}"#),
        },
    });
    let (model, target) = (house.model.clone(), house.target.clone());
    let stream = house
        .engine
        .stream(model, target, house.query(""), StreamFormat::Lines);
    let mut stream = stream.await.unwrap();
    let mut body = Vec::new();
    while let Some(chunk) = stream.next().await {
        body.extend_from_slice(&chunk);
    }
    let body = String::from_utf8(body).unwrap();
    let last = body.lines().last().unwrap();
    assert!(
        last.starts_with(r#"{"error":"#) && last.contains("what is"),
        "{last}"
    );
    assert!(!body.contains(&secret));
}
