//! The program as a user meets it.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_crosswalk");

/// The program, with nothing of the surroundings' settings.
fn crosswalk(args: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(args).stdin(Stdio::null());
    for (name, _) in std::env::vars() {
        if name.starts_with("CROSSWALK_") || name.starts_with("OTEL_") || name == "RUST_LOG" {
            command.env_remove(name);
        }
    }
    command
}

fn run(args: &[&str]) -> Output {
    crosswalk(args).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn help_names_every_command_and_every_filter() {
    let help = out(&run(&["--help"]));
    for command in [
        "demo",
        "serve",
        "sandbox",
        "token",
        "accounts",
        "users",
        "connectors",
        "overrides",
        "completions",
    ] {
        assert!(help.contains(&format!("\n  {command}")), "{command} in {help}");
    }
    let help = out(&run(&["users", "list", "--help"]));
    for flag in [
        "--email-starts-with",
        "--created-at-gte",
        "--is-active",
        "--search-term",
        "--workspace-id",
        "--sort-by",
    ] {
        assert!(help.contains(flag), "{flag} in {help}");
    }
    let completions = out(&run(&["completions", "bash"]));
    assert!(completions.contains("--created-at-gte"));
    assert!(out(&run(&["--version"])).starts_with("crosswalk "));
}

#[test]
fn a_token_is_alone_on_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("new").display().to_string();
    let made = run(&[
        "token",
        "create",
        "--name",
        "ci",
        "--environment",
        "staging",
        "--data",
        &data,
    ]);
    assert!(made.status.success(), "{}", err(&made));
    let token = out(&made);
    assert_eq!(token.lines().count(), 1);
    assert!(token.ends_with('\n') && token.starts_with("cw_") && token.trim().len() > 40);
    // Lists tell tokens apart and show none.
    let list = out(&run(&["token", "list", "--data", &data, "-o", "json"]));
    let list: serde_json::Value = serde_json::from_str(&list).unwrap();
    assert_eq!(
        (&list[0]["name"], &list[0]["environment"]),
        (&"ci".into(), &"staging".into())
    );
    assert!(!list.to_string().contains(token.trim()));
    let id = list[0]["id"].as_str().unwrap();
    assert!(run(&["token", "revoke", id, "--data", &data]).status.success());
    assert!(out(&run(&["token", "list", "--data", &data])).contains("revoked"));
    // A token that was taken for an id is not repeated.
    let mistaken = run(&["token", "revoke", token.trim(), "--data", &data]);
    assert_eq!(mistaken.status.code(), Some(1));
    assert!(!err(&mistaken).contains(token.trim()));
}

#[test]
fn what_is_asked_for_wrongly_is_told_plainly() {
    let refused = run(&[
        "token",
        "create",
        "--database",
        "postgres://me:hunter2@db/crosswalk",
    ]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        err(&refused).contains("PostgreSQL comes later"),
        "{}",
        err(&refused)
    );
    assert!(!err(&refused).contains("hunter2"));
    assert_eq!(run(&["users", "list"]).status.code(), Some(2));
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("nowhere");
    let lost = run(&[
        "users",
        "list",
        "--account",
        "a",
        "--data",
        &data.display().to_string(),
    ]);
    assert_eq!(lost.status.code(), Some(1));
    assert!(err(&lost).contains("there is no data folder"), "{}", err(&lost));
    assert!(!data.exists(), "asking makes no folder");
    let incomplete = run(&[
        "accounts",
        "add",
        "--integration",
        "hubspot",
        "--method",
        "api_key",
    ]);
    assert_eq!(incomplete.status.code(), Some(2));
    assert!(
        err(&incomplete).contains("--set api_key=@-"),
        "{}",
        err(&incomplete)
    );
}

#[test]
fn a_wrong_connector_file_is_shown_with_its_place() {
    let good = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../connectors/hubspot/connector.yaml"
    );
    let checked = run(&["connectors", "check", good]);
    assert!(checked.status.success(), "{}", out(&checked));
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong.yaml");
    let text = std::fs::read_to_string(good).unwrap();
    std::fs::write(&wrong, text.replacen("label:", "lable:", 1)).unwrap();
    let line = text.lines().position(|line| line.starts_with("label:")).unwrap() + 1;
    let wrong = wrong.display().to_string();
    let checked = run(&["connectors", "check", good, &wrong]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(
        out(&checked).contains(&format!("{wrong}:{line}:")),
        "{}",
        out(&checked)
    );
    let list = out(&run(&["connectors", "list", "-o", "ndjson"]));
    assert!(list.lines().all(|line| line.starts_with("{\"name\":")));
    let story = out(&run(&["connectors", "show", "hubspot"]));
    assert!(story.contains("crosswalk accounts add --integration hubspot"));
}

