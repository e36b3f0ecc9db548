//! The environment's own apps, and what they are for after the consent.

use crosswalk_sandbox::{CLIENT_ID, CLIENT_SECRET};
use http::Method;
use serde_json::{Value, json};

use crate::support::{World, values};

#[tokio::test]
async fn an_app_is_kept_and_never_shown() {
    let world = World::new().await;
    let body = json!({ "integration": "hubspot", "client_id": "plain-id-4711", "client_secret": "plain-secret-4711", "scopes": ["a", "b"] });
    let (status, made) = world
        .api(Method::POST, "/environment-integration", Some(&body))
        .await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(made["redirect_uri"], "http://127.0.0.1:8080/oauth/callback");
    let id = made["id"].as_str().unwrap();
    let path = format!("/environment-integration/{id}");
    let mut seen = vec![made.clone()];
    seen.push(world.api(Method::GET, "/environment-integration", None).await.1);
    seen.push(world.api(Method::GET, &path, None).await.1);
    let change = json!({ "client_secret": "plain-secret-4712", "scopes": null });
    let (status, changed) = world.api(Method::PATCH, &path, Some(&change)).await;
    assert_eq!((status, &changed["scopes"]), (200, &Value::Null));
    seen.push(changed);
    for answer in &seen {
        assert!(!answer.to_string().contains("plain-"), "{answer}");
    }
    // A second one takes the first one's place.
    let (status, again) = world
        .api(Method::POST, "/environment-integration", Some(&body))
        .await;
    assert_eq!((status, &again["id"]), (200, &made["id"]));
    for file in std::fs::read_dir(world.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("plain-"), "a secret lies in the data folder");
    }
    for (body, words) in [
        (json!({}), "`integration`"),
        (json!({ "integration": "nope" }), "nope"),
        (
            json!({ "integration": "activecampaign", "client_id": "a", "client_secret": "b" }),
            "no OAuth",
        ),
        (
            json!({ "integration": "hubspot", "client_id": "a" }),
            "`client_secret`",
        ),
        (
            json!({ "integration": "hubspot", "client_id": "a", "client_secret": "b", "scopes": "x" }),
            "`scopes`",
        ),
    ] {
        let (status, answer) = world
            .api(Method::POST, "/environment-integration", Some(&body))
            .await;
        assert_eq!(status, 400, "{body}");
        assert!(answer["message"].as_str().unwrap().contains(words), "{answer}");
    }
    assert_eq!(world.api(Method::PATCH, &path, Some(&json!({}))).await.0, 400);
    assert_eq!(world.api(Method::DELETE, &path, None).await.0, 204);
    assert_eq!(world.api(Method::GET, &path, None).await.0, 404);
    assert_eq!(world.api(Method::DELETE, &path, None).await.0, 404);
}

