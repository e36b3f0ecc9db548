//! Forged, replayed, expired and foreign: each gets a clear answer, and nothing half-connected stays behind.

use crosswalk_accounts::{FlowMemory, LinkOptions, NewLinkToken};
use http::Method;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::support::{Shown, World, values};

async fn leaving(world: &World, browser: &mut crate::support::Browser<'_>, token: &str) -> Shown {
    let page = browser.connect(token, "&integration=hubspot").await;
    let leaving = browser.submit(&page, &values(&[])).await;
    assert!(world.accounts().await.is_empty());
    leaving
}

#[tokio::test]
async fn a_state_is_good_once_here_and_now() {
    let world = World::with_apps().await;
    let token = world.link(json!({ "tenant_id": "t" })).await;
    let mut browser = world.browser();
    for (query, words) in [
        ("code=x", "lacks its `state`"),
        ("code=x&state=forged", "begun here"),
        ("error=access_denied&state=forged", "begun here"),
        ("code=x&state=%00%ff", "begun here"),
    ] {
        let shown = browser.open(&format!("/oauth/callback?{query}")).await;
        assert_eq!(shown.status, 400, "{query}");
        assert!(shown.html.contains(words), "{query}: {}", shown.html);
    }
    assert_eq!(browser.open("/oauth/callback").await.status, 200);

    // Another browser's.
    let left = leaving(&world, &mut browser, &token).await;
    let back = browser.decide(&left, "allow").await;
    let foreign = world.browser().open(&back).await;
    assert_eq!(foreign.status, 400);
    assert!(foreign.html.contains("another browser"), "{}", foreign.html);
    // It is spent by that.
    let spent = browser.open(&back).await;
    assert!(spent.html.contains("used already"), "{}", spent.html);
    assert!(world.accounts().await.is_empty());

    // Replayed.
    let left = leaving(&world, &mut browser, &token).await;
    let back = browser.decide(&left, "allow").await;
    assert_eq!(browser.open(&back).await.outcome()["result"], "success");
    let again = browser.open(&back).await;
    assert_eq!(again.status, 400);
    assert!(again.html.contains("used already"), "{}", again.html);
    assert_eq!(world.accounts().await.len(), 1);
}

#[tokio::test]
async fn an_expired_state_is_told() {
    let world = World::with_apps().await;
    let store = world.app.store();
    let (token, _) = store
        .create_link_token(NewLinkToken {
            environment_id: world.environment.clone(),
            account_id: None,
            tenant_id: "t".to_owned(),
            options: LinkOptions::default(),
            context: Default::default(),
            expires_at: i64::MAX,
        })
        .await
        .unwrap();
    let state = store.fresh_secret().unwrap();
    let memory = FlowMemory {
        integration: "hubspot".to_owned(),
        method: "oauth2".to_owned(),
        verifier: String::new(),
        settings: serde_json::Map::new(),
        rest: serde_json::Map::new(),
    };
    store
        .begin_flow(&token.id, state.expose_secret(), None, &memory, 1)
        .await
        .unwrap();
    let shown = world
        .browser()
        .open(&format!("/oauth/callback?code=x&state={}", state.expose_secret()))
        .await;
    assert_eq!(shown.status, 400);
    assert!(shown.html.contains("took too long"), "{}", shown.html);
}

#[tokio::test]
async fn link_tokens_are_checked() {
    let world = World::with_apps().await;
    let mut browser = world.browser();
    assert_eq!(browser.open("/connect-account").await.status, 200);
    let forged = browser.connect("lt_forged", "&integration=hubspot").await;
    assert_eq!(forged.status, 401);
    assert_eq!(forged.outcome()["error_type"], "invalid_token");
    assert_eq!(forged.outcome()["result"], "error");

    let (_, expired) = world
        .app
        .store()
        .create_link_token(NewLinkToken {
            environment_id: world.environment.clone(),
            account_id: None,
            tenant_id: "t".to_owned(),
            options: LinkOptions::default(),
            context: Default::default(),
            expires_at: jiff::Timestamp::now().as_millisecond() - 1,
        })
        .await
        .unwrap();
    let shown = browser.connect(expired.expose_secret(), "").await;
    assert_eq!(shown.outcome()["error_type"], "invalid_token");
    assert!(shown.html.contains("expired"), "{}", shown.html);

    let token = world
        .link(json!({ "tenant_id": "t", "integrations": ["hubspot"] }))
        .await;
    for (rest, words) in [
        ("&integration=hubspott", "hubspott"),
        ("&integration=close", "close"),
        ("&integration=hubspot&auth_format=basic", "basic"),
    ] {
        let shown = browser.connect(&token, rest).await;
        assert_eq!(shown.outcome()["error_type"], "invalid_integration", "{rest}");
        assert!(shown.html.contains(words), "{rest}");
    }
}

#[tokio::test]
async fn a_link_token_connects_one_account() {
    let world = World::with_apps().await;
    let token = world.link(json!({ "tenant_id": "t" })).await;
    let (mut first, mut second) = (world.browser(), world.browser());
    let one = leaving(&world, &mut first, &token).await;
    let two = leaving(&world, &mut second, &token).await;
    let (one, two) = (
        first.decide(&one, "allow").await,
        second.decide(&two, "allow").await,
    );
    let (one, two) = tokio::join!(first.open(&one), second.open(&two));
    let mut results = [one.outcome(), two.outcome()];
    results.sort_by_key(|outcome| outcome["result"] != "success");
    assert_eq!(results[0]["result"], "success", "{results:?}");
    assert_eq!(results[1]["error_type"], "invalid_token", "{results:?}");
    assert!(results[1]["error"].as_str().unwrap().contains("used already"));
    assert_eq!(world.accounts().await.len(), 1);
    let late = second.connect(&token, "").await;
    assert!(late.html.contains("used already"));
}

