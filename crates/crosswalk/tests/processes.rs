//! The whole, as real processes: servers on one data folder, the sandbox as the vendors.

#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::{Client, Running, crosswalk, house, request};

#[test]
fn two_servers_refresh_a_rotating_token_once() {
    let data = tempfile::tempdir().unwrap();
    let sandbox = Running::sandbox(data.path(), 30);
    let servers = [
        Running::serve(data.path(), &sandbox),
        Running::serve(data.path(), &sandbox),
    ];
    let client = Client::new(data.path(), &servers[0]);
    let id = client.connect(&sandbox, "teamleader");
    for round in 1..=2 {
        sandbox.expire("teamleader");
        let threads: Vec<_> = (0..100)
            .map(|number| {
                let client = Client {
                    address: servers[number % 2].address.clone(),
                    token: client.token.clone(),
                };
                let target = format!("/unified/crm/users?integrated_account_id={id}&limit=5");
                std::thread::spawn(move || {
                    let answer = client.get(&target);
                    (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
                })
            })
            .collect();
        for thread in threads {
            let (status, body) = thread.join().unwrap();
            assert_eq!(status, 200, "{body}");
        }
        // One refresh for a hundred callers in two processes, and the spent token never came again.
        let stats = sandbox.stats("teamleader");
        assert_eq!(stats["refreshes"], round, "{stats}");
        assert_eq!(stats["token_requests"], round, "{stats}");
    }
}

#[test]
fn dead_credentials_are_said_once_and_cured() {
    let (_data, sandbox, _server, client) = house(10);
    let id = client.connect(&sandbox, "hubspot");
    let list = format!("/unified/crm/users?integrated_account_id={id}");
    assert_eq!(client.get(&list).status, 200);

    // A token endpoint that fails for a while costs nobody the connection.
    sandbox.expire("hubspot");
    sandbox.fault(&json!({"path": "/oauth/", "times": 1, "kind": {"status": {"code": 503}}}));
    let answer = client.get(&list);
    assert!(
        matches!(answer.status, 200 | 502),
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
    assert_eq!(
        client.get(&format!("/integrated-account/{id}")).json()["status"],
        "active"
    );
    std::thread::sleep(std::time::Duration::from_millis(200));
    let recovered = (0..40).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(250));
        client.get(&list).status == 200
    });
    assert!(recovered);

    // A refusal does, once the vendor's liveness call is refused too.
    let bad =
        json!({"context": {"access_token": "wrong-token-value", "refresh_token": "wrong-refresh-value"}});
    let changed = client.send(
        "PATCH",
        &format!("/integrated-account/{id}/credentials?validate=false"),
        Some(&bad),
    );
    assert_eq!(changed.status, 200);
    let answer = client.get(&list);
    assert_eq!(answer.status, 401, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.json()["truto_is_remote_error"], true);
    let account = client.get(&format!("/integrated-account/{id}")).json();
    assert_eq!(account["status"], "needs_reauth");
    assert!(
        account["last_error"]
            .as_str()
            .is_some_and(|error| !error.is_empty())
    );
    let before = sandbox.stats("hubspot")["requests"].clone();
    assert_eq!(client.get(&list).status, 401);
    assert_eq!(sandbox.stats("hubspot")["requests"], before, "it answers at once");

    // Credentials that do not work take nothing away; those that do bring it back.
    let refused = client.send(
        "PATCH",
        &format!("/integrated-account/{id}/credentials"),
        Some(&bad),
    );
    assert_eq!(refused.status, 422);
    let good = json!({"context": {"access_token": "pat-na1-sandbox"}});
    assert_eq!(
        client
            .send(
                "PATCH",
                &format!("/integrated-account/{id}/credentials"),
                Some(&good)
            )
            .status,
        200
    );
    assert_eq!(client.get(&list).status, 200);
}

