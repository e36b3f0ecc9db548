//! What the demo shows: the first users of each CRM, and commands that work as they stand.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use crosswalk_model::{Field, FieldKind, UnifiedModel};
use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::Connected;
use crate::failure::Failed;
use crate::local::{Local, encode};
use crate::output::records::to_the_minute;
use crate::output::style::Style;
use crate::output::table::{Cell, Fit, Table};
use crate::output::{text, width};

/// How many rows the table has at most, more or less: the commands below it shall stay in sight.
const ROWS: usize = 24;
/// How many users of each CRM it has at most.
const FIRST: usize = 3;

/// A running demo.
pub(super) struct Demo<'a> {
    pub(super) address: SocketAddr,
    pub(super) egress: String,
    pub(super) users: u64,
    pub(super) token: &'a SecretString,
    pub(super) connected: &'a [Connected],
    pub(super) link: &'a str,
    pub(super) data: &'a Path,
    pub(super) keep: bool,
}

impl Demo<'_> {
    /// A table of the first users of each CRM, all in one shape.
    pub(super) async fn first_users(&self, local: &Local) -> Result<String, Failed> {
        let Some(model) = local.app.models().first() else {
            return Ok(String::new());
        };
        let fields: Vec<&Field> = model
            .output_fields()
            .map(|(_, field)| field)
            .filter(|field| field.kind != FieldKind::Links)
            .collect();
        let mut table = Table::default().column("", Fit::Whole);
        for field in &fields {
            let fit = if field.kind == FieldKind::Id {
                Fit::Kept
            } else {
                Fit::May
            };
            table = table.column(&field.name, fit);
        }
        for account in self.connected {
            let path = format!(
                "/unified/{}?integrated_account_id={}&limit={}&truto_ignore_remote_data=true",
                model.name,
                encode(&account.id),
                (ROWS / self.connected.len().max(1)).clamp(1, FIRST),
            );
            let page = local.json(Method::GET, &path, None).await?;
            for (at, user) in page["result"].as_array().into_iter().flatten().enumerate() {
                let name = if at == 0 { account.connector.label() } else { "" };
                let cells = fields
                    .iter()
                    .map(|field| cell(&user[field.name.as_str()], field.kind));
                table.row(std::iter::once(Cell::from(name)).chain(cells).collect());
            }
        }
        let text = table.render(width().saturating_sub(2), Style::for_output());
        Ok(indented(&text))
    }

    /// All that is printed once everything runs.
    pub(super) fn page(&self, models: &[Arc<UnifiedModel>], table: &str) -> String {
        let style = Style::for_output();
        let crms = text::counted(self.connected.len() as u64, "CRM", "CRMs");
        let users = text::counted(self.users, "user", "users");
        let mut out = format!(
            "\n  {}\n\n{table}\n",
            style.head(format!("Crosswalk demo: {crms}, {users} each, one shape"))
        );
        let longest = self
            .connected
            .iter()
            .map(|account| text::columns(account.connector.label()))
            .max()
            .unwrap_or_default();
        for (at, account) in self.connected.iter().enumerate() {
            let label = account.connector.label();
            let blanks = " ".repeat(longest.saturating_sub(text::columns(label)));
            let title = if at == 0 { "Accounts" } else { "" };
            out.push_str(&fact(style, title, &format!("{label}{blanks}  {}", account.id)));
        }
        out.push_str(&fact(style, "API", &format!("http://{}", self.address)));
        out.push_str(&fact(style, "Docs", &format!("http://{}/docs", self.address)));
        let console = format!(
            "http://{}/console  {}",
            self.address,
            style.dim("sign in with the token")
        );
        out.push_str(&fact(style, "Console", &console));
        out.push_str(&fact(style, "Token", self.token.expose_secret()));
        let link = format!("{}  {}", self.link, style.dim("connect one more in a browser"));
        out.push_str(&fact(style, "Connect", &link));
        let place = format!("{}  {}", self.egress, style.dim("nothing leaves this machine"));
        out.push_str(&fact(style, "CRMs", &place));
        let fate = if self.keep {
            "kept at the end"
        } else {
            "removed at the end"
        };
        let place = format!("{}  {}", self.data.display(), style.dim(fate));
        out.push_str(&fact(style, "Data", &place));
        if let Some((model, account)) = models
            .first()
            .and_then(|model| Some((model, self.richest(model)?)))
        {
            for (title, line) in self.lines(model, account) {
                out.push_str(&format!("\n  {}\n  {}\n", style.head(title), style.accent(line)));
            }
        }
        out.push_str(&format!("\n  {}\n\n", style.dim("Ctrl-C ends the demo.")));
        out
    }

    /// The account whose CRM gives most of the model: every example works there.
    fn richest(&self, model: &UnifiedModel) -> Option<&Connected> {
        let given = |account: &Connected| {
            let unified = account.connector.unified(&model.name);
            unified.map_or(0, |(_, unified)| {
                model
                    .fields()
                    .filter(|(id, _)| unified.fields.contains(*id))
                    .count()
            })
        };
        // The first of the best.
        self.connected.iter().rev().max_by_key(|account| given(account))
    }

    /// Commands to copy, each with what it shows.
    fn lines(&self, model: &UnifiedModel, account: &Connected) -> Vec<(String, String)> {
        let label = account.connector.label();
        let curl = format!(
            "curl -sg -H 'Authorization: Bearer {}'",
            self.token.expose_secret()
        );
        let url = format!(
            "http://{}/unified/{}?integrated_account_id={}",
            self.address, model.name, account.id
        );
        let first = |kind: FieldKind| model.fields.iter().find(|field| field.kind == kind);
        let truth = first(FieldKind::Boolean).map(|field| field.name.as_str());
        let instant = first(FieldKind::Instant).map(|field| field.name.as_str());
        let (mut filters, mut flags) = (String::new(), String::new());
        if let Some(truth) = truth {
            filters.push_str(&format!("&{truth}=false"));
            flags.push_str(&format!(" --{} false", truth.replace('_', "-")));
        }
        if let Some(instant) = instant {
            filters.push_str(&format!("&{instant}[gte]=2000-01-01&sort_by[{instant}]=desc"));
            flags.push_str(&format!(" --sort-by {instant}:desc"));
        }
        let program = std::env::args().next().unwrap_or_else(|| "crosswalk".to_owned());
        vec![
            (
                format!("Two {} of {label}", model.resource),
                format!("{curl} '{url}&limit=2'"),
            ),
            (
                "Filtered and sorted, and how the answer came about".to_owned(),
                format!("{curl} '{url}{filters}&limit=2&crosswalk_explain=true'"),
            ),
            (
                "On the command line".to_owned(),
                format!(
                    "CROSSWALK_EGRESS_URL={} {} {} list --data {} --account {}{flags}",
                    self.egress,
                    quoted(&program),
                    model.resource,
                    quoted(&self.data.display().to_string()),
                    account.id,
                ),
            ),
        ]
    }
}

fn fact(style: Style, title: &str, text: &str) -> String {
    format!("  {}  {text}\n", style.dim(format!("{title:<8}")))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

fn cell(value: &Value, kind: FieldKind) -> Cell {
    match (value, kind) {
        (Value::Null, _) => Cell::none(),
        (Value::String(text), FieldKind::Instant) => match to_the_minute(text) {
            minute if minute.len() == 16 => Cell::or_short(&minute, &minute[..10]),
            other => other.into(),
        },
        (Value::String(text), _) => text.into(),
        (other, _) => other.to_string().into(),
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_the_shell() {
        assert_eq!(quoted("/tmp/demo-1"), "/tmp/demo-1");
        assert_eq!(quoted("it's here"), r"'it'\''s here'");
    }
}