#[tokio::test]
async fn bodies_of_link_tokens_are_checked() {
    let world = World::new().await;
    for (body, words) in [
        (json!({}), "`tenant_id` is missing"),
        (
            json!({ "tenant_id": "t", "integrated_account_id": "x" }),
            "either",
        ),
        (json!({ "tenant_id": "t", "integrations": ["nope"] }), "nope"),
        (json!({ "tenant_id": "t", "integrations": 7 }), "`integrations`"),
        (json!({ "tenant_id": "t", "expires_in": 0 }), "`expires_in`"),
        (json!({ "tenant_id": "t", "expires_in": "soon" }), "`expires_in`"),
        (json!({ "tenant_id": "t", "scopes": "a" }), "`scopes`"),
        (json!({ "tenant_id": "t", "context": [] }), "`context`"),
        (
            json!({ "tenant_id": "t", "redirect_uri": "https://evil.example/x" }),
            "/environment/redirect-uris",
        ),
        (
            json!({ "tenant_id": "t", "redirect_uri": "javascript:alert(1)" }),
            "javascript",
        ),
    ] {
        let (status, answer) = world.api(Method::POST, "/link-token", Some(&body)).await;
        assert_eq!(status, 400, "{body}: {answer}");
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains(words), "{body}: {message}");
    }
    let body = json!({ "integrated_account_id": "nobody" });
    assert_eq!(world.api(Method::POST, "/link-token", Some(&body)).await.0, 404);
}

#[tokio::test]
async fn a_listed_redirect_uri_gets_the_result() {
    let world = World::with_apps().await;
    let list = json!({ "redirect_uris": ["https://app.example.com/done"] });
    let (status, _) = world
        .api(Method::PUT, "/environment/redirect-uris", Some(&list))
        .await;
    assert_eq!(status, 200);
    let wrong = json!({ "redirect_uris": ["nonsense"] });
    assert_eq!(
        world
            .api(Method::PUT, "/environment/redirect-uris", Some(&wrong))
            .await
            .0,
        400
    );
    let body = json!({ "tenant_id": "t", "redirect_uri": "https://app.example.com/done?user=7" });
    let token = world.link(body).await;
    let shown = world.browser().consent(&token, "hubspot", &values(&[])).await;
    let forward = shown.forward().unwrap();
    let account = &world.accounts().await[0]["id"];
    assert_eq!(
        forward,
        format!(
            "https://app.example.com/done?user=7&result=success&integration=hubspot&integrated_account_id={}",
            account.as_str().unwrap()
        )
    );
}

#[tokio::test]
async fn settings_can_not_leave_their_place_in_a_url() {
    let world = World::with_apps().await;
    for (integration, setting, evil) in [
        ("accelo", "deployment", "evil.example/x?"),
        ("accelo", "deployment", "a@evil"),
        ("accelo", "deployment", "a b"),
        ("accelo", "deployment", "-a"),
        ("salesforce", "instance_url", "https://evil.example"),
        (
            "salesforce",
            "instance_url",
            "https://login.salesforce.com@evil.example",
        ),
        (
            "salesforce",
            "instance_url",
            "https://evil.example/x.salesforce.com",
        ),
        ("zohocrm", "accounts_server", "https://accounts.zoho.evil"),
        (
            "zohocrm",
            "accounts_server",
            "https://evil.example#accounts.zoho.com",
        ),
    ] {
        let token = world.link(json!({ "tenant_id": "t" })).await;
        let mut browser = world.browser();
        let page = browser
            .connect(&token, &format!("&integration={integration}"))
            .await;
        let shown = browser.submit(&page, &values(&[(setting, evil)])).await;
        match shown.forward() {
            // Tidied to what it may be.
            Some(url) => assert!(url.contains("/evil.api.accelo.com/"), "{url}"),
            None => {
                assert_eq!(shown.status, 422, "{evil}");
                assert!(
                    shown.html.contains("does not look like"),
                    "{evil}: {}",
                    shown.html
                );
            }
        }
    }
    // What is typed is shown as text.
    let token = world.link(json!({ "tenant_id": "t" })).await;
    let mut browser = world.browser();
    let page = browser.connect(&token, "&integration=accelo").await;
    let shown = browser
        .submit(&page, &values(&[("deployment", "\"><script>alert(1)</script>")]))
        .await;
    assert!(!shown.html.contains("<script>alert"), "{}", shown.html);
}

#[tokio::test]
async fn a_callback_can_not_send_the_secret_elsewhere() {
    let world = World::with_apps().await;
    let token = world.link(json!({ "tenant_id": "t" })).await;
    let mut browser = world.browser();
    let page = browser.connect(&token, "&integration=zohocrm").await;
    let left = browser.submit(&page, &values(&[])).await;
    let back = browser.decide(&left, "allow").await;
    let real = "https%3A%2F%2Faccounts%2Ezoho%2Eeu";
    assert!(back.contains(real), "{back}");
    let shown = browser
        .open(&back.replace(real, "https%3A%2F%2Fevil%2Eexample"))
        .await;
    assert_eq!(shown.outcome()["result"], "error", "{}", shown.html);
    assert!(
        world
            .sandbox
            .requests()
            .iter()
            .all(|request| !request.host.contains("evil"))
    );
    assert!(world.accounts().await.is_empty());
}