#[tokio::test]
async fn another_environment_has_apps_of_its_own() {
    let world = World::with_apps().await;
    let other = world.app.store().create_environment("other").await.unwrap();
    let client = world.app.local(&other.id);
    let listed = client
        .request(Method::GET, "/environment-integration", None, None)
        .await
        .unwrap()
        .json()
        .await;
    assert_eq!(listed["result_count"], 0);
    let answer = client
        .request(Method::GET, "/environment-integration/hubspot", None, None)
        .await
        .unwrap();
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn the_environments_app_refreshes() {
    let world = World::with_apps().await;
    let token = world.link(json!({ "tenant_id": "t" })).await;
    let shown = world.browser().consent(&token, "hubspot", &values(&[])).await;
    let id = shown.outcome()["integrated_account_id"]
        .as_str()
        .unwrap()
        .to_owned();
    world.sandbox.expire_tokens("hubspot");
    assert_eq!(world.users(&id).await.0, 200);
    assert_eq!(world.sandbox.stats("hubspot").refreshes, 1);
}

#[tokio::test]
async fn the_accounts_own_client_wins() {
    let world = World::new().await;
    // The environment's app is not the sandbox's: with it nothing would work.
    let wrong = json!({ "integration": "hubspot", "client_id": "wrong", "client_secret": "wrong" });
    world
        .api(Method::POST, "/environment-integration", Some(&wrong))
        .await;
    let context = json!({ "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET });
    let token = world.link(json!({ "tenant_id": "t", "context": context })).await;
    let shown = world.browser().consent(&token, "hubspot", &values(&[])).await;
    let id = shown.outcome()["integrated_account_id"]
        .as_str()
        .unwrap()
        .to_owned();
    world.sandbox.expire_tokens("hubspot");
    assert_eq!(world.users(&id).await.0, 200);
}

#[tokio::test]
async fn without_an_app_there_is_no_consent() {
    let world = World::new().await;
    let token = world.link(json!({ "tenant_id": "t" })).await;
    let mut browser = world.browser();
    let page = browser.connect(&token, "&integration=hubspot").await;
    assert_eq!(page.inputs(), ["api_key"]);
    let shown = browser.connect(&token, "&integration=teamleader").await;
    assert_eq!(shown.outcome()["error_type"], "invalid_integration");
    assert!(shown.html.contains("not set up here yet"), "{}", shown.html);
}

#[tokio::test]
async fn scopes_are_the_tokens_then_the_apps_then_the_connectors() {
    let world = World::with_apps().await;
    let mut browser = world.browser();
    let url = async |world: &World, browser: &mut crate::support::Browser<'_>, body: Value| {
        let token = world.link(body).await;
        let page = browser.connect(&token, "&integration=hubspot").await;
        browser.submit(&page, &values(&[])).await.forward().unwrap()
    };
    let first = url(&world, &mut browser, json!({ "tenant_id": "t" })).await;
    assert!(first.contains("scope=crm.objects.owners.read"), "{first}");
    assert!(first.contains("code_challenge_method=S256"), "{first}");
    let app = json!({ "scopes": ["mine"] });
    world
        .api(Method::PATCH, "/environment-integration/hubspot", Some(&app))
        .await;
    let second = url(&world, &mut browser, json!({ "tenant_id": "t" })).await;
    assert!(second.contains("scope=mine&"), "{second}");
    let third = url(
        &world,
        &mut browser,
        json!({ "tenant_id": "t", "scopes": ["a", "b"] }),
    )
    .await;
    assert!(third.contains("scope=a%20b&"), "{third}");
}

#[tokio::test]
async fn an_account_is_connected_again_under_its_id() {
    let world = World::with_apps().await;
    let token = world.link(json!({ "tenant_id": "acme" })).await;
    let shown = world.browser().consent(&token, "hubspot", &values(&[])).await;
    let id = shown.outcome()["integrated_account_id"]
        .as_str()
        .unwrap()
        .to_owned();
    world.sandbox.revoke_tokens("hubspot");
    assert_eq!(world.users(&id).await.0, 401);
    let body = json!({ "integrated_account_id": id });
    let token = world.link(body.clone()).await;
    let mut browser = world.browser();
    // There is nothing to choose.
    let page = browser.connect(&token, "").await;
    assert!(page.html.contains("Connect HubSpot again") && !page.html.contains("All CRMs"));
    let denied = browser.submit(&page, &values(&[])).await;
    let back = browser.decide(&denied, "deny").await;
    let shown = browser.open(&back).await;
    assert_eq!(shown.outcome()["integrated_account_id"], *id);
    assert_eq!(world.users(&id).await.0, 401);
    let leaving = browser.submit(&page, &values(&[])).await;
    let back = browser.decide(&leaving, "allow").await;
    let shown = browser.open(&back).await;
    assert_eq!(shown.outcome()["integrated_account_id"], *id, "{}", shown.html);
    assert_eq!(world.users(&id).await, (200, 5));
    let accounts = world.accounts().await;
    assert_eq!((accounts.len(), &accounts[0]["tenant_id"]), (1, &json!("acme")));
    // Another method will do as well.
    let token = world.link(body).await;
    let page = browser.connect(&token, "&way=api_key").await;
    let shown = browser
        .submit(&page, &values(&[("api_key", "pat-na1-sandbox")]))
        .await;
    assert_eq!(shown.outcome()["result"], "success", "{}", shown.html);
    let (_, account) = world
        .api(Method::GET, &format!("/integrated-account/{id}"), None)
        .await;
    assert_eq!(account["authentication_method"], "api_key");
    assert_eq!(world.users(&id).await, (200, 5));
}

#[tokio::test]
async fn the_environment_s_app_stands_in_for_an_account_s_client() {
    let world = World::new().await;
    let (method, mut context) = world.context("wix");
    assert_eq!(method, "oauth2_client_credentials");
    let client = ["client_id", "client_secret"].map(|name| context.remove(name).unwrap());
    let account = |context: &Value| json!({ "integration": "wix", "authentication_method": method, "context": context });
    let without = account(&json!(context));
    let (status, answer) = world
        .api(Method::POST, "/integrated-account", Some(&without))
        .await;
    assert_eq!(status, 400, "{answer}");
    let message = answer["message"].as_str().unwrap();
    assert!(message.contains("`context.client_id`") && message.contains("/environment-integration"));
    let app = json!({ "integration": "wix", "client_id": client[0], "client_secret": client[1] });
    let (status, answer) = world
        .api(Method::POST, "/environment-integration", Some(&app))
        .await;
    assert_eq!(status, 201, "{answer}");
    let (status, answer) = world
        .api(Method::POST, "/integrated-account", Some(&without))
        .await;
    assert_eq!(status, 201, "{answer}");
    assert_eq!(world.users(answer["id"].as_str().unwrap()).await.0, 200);
    // Half a client of one's own is a mistake.
    let mut half = json!(context);
    half["client_id"] = json!(client[0]);
    let (status, answer) = world
        .api(Method::POST, "/integrated-account", Some(&account(&half)))
        .await;
    assert_eq!(status, 400, "{answer}");
    assert!(
        answer["message"]
            .as_str()
            .unwrap()
            .contains("`context.client_secret`")
    );
}

#[tokio::test]
async fn deleting_an_account_ends_its_token_with_the_environment_s_client() {
    let world = World::with_apps().await;
    let mut ended = 0;
    for vendor in ["attio", "capsule", "close", "salesforce", "zendesksell"] {
        let token = world
            .link(json!({ "tenant_id": "t", "integrations": [vendor] }))
            .await;
        let (_, typed) = world.context(vendor);
        let shown = world.browser().consent(&token, vendor, &typed).await;
        let outcome = shown.outcome();
        let id = outcome["integrated_account_id"].as_str().unwrap();
        let path = format!("/integrated-account/{id}");
        let client = world.app.local(&world.environment);
        let answer = client.request(Method::DELETE, &path, None, None).await.unwrap();
        assert_eq!(answer.status, 204, "{vendor}");
        ended += 1;
        let mut seen = 0;
        for _ in 0..200 {
            let asked = world.sandbox.requests();
            seen = asked
                .iter()
                .filter(|request| request.target.contains("/revoke") && request.status == 200)
                .count();
            if seen == ended {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        assert_eq!(seen, ended, "{vendor}");
    }
}
