//! `crosswalk accounts connect` and `reconnect`, with a browser that goes all the way; `crosswalk apps` and
//! `crosswalk envs redirect-uris`, which it needs.

#![allow(clippy::unwrap_used)]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::Value;
use support::browser::Browser;
use support::{Client, Running, crosswalk, request, run};

/// A command that waits for a browser.
struct Waiting {
    child: Child,
    link: String,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Waiting {
    fn start(data: &Path, sandbox: &Running, arguments: &[&str]) -> Self {
        let mut command = crosswalk(data);
        command
            .env("CROSSWALK_EGRESS_URL", format!("http://{}", sandbox.address))
            .args(["accounts"])
            .args(arguments)
            .args(["--no-open", "--wait", "1", "-o", "json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let link = lines
            .by_ref()
            .map(Result::unwrap)
            .find(|line| line.contains("/connect-account?link_token="))
            .expect("it ended before it had a link");
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            child,
            link: link.trim().to_owned(),
        }
    }

    /// What it prints when it has ended by itself.
    fn account(mut self) -> Value {
        let mut printed = String::new();
        self.child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut printed)
            .unwrap();
        assert!(self.child.wait().unwrap().success());
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{error}: {printed}"))
    }
}

/// The credential that a stand-in takes.
fn credential(sandbox: &Running, vendor: &str, name: &str) -> String {
    let accounts = request(&sandbox.address, "GET", "/_sandbox/accounts", &[], None).json();
    let accounts = accounts.as_array().unwrap();
    let account = accounts.iter().find(|account| account["integration"] == vendor);
    account.unwrap()["context"][name].as_str().unwrap().to_owned()
}

/// Sets the sandbox's app of a vendor, its secret from standard input.
fn set_app(data: &Path, sandbox: &Running, vendor: &str) {
    let (id, secret) = (
        credential(sandbox, vendor, "client_id"),
        credential(sandbox, vendor, "client_secret"),
    );
    let mut command = crosswalk(data);
    command
        .args(["apps", "add", vendor, "--client-id", &id, "--client-secret", "@-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{secret}").unwrap();
    let output = child.wait_with_output().unwrap();
    let (out, errors) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    assert!(output.status.success(), "{errors}");
    assert_eq!(out.trim(), "http://127.0.0.1:8080/oauth/callback");
    assert!(!format!("{out}{errors}").contains(&secret));
}

fn users(data: &Path, sandbox: &Running, account: &str) -> usize {
    let (code, out, errors) = run(
        data,
        Some(sandbox),
        &["users", "list", "--account", account, "-o", "ndjson"],
    );
    assert_eq!(code, 0, "{errors}");
    out.lines().count()
}

#[test]
fn an_account_is_connected_by_consent_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let sandbox = Running::sandbox(data, 7);
    set_app(data, &sandbox, "hubspot");

    let connect = [
        "connect",
        "--integration",
        "hubspot",
        "--tenant",
        "acme",
        "--listen",
        "127.0.0.1:0",
    ];
    let waiting = Waiting::start(data, &sandbox, &connect);
    let mut browser = Browser::default();
    // Denied at first: the command goes on waiting, and another try is as good.
    let page = browser.open(&waiting.link);
    let leaving = browser.submit(&page, &[]);
    assert_eq!(leaving.status, 200, "{}", leaving.html);
    let denied = browser.decide(&leaving, "deny");
    assert!(denied.html.contains("role=\"alert\""), "{}", denied.html);
    let page = browser.open(&waiting.link);
    let leaving = browser.submit(&page, &[]);
    let back = browser.decide(&leaving, "allow");
    assert!(back.html.contains("HubSpot is connected"), "{}", back.html);
    let account = waiting.account();
    assert_eq!(
        (&account["tenant_id"], &account["status"]),
        (&"acme".into(), &"active".into())
    );
    let id = account["id"].as_str().unwrap();
    assert_eq!(users(data, &sandbox, id), 7);

    // Its tokens are worth nothing any more; it comes back under its id.
    let server = Running::serve(data, &sandbox);
    let client = Client::new(data, &server);
    let bad = serde_json::json!({"context": {"access_token": "wrong", "refresh_token": "wrong-too"}});
    let path = format!("/integrated-account/{id}/credentials?validate=false");
    assert_eq!(client.send("PATCH", &path, Some(&bad)).status, 200);
    let list = format!("/unified/crm/users?integrated_account_id={id}");
    assert_eq!(client.get(&list).status, 401);
    // A server runs at the address: its page is used.
    let waiting = Waiting::start(data, &sandbox, &["reconnect", id, "--listen", &server.address]);
    assert!(
        waiting.link.starts_with(&format!("http://{}/", server.address)),
        "{}",
        waiting.link
    );
    let mut browser = Browser::default();
    let page = browser.open(&waiting.link);
    assert!(page.html.contains("Connect HubSpot again"), "{}", page.html);
    let leaving = browser.submit(&page, &[]);
    let back = browser.decide(&leaving, "allow");
    assert!(back.html.contains("HubSpot is connected"), "{}", back.html);
    let account = waiting.account();
    assert_eq!(
        (account["id"].as_str(), &account["status"]),
        (Some(id), &"active".into())
    );
    assert_eq!(client.get(&list).status, 200);
}

#[test]
fn an_account_is_connected_by_its_key_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let sandbox = Running::sandbox(data, 5);
    let key = credential(&sandbox, "salesflare", "api_key");
    let connect = [
        "connect",
        "--integration",
        "salesflare",
        "--listen",
        "127.0.0.1:0",
    ];
    let waiting = Waiting::start(data, &sandbox, &connect);
    let mut browser = Browser::default();
    let page = browser.open(&waiting.link);
    let refused = browser.submit(&page, &[("api_key", "not-the-key")]);
    assert_eq!(refused.status, 422, "{}", refused.html);
    assert!(
        !refused.html.contains("not-the-key"),
        "a secret is not shown again"
    );
    let done = browser.submit(&page, &[("api_key", &key)]);
    assert!(done.html.contains("Salesflare is connected"), "{}", done.html);
    let id = waiting.account()["id"].as_str().unwrap().to_owned();
    assert_eq!(users(data, &sandbox, &id), 5);

