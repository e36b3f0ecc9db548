//! `/console` as it is served, and what a token is told of itself.

use axum::body::Body;
use crosswalk_accounts::{AccountId, NewToken};
use http::Request;
use http_body_util::BodyExt;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::house::House;

#[tokio::test]
async fn the_console_is_served_to_anybody_and_may_ask_this_server_only() {
    let house = House::build(1).await;
    let router = house.app.router();
    let page = Request::get("/console").body(Body::empty()).unwrap();
    let page = router.clone().oneshot(page).await.unwrap();
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let html = String::from_utf8(page.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
    // What the page asks for is there, as it says, and not sent twice.
    let files = html.split('"').filter(|text| text.contains("assets/"));
    for file in files.map(|file| format!("/{file}")) {
        let request = Request::get(&file).header("accept-encoding", "gzip");
        let answer = router
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{file}");
        let again = Request::get(&file).header("if-none-match", &answer.headers()["etag"]);
        let again = router
            .clone()
            .oneshot(again.body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(again.status(), 304, "{file}");
    }
    assert_eq!(house.get("/console/assets/nothing.js").await.status, 404);
}

async fn asked(house: &House, secret: &str) -> (u16, Value) {
    let request = Request::get("/api-token/me")
        .header("authorization", format!("Bearer {secret}"))
        .body(Body::empty())
        .unwrap();
    let answer = house.app.router().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_token_is_told_what_it_is() {
    let house = House::build(1).await;
    let store = house.app.store();
    let environment = store.default_environment().clone();
    let account = AccountId::from(house.accounts["hubspot"].as_str());
    let kinds = [
        NewToken::of_environment("whole", environment.clone()),
        NewToken {
            read_only: true,
            expires_at: Some(4_102_444_800_000),
            ..NewToken::of_environment("reads", environment.clone())
        },
        NewToken {
            scope: Some(vec![account.clone()]),
            ..NewToken::of_environment("some", environment.clone())
        },
        NewToken {
            account_id: Some(account.clone()),
            ..NewToken::of_environment("one", environment.clone())
        },
    ];
    for new in kinds {
        let made = store.create_token(new.clone()).await.unwrap();
        let (status, told) = asked(&house, made.secret.expose_secret()).await;
        assert_eq!(status, 200, "{told}");
        let expected = json!({
            "id": made.token.id.as_str(),
            "name": new.name,
            "environment_id": environment.as_str(),
            "integrated_account_id": new.account_id.as_ref().map(AccountId::as_str),
            "integrated_account_ids": new.scope,
            "read_only": new.read_only,
            "expires_at": new.expires_at.map(|_| "2100-01-01T00:00:00.000Z"),
        });
        for (member, value) in expected.as_object().unwrap() {
            assert_eq!(told[member], *value, "{member}");
        }
    }
    assert_eq!(asked(&house, "cw_wrong").await.0, 401);
}
