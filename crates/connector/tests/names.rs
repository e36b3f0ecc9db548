//! Vendors are data: no code outside the sandbox knows one by its name. Comments, help texts, examples in the
//! API's description and tests may.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use crosswalk_connector::Registry;
use crosswalk_model::builtin;

/// Names that are words of every program as well; alone in a text they still count.
const WORDS: &[&str] = &["close", "capsule"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            sources(&path, found);
        } else if name.ends_with(".rs") && !is_test(&path) {
            found.push(path);
        }
    }
}

/// Whether a file is a module that is only built for tests.
fn is_test(file: &Path) -> bool {
    let name = file.file_stem().unwrap().to_string_lossy();
    let declared = format!("#[cfg(test)]\nmod {name};");
    ["lib.rs", "mod.rs", "main.rs"]
        .iter()
        .filter_map(|parent| std::fs::read_to_string(file.with_file_name(parent)).ok())
        .any(|parent| parent.contains(&declared))
}

/// The code of a file, without its comments, the help texts of commands and what is only built for tests.
fn code(text: &str) -> Vec<(usize, &str)> {
    let mut in_help = false;
    text.lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line))
        .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
        .filter(|(_, line)| {
            let was_in_help = in_help;
            in_help =
                (in_help || line.trim_start().starts_with("#[command(")) && !line.trim_end().ends_with(")]");
            !was_in_help && !in_help
        })
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(number, line)| (number, line.split(" // ").next().unwrap_or(line)))
        .collect()
}

/// What a line does that acts on a text.
const ACTS: &[&str] = &[
    "==",
    "!=",
    "=>",
    "matches!",
    "contains",
    "starts_with",
    "ends_with",
    "get(",
    " | ",
    ".eq",
];

/// Whether a line of code knows the name: as a text by itself that it acts on, or in an identifier. A text that is
/// only shown is an example.
fn knows(line: &str, name: &str) -> bool {
    let acts = ACTS.iter().any(|act| line.contains(act));
    // Between quotes inside a text it is an example. Every second part stands between quotes.
    line.replace(&format!("\\\"{name}\\\""), "")
        .split('"')
        .enumerate()
        .any(|(at, part)| {
            let part = part.to_lowercase();
            if at % 2 == 1 {
                acts && part == name
            } else {
                !WORDS.contains(&name) && part.contains(name)
            }
        })
}

#[test]
fn no_vendor_is_known_to_the_code() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let registry = Registry::bundled(&builtin()).unwrap();
    let mut files = Vec::new();
    for house in [
        "model",
        "mapping",
        "connector",
        "transport",
        "engine",
        "accounts",
        "server",
        "crosswalk",
    ] {
        sources(&crates.join(house).join("src"), &mut files);
    }
    assert!(files.len() > 100, "the sources are not where they were");
    let mut known = Vec::new();
    for file in files {
        let shown = file.strip_prefix(crates).unwrap().display().to_string();
        // Examples in the description of the API are help texts.
        if shown.starts_with("server/src/reference/") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        for (number, line) in code(&text) {
            for connector in registry.iter().filter(|connector| knows(line, connector.name())) {
                known.push(format!(
                    "{shown}:{number} knows {}: {}",
                    connector.name(),
                    line.trim()
                ));
            }
        }
    }
    assert!(known.is_empty(), "{}", known.join("\n"));
}

#[test]
fn a_name_would_be_found() {
    assert!(knows(r#"if connector.name() == "hubspot" {"#, "hubspot"));
    assert!(knows("fn hubspot_page() {", "hubspot"));
    assert!(knows(r#""close" => true,"#, "close"));
    assert!(!knows("store.close().await", "close"));
    assert!(!knows(r#"help = "as hubspot does""#, "hubspot"));
    assert_eq!(
        code("// hubspot\nlet a = 1; // hubspot\n#[cfg(test)]\nhubspot"),
        [(2, "let a = 1;")]
    );
    assert_eq!(
        code("#[command(after_help = \"as\n  hubspot\")]\nlet a = 1;"),
        [(3, "let a = 1;")]
    );
}