/// A demo that ends with the test, however that ends.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[cfg(unix)]
#[test]
fn the_demo_prints_commands_that_work() {
    let mut child = crosswalk(&["demo", "--listen", "127.0.0.1:0", "--users", "40"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut demo = Demo(child);
    let mut page = String::new();
    while !page.contains("Ctrl-C") {
        let Some(line) = lines.next() else { break };
        page.push_str(&line.unwrap());
        page.push('\n');
    }
    let curls: Vec<&str> = page
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("curl "))
        .collect();
    assert_eq!(curls.len(), 2, "{page}");
    for curl in &curls {
        let answer = call(curl);
        assert!(answer.starts_with("HTTP/1.1 200"), "{curl}\n{answer}");
        assert!(
            answer.contains("\"result_count\":2") && answer.contains("\"remote_data\":{"),
            "{answer}"
        );
    }
    assert!(call(curls[1]).contains("\"explain\":"));

    // The same from the command line, on the demo's own data.
    let command = page
        .lines()
        .find(|line| line.contains("CROSSWALK_EGRESS_URL="))
        .unwrap();
    let listed = Command::new("sh").args(["-c", command]).output().unwrap();
    assert!(listed.status.success(), "{command}\n{}", err(&listed));
    assert!(out(&listed).lines().count() > 0);
    assert!(out(&listed).lines().all(|line| line.starts_with("{\"id\":")));
    let words: Vec<&str> = command.split_whitespace().collect();
    let after = |word: &str| words[words.iter().position(|known| *known == word).unwrap() + 1];
    let (egress, data) = (words[0].split_once('=').unwrap().1, after("--data"));
    let ask = |args: &[&str]| {
        let mut command = crosswalk(args);
        command
            .args(["--data", data])
            .env("CROSSWALK_EGRESS_URL", egress)
            .output()
            .unwrap()
    };
    let account = after("--account");
    let table = out(&ask(&[
        "users",
        "list",
        "--account",
        account,
        "--limit",
        "2",
        "-o",
        "table",
    ]));
    assert_eq!(table.lines().count(), 3, "{table}");
    let csv = out(&ask(&[
        "users",
        "list",
        "--account",
        account,
        "--limit",
        "2",
        "-o",
        "csv",
    ]));
    assert_eq!(csv.lines().count(), 3, "{csv}");
    let checked = ask(&["accounts", "check", "--all"]);
    assert!(checked.status.success(), "{}{}", out(&checked), err(&checked));
    let shown = out(&ask(&["accounts", "show", account]));
    assert!(
        shown.contains(account) && !shown.contains("access_token"),
        "{shown}"
    );
    let unsupported = ask(&["users", "list", "--account", account, "--workspace-id", "x"]);
    assert_eq!(unsupported.status.code(), Some(1));
    assert!(err(&unsupported).contains("workspace"), "{}", err(&unsupported));

    // Ctrl-C ends it in peace and takes its data away.
    let id = demo.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    assert!(demo.0.wait().unwrap().success());
    assert!(!Path::new(data).exists());
}

/// Makes the call of a printed curl line.
fn call(curl: &str) -> String {
    let quoted: Vec<&str> = curl.split('\'').collect();
    let (header, url) = (quoted[1], quoted[3]);
    let (address, target) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let request =
        format!("GET /{target} HTTP/1.1\r\nhost: {address}\r\n{header}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn overrides_are_tested_on_a_record() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let record = file(
        "record.json",
        r#"{"id": "7", "email": "a@b.c", "firstName": "Ann", "lastName": "Lee", "custom": {"tier": "gold"}}"#,
    );
    let good = file(
        "good.json",
        r#"{"crm": {"users": {"list": {"response_mapping": {"loyalty_tier": "custom.tier", "name": "lastName"}}}}}"#,
    );
    let args = [
        "overrides",
        "test",
        &good,
        "--record",
        &record,
        "--integration",
        "hubspot",
        "-o",
        "json",
    ];
    let shown = run(&args);
    assert!(shown.status.success(), "{}", err(&shown));
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
    assert_eq!(shown["before"]["name"], "Ann Lee");
    assert_eq!(shown["before"].get("loyalty_tier"), None);
    assert_eq!(
        (&shown["after"]["name"], &shown["after"]["loyalty_tier"]),
        (&"Lee".into(), &"gold".into())
    );

    let wrong = file(
        "wrong.json",
        r#"{"integration": "hubspot", "unified_model": "crm", "resource": "users", "method": "list",
            "override": {"response_mapping": {"tier": "custom tier"}}}"#,
    );
    let refused = run(&["overrides", "test", &wrong, "--record", &record]);
    assert!(!refused.status.success());
    let said = err(&refused);
    assert!(
        said.contains("`override.response_mapping.tier`, at character 8"),
        "{said}"
    );
}
