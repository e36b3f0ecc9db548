//! `POST /mcp`: tools for agents, within their token's rights.

use axum::body::Body;
use crosswalk_accounts::{AccountId, NewToken};
use http::Request;
use http_body_util::BodyExt;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::house::House;

async fn token(house: &House, change: impl FnOnce(&mut NewToken)) -> String {
    let store = house.app.store();
    let mut new = NewToken::of_environment("agent", store.default_environment().clone());
    change(&mut new);
    store
        .create_token(new)
        .await
        .unwrap()
        .secret
        .expose_secret()
        .to_owned()
}

/// The answer's status, and its JSON.
async fn post(house: &House, token: &str, message: &Value) -> (u16, Value) {
    let request = Request::post("/mcp")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("host", "crm.example.com")
        .body(Body::from(message.to_string()))
        .unwrap();
    let answer = house.app.router().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

async fn ask(house: &House, token: &str, method: &str, params: Value) -> Value {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let (status, answer) = post(house, token, &message).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn call(house: &House, token: &str, tool: &str, arguments: Value) -> Value {
    let params = json!({ "name": tool, "arguments": arguments });
    ask(house, token, "tools/call", params).await["result"].clone()
}

fn tool<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let tools = answer["result"]["tools"].as_array().unwrap();
    tools.iter().find(|tool| tool["name"] == name).unwrap()
}

#[tokio::test]
async fn lists_and_gets_users_as_the_api_does() {
    let house = House::build(25).await;
    let token = token(&house, |new| new.read_only = true).await;
    let account = &house.accounts["hubspot"];
    let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
    let hello = ask(&house, &token, "initialize", hello).await;
    assert_eq!(hello["result"]["serverInfo"]["name"], "crosswalk");
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(post(&house, &token, &ready).await.0, 202);

    let (mut walked, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let arguments = json!({
            "integrated_account_id": account,
            "is_active": true,
            "created_at": { "gte": "1980-01-01", "lt": "2020-01-01" },
            "sort_by": { "created_at": "desc" },
            "limit": 4,
            "next_cursor": cursor,
        });
        let page = call(&house, &token, "list_users", arguments).await;
        assert_eq!(page["isError"], false, "{page}");
        let page = &page["structuredContent"];
        walked.extend(page["result"].as_array().unwrap().clone());
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    let query = [
        ("is_active", "true"),
        ("created_at[gte]", "1980-01-01"),
        ("created_at[lt]", "2020-01-01"),
        ("sort_by[created_at]", "desc"),
        ("truto_ignore_remote_data", "true"),
    ];
    let expected = house.walk("hubspot", &query).await.unwrap();
    assert!(expected.len() > 4);
    assert_eq!(walked, expected);

    let id = walked[0]["id"].clone();
    let got = call(
        &house,
        &token,
        "get_user",
        json!({ "integrated_account_id": account, "id": id }),
    )
    .await;
    assert_eq!(got["structuredContent"], walked[0]);
    let accounts = call(
        &house,
        &token,
        "list_accounts",
        json!({ "integration": "hubspot" }),
    )
    .await;
    assert_eq!(accounts["structuredContent"]["result"][0]["id"], json!(account));
    let capabilities = call(
        &house,
        &token,
        "get_capabilities",
        json!({ "integrated_account_id": account }),
    )
    .await;
    assert_eq!(
        capabilities["structuredContent"]["crm/users"]["integration"],
        "hubspot"
    );
    // Asking by a POST changes nothing, and the log of changes has nothing of it.
    let audit = house.get("/audit-log?limit=1000").await.json();
    assert!(!audit.to_string().contains("mcp"), "{audit}");
}

#[tokio::test]
async fn says_what_is_wrong_in_the_apis_words() {
    let house = House::build(3).await;
    let token = token(&house, |_| ()).await;
    let account = &house.accounts["close"];
    for (tool, arguments, words) in [
        ("list_users", json!({}), "integrated_account_id"),
        (
            "list_users",
            json!({ "integrated_account_id": "none" }),
            "no integrated account",
        ),
        (
            "list_users",
            json!({ "integrated_account_id": account, "colour": "red" }),
            "colour",
        ),
        (
            "list_users",
            json!({ "integrated_account_id": account, "limit": 0 }),
            "limit",
        ),
        (
            "list_users",
            json!({ "integrated_account_id": account, "is_active": true }),
            "is_active",
        ),
        (
            "list_users",
            json!({ "integrated_account_id": account, "truto_key_by": "id" }),
            "truto_key_by",
        ),
        ("get_user", json!({ "integrated_account_id": account }), "id"),
        (
            "get_user",
            json!({ "integrated_account_id": account, "id": "none" }),
            "none",
        ),
        ("get_capabilities", json!({}), "integrated_account_id"),
    ] {
        let answer = call(&house, &token, tool, arguments.clone()).await;
        assert_eq!(answer["isError"], true, "{tool} {arguments}");
        let text = answer["content"][0]["text"].as_str().unwrap();
        assert!(text.contains(words), "{tool} {arguments}: {text}");
        assert!(
            answer.get("structuredContent").is_none(),
            "clients hold it to the schema of successes"
        );
    }
    let params = json!({ "name": "delete_everything", "arguments": {} });
    let unknown = ask(&house, &token, "tools/call", params).await;
    assert!(
        unknown["error"]["message"]
            .as_str()
            .unwrap()
            .contains("list_users"),
        "{unknown}"
    );
    let (status, answer) = post(&house, "wrong", &json!({})).await;
    assert_eq!((status, &answer["statusCode"]), (401, &json!(401)));
}

#[tokio::test]
async fn an_accounts_token_has_its_accounts_tools() {
    let house = House::build(8).await;
    let account = AccountId::from(house.accounts["close"].as_str());
    let own = token(&house, |new| new.account_id = Some(account)).await;
    let whole = token(&house, |_| ()).await;
    let tools = ask(&house, &own, "tools/list", json!({})).await;
    let listed = tool(&tools, "list_users");
    let properties = listed["inputSchema"]["properties"].as_object().unwrap();
    // Close has no such field, and the token names the account by itself.
    assert!(!properties.contains_key("is_active") && !properties.contains_key("integrated_account_id"));
    assert!(!properties.contains_key("workspace") && properties.contains_key("email"));
    assert!(
        listed["outputSchema"]["properties"]["result"]["items"]["properties"]
            .get("is_active")
            .is_none()
    );
    assert_eq!(listed["annotations"]["readOnlyHint"], true);
    let all = ask(&house, &whole, "tools/list", json!({})).await;
    let all = &tool(&all, "list_users")["inputSchema"];
    assert_eq!(all["required"], json!(["integrated_account_id"]));
    assert!(all["properties"].get("is_active").is_some());

    let page = call(&house, &own, "list_users", json!({})).await;
    assert_eq!(page["structuredContent"]["result_count"], 8);
    let other = json!({ "integrated_account_id": house.accounts["hubspot"] });
    assert_eq!(
        call(&house, &own, "list_users", other.clone()).await["isError"],
        true
    );
    assert_eq!(
        call(&house, &own, "get_capabilities", other).await["isError"],
        true
    );
    let accounts = call(&house, &own, "list_accounts", json!({})).await;
    assert_eq!(accounts["structuredContent"]["result"][0]["integration"], "close");
}
