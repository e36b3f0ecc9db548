//! `crosswalk man`: manual pages, made from the same words as `--help`.

use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::cli;
use crate::failure::{EXIT_CODES, Failed};
use crate::output::print_bytes;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk man | man -l -\n  \
                  crosswalk man accounts add | man -l -\n  \
                  crosswalk man --dir ~/.local/share/man/man1   # man crosswalk-keys")]
pub(crate) struct ManArgs {
    /// The command whose page to print; the program's own when left out.
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    command: Vec<String>,
    /// Write the pages of all commands into this folder, which is made where there is none.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(crate) fn run(args: &ManArgs) -> Result<(), Failed> {
    let mut root = cli::command().disable_help_subcommand(true);
    root.build();
    if let Some(folder) = &args.dir {
        return std::fs::create_dir_all(folder)
            .and_then(|()| write_all(&root, folder))
            .map(|count| say!("wrote {count} pages into {}", folder.display()))
            .map_err(|error| Failed::new(format!("{} can not be written: {error}", folder.display())));
    }
    let mut found = &root;
    for name in &args.command {
        found = found.find_subcommand(name).ok_or_else(|| {
            let known: Vec<&str> = found.get_subcommands().map(Command::get_name).collect();
            let known = match known.is_empty() {
                true => "it has none of its own".to_owned(),
                false => format!("there is {}", known.join(", ")),
            };
            Failed::usage(format!(
                "there is no command `{name}` of {}; {known}",
                found.get_name()
            ))
        })?;
    }
    print_bytes(&page(found)?)
}

/// Writes a command's page, and those of the commands below it.
fn write_all(command: &Command, folder: &Path) -> std::io::Result<usize> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    std::fs::write(folder.join(format!("{name}.1")), page(command)?)?;
    let mut count = 1;
    for below in command.get_subcommands() {
        count += write_all(below, folder)?;
    }
    Ok(count)
}

fn page(command: &Command) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    // What the short help leaves out is in a manual all the same.
    let command = &command.clone().mut_args(|arg| {
        let help = arg.get_long_help().or_else(|| arg.get_help()).cloned();
        match help {
            Some(help) => arg.long_help(help),
            None => arg,
        }
    });
    let man = Man::new(command.clone())
        .source(concat!("crosswalk ", env!("CARGO_PKG_VERSION")))
        .manual("Crosswalk");
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let mut roff = Roff::new();
    if let Some(text) = command.get_after_long_help().or_else(|| command.get_after_help()) {
        further(&mut roff, &text.to_string());
    }
    roff.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in EXIT_CODES {
        roff.control("TP", []);
        roff.text([roman(code.to_string())]);
        roff.text([roman(*meaning)]);
    }
    roff.to_writer(&mut page)?;
    Ok(page)
}

/// What help texts say at their end: `Examples:` and other heads over indented lines, and plain paragraphs.
fn further(roff: &mut Roff, text: &str) {
    let mut headed = false;
    for part in text.split("\n\n") {
        let (head, lines) = match part.split_once('\n') {
            Some((head, lines)) if head.ends_with(':') && lines.starts_with(' ') => (Some(head), lines),
            _ => (None, part),
        };
        if head.is_some_and(|head| head.starts_with("Exit codes")) {
            continue;
        }
        match head {
            Some("Examples:") => roff.control("SH", ["EXAMPLES"]),
            _ if !headed => roff.control("SH", ["NOTES"]),
            _ => roff.control("PP", []),
        };
        headed = head != Some("Examples:");
        if let Some(head) = head.filter(|head| *head != "Examples:") {
            roff.text([roman(head)]);
        }
        // Lines that are set in stand as they are; the others flow.
        let mut is_set_in = false;
        for line in lines.lines() {
            if line.starts_with(' ') != is_set_in {
                is_set_in = !is_set_in;
                roff.control(if is_set_in { "nf" } else { "fi" }, []);
            }
            roff.text([roman(line)]);
        }
        if is_set_in {
            roff.control("fi", []);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_command_has_its_page() {
        let folder = tempfile::tempdir().unwrap();
        let mut root = cli::command().disable_help_subcommand(true);
        root.build();
        let count = write_all(&root, folder.path()).unwrap();
        assert!(count > 40, "{count}");
        let text = std::fs::read_to_string(folder.path().join("crosswalk-token-revoke.1")).unwrap();
        for words in [
            ".SH EXAMPLES",
            ".SH \"EXIT STATUS\"",
            "\\-\\-output",
            "CROSSWALK_DATA",
        ] {
            assert!(text.contains(words), "{words} in {text}");
        }
        let text = std::fs::read_to_string(folder.path().join("crosswalk-users-list.1")).unwrap();
        assert!(text.contains("\\-\\-created\\-at\\-gte"));
    }
}
