//! What vendors may do with a code, and what becomes of it.

use crosswalk_sandbox::{Fault, FaultRule};
use serde_json::json;

use crate::support::{World, values};

/// The way to the callback with a fault at the token endpoint, and what is shown there.
async fn with_fault(kind: Fault) -> (World, crate::support::Shown) {
    let world = World::with_apps().await;
    let token = world.link(json!({ "tenant_id": "t" })).await;
    let rule = FaultRule {
        host: "api.hubapi.com".to_owned(),
        path: "/oauth/v3/token".to_owned(),
        after: 0,
        times: 1,
        kind,
    };
    world.sandbox.inject(rule);
    let shown = world.browser().consent(&token, "hubspot", &values(&[])).await;
    (world, shown)
}

#[tokio::test]
async fn a_token_endpoint_that_gives_no_token_is_told() {
    for (kind, words) in [
        (
            Fault::Status {
                code: 200,
                body: r#"{"error":"bad_verification_code","error_description":"The code is incorrect."}"#
                    .to_owned(),
            },
            "The code is incorrect.",
        ),
        (
            Fault::Status {
                code: 200,
                body: r#"{"ok":true}"#.to_owned(),
            },
            "no access token",
        ),
        (Fault::Html, "no token answer"),
        (Fault::Empty, "nothing else"),
        (
            Fault::Status {
                code: 500,
                body: String::new(),
            },
            "500",
        ),
        (
            Fault::Status {
                code: 400,
                body: r#"{"error":"invalid_grant"}"#.to_owned(),
            },
            "invalid_grant",
        ),
        (Fault::CutBody, "try again"),
    ] {
        let (world, shown) = with_fault(kind).await;
        let outcome = shown.outcome();
        assert_eq!(
            outcome["error_type"], "connection_error",
            "{words}: {}",
            shown.html
        );
        let said = outcome["error"].as_str().unwrap();
        assert!(said.contains(words), "{words}: {said}");
        assert!(shown.html.contains("Try again"));
        assert!(world.accounts().await.is_empty(), "{words}");
    }
}

#[tokio::test]
async fn a_denied_consent_is_told_and_may_be_tried_again() {
    let world = World::with_apps().await;
    let token = world.link(json!({ "tenant_id": "t" })).await;
    let mut browser = world.browser();
    let page = browser.connect(&token, "&integration=hubspot").await;
    let leaving = browser.submit(&page, &values(&[])).await;
    let back = browser.decide(&leaving, "deny").await;
    let shown = browser.open(&back).await;
    let outcome = shown.outcome();
    assert_eq!(outcome["error_type"], "connection_error");
    assert!(
        outcome["error"].as_str().unwrap().contains("denied the request"),
        "{outcome}"
    );
    assert!(world.accounts().await.is_empty());
    let again = browser.consent(&token, "hubspot", &values(&[])).await;
    assert_eq!(again.outcome()["result"], "success");
}

#[tokio::test]
async fn a_code_that_was_used_is_refused() {
    let world = World::with_apps().await;
    let token = world.link(json!({ "tenant_id": "t" })).await;
    let mut browser = world.browser();
    let page = browser.connect(&token, "&integration=hubspot").await;
    let leaving = browser.submit(&page, &values(&[])).await;
    let back = browser.decide(&leaving, "allow").await;
    let forged: String = back.replace("code=", "code=x");
    let shown = browser.open(&forged).await;
    assert_eq!(
        shown.outcome()["error_type"],
        "connection_error",
        "{}",
        shown.html
    );
    assert!(world.accounts().await.is_empty());
}

#[tokio::test]
async fn tokens_that_do_not_work_are_not_kept() {
    let world = World::with_apps().await;
    let token = world.link(json!({ "tenant_id": "t" })).await;
    let rule = FaultRule {
        host: "api.hubapi.com".to_owned(),
        path: "/account-info".to_owned(),
        after: 0,
        times: 9,
        kind: Fault::Status {
            code: 401,
            body: r#"{"message":"This account was closed."}"#.to_owned(),
        },
    };
    world.sandbox.inject(rule);
    let shown = world.browser().consent(&token, "hubspot", &values(&[])).await;
    let outcome = shown.outcome();
    assert_eq!(outcome["error_type"], "validation_error", "{outcome}");
    assert!(outcome["error"].as_str().unwrap().contains("closed"), "{outcome}");
    assert!(world.accounts().await.is_empty());
}
