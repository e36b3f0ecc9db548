//! The life of accounts and tokens, over real processes.

#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;

use serde_json::{Value, json};
use support::{Client, Running, eventually, house, run};

fn token(client: &Client, data: &Path, arguments: &[&str]) -> Client {
    let (code, out, errors) = run(data, None, &[&["token", "create"], arguments].concat());
    assert_eq!(code, 0, "{errors}");
    Client {
        token: out.trim().to_owned(),
        ..client.clone()
    }
}

/// How many tokens vendors were asked to end, and did.
fn revoked(sandbox: &Running) -> usize {
    let is_done = |request: &&Value| {
        request["target"]
            .as_str()
            .is_some_and(|target| target.contains("/revoke"))
            && request["status"] == 200
    };
    sandbox.asked().as_array().unwrap().iter().filter(is_done).count()
}

#[test]
fn deleting_ends_the_tokens_at_the_vendor_and_waits_for_nobody() {
    let (_data, sandbox, _server, client) = house(10);
    for (number, vendor) in ["zendesksell", "capsule", "close", "salesforce"]
        .into_iter()
        .enumerate()
    {
        let kept = client.connect(&sandbox, vendor);
        let gone = client.connect(&sandbox, vendor);
        let list = format!("/unified/crm/users?integrated_account_id={kept}&limit=1");
        assert_eq!(client.get(&list).status, 200, "{vendor}");
        let path = format!("/integrated-account/{gone}");
        assert_eq!(client.send("DELETE", &path, None).status, 204);
        assert_eq!(client.get(&path).status, 404);
        assert_eq!(client.send("DELETE", &path, None).status, 404);
        assert!(
            eventually(|| revoked(&sandbox) == number + 1),
            "{vendor}: {}",
            sandbox.asked()
        );
        // The two had one refresh token, as the sandbox gives out one: its end is seen on the other.
        sandbox.expire(vendor);
        assert_eq!(client.get(&list).status, 401, "{vendor}");
    }
    // A vendor that fails keeps no account alive; one without such a call is not asked.
    let body = json!({"integration": "close", "context": {"access_token": "unknown-token"}});
    let unknown = client
        .send("POST", "/integrated-account?validate=false", Some(&body))
        .json();
    let other = client.connect(&sandbox, "teamleader");
    for id in [unknown["id"].as_str().unwrap(), &other] {
        let path = format!("/integrated-account/{id}?revoke=perhaps");
        assert_eq!(client.send("DELETE", &path, None).status, 400);
        assert_eq!(
            client
                .send("DELETE", &format!("/integrated-account/{id}"), None)
                .status,
            204
        );
    }
    assert_eq!(
        client.get("/integrated-account?status=active").json()["result_count"],
        0
    );
}

#[test]
fn new_credentials_count_only_when_the_vendor_accepts_them() {
    let (_data, sandbox, _server, client) = house(10);
    let id = client.connect(&sandbox, "teamleader");
    let path = format!("/integrated-account/{id}/credentials");
    let list = format!("/unified/crm/users?integrated_account_id={id}&limit=1");
    let bad =
        json!({"context": {"access_token": "wrong-access-token", "refresh_token": "wrong-refresh-token"}});
    // The old ones rotate while the new ones are tried; both outcomes leave a living account.
    sandbox.expire("teamleader");
    let (patch, call) = {
        let (one, two) = (client.clone(), client.clone());
        let (path, list) = (path.clone(), list.clone());
        let patch = std::thread::spawn(move || one.send("PATCH", &path, Some(&bad)).status);
        let call = std::thread::spawn(move || two.get(&list).status);
        (patch.join().unwrap(), call.join().unwrap())
    };
    assert_eq!((patch, call), (422, 200));
    assert_eq!(client.get(&list).status, 200);
    assert_eq!(
        client.get("/integrated-account").json()["result_count"],
        1,
        "nothing staged is left"
    );
    // A vendor that can't be asked decides nothing.
    let rule = json!({"path": "/", "times": 99, "kind": {"status": {"code": 503}}});
    sandbox.fault(&rule);
    let unsure = json!({"context": {"access_token": "another-access-token"}});
    assert_eq!(client.send("PATCH", &path, Some(&unsure)).status, 502);
    sandbox.mend();
    assert_eq!(client.get(&list).status, 200);
}

#[test]
fn the_account_shows_what_is_left_of_its_quota() {
    let (data, sandbox, _server, client) = house(10);
    let id = client.connect(&sandbox, "capsule");
    let list = format!("/unified/crm/users?integrated_account_id={id}&limit=1&crosswalk_explain=true");
    let explained = client.get(&list).json();
    assert!(explained["explain"]["quota_remaining"].is_string(), "{explained}");
    let shown = || client.get(&format!("/integrated-account/{id}")).json();
    assert!(
        eventually(|| shown()["quota"]["remaining"].is_string()),
        "{}",
        shown()
    );
    assert!(shown()["last_used_at"].is_string());
    // Other processes see it too.
    let (_, out, _) = run(
        data.path(),
        Some(&sandbox),
        &["accounts", "show", &id, "-o", "json"],
    );
    let account: Value = serde_json::from_str(&out).unwrap();
    assert!(account["quota"]["seen_at"].is_string(), "{out}");
}

