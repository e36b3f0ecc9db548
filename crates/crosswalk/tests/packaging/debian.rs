//! The Debian package's description. That it installs and purges is shown by packaging/tests/deb.

use serde_json::Value;

use crate::program::package;
use crate::{path, text};

fn assets(of: &Value) -> Vec<(String, String)> {
    let list = of.as_array().unwrap();
    let word = |asset: &Value, at: usize| asset[at].as_str().unwrap().to_owned();
    list.iter()
        .map(|asset| (word(asset, 0), word(asset, 1)))
        .collect()
}

#[test]
fn the_package_holds_what_is_there() {
    let package = package();
    let deb = &package["metadata"]["deb"];
    let assets = assets(&deb["assets"]);
    for (source, target) in &assets {
        // cargo-deb builds this one, and nothing else: a bare `cargo deb` works.
        if source == "target/release/crosswalk" {
            assert_eq!(target, "usr/bin/");
            continue;
        }
        assert!(
            path("crates/crosswalk").join(source).exists(),
            "{source} is not there"
        );
        assert!(!target.starts_with('/'));
    }
    let has = |source: &str| assets.iter().any(|(known, _)| known.ends_with(source));
    assert!(has("target/release/crosswalk") && has("packaging/crosswalk.env") && has("debian/copyright"));
    // The unit and its user are found by their names.
    let units = path("crates/crosswalk").join(deb["systemd-units"]["unit-scripts"].as_str().unwrap());
    let name = package["name"].as_str().unwrap();
    assert!(
        units.join(format!("{name}.service")).exists() && units.join(format!("{name}.sysusers")).exists()
    );
}

#[test]
fn the_package_s_changelog_is_of_this_version() {
    let package = package();
    let (name, version) = (
        package["name"].as_str().unwrap(),
        package["version"].as_str().unwrap(),
    );
    let first = text("packaging/debian/changelog");
    let first = first.lines().next().unwrap();
    assert!(first.starts_with(&format!("{name} ({version}-1) ")), "{first}");
    let maintainer = package["metadata"]["deb"]["maintainer"].as_str().unwrap();
    assert!(text("packaging/debian/changelog").contains(&format!(" -- {maintainer}  ")));
}

#[test]
fn the_maintainer_s_scripts_leave_room_for_what_is_made() {
    for script in ["postinst", "postrm"] {
        let script = text(&format!("packaging/debian/{script}"));
        assert!(script.starts_with("#!/bin/sh\nset -e\n") && script.contains("\n#DEBHELPER#\n"));
    }
}
