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

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_shows_a_real_record_before_and_after_and_keeps_nothing() {
    let house = House::build(10).await;
    let id = house.accounts["zendesksell"].clone();
    let plain = first(&house.users("zendesksell", &[("limit", "1")]).await);
    let preview = async |members: Value| {
        let mut body = json!({ "integrated_account_id": id });
        body.as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        house
            .send(Method::POST, &format!("{PATH}/preview"), Some(&body))
            .await
    };
    let mapping = json!({ "response_mapping": { "role_name": "role", "name": "$uppercase(name)" } });
    let shown = preview(json!({ "override": mapping })).await;
    assert_eq!(shown.status, 200, "{}", shown.message());
    let shown = shown.json();
    assert_eq!(shown["before"]["name"], plain["name"]);
    assert_eq!(shown["before"].get("role_name"), None);
    assert_eq!(
        shown["after"]["name"],
        plain["name"].as_str().unwrap().to_uppercase()
    );
    assert_eq!(shown["after"]["role_name"], plain["remote_data"]["role"]);
    let record: Value = serde_json::from_str(shown["record"].as_str().unwrap()).unwrap();
    assert_eq!(record, plain["remote_data"]);
    // Nothing was kept, nor told as a change.
    assert_eq!(first(&house.users("zendesksell", &[("limit", "1")]).await), plain);
    assert_eq!(house.get(PATH).await.json()["result_count"], 0);
    assert!(
        !house
            .get("/audit-log?limit=1")
            .await
            .json()
            .to_string()
            .contains("preview")
    );

    // With the record at hand nobody is asked, and it is shown as it stands: by the account's own layer here.
    let own = json!({ "crm": { "users": { "list": { "response_mapping": { "role_name": "role" }, "query": { "extra": "1" } } } } });
    let again = preview(
        json!({ "record": r#"{"id":12345678901234567890,"role":"chief"}"#, "unified_model_override": own }),
    )
    .await
    .json();
    assert_eq!(
        (&again["after"]["id"], &again["after"]["role_name"]),
        (&json!("12345678901234567890"), &json!("chief"))
    );
    assert_eq!(again["request"], json!({ "query": { "extra": "1" } }));
    let calls = house.get("/log?limit=1").await.json();
    assert_eq!(calls["result"][0]["vendor_requests_count"], 0);
    // One record by its id.
    let user = first(
        &house
            .users("zendesksell", &[("limit", "1"), ("sort_by[name]", "desc")])
            .await,
    );
    let one = preview(json!({ "id": user["id"], "method": "get", "override": mapping }))
        .await
        .json();
    assert_eq!(one["before"]["id"], user["id"]);

    // What is stored counts before, and null takes it away after.
    assert_eq!(account(&house, "zendesksell", mapping.clone()).await.status, 200);
    let away = preview(json!({ "unified_model_override": null })).await.json();
    assert_eq!(
        away["before"]["name"],
        plain["name"].as_str().unwrap().to_uppercase()
    );
    assert_eq!(away["after"]["name"], plain["name"]);
    let both =
        preview(json!({ "override": { "response_mapping": { "name": "'env'", "team": "team_name" } } }))
            .await
            .json();
    assert_eq!(
        (&both["after"]["name"], both["after"].get("team").is_some()),
        (&both["before"]["name"], true)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_tells_where_an_override_goes_wrong() {
    let house = House::build(3).await;
    let id = &house.accounts["hubspot"];
    let send = async |body: Value| {
        house
            .send(Method::POST, &format!("{PATH}/preview"), Some(&body))
            .await
    };
    let wrong = json!({ "response_mapping": { "name": "firstName & (", "tier": "$eval('1')" } });
    let told = send(json!({ "integrated_account_id": id, "override": wrong })).await;
    assert_eq!(told.status, 400);
    let problems = told.json()["truto_error_insight"]["override_problems"]["value"].clone();
    assert_eq!(
        problems[0]["member"], "override.response_mapping.name",
        "{problems}"
    );
    assert!(problems[0]["position"].as_u64() >= Some(13), "{problems}");
    assert_eq!(problems[1]["member"], "override.response_mapping.tier");
    // Saving it says the very same.
    let saved = json!({ "integration": "hubspot", "unified_model": "crm", "resource": "users", "method": "list", "override": wrong });
    let refused = house.send(Method::POST, PATH, Some(&saved)).await.json();
    assert_eq!(refused["message"], told.message());
    assert_eq!(
        refused["truto_error_insight"]["override_problems"]["value"],
        problems
    );

    for (body, status, named) in [
        (json!({}), 400, "integrated_account_id"),
        (json!({ "integrated_account_id": "nobody" }), 404, "nobody"),
        (
            json!({ "integrated_account_id": id, "method": "put" }),
            400,
            "method",
        ),
        (
            json!({ "integrated_account_id": id, "resource": "deals" }),
            400,
            "deals",
        ),
        (
            json!({ "integrated_account_id": id, "override": [] }),
            400,
            "override",
        ),
        (
            json!({ "integrated_account_id": id, "record": "[1" }),
            400,
            "record",
        ),
        (
            json!({ "integrated_account_id": id, "id": "no-such-user" }),
            404,
            "no-such-user",
        ),
        (
            json!({ "integrated_account_id": id, "colour": "red" }),
            400,
            "colour",
        ),
    ] {
        let answer = send(body.clone()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.message());
        assert!(answer.message().contains(named), "{body}: {}", answer.message());
    }
}