    let waiting = Waiting::start(data, &sandbox, &["reconnect", &id, "--listen", "127.0.0.1:0"]);
    let page = Browser::default().open(&waiting.link);
    let done = Browser::default().submit(&page, &[("api_key", &key)]);
    assert!(done.html.contains("Salesflare is connected"), "{}", done.html);
    assert_eq!(waiting.account()["id"], id.as_str());
    let (code, _, errors) = run(
        data,
        Some(&sandbox),
        &[
            "accounts",
            "reconnect",
            "none",
            "--no-open",
            "--listen",
            "127.0.0.1:0",
        ],
    );
    assert_eq!(code, 1);
    assert!(errors.contains("accounts list"), "{errors}");
}

#[test]
fn apps_are_set_changed_and_removed_and_their_secrets_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let file = data.join("secret");
    std::fs::write(&file, "planted-client-secret\n").unwrap();
    let from = format!("@{}", file.display());
    let tell = |arguments: &[&str]| {
        let (code, out, errors) = run(data, None, arguments);
        assert!(!format!("{out}{errors}").contains("planted"), "{out}{errors}");
        (code, out, errors)
    };
    let plain = tell(&[
        "apps",
        "add",
        "hubspot",
        "--client-id",
        "a",
        "--client-secret",
        "by-hand",
    ]);
    assert!(
        plain.0 == 2 && plain.2.contains("no place on a command line"),
        "{}",
        plain.2
    );
    assert!(!plain.2.contains("by-hand"));
    assert_eq!(tell(&["apps", "add", "hubspot", "--client-secret", &from]).0, 2);
    assert_eq!(
        tell(&[
            "apps",
            "add",
            "insightly",
            "--client-id",
            "a",
            "--client-secret",
            &from
        ])
        .0,
        1
    );
    let (code, _, errors) = tell(&[
        "apps",
        "add",
        "hubspot",
        "--client-id",
        "planted-id",
        "--client-secret",
        &from,
    ]);
    assert_eq!(code, 0, "{errors}");
    let (_, out, _) = tell(&[
        "apps",
        "list",
        "-o",
        "json",
        "--public-url",
        "https://crm.example.com",
    ]);
    let list: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(list[0]["integration"], "hubspot");
    assert_eq!(list[0]["redirect_uri"], "https://crm.example.com/oauth/callback");
    let (code, out, _) = tell(&[
        "apps", "update", "hubspot", "--scope", "a", "--scope", "b", "-o", "json",
    ]);
    let changed: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &changed["scopes"]), (0, &serde_json::json!(["a", "b"])));
    let (_, out, _) = tell(&["apps", "update", "hubspot", "--default-scopes", "-o", "json"]);
    assert!(
        serde_json::from_str::<Value>(&out).unwrap()["scopes"].is_null(),
        "{out}"
    );
    assert_eq!(tell(&["apps", "update", "hubspot"]).0, 2);
    assert_eq!(tell(&["apps", "show", "hubspot"]).0, 0);
    assert_eq!(tell(&["apps", "remove", "hubspot"]).0, 0);
    let (code, _, errors) = tell(&["apps", "show", "hubspot"]);
    assert!(code == 1 && errors.contains("apps list"), "{errors}");
    let (_, out, _) = tell(&["audit", "-o", "csv"]);
    // The one that was refused is told too.
    assert_eq!(
        out.lines().filter(|line| line.contains("command line")).count(),
        5,
        "{out}"
    );
}

