//! What the program says of itself.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::path;
use crate::support::crosswalk;

/// The environment variables that the program's help names.
pub(crate) fn variables() -> BTreeSet<String> {
    let folder = tempfile::tempdir().unwrap();
    let help = crosswalk(folder.path())
        .args(["serve", "--help"])
        .output()
        .unwrap();
    assert!(help.status.success());
    let help = String::from_utf8(help.stdout).unwrap();
    let words = help.split(|letter: char| !letter.is_ascii_uppercase() && letter != '_');
    let known: BTreeSet<String> = words
        .filter(|word| word.starts_with("CROSSWALK_") || word.starts_with("OTEL_") || *word == "RUST_LOG")
        .map(str::to_owned)
        .collect();
    assert!(
        known.contains("CROSSWALK_DATA") && known.contains("CROSSWALK_KEY_FILE"),
        "{known:?}"
    );
    known
}

/// Fails for variables that the program does not know.
pub(crate) fn assert_known<'a>(place: &str, names: impl IntoIterator<Item = &'a str>) {
    let known = variables();
    for name in names {
        assert!(
            known.contains(name),
            "{place} sets {name}, which the program does not know"
        );
    }
}

/// What cargo knows of this package, from its manifest.
pub(crate) fn package() -> Value {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
            "--manifest-path",
        ])
        .arg(path("Cargo.toml"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages
        .iter()
        .find(|package| package["name"] == env!("CARGO_PKG_NAME"));
    package.unwrap().clone()
}
