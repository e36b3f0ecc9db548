//! `GET /log`: every call of a known caller, what it took, and the vendor's requests behind it.

use std::time::Duration;

use axum::body::Body;
use crosswalk_accounts::NewToken;
use crosswalk_sandbox::{Fault, FaultRule};
use http::{Method, Request};
use http_body_util::BodyExt;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::house::House;

async fn rows(house: &House, query: &str) -> Vec<Value> {
    let answer = house.get(&format!("/log?limit=1000&{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.message());
    answer.json()["result"].as_array().unwrap().clone()
}

async fn token(house: &House, name: &str) -> String {
    let store = house.app.store();
    let environment = store.default_environment().clone();
    let token = store
        .create_token(NewToken::of_environment(name, environment))
        .await;
    token.unwrap().secret.expose_secret().to_owned()
}

#[tokio::test]
async fn tells_of_calls_and_the_requests_behind_them() {
    let house = House::build(30).await;
    let account = house.accounts["hubspot"].clone();
    let secret = token(&house, "my-app").await;
    let target =
        format!("/unified/crm/users?integrated_account_id={account}&limit=25&email[ne]=nobody@example.com");
    let request = Request::get(&target)
        .header("authorization", format!("Bearer {secret}"))
        .header("x-request-id", "mine-1")
        .body(Body::empty())
        .unwrap();
    let answer = house.app.router().oneshot(request).await.unwrap();
    assert_eq!(answer.headers()["x-request-id"], "mine-1");
    let body = answer.into_body().collect().await.unwrap().to_bytes();

    let found = rows(&house, "request_id=mine-1").await;
    let [row] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(row["method"], "GET");
    assert_eq!(row["path"], "/unified/crm/users");
    assert_eq!(row["status"], 200);
    assert_eq!(row["integration"], "hubspot");
    assert_eq!(row["integrated_account_id"], account);
    assert_eq!(row["bytes"], body.len());
    assert_eq!(row["actor"]["name"], "my-app");
    assert_eq!(row["vendor_requests_count"], 1);
    let vendor = &row["vendor_requests"][0];
    assert_eq!(vendor["status"], 200);
    let (began, took) = (&vendor["started_after"], &vendor["milliseconds"]);
    assert!(began.as_u64().unwrap() + took.as_u64().unwrap() <= row["milliseconds"].as_u64().unwrap() + 1);
    assert!(
        vendor["url"]
            .as_str()
            .unwrap()
            .starts_with("https://api.hubapi.com/crm/v3/owners")
    );
    // Nothing of the query, the token or the credentials.
    let text = row.to_string();
    for hidden in [secret.as_str(), "nobody@example.com", "Bearer", "hubspot-access"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
}

#[tokio::test]
async fn filters_and_pages() {
    let house = House::build(12).await;
    assert_eq!(house.users("capsule", &[]).await.status, 200);
    assert_eq!(house.users("hubspot", &[("limit", "0")]).await.status, 400);
    assert_eq!(house.user("hubspot", "no-such-user").await.status, 404);
    assert_eq!(house.get("/integration/hubspot").await.status, 200);

    let all = rows(&house, "").await;
    // Those by which the accounts were connected, those just made, and not the reading of the log.
    assert_eq!(all.len(), house.accounts.len() + 4);
    assert!(all.iter().all(|row| row["actor"]["type"] == "command_line"));
    assert_eq!(all[0]["path"], "/integration/hubspot");
    assert_eq!(all[1]["path"], "/unified/crm/users/{id}");
    // What connecting asked of the vendor is there as well.
    let connected = rows(&house, "method=post&path=/integrated-account&status=201").await;
    assert_eq!(connected.len(), house.accounts.len());
    assert!(
        connected
            .iter()
            .all(|row| row["vendor_requests_count"].as_u64() >= Some(1))
    );

    let hubspot = format!("integrated_account_id={}", house.accounts["hubspot"]);
    assert_eq!(rows(&house, &format!("{hubspot}&status=4xx")).await.len(), 2);
    assert_eq!(rows(&house, &format!("{hubspot}&status=404")).await.len(), 1);
    assert_eq!(rows(&house, "integration=capsule&method=GET").await.len(), 1);
    assert_eq!(rows(&house, "path=/unified/").await.len(), 3);
    assert_eq!(rows(&house, "since=2100-01-01").await.len(), 0);
    assert_eq!(
        rows(&house, "until=2100-01-01T00:00:00Z&slower_than=0").await,
        all
    );
    assert_eq!(rows(&house, "slower_than=600000").await.len(), 0);

    let (mut walked, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = house
            .get(&format!("/log?limit=4&next_cursor={cursor}"))
            .await
            .json();
        walked.extend(page["result"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(walked, all);
    let elsewhere = house.get(&format!("/log?status=200&next_cursor={cursor}")).await;
    assert_eq!(elsewhere.status, 400);
}

#[tokio::test]
async fn streams_count_to_their_end_and_clients_that_leave_are_told_apart() {
    let house = House::build(30).await;
    let stream = house
        .users("hubspot", &[("truto_response_format", "stream")])
        .await;
    let row = &rows(&house, "path=/unified").await[0];
    assert_eq!(
        (&row["status"], &row["bytes"]),
        (&json!(200), &json!(stream.body.len()))
    );
    assert!(row["vendor_requests_count"].as_u64() >= Some(2), "{row}");

    house.sandbox.inject(FaultRule {
        host: "api.hubapi.com".to_owned(),
        path: String::new(),
        after: 0,
        times: 1,
        kind: Fault::Delay { millis: 5000 },
    });
    let call = house.users("hubspot", &[]);
    assert!(
        tokio::time::timeout(Duration::from_millis(200), call)
            .await
            .is_err()
    );
    let row = &rows(&house, "path=/unified").await[0];
    assert_eq!(row["status"], 499, "{row}");
}

#[tokio::test]
async fn is_refused_where_it_is_not_due() {
    let house = House::build(3).await;
    for (query, named) in [
        ("status=600", "status"),
        ("status=fine", "status"),
        ("since=2020-01-01T00:00:00", "since"),
        ("limit=0", "limit"),
        ("method[]=GET", "method"),
        ("colour=red", "colour"),
        ("next_cursor=altered", "next_cursor"),
    ] {
        let answer = house.get(&format!("/log?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.message().contains(named), "{query}: {}", answer.message());
    }
    let own = house
        .send(
            Method::POST,
            "/integrated-account/token",
            Some(&json!({ "integrated_account_id": house.accounts["hubspot"] })),
        )
        .await
        .json();
    let request = Request::get("/log")
        .header(
            "authorization",
            format!("Bearer {}", own["token"].as_str().unwrap()),
        )
        .body(Body::empty())
        .unwrap();
    assert_eq!(house.app.router().oneshot(request).await.unwrap().status(), 403);
    // Another environment's calls are not to be seen.
    let other = house.app.store().create_environment("other").await.unwrap();
    let answer = house
        .app
        .local(&other.id)
        .request(Method::GET, "/log", None, None)
        .await;
    assert_eq!(answer.unwrap().json().await["result"], json!([]));
}

#[tokio::test]
async fn tells_how_calls_fared_by_connector_and_interval() {
    let house = House::build(5).await;
    assert_eq!(house.users("capsule", &[]).await.status, 200);
    for _ in 0..3 {
        assert_eq!(house.users("hubspot", &[]).await.status, 200);
    }
    assert_eq!(house.users("hubspot", &[("limit", "0")]).await.status, 400);
    assert_eq!(house.user("hubspot", "no-such-user").await.status, 404);
    let summary = async |query: &str| {
        let answer = house.get(&format!("/log/summary?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.message());
        answer.json()
    };

    let lately = summary("path=/unified/&interval=1h").await;
    assert_eq!(lately["interval_seconds"], 3600);
    let [capsule, hubspot] = lately["result"].as_array().unwrap().as_slice() else {
        panic!("{lately}")
    };
    assert_eq!(capsule["integration"], "capsule");
    assert_eq!(
        (&capsule["calls"], &capsule["client_errors"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(hubspot["integration"], "hubspot");
    assert_eq!(
        (
            &hubspot["calls"],
            &hubspot["client_errors"],
            &hubspot["server_errors"]
        ),
        (&json!(5), &json!(2), &json!(0))
    );
    assert!(hubspot["vendor_requests"].as_u64() >= Some(4), "{hubspot}");
    // What the intervals say adds up to the whole, and each begins on the hour.
    for counted in ["calls", "client_errors", "vendor_requests"] {
        let intervals = hubspot["intervals"].as_array().unwrap();
        let sum: u64 = intervals
            .iter()
            .map(|interval| interval[counted].as_u64().unwrap())
            .sum();
        assert_eq!(json!(sum), hubspot[counted]);
        let at = |interval: &Value| interval["at"].as_str().unwrap().to_owned();
        assert!(
            intervals
                .iter()
                .all(|interval| at(interval).ends_with(":00:00.000Z"))
        );
    }
    // The log's filters hold here too, and calls for no account stand apart.
    assert_eq!(house.get("/integration/hubspot").await.status, 200);
    let of_no_account = &summary("path=/integration/").await["result"][0];
    assert_eq!(
        (&of_no_account["integration"], &of_no_account["calls"]),
        (&Value::Null, &json!(1))
    );
    assert_eq!(summary("status=4xx").await["result"][0]["calls"], 2);
    assert_eq!(
        summary("until=2020-01-01&since=2019-12-01").await["result"],
        json!([])
    );
    // Reading it leaves no row.
    assert_eq!(rows(&house, "path=/log").await.len(), 0);

    for (query, named) in [
        ("interval=5", "interval"),
        ("interval=1m", "interval"),
        ("since=2030-01-01T00:00:00Z&until=2029-01-01", "since"),
        ("limit=5", "limit"),
        ("status=fine", "status"),
    ] {
        let answer = house.get(&format!("/log/summary?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.message().contains(named), "{query}: {}", answer.message());
    }
}