#[test]
fn tokens_reach_what_they_were_made_for() {
    let (data, sandbox, _server, client) = house(10);
    let (own, other) = (
        client.connect(&sandbox, "hubspot"),
        client.connect(&sandbox, "accelo"),
    );
    let list = |id: &str| format!("/unified/crm/users?integrated_account_id={id}&limit=1");
    let show = |id: &str| format!("/integrated-account/{id}");

    let reader = token(&client, data.path(), &["--read-only", "--name", "reader"]);
    assert_eq!(reader.get(&list(&own)).status, 200);
    assert_eq!(reader.get("/integrated-account").json()["result_count"], 2);
    let tenant = json!({"tenant_id": "moved"});
    assert_eq!(reader.send("PATCH", &show(&own), Some(&tenant)).status, 403);
    assert_eq!(reader.send("DELETE", &show(&own), None).status, 403);
    let body = json!({"integrated_account_id": own});
    assert_eq!(
        reader
            .send("POST", "/integrated-account/token", Some(&body))
            .status,
        403
    );
    assert_eq!(
        reader
            .send("POST", "/integrated-account/refresh-credentials", Some(&body))
            .status,
        403
    );

    let scoped = token(&client, data.path(), &["--account", &own]);
    assert_eq!(scoped.get(&list(&own)).status, 200);
    assert_eq!(
        scoped.get("/unified/crm/users?limit=1").status,
        200,
        "its only account"
    );
    assert_eq!(scoped.get(&list(&other)).status, 404);
    assert_eq!(scoped.get(&show(&other)).status, 404);
    assert_eq!(
        scoped
            .get(&format!("/proxy/staff?integrated_account_id={other}"))
            .status,
        404
    );
    assert_eq!(scoped.send("DELETE", &show(&other), None).status, 404);
    assert_eq!(scoped.send("PATCH", &show(&own), Some(&tenant)).status, 200);
    let listed = scoped.get("/integrated-account").json();
    assert_eq!(
        (&listed["result_count"], &listed["result"][0]["id"]),
        (&json!(1), &json!(own))
    );
    let hubspot = json!({"integration": "hubspot", "authentication_method": "api_key", "context": {"api_key": "pat-na1-sandbox"}});
    assert_eq!(
        scoped.send("POST", "/integrated-account", Some(&hubspot)).status,
        403
    );
    assert_eq!(scoped.get("/metrics").status, 403);
    assert_eq!(scoped.get("/audit-log").status, 403);
    let body = json!({"integrated_account_id": other});
    assert_eq!(
        scoped
            .send("POST", "/integrated-account/token", Some(&body))
            .status,
        404
    );
    // A scope whose accounts are gone reaches nothing, and never everything.
    assert_eq!(client.send("DELETE", &show(&own), None).status, 204);
    assert_eq!(scoped.get("/integrated-account").json()["result_count"], 0);
    assert_eq!(scoped.get(&list(&other)).status, 404);

    let brief = token(&client, data.path(), &["--expires-in", "1s"]);
    assert!(eventually(|| brief.get("/integration").status == 401));
    let (code, _, errors) = run(data.path(), None, &["token", "create", "--account", "none"]);
    assert!(code == 1 && errors.contains("no account `none`"), "{errors}");

    let answer = client.send(
        "POST",
        "/integrated-account/token",
        Some(&json!({"integrated_account_id": other, "read_only": true, "expires_in": 60})),
    );
    assert_eq!(answer.status, 201);
    let scoped = Client {
        token: answer.json()["token"].as_str().unwrap().to_owned(),
        ..client.clone()
    };
    assert_eq!(scoped.get("/integrated-account/me").status, 200);
    assert_eq!(
        scoped
            .send("PATCH", "/integrated-account/me", Some(&tenant))
            .status,
        403
    );
}

#[test]
fn changes_are_told_by_the_audit_log() {
    let (data, sandbox, _server, client) = house(10);
    let id = client.connect(&sandbox, "hubspot");
    let show = format!("/integrated-account/{id}");
    client.send("PATCH", &show, Some(&json!({"tenant_id": "moved"})));
    client.send(
        "PATCH",
        &format!("{show}/credentials?validate=false"),
        Some(&json!({"context": {"access_token": "planted-secret-91"}})),
    );
    client.send("DELETE", &show, None);
    assert_eq!(client.send("DELETE", &show, None).status, 404);
    let (code, ..) = run(data.path(), Some(&sandbox), &["accounts", "list"]);
    assert_eq!(code, 0);
    let log = client.get("/audit-log").json();
    let told: Vec<(&str, i64)> = log["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["action"].as_str().unwrap(),
                entry["status"].as_i64().unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("account.delete", 404),
            ("account.delete", 204),
            ("account.change_credentials", 200),
            ("account.update", 200),
            ("account.create", 201),
            ("token.create", 0),
        ]
    );
    assert!(
        log["result"][1]["target"] == json!(id) && log["result"][4]["target"] == json!(id),
        "{log}"
    );
    assert_eq!(log["result"][1]["actor"]["name"], "test");
    assert_eq!(log["result"][5]["actor"]["type"], "command_line");
    assert!(!log.to_string().contains("planted-secret"));
    let page = client.get("/audit-log?limit=2&action=account.").json();
    assert_eq!(page["result_count"], 2);
    let next = page["next_cursor"].as_str().unwrap();
    let page = client
        .get(&format!("/audit-log?limit=9&action=account.&next_cursor={next}"))
        .json();
    assert_eq!(
        (&page["result_count"], &page["next_cursor"]),
        (&json!(3), &Value::Null)
    );
    assert_eq!(client.get(&format!("/audit-log?next_cursor={next}")).status, 400);
    assert_eq!(client.get("/audit-log?what=x").status, 400);
    // Another environment's is another's.
    let elsewhere = token(&client, data.path(), &["--environment", "staging"]);
    assert_eq!(
        elsewhere.get("/audit-log?action=account.").json()["result_count"],
        0
    );
    let (code, out, _) = run(data.path(), None, &["audit", "--target", &id, "-o", "ndjson"]);
    assert!(code == 0 && out.lines().count() == 5, "{out}");
}