#[test]
fn redirect_uris_are_listed_added_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    assert!(
        crosswalk(data)
            .args(["envs", "create", "staging"])
            .status()
            .unwrap()
            .success()
    );
    let tell = |rest: &[&str]| run(data, None, &[&["envs", "redirect-uris"], rest].concat());
    let (one, two) = ("https://app.example.com/done", "https://app.example.com/other");
    assert_eq!(tell(&["add", two, one, one]).0, 0);
    assert_eq!(
        tell(&["list", "-o", "csv"]).1,
        format!("uri\r\n{one}\r\n{two}\r\n")
    );
    assert_eq!(
        tell(&["list", "--environment", "staging", "-o", "json"]).1.trim(),
        "[]"
    );
    let (code, _, errors) = tell(&["add", "javascript:alert(1)"]);
    assert!(code == 1 && errors.contains("redirect_uris"), "{errors}");
    let (code, _, errors) = tell(&["remove", one, "https://nowhere.example"]);
    assert!(code == 1 && errors.contains("nothing was removed"), "{errors}");
    assert_eq!(tell(&["remove", one]).0, 0);
    assert_eq!(tell(&["list", "-o", "csv"]).1, format!("uri\r\n{two}\r\n"));
}

#[test]
fn accounts_and_overrides_are_changed_by_command() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let sandbox = Running::sandbox(data, 5);
    let key = credential(&sandbox, "salesflare", "api_key");
    let file = |name: &str, text: &str| {
        let path = data.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let at = |path: &str| format!("api_key=@{path}");
    let (good, bad) = (at(&file("good", &key)), at(&file("bad", "planted-bad-key")));
    let tell = |arguments: &[&str]| {
        let (code, out, errors) = run(data, Some(&sandbox), arguments);
        assert!(!format!("{out}{errors}").contains("planted"), "{out}{errors}");
        (code, out, errors)
    };
    let (_, out, errors) = tell(&["accounts", "add", "--integration", "salesflare", "--set", &good]);
    let id = out.trim().to_owned();
    assert!(!id.is_empty(), "{errors}");
    let (code, out, _) = tell(&["accounts", "update", &id, "--tenant", "acme", "-o", "json"]);
    let account: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &account["tenant_id"]), (0, &"acme".into()));
    // What the CRM refuses takes nothing away.
    assert_eq!(
        tell(&["accounts", "update", &id, "--tenant", "b", "--set", &bad]).0,
        1
    );
    assert_eq!(users(data, &sandbox, &id), 5);
    let (_, out, _) = tell(&["accounts", "show", &id, "-o", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["tenant_id"], "acme");
    assert_eq!(tell(&["accounts", "update", &id, "--set", &good]).0, 0);
    assert_eq!(tell(&["accounts", "update", &id]).0, 2);
    let (code, _, errors) = tell(&["accounts", "update", "none", "--tenant", "x"]);
    assert!(code == 1 && errors.contains("accounts list"), "{errors}");

    let own = file(
        "own.json",
        r#"{"crm": {"users": {"list": {"response_mapping": {"tier": "'gold'"}}}}}"#,
    );
    let all = file(
        "all.json",
        r#"{"integration": "salesflare", "unified_model": "crm", "resource": "users", "method": "list",
            "override": {"response_mapping": {"tier": "'silver'", "team": "'a'"}}}"#,
    );
    let wrong = file(
        "wrong.json",
        r#"{"crm": {"users": {"list": {"response_mapping": {"tier": "a b"}}}}}"#,
    );
    let tiers = || {
        let (_, out, _) = tell(&["users", "list", "--account", &id, "--limit", "1", "-o", "json"]);
        let list: Value = serde_json::from_str(&out).unwrap();
        (list[0]["tier"].clone(), list[0]["team"].clone())
    };
    let (code, out, errors) = tell(&["overrides", "set", &all]);
    assert_eq!(code, 0, "{errors}");
    let made = out.trim().to_owned();
    // Once more is a change of the same one.
    assert_eq!(tell(&["overrides", "set", &all]).1.trim(), made);
    assert_eq!(tiers(), ("silver".into(), "a".into()));
    assert_eq!(tell(&["overrides", "set", &own, "--account", &id]).0, 0);
    assert_eq!(tiers(), ("gold".into(), "a".into()));
    assert_eq!(tell(&["overrides", "set", &own]).0, 2);
    assert_eq!(tell(&["overrides", "set", &all, "--account", &id]).0, 2);
    let (code, _, errors) = tell(&["overrides", "set", &wrong, "--account", &id]);
    assert!(code == 1 && errors.contains("response_mapping.tier"), "{errors}");
    let (_, out, _) = tell(&["overrides", "list", "-o", "json"]);
    let list: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (list.as_array().unwrap().len(), &list[0]["id"]),
        (1, &made.as_str().into())
    );
    assert_eq!(tell(&["overrides", "remove", "--account", &id]).0, 0);
    assert_eq!(tiers(), ("silver".into(), "a".into()));
    assert_eq!(tell(&["overrides", "remove", &made]).0, 0);
    assert_eq!(tiers(), (Value::Null, Value::Null));
    assert_eq!(tell(&["overrides", "remove", &made]).0, 1);
}
