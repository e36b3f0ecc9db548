//! A server killed in the middle of a token refresh, at each of its steps.

#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Client, Running, crosswalk};

/// A server that stops for good when it comes to a place.
fn stopping_at(data: &Path, sandbox: &Running, place: &str) -> Running {
    let mut command = crosswalk(data);
    command
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env("CROSSWALK_EGRESS_URL", format!("http://{}", sandbox.address))
        .env("CROSSWALK_STOP_AT", place);
    Running::start(command)
}

/// Kills a server at a place of a refresh, and asks another: its status, the account's, and the refreshes that
/// the vendor made in all.
fn killed_at(place: &str, vendor: &str, refreshes_before: u64) -> (u16, Value, u64) {
    let data = tempfile::tempdir().unwrap();
    let sandbox = Running::sandbox(data.path(), 10);
    let doomed = stopping_at(data.path(), &sandbox, place);
    let client = Client::new(data.path(), &doomed);
    let id = client.connect(&sandbox, vendor);
    let list = format!("/unified/crm/users?integrated_account_id={id}&limit=1");
    assert_eq!(client.get(&list).status, 200);
    sandbox.expire(vendor);
    if place == "asked" {
        // The vendor has spent the token, and its answer is on its way.
        let late = json!({"path": "/oauth2/", "times": 1, "kind": {"delay": {"millis": 60_000}}});
        sandbox.fault(&late);
    }
    let (caller, target) = (client.clone(), list.clone());
    // It never gets an answer.
    std::thread::spawn(move || std::panic::catch_unwind(|| caller.get(&target)).is_ok());
    let begun = Instant::now();
    while sandbox.stats(vendor)["refreshes"].as_u64() < Some(refreshes_before) {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "the refresh never came to `{place}`"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(1500));
    drop(doomed); // SIGKILL
    sandbox.mend();

    let server = Running::serve(data.path(), &sandbox);
    let client = Client {
        address: server.address.clone(),
        ..client
    };
    let begun = Instant::now();
    let status = client.get(&list).status;
    // The dead one's lease runs out within seconds; nobody is stuck behind it.
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{place}: {:?}",
        begun.elapsed()
    );
    let again = client.get(&list).status;
    assert_eq!(again, status, "{place}: it does not change its mind");
    let account = client.get(&format!("/integrated-account/{id}")).json();
    (
        status,
        account["status"].clone(),
        sandbox.stats(vendor)["refreshes"].as_u64().unwrap(),
    )
}

#[test]
fn before_the_vendor_is_asked_nothing_is_lost() {
    assert_eq!(killed_at("lease", "teamleader", 0), (200, json!("active"), 1));
}

#[test]
fn while_the_vendor_answers_a_rotating_token_is_lost_plainly() {
    assert_eq!(
        killed_at("asked", "teamleader", 1),
        (401, json!("needs_reauth"), 1)
    );
}

#[test]
fn before_it_is_written_a_rotating_token_is_lost_plainly() {
    assert_eq!(
        killed_at("answered", "teamleader", 1),
        (401, json!("needs_reauth"), 1)
    );
}

#[test]
fn before_it_is_written_a_lasting_token_is_asked_for_again() {
    assert_eq!(killed_at("answered", "hubspot", 1), (200, json!("active"), 2));
}

#[test]
fn once_written_it_is_used() {
    assert_eq!(killed_at("stored", "teamleader", 1), (200, json!("active"), 1));
}