#[test]
fn vendors_faults_are_told_as_the_contract_says() {
    let (_data, sandbox, _server, client) = house(40);
    for (vendor, path) in [
        ("hubspot", "/crm/"),
        ("teamleader", "/users."),
        ("accelo", "/staff"),
        ("salesforce", "/query"),
        ("mondaycrm", "/v2"),
    ] {
        let id = client.connect(&sandbox, vendor);
        let list = format!("/unified/crm/users?integrated_account_id={id}");
        let with = |kind: Value, times: u32| {
            sandbox.fault(&json!({"path": path, "times": times, "kind": kind}));
            let answer = client.get(&list);
            sandbox.mend();
            answer
        };
        // Passing faults are not noticed.
        for kind in [
            json!({"status": {"code": 503}}),
            json!("cut_body"),
            json!({"throttle": {"retry_after": "0"}}),
        ] {
            let answer = with(kind.clone(), 1);
            assert_eq!(
                answer.status,
                200,
                "{vendor} {kind}: {}",
                String::from_utf8_lossy(&answer.body)
            );
        }
        // Answers that the API does not allow are the vendor's failure, and say what is wrong.
        for (kind, words) in [
            (json!("html"), "not JSON"),
            (json!("truncated"), "not JSON"),
            (json!("bytes"), "UTF-8"),
            (json!("without_id"), "record 1"),
            (
                json!({"status": {"code": 200, "body": "{\"unexpected\":1}"}}),
                "answer",
            ),
        ] {
            let answer = with(kind.clone(), 9);
            let message = answer.json()["message"].as_str().unwrap_or_default().to_owned();
            assert_eq!(answer.status, 502, "{vendor} {kind}: {message}");
            assert!(message.contains(words), "{vendor} {kind}: {message}");
        }
        // A limit that does not pass within the deadline is a 429 that says when to come back.
        let answer = with(json!({"throttle": {"retry_after": "120"}}), 99);
        assert_eq!(
            answer.status,
            429,
            "{vendor}: {}",
            String::from_utf8_lossy(&answer.body)
        );
        let after: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((100..=121).contains(&after), "{vendor}: {after}");
        assert_eq!(answer.json()["truto_is_remote_error"], true);
        assert!(answer.json()["truto_error_insight"]["rate_limit_error"].is_object());
        assert_eq!(client.get(&list).status, 200, "{vendor} recovers");
    }
}

#[test]
fn wrong_requests_change_nothing() {
    let (_data, sandbox, _server, client) = house(10);
    let message = |answer: &support::Answer| answer.json()["message"].as_str().unwrap_or_default().to_owned();

    let stranger = Client {
        token: "cw_wrong".into(),
        ..client.clone()
    };
    let answer = stranger.get("/integration");
    assert_eq!(answer.status, 401);
    assert!(answer.header("x-request-id").is_some());

    for (body, words) in [
        (json!({}), "`integration` is missing"),
        (json!({"integration": "nope"}), "must be one of"),
        (
            json!({"integration": "hubspot", "authentication_method": "basic"}),
            "api_key",
        ),
        (
            json!({"integration": "hubspot", "authentication_method": "api_key", "context": {}}),
            "`context.api_key` is missing",
        ),
        (
            json!({"integration": "accelo", "context": {"access_token": "x", "deployment": "x.evil.example/y?"}}),
            "",
        ),
        (
            json!({"integration": "accelo", "context": {"access_token": "x", "deployment": "a b"}}),
            "`context.deployment`",
        ),
        (
            json!({"integration": "salesforce", "context": {"access_token": "x", "instance_url": "https://evil.example/.salesforce.com"}}),
            "`context.instance_url`",
        ),
        (
            json!({"integration": "hubspot", "context": {"access_token": "x", "expires_at": "soon"}}),
            "`context.expires_at`",
        ),
    ] {
        let answer = client.send("POST", "/integrated-account", Some(&body));
        assert!(
            matches!(answer.status, 400 | 422 | 502),
            "{body}: {}",
            answer.status
        );
        assert!(message(&answer).contains(words), "{body}: {}", message(&answer));
    }
    // What the vendor refuses is not kept.
    let refused = json!({"integration": "hubspot", "authentication_method": "api_key", "context": {"api_key": "wrong-secret-key"}});
    let answer = client.send("POST", "/integrated-account", Some(&refused));
    assert_eq!(answer.status, 422, "{}", message(&answer));
    assert!(!String::from_utf8_lossy(&answer.body).contains("wrong-secret-key"));
    assert_eq!(client.get("/integrated-account").json()["result_count"], 0);
    // No setting has reached a host that is not the vendor's.
    let asked = request(&sandbox.address, "GET", "/_sandbox/requests", &[], None)
        .json()
        .to_string();
    assert!(!asked.contains("evil"), "{asked}");

    let bearer = format!("Bearer {}", client.token);
    let auth = ("Authorization", bearer.as_str());
    let post = |headers: &[(&str, &str)], body: &[u8]| {
        request(
            &client.address,
            "POST",
            "/integrated-account",
            headers,
            Some(body),
        )
        .status
    };
    assert_eq!(post(&[auth, ("Content-Type", "text/plain")], b"{}"), 415);
    assert_eq!(post(&[auth, ("Content-Type", "application/json")], b"{oops"), 400);
    assert_eq!(
        post(
            &[auth, ("Content-Type", "application/json")],
            &vec![b' '; 2 << 20]
        ),
        413
    );
    let answer = client.send("PUT", "/integrated-account", None);
    assert_eq!(answer.status, 405);
    assert!(answer.header("allow").is_some_and(|allow| allow.contains("POST")));
    assert_eq!(answer.json()["statusCode"], 405);
}

