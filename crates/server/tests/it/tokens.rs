//! `/api-token`: tokens made, seen and ended over the API, never with more rights than those who make them.

use axum::body::Body;
use crosswalk_accounts::{AccountId, NewToken};
use http::{Method, Request};
use http_body_util::BodyExt;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::house::House;

/// A call with a token.
async fn with(
    house: &House,
    token: &str,
    method: Method,
    target: &str,
    body: Option<&Value>,
) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(target)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
        .unwrap();
    let answer = house.app.router().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

/// A token with these rights, made by the command line's way.
async fn token(house: &House, change: impl FnOnce(&mut NewToken)) -> String {
    let store = house.app.store();
    let mut new = NewToken::of_environment("first", store.default_environment().clone());
    change(&mut new);
    let issued = store.create_token(new).await.unwrap();
    issued.secret.expose_secret().to_owned()
}

fn in_days(days: i64) -> i64 {
    jiff::Timestamp::now().as_millisecond() + days * 24 * 60 * 60 * 1000
}

#[tokio::test]
async fn a_token_is_made_seen_and_revoked() {
    let house = House::build(2).await;
    let first = token(&house, |_| {}).await;
    let account = &house.accounts["hubspot"];
    let new = json!({ "name": "my-app", "expires_in": 3600, "read_only": true, "integrated_account_ids": [account, account] });
    let (status, made) = with(&house, &first, Method::POST, "/api-token", Some(&new)).await;
    assert_eq!(status, 201, "{made}");
    let secret = made["token"].as_str().unwrap();
    assert_eq!(made["integrated_account_ids"], json!([account]));
    assert_eq!(
        (&made["state"], &made["type"]),
        (&json!("active"), &json!("environment"))
    );

    // It counts at once, and says what it is.
    let (status, me) = with(&house, secret, Method::GET, "/api-token/me", None).await;
    assert_eq!(status, 200);
    assert_eq!((&me["id"], &me["is_current"]), (&made["id"], &json!(true)));
    assert_eq!(me["environment_name"], "default");
    let users = format!("/unified/crm/users?integrated_account_id={account}");
    assert_eq!(with(&house, secret, Method::GET, &users, None).await.0, 200);

    // Lists show it, and no token whole.
    let (_, page) = with(&house, &first, Method::GET, "/api-token?limit=1", None).await;
    assert_eq!(page["result"][0]["id"], made["id"]);
    let cursor = page["next_cursor"].as_str().unwrap();
    let (_, rest) = with(
        &house,
        &first,
        Method::GET,
        &format!("/api-token?next_cursor={cursor}"),
        None,
    )
    .await;
    assert_eq!(rest["result"][0]["is_current"], true);
    assert_eq!(rest["next_cursor"], Value::Null);
    for shown in [&page, &rest] {
        assert!(!shown.to_string().contains(secret) && !shown.to_string().contains(&first));
    }

    let target = format!("/api-token/{}", made["id"].as_str().unwrap());
    let (status, gone) = with(&house, &first, Method::DELETE, &target, None).await;
    assert_eq!(
        (status, &gone["state"], &gone["is_current"]),
        (200, &json!("revoked"), &json!(false))
    );
    assert_eq!(with(&house, secret, Method::GET, &users, None).await.0, 401);
    // Once more changes nothing.
    assert_eq!(with(&house, &first, Method::DELETE, &target, None).await.1, gone);
    let (_, revoked) = with(&house, &first, Method::GET, "/api-token?state=revoked", None).await;
    assert_eq!(revoked["result_count"], 1);

    // The audit log tells of both, by whom, and never of the secret.
    let log = house.get("/audit-log?action=token.").await.json();
    let actions: Vec<&str> = log["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["token.revoke", "token.revoke", "token.create"]);
    assert_eq!(log["result"][2]["target"], made["id"]);
    assert_eq!(log["result"][2]["detail"]["read_only"], true);
    assert_eq!(log["result"][2]["actor"]["name"], "first");
    assert!(!log.to_string().contains(secret));
}

#[tokio::test]
async fn a_token_may_end_itself() {
    let house = House::build(1).await;
    let own = token(&house, |_| {}).await;
    let (_, me) = with(&house, &own, Method::GET, "/api-token/me", None).await;
    let target = format!("/api-token/{}", me["id"].as_str().unwrap());
    let (status, gone) = with(&house, &own, Method::DELETE, &target, None).await;
    assert_eq!(
        (status, &gone["state"], &gone["is_current"]),
        (200, &json!("revoked"), &json!(true))
    );
    assert_eq!(
        with(&house, &own, Method::GET, "/api-token/me", None).await.0,
        401
    );
}

#[tokio::test]
async fn no_token_makes_one_that_may_more() {
    let house = House::build(2).await;
    let account = AccountId::from(house.accounts["hubspot"].as_str());
    let new = json!({ "name": "more" });
    let read_only = token(&house, |new| new.read_only = true).await;
    let scoped = token(&house, |new| new.scope = Some(vec![account.clone()])).await;
    let own = token(&house, |new| new.account_id = Some(account.clone())).await;
    for weak in [&read_only, &scoped, &own] {
        assert_eq!(
            with(&house, weak, Method::POST, "/api-token", Some(&new)).await.0,
            403
        );
        assert_eq!(
            with(&house, weak, Method::DELETE, "/api-token/x", None).await.0,
            403
        );
        // Each may know itself.
        assert_eq!(
            with(&house, weak, Method::GET, "/api-token/me", None).await.0,
            200
        );
    }
    assert_eq!(
        with(&house, &read_only, Method::GET, "/api-token", None).await.0,
        200
    );
    for weak in [&scoped, &own] {
        assert_eq!(with(&house, weak, Method::GET, "/api-token", None).await.0, 403);
    }

    // A token that ends makes none that outlives it, of either kind.
    let end = in_days(1);
    let ending = token(&house, |new| new.expires_at = Some(end)).await;
    let longer =
        json!({ "name": "longer", "expires_in": 2 * 24 * 3600, "integrated_account_id": account.as_str() });
    let (status, refused) = with(
        &house,
        &ending,
        Method::POST,
        "/integrated-account/token",
        Some(&longer),
    )
    .await;
    assert_eq!(status, 403);
    assert!(
        refused["message"]
            .as_str()
            .unwrap()
            .contains("this token ends at"),
        "{refused}"
    );
    let (status, _) = with(
        &house,
        &ending,
        Method::POST,
        "/api-token",
        Some(&json!({ "name": "longer", "expires_in": 2 * 24 * 3600 })),
    )
    .await;
    assert_eq!(status, 403);
    let (status, made) = with(&house, &ending, Method::POST, "/api-token", Some(&new)).await;
    let (_, me) = with(&house, &ending, Method::GET, "/api-token/me", None).await;
    assert_eq!((status, &made["expires_at"]), (201, &me["expires_at"]));
}

#[tokio::test]
async fn other_environments_are_not_reached() {
    let house = House::build(1).await;
    let store = house.app.store();
    let other = store.create_environment("other").await.unwrap();
    let foreign = store
        .create_token(NewToken::of_environment("theirs", other.id))
        .await
        .unwrap();
    let first = token(&house, |_| {}).await;
    let target = format!("/api-token/{}", foreign.token.id);
    assert_eq!(with(&house, &first, Method::DELETE, &target, None).await.0, 404);
    let (_, listed) = with(&house, &first, Method::GET, "/api-token", None).await;
    assert_eq!(listed["result_count"], 1);
    // An account's own tokens are told apart.
    let own = json!({ "integrated_account_id": house.accounts["hubspot"] });
    assert_eq!(
        with(
            &house,
            &first,
            Method::POST,
            "/integrated-account/token",
            Some(&own)
        )
        .await
        .0,
        201
    );
    for (query, count) in [
        ("type=account", 1),
        ("type=environment", 1),
        ("integrated_account_id=nobody", 0),
        ("state=active", 2),
    ] {
        let (_, listed) = with(&house, &first, Method::GET, &format!("/api-token?{query}"), None).await;
        assert_eq!(listed["result_count"], count, "{query}");
    }
    assert_eq!(house.get("/api-token/me").await.status, 404);
}

#[tokio::test]
async fn bad_tokens_are_refused_with_the_member_that_is_wrong() {
    let house = House::build(1).await;
    for (body, named) in [
        (json!({}), "name"),
        (json!({ "name": "  " }), "name"),
        (json!({ "name": "x".repeat(101) }), "name"),
        (json!({ "name": "a", "expires_in": 0 }), "expires_in"),
        (json!({ "name": "a", "expires_in": "90d" }), "expires_in"),
        (json!({ "name": "a", "read_only": "yes" }), "read_only"),
        (
            json!({ "name": "a", "integrated_account_ids": [] }),
            "integrated_account_ids",
        ),
        (
            json!({ "name": "a", "integrated_account_ids": ["nobody"] }),
            "integrated_account_ids",
        ),
        (json!({ "name": "a", "scope": [] }), "scope"),
    ] {
        let answer = house.send(Method::POST, "/api-token", Some(&body)).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.message().contains(named), "{body}: {}", answer.message());
    }
    for (query, named) in [
        ("type=mine", "type"),
        ("state=gone", "state"),
        ("name=a", "name"),
        ("next_cursor=x", "next_cursor"),
    ] {
        let answer = house.get(&format!("/api-token?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.message().contains(named), "{query}: {}", answer.message());
    }
    let secret = token(&house, |_| {}).await;
    let answer = house
        .send(Method::DELETE, &format!("/api-token/{secret}"), None)
        .await;
    assert_eq!(answer.status, 404);
    assert!(!answer.message().contains(&secret), "{}", answer.message());
    let log = house.get("/audit-log?action=token.revoke").await.json();
    assert_eq!(log["result"][0]["target"], secret[..7]);
}