#[test]
fn environments_come_and_go() {
    let (data, sandbox, _server, client) = house(10);
    assert_eq!(run(data.path(), None, &["envs", "create", "staging"]).0, 0);
    let (code, _, errors) = run(data.path(), None, &["envs", "create", "staging"]);
    assert!(code == 1 && errors.contains("already"), "{errors}");
    let staging = token(&client, data.path(), &["--environment", "staging"]);
    let id = staging.connect(&sandbox, "hubspot");
    assert_eq!(client.get(&format!("/integrated-account/{id}")).status, 404);
    let (code, _, errors) = run(data.path(), None, &["envs", "remove", "staging"]);
    assert!(code == 1 && errors.contains("--with-accounts"), "{errors}");
    let (code, ..) = run(
        data.path(),
        None,
        &["envs", "remove", "staging", "--with-accounts"],
    );
    assert_eq!(code, 0);
    assert!(eventually(|| staging.get("/integrated-account").status == 401));
    let (code, _, errors) = run(data.path(), None, &["envs", "remove", "default"]);
    assert!(code == 1 && errors.contains("only environment"), "{errors}");
    let (_, out, _) = run(data.path(), None, &["envs", "list"]);
    assert!(out.contains("default") && !out.contains("staging"), "{out}");
}

#[test]
fn connections_move_in_and_tenants_move_out() {
    let data = tempfile::tempdir().unwrap();
    let sandbox = Running::sandbox(data.path(), 10);
    let file = data.path().join("accounts.ndjson");
    let mut rows = String::new();
    for number in 0..30 {
        let row = json!({
            "tenant": if number < 20 { "acme" } else { "other" },
            "integration": "hubspot",
            "method": "api_key",
            "context": {"api_key": if number == 5 { "wrong-planted-key" } else { "pat-na1-sandbox" }},
        });
        rows.push_str(&format!("{row}\n"));
    }
    rows.push_str("{\"integration\": \"nope\"}\nnot json wrong-planted-key\n");
    std::fs::write(&file, rows).unwrap();
    let import = [
        "accounts",
        "import",
        file.to_str().unwrap(),
        "--validate",
        "-o",
        "ndjson",
    ];
    let (code, out, errors) = run(data.path(), Some(&sandbox), &import);
    assert_eq!(code, 1, "{errors}");
    let report: Vec<Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(report.len(), 32);
    let failed: Vec<u64> = report
        .iter()
        .filter(|line| line["state"] == "failed")
        .map(|line| line["row"].as_u64().unwrap())
        .collect();
    assert_eq!(failed, [6, 31, 32], "{out}");
    assert!(
        !out.contains("planted") && !errors.contains("planted"),
        "{out}{errors}"
    );
    let (code, out, errors) = run(
        data.path(),
        Some(&sandbox),
        &["accounts", "check", "--all", "-o", "csv"],
    );
    assert_eq!(code, 0, "{errors}");
    assert_eq!(out.lines().count(), 30, "{out}");
    let id = report[0]["id"].as_str().unwrap();
    let (code, out, errors) = run(data.path(), Some(&sandbox), &["accounts", "refresh", id]);
    assert!(code == 0 && out.contains("\"active\""), "{out}{errors}");
    // A tenant's accounts don't go by mistake.
    let (code, _, errors) = run(
        data.path(),
        Some(&sandbox),
        &["accounts", "remove", "--tenant", "acme"],
    );
    assert!(code == 2 && errors.contains("19 accounts"), "{errors}");
    let (code, _, errors) = run(
        data.path(),
        Some(&sandbox),
        &["accounts", "remove", "--tenant", "acme", "--yes"],
    );
    assert_eq!(code, 0, "{errors}");
    let (_, out, _) = run(data.path(), Some(&sandbox), &["accounts", "list", "-o", "ndjson"]);
    assert_eq!(out.lines().count(), 10);
    assert!(out.lines().all(|line| line.contains("\"other\"")));
}
