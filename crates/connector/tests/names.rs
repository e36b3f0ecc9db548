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

/// The code of a file, without its comments and what is only built for tests. A line that begins inside a text is
/// given its quote.
fn code(text: &str) -> Vec<(usize, String)> {
    let mut in_text = false;
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if !in_text && line.trim() == "#[cfg(test)]" {
            break;
        }
        if !in_text && line.trim_start().starts_with("//") {
            continue;
        }
        let line = line.split(" // ").next().unwrap_or(line);
        let begins = if in_text { "\"" } else { "" };
        let quotes = line
            .replace("\\\\", "")
            .replace("\\\"", "")
            .replace("'\"'", "")
            .matches('"')
            .count();
        in_text ^= quotes % 2 == 1;
        found.push((number + 1, format!("{begins}{line}")));
    }
    assert!(!in_text, "the quotes do not come in pairs:\n{text}");
    found
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
            for connector in registry.iter().filter(|connector| knows(&line, connector.name())) {
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
    let code =
        code("// hubspot\nlet a = 1; // hubspot\nlet b = \"as\n  hubspot does\";\n#[cfg(test)]\nhubspot");
    let lines: Vec<&str> = code.iter().map(|(_, line)| line.as_str()).collect();
    assert_eq!(lines, ["let a = 1;", "let b = \"as", "\"  hubspot does\";"]);
    assert!(!lines.iter().any(|line| knows(line, "hubspot")));
}
