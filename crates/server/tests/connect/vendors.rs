//! Every vendor's own way.

use std::collections::BTreeMap;

use http::Method;
use serde_json::json;

use crate::support::{World, values};

/// What a person types before the consent, beside what the stand-in's own account tells.
fn typed(world: &World, integration: &str) -> BTreeMap<String, String> {
    let (_, mut typed) = world.context(integration);
    if integration == "freshsales" {
        typed
            .entry("org_subdomain".to_owned())
            .or_insert_with(|| "harbour".to_owned());
    }
    typed
}

#[tokio::test]
async fn every_oauth_vendor_is_connected_through_its_consent() {
    let world = World::with_apps().await;
    let names = world.consenting();
    assert!(names.len() >= 11, "{names:?}");
    for name in names {
        let token = world
            .link(json!({ "tenant_id": name, "integrations": [name] }))
            .await;
        let shown = world
            .browser()
            .consent(&token, &name, &typed(&world, &name))
            .await;
        assert_eq!(shown.status, 200, "{name}: {}", shown.html);
        let outcome = shown.outcome();
        assert_eq!(outcome["result"], "success", "{name}: {outcome}");
        assert_eq!(outcome["integration"], name);
        assert_eq!(outcome["is_truto"], true);
        let id = outcome["integrated_account_id"].as_str().unwrap();
        let (status, users) = world.users(id).await;
        assert!(status == 200 && users > 0, "{name}: {status}, {users} users");
        let (_, account) = world
            .api(Method::GET, &format!("/integrated-account/{id}"), None)
            .await;
        assert_eq!(account["status"], "active", "{name}");
        assert_eq!(account["tenant_id"], name);
        let context = account["context"].to_string();
        assert!(
            !context.contains("-access-") && !context.contains("sandbox-client"),
            "{context}"
        );
    }
}

#[tokio::test]
async fn every_key_vendor_is_connected_through_its_form() {
    let world = World::new().await;
    let mut connected = 0;
    for account in world.sandbox.accounts() {
        let name = account.integration;
        let (method, context) = world.context(name);
        if method == "oauth2" {
            continue;
        }
        let token = world.link(json!({ "tenant_id": "t" })).await;
        let mut browser = world.browser();
        let page = browser
            .connect(&token, &format!("&integration={name}&auth_format={method}"))
            .await;
        assert_eq!(page.status, 200, "{name}");
        assert_eq!(page.html.matches("type=\"submit\"").count(), 1, "{name}");
        let inputs = page.inputs();
        for wanted in context.keys().filter(|wanted| *wanted != "location_id") {
            assert!(
                inputs.contains(wanted),
                "{name} asks for {inputs:?}, not {wanted}"
            );
        }
        let shown = browser.submit(&page, &context).await;
        let outcome = shown.outcome();
        assert_eq!(outcome["result"], "success", "{name}: {}", shown.html);
        let (status, users) = world
            .users(outcome["integrated_account_id"].as_str().unwrap())
            .await;
        assert!(status == 200 && users > 0, "{name}: {status}, {users} users");
        connected += 1;
    }
    assert!(connected >= 6, "{connected}");
}

#[tokio::test]
async fn the_choice_shows_each_crm_as_a_control() {
    let world = World::with_apps().await;
    let token = world.link(json!({ "tenant_id": "t" })).await;
    let mut browser = world.browser();
    let page = browser.connect(&token, "").await;
    for connector in world.app.registry().iter() {
        let control = format!("data-integration=\"{}\"", connector.name());
        assert_eq!(page.html.matches(&control).count(), 1, "{control}");
    }
    let page = browser.connect(&token, "&integrations=hubspot,close").await;
    assert_eq!(page.html.matches("data-integration=").count(), 2);
    let page = browser.connect(&token, "&integration=hubspot").await;
    assert!(page.html.contains("All CRMs") && page.html.contains("data-method=\"api_key\""));
    let page = browser
        .connect(&token, "&integration=hubspot&no_back=true&auth_format=api_key")
        .await;
    assert!(!page.html.contains("All CRMs") && !page.html.contains("data-method="));
    assert_eq!(page.inputs(), ["api_key"]);
}

#[tokio::test]
async fn the_policy_allows_this_page_and_nothing_else() {
    let world = World::with_apps().await;
    let token = world.link(json!({ "tenant_id": "t" })).await;
    let page = world.browser().connect(&token, "").await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'sha256-"),
        "{policy}"
    );
    assert!(
        policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    let framed = world.browser().connect(&token, "&iframe=true").await;
    let policy = framed.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("frame-ancestors *"), "{policy}");
    assert_eq!(framed.headers["referrer-policy"], "no-referrer");
    assert_eq!(framed.headers["cache-control"], "no-store");
    assert!(!framed.html.contains(" style=\"") && !framed.html.contains("src=\""));
}

#[tokio::test]
async fn a_wrong_key_is_told_and_the_next_try_may_be_right() {
    let world = World::new().await;
    let token = world.link(json!({ "tenant_id": "t" })).await;
    let mut browser = world.browser();
    let page = browser.connect(&token, "&integration=hubspot").await;
    let wrong = browser
        .submit(&page, &values(&[("api_key", "pat-wrong-key")]))
        .await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.html.contains("does not accept these credentials"),
        "{}",
        wrong.html
    );
    assert!(!wrong.html.contains("pat-wrong-key"));
    assert!(world.accounts().await.is_empty());
    let right = browser
        .submit(&wrong, &values(&[("api_key", "pat-na1-sandbox")]))
        .await;
    assert_eq!(right.outcome()["result"], "success", "{}", right.html);
    assert_eq!(world.accounts().await.len(), 1);
}

#[tokio::test]
async fn a_framed_page_learns_of_the_end() {
    let world = World::with_apps().await;
    let token = world.link(json!({ "tenant_id": "t" })).await;
    let mut browser = world.browser();
    let page = browser.connect(&token, "&integration=hubspot&iframe=true").await;
    assert!(page.html.contains("target=\"crosswalk-consent\""));
    let begun = crate::support::Shown {
        html: page.html.replace(
            "/connect-account?link_token",
            "/connect-account?attempt=abc&link_token",
        ),
        ..page
    };
    let leaving = browser.submit(&begun, &values(&[])).await;
    let status = format!("/connect-account/status?link_token={token}&attempt=abc");
    assert_eq!(browser.open(&status).await.html, r#"{"flow":null}"#);
    let back = browser.decide(&leaving, "allow").await;
    let helper = browser.open(&back).await;
    assert!(helper.html.contains("data-role=\"helper\""));
    let answer: serde_json::Value = serde_json::from_str(&browser.open(&status).await.html).unwrap();
    let flow = answer["flow"].as_str().unwrap();
    let done = browser
        .open(&format!("/connect-account/done?flow={flow}&iframe=true"))
        .await;
    assert!(done.html.contains("data-role=\"frame\""));
    assert_eq!(done.outcome()["result"], "success");
}
