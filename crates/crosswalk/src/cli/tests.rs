//! The whole tree of commands: each one teaches, and what is written of it is true.

#![allow(clippy::unwrap_used)]

use clap::Command;

use super::command;

/// Commands whose output is not records: they run on, print a file, or have nothing to print.
const WITHOUT_OUTPUT: &[&str] = &[
    "completions",
    "connectors schema",
    "demo",
    "health",
    "man",
    "mcp",
    "sandbox",
    "serve",
];

/// Calls something with every command that has none below it, and its words.
fn each_leaf(command: &Command, words: &str, see: &mut impl FnMut(&Command, &str)) {
    for below in command.get_subcommands() {
        let words = format!("{words} {}", below.get_name()).trim().to_owned();
        if below.has_subcommands() {
            each_leaf(below, &words, see);
        } else {
            see(below, &words);
        }
    }
}

/// The command lines of a text: what stands after `$ ` or at the begin of a line, up to a comment or a pipe.
fn command_lines(text: &str) -> Vec<String> {
    let text = text.replace("\\\n", " ");
    text.lines()
        .filter_map(|line| {
            let mut line = line.trim();
            // `NAME=VALUE crosswalk …`, `ID=$(crosswalk …)` and `until crosswalk …`
            while let Some((first, rest)) = line.split_once(' ') {
                let is_set = first.contains('=') && !first.contains('(') && !first.starts_with("crosswalk");
                if !is_set && first != "until" {
                    break;
                }
                line = rest.trim_start();
            }
            if let Some((name, rest)) = line.split_once("=$(")
                && !name.contains(' ')
            {
                line = rest.split(')').next().unwrap_or(rest);
            }
            line.starts_with("crosswalk ").then(|| line.to_owned())
        })
        .collect()
}

/// A command line's words, as a shell would split what stands in the examples.
fn words(line: &str) -> Vec<String> {
    let line = line.replace("$(date +%F)", "today");
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut begun = false;
    for c in line.chars() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some(_), c) => word.push(c),
            (None, '\'' | '"') => (quote, begun) = (Some(c), true),
            (None, '#' | '|' | '>' | ';') if word.is_empty() => break,
            (None, '2') if word.is_empty() && line.contains("2>") => break,
            (None, c) if c.is_whitespace() => {
                if begun || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            (None, c) => word.push(c),
        }
    }
    if begun || !word.is_empty() {
        words.push(word.trim_end_matches(';').to_owned());
    }
    words
}

fn assert_parses(line: &str, place: &str) {
    let words = words(line);
    if let Err(error) = command().try_get_matches_from(&words) {
        use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
        assert!(
            matches!(error.kind(), DisplayHelp | DisplayVersion),
            "{place}: {line}\n{words:?}\n{error}"
        );
    }
}

#[test]
fn every_command_has_examples_that_parse() {
    each_leaf(&command(), "", &mut |leaf, name| {
        let text = leaf.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(
            text.starts_with("Examples:\n"),
            "`{name}` has no examples: {text}"
        );
        let lines = command_lines(&text);
        let own: Vec<&String> = lines.iter().filter(|line| line.contains(name)).collect();
        assert!(!own.is_empty(), "`{name}` is in none of its examples");
        for line in &lines {
            assert_parses(line, name);
        }
        // What is set in is not to be broken by a terminal of 80 columns; the rest flows.
        for line in text.lines().filter(|line| line.starts_with(' ')) {
            assert!(line.chars().count() <= 80, "`{name}`: too wide: {line}");
        }
    });
}

#[test]
fn every_argument_says_what_it_means() {
    each_leaf(&command(), "", &mut |leaf, name| {
        assert!(leaf.get_about().is_some(), "`{name}`");
        for arg in leaf.get_arguments() {
            assert!(
                arg.get_help().is_some() || arg.get_long_help().is_some(),
                "`{name}`: `{}` says nothing",
                arg.get_id()
            );
        }
    });
}

#[test]
fn every_command_has_output_for_programs() {
    each_leaf(&command(), "", &mut |leaf, name| {
        let has = leaf.get_arguments().any(|arg| arg.get_id() == "output");
        assert_eq!(has, !WITHOUT_OUTPUT.contains(&name), "`{name}`");
    });
}

#[test]
fn the_command_lines_of_the_documentation_parse() {
    let mut seen = 0;
    for file in ["README.md", "CONTRIBUTING.md", "docs/operating.md"] {
        let path = format!("{}/../../{file}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        for line in command_lines(&text) {
            assert_parses(&line, file);
            seen += 1;
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn the_tree_of_commands_is_sound() {
    command().debug_assert();
}
