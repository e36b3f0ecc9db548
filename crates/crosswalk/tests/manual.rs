//! What the program says of itself: exit codes, manual pages, completions, and output for programs.

#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use support::{Running, crosswalk};

fn run(data: &Path, args: &[&str]) -> Output {
    crosswalk(data).args(args).output().unwrap()
}

/// The output as the one JSON text that it is to be.
fn json(data: &Path, args: &[&str]) -> Value {
    let output = run(data, &[args, &["-o", "json"]].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {said}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}"))
}

#[test]
fn exit_codes_are_what_the_help_says() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let help = run(data, &["--help"]);
    assert_eq!(help.status.code(), Some(0));
    let help = String::from_utf8(help.stdout).unwrap();
    let codes: Vec<u8> = help
        .split_once("Exit codes:\n")
        .unwrap()
        .1
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next()?.parse().ok())
        .collect();
    assert_eq!(codes, [0, 1, 2, 101, 130]);
    // The documentation has the same table.
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operating.md");
    let docs = std::fs::read_to_string(docs).unwrap();
    for code in &codes {
        assert!(docs.contains(&format!("| {code} |")), "{code}");
    }

    assert_eq!(run(data, &["token", "revoke", "none"]).status.code(), Some(1));
    assert_eq!(run(data, &["accounts", "show", "none"]).status.code(), Some(1));
    for wrong in [
        &["nonsense"][..],
        &["token", "create", "--expires-in", "soon"],
        &["connectors", "show", "none"],
        &["man", "none"],
        &[],
    ] {
        assert_eq!(run(data, wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[cfg(unix)]
#[test]
fn signals_end_a_server_in_peace_and_a_command_with_130() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = Running::sandbox(folder.path(), 5);
    Running::serve(folder.path(), &sandbox).stop();
    for signal in ["-INT", "-TERM"] {
        let mut command = crosswalk(folder.path());
        command.args(["accounts", "connect", "--listen", "127.0.0.1:0", "--no-open"]);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
        assert!(lines.any(|line| line.unwrap().contains("/connect-account?link_token=")));
        let id = child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}");
    }
}

#[test]
fn completions_are_scripts_that_their_shells_can_read() {
    let folder = tempfile::tempdir().unwrap();
    for (shell, check) in [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")] {
        let script = run(folder.path(), &["completions", shell]);
        assert!(script.status.success());
        let text = String::from_utf8(script.stdout).unwrap();
        for word in ["doctor", "created-at-gte"] {
            assert!(text.contains(word), "{word} for {shell}");
        }
        let file = folder.path().join(shell);
        std::fs::write(&file, text).unwrap();
        match Command::new(shell).arg(check).arg(&file).output() {
            Ok(read) => assert!(
                read.status.success() && read.stderr.is_empty(),
                "{shell}: {}",
                String::from_utf8_lossy(&read.stderr)
            ),
            Err(error) => eprintln!("{shell} is not here to read its script: {error}"),
        }
    }
}

#[test]
fn manual_pages_are_written_for_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    let written = run(folder.path(), &["man", "--dir", pages.to_str().unwrap()]);
    assert!(written.status.success());
    let count = std::fs::read_dir(&pages).unwrap().count();
    assert!(count > 40, "{count}");
    for entry in std::fs::read_dir(&pages).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for section in [".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", "EXIT STATUS"] {
            assert!(text.contains(section), "{section} in {}", path.display());
        }
        // Warnings of groff go to its error output.
        match Command::new("groff")
            .args(["-Kutf8", "-man", "-ww", "-z", "-Tutf8"])
            .arg(&path)
            .output()
        {
            Ok(read) => assert!(
                read.stderr.is_empty(),
                "{}: {}",
                path.display(),
                String::from_utf8_lossy(&read.stderr)
            ),
            Err(error) => eprintln!("groff is not here to read the pages: {error}"),
        }
    }
    let one = run(folder.path(), &["man", "accounts", "add"]);
    let file = std::fs::read(pages.join("crosswalk-accounts-add.1")).unwrap();
    assert_eq!(one.stdout, file);
}

#[test]
fn what_was_done_is_told_to_programs_too() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let made = json(data, &["token", "create", "--name", "ci", "--read-only"]);
    assert!(
        made["token"].as_str().unwrap().starts_with("cw_") && made["may"] == "read",
        "{made}"
    );
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(json(data, &["token", "revoke", &id])["revoked"], true);
    assert_eq!(json(data, &["token", "revoke", &id])["revoked"], false);
    let made = json(data, &["envs", "create", "staging"]);
    assert_eq!(json(data, &["envs", "list"])[1]["id"], made["id"]);
    assert_eq!(json(data, &["envs", "remove", "staging"])["removed"], true);
    let file = data.join("backup.db");
    let written = json(data, &["backup", file.to_str().unwrap()]);
    assert_eq!(written["bytes"], std::fs::metadata(&file).unwrap().len());
    let rotated = json(data, &["keys", "rotate"]);
    assert!(
        rotated["finished"] == true && rotated["old_key_file"].is_string(),
        "{rotated}"
    );
    assert_eq!(json(data, &["keys", "list"])[0]["id"], rotated["current"]);
    assert_eq!(
        json(data, &["accounts", "remove", "--tenant", "none"])["removed"],
        0
    );
    let shown = json(data, &["connectors", "show", "hubspot"]);
    assert!(
        shown["methods"][0]["credentials"][0]["name"].is_string(),
        "{shown}"
    );
    let good = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../connectors/hubspot/connector.yaml"
    );
    assert_eq!(json(data, &["connectors", "check", good])[0]["state"], "good");
    let wrong = data.join("wrong.yaml");
    let text = std::fs::read_to_string(good).unwrap();
    std::fs::write(&wrong, text.replacen("label:", "lable:", 1)).unwrap();
    let checked = run(
        data,
        &["connectors", "check", wrong.to_str().unwrap(), "-o", "ndjson"],
    );
    assert_eq!(checked.status.code(), Some(1));
    let mistake: Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert!(
        mistake["state"] == "wrong" && mistake["line"].is_u64(),
        "{mistake}"
    );
    for command in [
        &["audit"][..],
        &["logs"],
        &["logs", "--summary"],
        &["accounts", "list"],
        &["webhooks", "list"],
    ] {
        assert!(json(data, command).is_array(), "{command:?}");
    }
}
