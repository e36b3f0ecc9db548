//! What was found, and how it is told.

use std::collections::BTreeMap;

use serde_json::json;

use crate::failure::Failed;
use crate::output::records::{Look, Member, Records, tone};
use crate::output::style::Style;
use crate::output::text::{self, columns, counted, wrap};
use crate::output::{Format, print, width};

/// Wider than this lines are hard to read.
const WIDEST: usize = 110;

/// So many accounts that are well have a line each.
const MANY: usize = 30;

/// How grave it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// As it should be.
    Good,
    /// Worth knowing, and nothing to do now.
    Note,
    /// Worth a look.
    Warning,
    /// Something must be done.
    Failed,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) subject: String,
    /// The account that it is about.
    pub(super) account: Option<String>,
    pub(super) state: State,
    pub(super) found: String,
    pub(super) to_do: Option<String>,
}

impl Finding {
    pub(super) fn new(subject: impl Into<String>, state: State, found: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            account: None,
            state,
            found: found.into(),
            to_do: None,
        }
    }

    pub(super) fn good(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(subject, State::Good, found)
    }

    pub(super) fn note(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(subject, State::Note, found)
    }

    pub(super) fn warning(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(subject, State::Warning, found)
    }

    pub(super) fn failed(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self::new(subject, State::Failed, found)
    }

    /// About an account.
    pub(super) fn of_account(mut self, id: &str) -> Self {
        self.account = Some(id.to_owned());
        self
    }

    /// What to do about it.
    pub(super) fn do_this(mut self, to_do: impl Into<String>) -> Self {
        self.to_do = Some(to_do.into());
        self
    }
}

/// Prints the findings; an error when something must be done.
pub(super) fn report(format: Option<Format>, findings: &[Finding]) -> Result<(), Failed> {
    match format.unwrap_or(Format::Table) {
        Format::Table => {
            let shown = condensed(findings);
            print(&table(&shown, width().min(WIDEST), Style::for_output()))?;
        }
        format => {
            let members = ["subject", "account", "state", "found", "to_do"];
            let members = members.map(|name| Member::new(name, Look::Text)).to_vec();
            let values: Vec<_> = findings
                .iter()
                .map(|finding| {
                    json!({
                        "subject": finding.subject,
                        "account": finding.account,
                        "state": finding.state.as_str(),
                        "found": finding.found,
                        "to_do": finding.to_do,
                    })
                })
                .collect();
            Records::print_all(format, members, &values)?;
        }
    }
    let bad = findings
        .iter()
        .filter(|finding| finding.state == State::Failed)
        .count();
    if bad == 0 {
        return Ok(());
    }
    Err(Failed::new(format!(
        "{} be done",
        counted(bad as u64, "thing must", "things must")
    )))
}

/// Where there are many accounts, those that are well become one line for each CRM.
fn condensed(findings: &[Finding]) -> Vec<Finding> {
    let is_well = |finding: &&Finding| finding.account.is_some() && finding.state == State::Good;
    if findings.iter().filter(is_well).count() <= MANY {
        return findings.to_vec();
    }
    let mut shown: Vec<Finding> = findings.iter().filter(|one| !is_well(one)).cloned().collect();
    let mut well: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for finding in findings.iter().filter(is_well) {
        *well.entry((&finding.subject, &finding.found)).or_default() += 1;
    }
    shown.extend(well.into_iter().map(|((subject, found), count)| {
        Finding::good(
            subject,
            format!("{}: {found}", counted(count, "account", "accounts")),
        )
    }));
    shown
}

/// State and subject in columns, what was found and what to do wrapped beside them: nothing is cut.
fn table(findings: &[Finding], width: usize, style: Style) -> String {
    let subjects = findings
        .iter()
        .map(|finding| columns(&text::plain(&finding.subject)));
    let subject_width = subjects.max().unwrap_or_default().min(width / 3);
    let before = "warning".len() + 2 + subject_width + 2;
    let room = width.saturating_sub(before).max(24);
    let mut out = String::new();
    for finding in findings {
        let state = finding.state.as_str();
        let subject = wrap(&text::plain(&finding.subject), subject_width);
        let found = match &finding.account {
            Some(id) => format!("{id} {}", finding.found),
            None => finding.found.clone(),
        };
        let mut right: Vec<String> = wrap(&text::plain(&found), room);
        if let Some(to_do) = &finding.to_do {
            for (at, line) in wrap(&text::plain(to_do), room - 2).into_iter().enumerate() {
                let arrow = if at == 0 { "→ " } else { "  " };
                right.push(style.accent(format!("{arrow}{line}")));
            }
        }
        for at in 0..right.len().max(subject.len()) {
            let state = if at == 0 { state } else { "" };
            let blanks = " ".repeat("warning".len() - state.len());
            let name = subject.get(at).map_or("", String::as_str);
            let name_blanks = " ".repeat(subject_width.saturating_sub(columns(name)));
            let line = format!(
                "{}{blanks}  {name}{name_blanks}  {}",
                style.toned(state, tone(finding.state.as_str())),
                right.get(at).map_or("", String::as_str)
            );
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_do_is_never_cut() {
        let findings = [
            Finding::good("clock", "2030-01-01"),
            Finding::failed("key", "x ".repeat(60))
                .do_this("run `chmod 600 /var/lib/crosswalk/key` as its owner"),
        ];
        let text = table(&findings, 60, Style::plain());
        assert!(text.lines().all(|line| columns(line) <= 60), "{text}");
        assert!(
            text.starts_with("ok       clock  2030-01-01\nfailed   key    x x"),
            "{text}"
        );
        let words: Vec<&str> = text.split_whitespace().collect();
        assert!(
            words
                .join(" ")
                .contains("→ run `chmod 600 /var/lib/crosswalk/key` as its owner")
        );
    }

    #[test]
    fn many_accounts_that_are_well_are_one_line() {
        let account =
            |number: usize, state| Finding::new("hubspot", state, "alive").of_account(&number.to_string());
        let mut findings: Vec<Finding> = (0..500).map(|number| account(number, State::Good)).collect();
        findings.push(account(500, State::Failed));
        let text = table(&condensed(&findings), 80, Style::plain());
        assert_eq!(
            text,
            "failed   hubspot  500 alive\nok       hubspot  500 accounts: alive\n"
        );
        assert_eq!(condensed(&findings[..MANY]).len(), MANY);
    }

    #[test]
    fn warnings_alone_are_no_failure() {
        let json = Some(Format::Ndjson);
        assert!(report(json, &[Finding::warning("disk", "little")]).is_ok());
        assert!(report(json, &[Finding::failed("disk", "none")]).is_err());
    }
}
