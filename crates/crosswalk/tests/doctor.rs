//! `crosswalk doctor`: what it finds, and that it changes nothing.

#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use support::{Client, Running, crosswalk, files};

/// The doctor's findings, and whether something must be done.
fn doctor(data: &Path, egress: Option<&str>, args: &[&str]) -> (Vec<Value>, bool) {
    let output = output(data, egress, args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 1)), "{code:?} {said}");
    let findings: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    (findings.as_array().unwrap().clone(), code == Some(1))
}

fn output(data: &Path, egress: Option<&str>, args: &[&str]) -> Output {
    let mut command = crosswalk(data);
    command.args(["doctor", "--output", "json"]).args(args);
    if let Some(egress) = egress {
        command.env("CROSSWALK_EGRESS_URL", egress);
    }
    command.output().unwrap()
}

/// The findings of a subject, or of an account.
fn of<'a>(findings: &'a [Value], subject: &str) -> Vec<&'a Value> {
    let fits = |finding: &&Value| {
        let is = |member: &str| {
            finding[member]
                .as_str()
                .is_some_and(|text| text.contains(subject))
        };
        is("subject") || is("account")
    };
    findings.iter().filter(fits).collect()
}

fn state<'a>(findings: &'a [Value], subject: &str) -> &'a str {
    let found = of(findings, subject);
    assert_eq!(found.len(), 1, "{subject}: {findings:#?}");
    found[0]["state"].as_str().unwrap()
}

#[test]
fn where_nothing_is_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("none");
    let (findings, must) = doctor(&data, None, &["--offline"]);
    assert!(!must, "{findings:#?}");
    assert_eq!(state(&findings, "data folder"), "warning");
    assert!(!data.exists());
}

#[test]
fn it_finds_what_is_wrong_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let sandbox = Running::sandbox(folder.path(), 10);
    let egress = format!("http://{}", sandbox.address);
    let server = Running::serve(&data, &sandbox);
    let client = Client::new(&data, &server);
    let ids = ["hubspot", "teamleader", "salesforce", "planhat", "accelo"]
        .map(|vendor| client.connect(&sandbox, vendor));

    // All is well, while a server runs.
    let (findings, must) = doctor(&data, Some(&egress), &[]);
    assert!(!must, "{findings:#?}");
    for subject in ["key", "database", "clock", "disk", "API tokens", "connectors"] {
        assert_eq!(state(&findings, subject), "ok");
    }
    for id in &ids {
        let found = of(&findings, id);
        assert!(
            matches!(found[0]["state"].as_str(), Some("ok" | "note")),
            "{found:?}"
        );
    }
    drop(server); // killed, so that the log of its writes is left behind, which is read and not worked off
    let kept = |folder: &Path| {
        let mut files = files(folder);
        // SQLite's index of that log is not on the disk's account.
        files.retain(|name, _| !name.ends_with("-shm"));
        files
    };
    let before = kept(&data);
    assert!(before.contains_key("crosswalk.db-wal"));
    let (findings, must) = doctor(&data, Some(&egress), &["--offline"]);
    assert!(!must, "{findings:#?}");
    assert!(!of(&findings, &ids[0]).is_empty());
    assert_eq!(kept(&data), before);

    // An ended token is not refreshed to find out; a refused one without a refresh token must be replaced.
    let server = Running::serve(&data, &sandbox);
    let client = Client {
        address: server.address.clone(),
        ..client
    };
    sandbox.expire("teamleader");
    let credentials = format!("/integrated-account/{}/credentials?validate=false", ids[3]);
    let bad = json!({"context": {"api_key": "planted-wrong-key"}});
    let changed = client.send("PATCH", &credentials, Some(&bad));
    assert_eq!(changed.status, 200, "{}", String::from_utf8_lossy(&changed.body));
    server.stop();
    let before = files(&data);
    let refreshes = sandbox.stats("teamleader")["refreshes"].clone();
    let (findings, must) = doctor(&data, Some(&egress), &[]);
    assert!(must);
    assert_eq!(state(&findings, &ids[1]), "note");
    assert_eq!(state(&findings, &ids[3]), "failed");
    let to_do = of(&findings, &ids[3])[0]["to_do"].as_str().unwrap().to_owned();
    assert!(to_do.contains("accounts reconnect"), "{to_do}");
    assert!(!format!("{findings:?}").contains("planted-wrong-key"));
    assert_eq!(sandbox.stats("teamleader")["refreshes"], refreshes);
    assert_eq!(files(&data), before, "it writes nothing");

    // Nobody is asked when it is not to.
    let (findings, _) = doctor(&data, Some(&egress), &["--offline"]);
    assert_eq!(state(&findings, &ids[3]), "ok");
    assert!(of(&findings, "127.0.0.1").is_empty());

    // An override that leads nowhere.
    drop(sandbox);
    let (findings, must) = doctor(&data, Some(&egress), &["--no-accounts"]);
    assert!(must);
    assert_eq!(state(&findings, "127.0.0.1"), "failed");

    // Without the override the vendors' own hosts are tried; their names do not resolve in a test.
    let (findings, _) = doctor(&data, None, &["--no-accounts"]);
    assert_eq!(of(&findings, "api.hubapi.com").len(), 1, "{findings:#?}");
}

#[test]
fn a_key_that_is_wrong_missing_or_open_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    assert!(
        crosswalk(data)
            .args(["token", "create"])
            .status()
            .unwrap()
            .success()
    );
    let right = "ab".repeat(32);
    let other = crosswalk(data)
        .args(["doctor", "--offline", "-o", "json"])
        .env("CROSSWALK_KEY", &right)
        .output()
        .unwrap();
    assert_eq!(other.status.code(), Some(1));
    assert!(!String::from_utf8_lossy(&other.stdout).contains(&right));
    let findings: Value = serde_json::from_slice(&other.stdout).unwrap();
    assert_eq!(state(findings.as_array().unwrap(), "key"), "failed");

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |mode: u32| {
            std::fs::set_permissions(data.join("key"), std::fs::Permissions::from_mode(mode)).unwrap();
        };
        mode(0o644);
        let (findings, must) = doctor(data, None, &["--offline"]);
        assert!(must);
        assert!(
            of(&findings, "key")[0]["found"]
                .as_str()
                .unwrap()
                .contains("chmod 600")
        );
        mode(0o600);
    }
    std::fs::rename(data.join("key"), data.join("elsewhere")).unwrap();
    let (findings, must) = doctor(data, None, &["--offline"]);
    assert!(must);
    assert!(
        of(&findings, "key")[0]["found"]
            .as_str()
            .unwrap()
            .contains("missing")
    );
    assert!(!data.join("key").exists());
}

#[test]
fn a_damaged_database_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    assert!(
        crosswalk(data)
            .args(["token", "create"])
            .status()
            .unwrap()
            .success()
    );
    let file = data.join("crosswalk.db");
    let whole = std::fs::read(&file).unwrap();
    let mut bytes = whole.clone();
    // Pages in the middle, so that it is still taken for a database.
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 8192].fill(0xa5);
    std::fs::write(&file, &bytes).unwrap();
    let (findings, must) = doctor(data, None, &["--offline"]);
    assert!(must, "{findings:#?}");
    assert_eq!(state(&findings, "database"), "failed");
    std::fs::write(
        &file,
        b"this is no database, and never was one, whatever its name may say",
    )
    .unwrap();
    let (findings, must) = doctor(data, None, &["--offline"]);
    assert!(must, "{findings:#?}");
    std::fs::write(&file, &whole).unwrap();
    let (findings, must) = doctor(data, None, &["--offline"]);
    assert!(!must, "{findings:#?}");
}