#[test]
fn tokens_of_one_account_reach_no_other() {
    let (_data, sandbox, _server, client) = house(10);
    let (own, other) = (
        client.connect(&sandbox, "hubspot"),
        client.connect(&sandbox, "accelo"),
    );
    let made = client.send(
        "POST",
        "/integrated-account/token",
        Some(&json!({"integrated_account_id": own})),
    );
    assert_eq!(made.status, 201);
    let scoped = Client {
        token: made.json()["token"].as_str().unwrap().to_owned(),
        ..client.clone()
    };
    assert_eq!(scoped.get("/unified/crm/users?limit=1").status, 200);
    assert_eq!(scoped.get("/proxy/owners?limit=1").status, 200);
    assert_eq!(scoped.get("/integrated-account/me").json()["id"], own);
    assert_eq!(
        scoped
            .get(&format!("/unified/crm/users?integrated_account_id={other}"))
            .status,
        404
    );
    assert_eq!(scoped.get("/integrated-account").status, 403);
    // The account's secrets come out nowhere.
    let accounts = String::from_utf8(client.get("/integrated-account").body).unwrap();
    assert!(
        !accounts.contains("hubspot-access") && !accounts.contains("sandbox-client-secret"),
        "{accounts}"
    );
}

#[test]
fn streams_end_with_the_error_that_ended_them() {
    let (_data, sandbox, _server, client) = house(1500);
    let id = client.connect(&sandbox, "hubspot");
    let target = format!("/unified/crm/users?integrated_account_id={id}&truto_response_format=stream");
    let whole = client.get(&target).json();
    assert_eq!(whole["result_count"], 1500);
    assert!(whole["error"].is_null() && whole["next_cursor"].is_null());

    sandbox.fault(&json!({"path": "/crm/", "after": 1, "times": 9, "kind": "html"}));
    let broken = client.get(&target);
    let envelope = broken.json();
    assert_eq!(envelope["error"]["statusCode"], 502, "{envelope}");
    assert_eq!(envelope["result"].as_array().unwrap().len(), 500);
    sandbox.mend();

    let bearer = format!("Bearer {}", client.token);
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Accept", "application/x-ndjson"),
    ];
    let lines = request(&client.address, "GET", &target, &headers, None);
    assert_eq!(lines.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(lines.body.iter().filter(|byte| **byte == b'\n').count(), 1500);
}

#[test]
fn the_command_line_says_what_to_do() {
    let data = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = crosswalk(data.path()).args(arguments).output().unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, _, errors) = run(&["--database", "postgres://x", "token", "list"]);
    assert!(code == 2 && errors.contains("PostgreSQL comes later"), "{errors}");
    let (code, out, _) = run(&["connectors", "list"]);
    assert!(
        code == 0 && out.contains("hubspot") && out.contains("zohocrm"),
        "{out}"
    );
    let (code, out, _) = run(&["connectors", "show", "salesforce"]);
    assert!(code == 0 && out.contains("Instance URL"), "{out}");
    let (code, out, _) = run(&["users", "list", "--help"]);
    assert!(
        code == 0 && out.contains("--email-contains") && out.contains("--created-at-gte"),
        "{out}"
    );
    let (code, _, errors) = run(&["users", "list", "--account", "nope"]);
    assert!(
        code == 1 && errors.contains("there is no integrated account `nope`"),
        "{errors}"
    );
    let file = data.path().join("bad.yaml");
    std::fs::write(&file, "name: Bad Name\nlabel: x\n").unwrap();
    let (code, out, _) = run(&["connectors", "check", file.to_str().unwrap()]);
    assert!(code == 1 && out.contains("bad.yaml"), "{out}");
    let (code, out, _) = run(&["completions", "bash"]);
    assert!(code == 0 && out.contains("crosswalk"));
}
