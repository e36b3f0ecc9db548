//! What a connection in a browser leaves behind: events for webhooks, and an entry of the audit log.

use crosswalk_accounts::{AccountId, AccountStatus};
use http::Method;
use serde_json::{Value, json};

use crate::support::World;

/// It takes a key.
const VENDOR: &str = "planhat";

/// The events that wait for a webhook, oldest first.
async fn events(world: &World, webhook: &str) -> Vec<String> {
    let (status, answer) = world
        .api(Method::GET, &format!("/webhook/{webhook}/delivery"), None)
        .await;
    assert_eq!(status, 200, "{answer}");
    let mut events: Vec<String> = answer["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|delivery| delivery["event"].as_str().unwrap().to_owned())
        .collect();
    events.reverse();
    events
}

/// Connects an account in a browser, by its key.
async fn connect(world: &World, link: Value) -> String {
    let (method, context) = world.context(VENDOR);
    let token = world.link(link).await;
    let mut browser = world.browser();
    let page = browser
        .connect(&token, &format!("&integration={VENDOR}&auth_format={method}"))
        .await;
    let outcome = browser.submit(&page, &context).await.outcome();
    assert_eq!(outcome["result"], "success", "{outcome}");
    outcome["integrated_account_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn webhooks_and_the_audit_log_hear_of_it() {
    let world = World::new().await;
    let hook = json!({ "target_url": "https://hooks.example.com/crosswalk" });
    let (status, hook) = world.api(Method::POST, "/webhook", Some(&hook)).await;
    assert_eq!(status, 201, "{hook}");
    let hook = hook["id"].as_str().unwrap();

    let id = connect(&world, json!({ "tenant_id": "acme" })).await;
    let told = ["integrated_account:created", "integrated_account:active"];
    assert_eq!(events(&world, hook).await, told);

    let again = connect(&world, json!({ "integrated_account_id": id })).await;
    assert_eq!(again, id);
    assert_eq!(events(&world, hook).await, told, "it was active before");

    let refused = Some("The token was revoked.");
    let status = AccountStatus::NeedsReauth;
    let account = AccountId::from(id.clone());
    assert!(
        world
            .app
            .store()
            .set_status(&account, status, refused, None)
            .await
            .unwrap()
    );
    connect(&world, json!({ "integrated_account_id": id })).await;
    let told = [
        told[0],
        told[1],
        "integrated_account:authentication_error",
        "integrated_account:active",
    ];
    assert_eq!(events(&world, hook).await, told);

    let path = format!("/audit-log?target={id}");
    let (_, log) = world.api(Method::GET, &path, None).await;
    let entries = log["result"].as_array().unwrap();
    let actions: Vec<_> = entries.iter().map(|entry| &entry["action"]).collect();
    assert_eq!(
        actions,
        ["account.reconnect", "account.reconnect", "account.connect"],
        "{log}"
    );
    for entry in entries {
        assert_eq!(entry["actor"]["type"], "link_token");
        assert_eq!(
            entry["detail"],
            json!({ "integration": VENDOR, "tenant_id": "acme" })
        );
    }
}

#[tokio::test]
async fn what_was_not_connected_is_not_told() {
    let world = World::new().await;
    let hook = json!({ "target_url": "https://hooks.example.com/crosswalk" });
    let (_, hook) = world.api(Method::POST, "/webhook", Some(&hook)).await;
    let token = world.link(json!({ "tenant_id": "acme" })).await;
    let mut browser = world.browser();
    let page = browser.connect(&token, &format!("&integration={VENDOR}")).await;
    let wrong = [("api_key".to_owned(), "wrong".to_owned())].into();
    assert!(browser.submit(&page, &wrong).await.status.is_client_error());
    let waiting = events(&world, hook["id"].as_str().unwrap()).await;
    assert!(waiting.is_empty(), "{waiting:?}");
    let (_, log) = world.api(Method::GET, "/audit-log?action=account.", None).await;
    assert_eq!(log["result"], json!([]));
}
