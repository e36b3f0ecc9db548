//! Overrides of mappings, from the call that saves them to the users that come out.

use http::Method;
use serde_json::{Value, json};

use crate::house::House;

const PATH: &str = "/environment-unified-model-resource-method";

async fn account(house: &House, vendor: &str, list: Value) -> crate::house::Answer {
    let path = format!("/integrated-account/{}", house.accounts[vendor]);
    let body = json!({ "unified_model_override": { "crm": { "users": { "list": list } } } });
    house.send(Method::PATCH, &path, Some(&body)).await
}

fn first(answer: &crate::house::Answer) -> Value {
    let envelope = answer.json();
    assert_eq!(answer.status, 200, "{envelope}");
    envelope["result"][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_adds_and_changes_fields() {
    let house = House::build(30).await;
    let plain = first(&house.users("zendesksell", &[("limit", "1")]).await);
    let saved = account(
        &house,
        "zendesksell",
        json!({ "response_mapping": {
            "role_name": "role",
            "joined": { "value": "created_at", "kind": "instant" },
            "name": "$uppercase(name)",
            "badge": "{'id': id, 'letters': $split(name, ' ').($substring($, 0, 1))}",
        } }),
    )
    .await;
    assert_eq!(saved.status, 200, "{}", saved.json());
    let user = first(&house.users("zendesksell", &[("limit", "1")]).await);
    let keys: Vec<&String> = user.as_object().unwrap().keys().collect();
    let added = &keys[keys.len() - 4..];
    assert_eq!(added, ["role_name", "joined", "badge", "remote_data"]);
    assert_eq!(user["name"], plain["name"].as_str().unwrap().to_uppercase());
    assert_eq!(user["joined"], plain["created_at"]);
    assert_eq!(user["role_name"], user["remote_data"]["role"]);
    assert!(user["badge"]["letters"].is_array() || user["badge"]["letters"].is_string());

    // One record is the same as in the list.
    let alone = house.user("zendesksell", user["id"].as_str().unwrap()).await;
    assert_eq!(alone.json()["badge"], user["badge"]);
    // A typed field is filtered and sorted by, one of any type is not.
    let sorted = house
        .walk("zendesksell", &[("sort_by[joined]", "desc"), ("limit", "7")])
        .await
        .unwrap();
    assert_eq!(sorted.len(), 30);
    assert!(
        sorted
            .windows(2)
            .all(|pair| pair[0]["joined"].as_str() >= pair[1]["joined"].as_str())
    );
    for query in [("badge", "x"), ("sort_by", "badge")] {
        let refused = house.users("zendesksell", &[query]).await;
        assert_eq!(refused.status, 400);
        assert!(
            refused.message().contains("`badge` holds JSON of any type"),
            "{}",
            refused.message()
        );
    }
    // Shaping knows them.
    let keyed = house
        .users(
            "zendesksell",
            &[
                ("truto_key_by", "badge.id"),
                ("truto_exclude_fields[]", "badge.letters"),
            ],
        )
        .await
        .json();
    assert!(
        keyed["result"]
            .as_object()
            .unwrap()
            .values()
            .all(|user| user["badge"].get("letters").is_none())
    );

    let meta = house
        .get(&format!(
            "/unified/crm/users/meta/list?integrated_account_id={}",
            house.accounts["zendesksell"]
        ))
        .await
        .json();
    insta::assert_json_snapshot!(json!({
        "properties": meta["schema"]["properties"].as_object().unwrap().keys().collect::<Vec<_>>(),
        "mapping": meta["mapping"],
        "joined": meta["query_schema"]["properties"]["joined"],
        "request": meta["request"],
    }));

    // Null takes it all away.
    let path = format!("/integrated-account/{}", house.accounts["zendesksell"]);
    let gone = house
        .send(
            Method::PATCH,
            &path,
            Some(&json!({ "unified_model_override": null })),
        )
        .await;
    assert_eq!(gone.json()["unified_model_override"], Value::Null);
    assert_eq!(first(&house.users("zendesksell", &[("limit", "1")]).await), plain);
}

#[tokio::test(flavor = "multi_thread")]
async fn environments_come_before_accounts() {
    let house = House::build(10).await;
    let new = |value: Value| json!({ "integration": "zendesksell", "unified_model": "crm", "resource": "users", "method": "list", "override": value });
    let said =
        json!({ "response_mapping": { "tier": "role", "team": "'one'" }, "query": { "status": "active" } });
    let made = house.send(Method::POST, PATH, Some(&new(said.clone()))).await;
    assert_eq!(made.status, 201, "{}", made.json());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let again = house.send(Method::POST, PATH, Some(&new(said))).await;
    assert_eq!((again.status, again.message().contains(&id)), (409, true));
    account(
        &house,
        "zendesksell",
        json!({ "response_mapping": { "team": "'two'" } }),
    )
    .await;
    let explained = house
        .users("zendesksell", &[("limit", "1"), ("crosswalk_explain", "true")])
        .await;
    let user = first(&explained);
    assert_eq!(
        (&user["tier"], &user["team"]),
        (&user["remote_data"]["role"], &json!("two"))
    );
    let url = explained.json()["explain"]["vendor_requests"][0]["url"].to_string();
    assert!(url.contains("status=active"), "{url}");
    // What the environment asks for counts in every list: a push that would replace it is not made.
    let inactive = house.users("zendesksell", &[("is_active", "false")]).await.json();
    assert_eq!(inactive["result_count"], 0);
    assert_eq!(house.get(PATH).await.json()["result_count"], 1);

    let one = format!("{PATH}/{id}");
    let changed = json!({ "override": { "response_mapping": { "tier": "'x'" } } });
    let changed = house.send(Method::PATCH, &one, Some(&changed)).await;
    assert_eq!(changed.json()["override"]["response_mapping"]["tier"], "'x'");
    assert_eq!(first(&house.users("zendesksell", &[]).await)["tier"], "x");
    assert_eq!(house.send(Method::DELETE, &one, None).await.status, 204);
    assert_eq!(house.get(&one).await.status, 404);
    assert!(
        first(&house.users("zendesksell", &[]).await)
            .get("tier")
            .is_none()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_told_when_saved_and_nothing_is_kept() {
    let house = House::build(3).await;
    let mut said = Vec::new();
    for list in [
        json!({ "response_mapping": { "tier": "custom fields" } }),
        json!({ "response_mapping": { "id": "email" } }),
        json!({ "response_mapping": { "is_active": "'yes'" } }),
        json!({ "response_mapping": { "x": { "value": "a", "kind": "number" } } }),
        json!({ "response_mapping": { "x": "($f := function($n) { $f($n + 1) }; $f(0))" } }),
        json!({ "response_mapping": { "x": "($a := name & name; $b := $a & $a & $a & $a; $c := $b & $b & $b & $b; $d := $c & $c & $c & $c; $d & $d & $d)" } }),
        json!({ "response_mapping": { "x": "$pad(name, 1000000000)" } }),
        json!({ "query": { "per_page": 1 } }),
        json!({ "headers": { "authorization": "Bearer x" } }),
        json!({ "filters": {} }),
    ] {
        let refused = account(&house, "zendesksell", list).await;
        assert_eq!(refused.status, 400, "{}", refused.json());
        said.push(refused.message());
    }
    let path = format!("/integrated-account/{}", house.accounts["zendesksell"]);
    for body in [
        json!({ "unified_model_override": [] }),
        json!({ "unified_model_override": { "crm": { "people": {} } } }),
        json!({ "unified_model_override": { "crm": { "users": { "create": {} } } } }),
    ] {
        let refused = house.send(Method::PATCH, &path, Some(&body)).await;
        assert_eq!(refused.status, 400);
        said.push(refused.message());
    }
    insta::assert_json_snapshot!(said);
    assert_eq!(
        house.get(&path).await.json()["unified_model_override"],
        Value::Null
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_mapping_ends_the_cursors_that_rest_on_it() {
    let house = House::build(30).await;
    let by_name = [("sort_by", "name"), ("limit", "5")];
    let cursor = |answer: &crate::house::Answer| answer.json()["next_cursor"].as_str().unwrap().to_owned();
    let sorted = cursor(&house.users("zendesksell", &by_name).await);
    let plain = cursor(&house.users("zendesksell", &[("limit", "5")]).await);
    account(
        &house,
        "zendesksell",
        json!({ "response_mapping": { "name": "email", "tier": "role" } }),
    )
    .await;
    let refused = house
        .users("zendesksell", &[by_name[0], by_name[1], ("next_cursor", &sorted)])
        .await;
    assert_eq!(refused.status, 400);
    assert!(
        refused.message().contains("overridden otherwise"),
        "{}",
        refused.message()
    );
    // What neither filters nor sorts by it goes on.
    let goes_on = house
        .users("zendesksell", &[("limit", "5"), ("next_cursor", &plain)])
        .await;
    assert_eq!(goes_on.status, 200, "{}", goes_on.json());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expression_that_fails_for_a_record_is_said_to() {
    let house = House::build(3).await;
    account(
        &house,
        "zendesksell",
        json!({ "response_mapping": { "is_active": "name" } }),
    )
    .await;
    let failed = house.users("zendesksell", &[]).await;
    assert_eq!(failed.status, 422);
    assert!(
        failed.message().contains("`is_active`, which an override maps"),
        "{}",
        failed.message()
    );
}
