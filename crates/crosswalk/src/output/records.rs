//! Records in any format, printed as they come where the format allows.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::table::{Cell, Fit, Table, Tone};
use super::{Format, csv, print, print_bytes, style::Style, width};
use crate::failure::Failed;

/// How a member is shown in a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Look {
    /// As it is.
    #[default]
    Text,
    /// Whole, as people copy it.
    Id,
    /// An instant: to the minute, in UTC.
    Instant,
    /// Where something stands.
    State,
    /// Several texts.
    List,
    /// In programs' formats only: too wide for a table.
    Hidden,
}

/// A member of the records that tables and CSV show.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Its name.
    pub(crate) name: String,
    /// How a table shows it.
    pub(crate) look: Look,
}

impl Member {
    /// A member by its name.
    pub(crate) fn new(name: impl Into<String>, look: Look) -> Self {
        Self {
            name: name.into(),
            look,
        }
    }
}

/// Prints records. What programs read is the record's own bytes wherever its form allows.
pub(crate) struct Records {
    format: Format,
    members: Vec<Member>,
    table: Table,
    count: u64,
}

impl Records {
    /// Nothing printed yet.
    pub(crate) fn new(format: Format, members: Vec<Member>) -> Self {
        let shown = members.iter().filter(|member| member.look != Look::Hidden);
        let table = shown.enumerate().fold(Table::default(), |table, (at, member)| {
            let fit = match member.look {
                Look::Id => Fit::Whole,
                Look::State => Fit::Kept,
                _ if at == 0 => Fit::Kept,
                _ => Fit::May,
            };
            table.column(&member.name, fit)
        });
        Self {
            format,
            members,
            table,
            count: 0,
        }
    }

    /// Prints values that are all there.
    pub(crate) fn print_all(format: Format, members: Vec<Member>, values: &[Value]) -> Result<(), Failed> {
        let mut records = Self::new(format, members);
        for value in values {
            records.add(value.to_string().as_bytes())?;
        }
        records.finish().map(drop)
    }

    /// One more record: the text of a JSON object.
    pub(crate) fn add(&mut self, record: &[u8]) -> Result<(), Failed> {
        let is_first = self.count == 0;
        self.count += 1;
        match self.format {
            Format::Ndjson => print_bytes(&[record, b"\n"].concat()),
            Format::Json => {
                let before: &[u8] = if is_first { b"[\n  " } else { b",\n  " };
                print_bytes(&[before, record].concat())
            }
            Format::Csv => {
                let values = read(record)?;
                if is_first {
                    self.print_csv_head()?;
                }
                let cells = self.members.iter().map(|member| match values.get(&member.name) {
                    Some(value) if member.look == Look::List => texts(value).join(" "),
                    Some(value) => plain_text(value),
                    None => String::new(),
                });
                print(&csv::line(cells))
            }
            Format::Table => {
                let values = read(record)?;
                let shown = self.members.iter().filter(|member| member.look != Look::Hidden);
                let cells = shown.map(|member| cell(values.get(&member.name).copied(), member.look));
                self.table.row(cells.collect());
                Ok(())
            }
        }
    }

    /// How many there are so far.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// Prints what is left to print, and tells how many records there were.
    pub(crate) fn finish(self) -> Result<u64, Failed> {
        match self.format {
            Format::Json if self.count == 0 => print("[]\n")?,
            Format::Json => print("\n]\n")?,
            Format::Csv if self.count == 0 => self.print_csv_head()?,
            Format::Table if !self.table.is_empty() => {
                print(&self.table.render(width(), Style::for_output()))?;
                let left_out = self.table.left_out(width());
                if !left_out.is_empty() {
                    let words = format!(
                        "no room for {}: a wider terminal has it, and --output json",
                        left_out.join(", ")
                    );
                    say!("{}", Style::for_errors().dim(words));
                }
            }
            Format::Ndjson | Format::Csv | Format::Table => {}
        }
        Ok(self.count)
    }

    fn print_csv_head(&self) -> Result<(), Failed> {
        print(&csv::line(self.members.iter().map(|member| &member.name)))
    }
}

fn read(record: &[u8]) -> Result<BTreeMap<String, &RawValue>, Failed> {
    serde_json::from_slice(record).map_err(|error| Failed::new(format!("a record can not be read: {error}")))
}

/// A value as a text: a text's own characters, nothing for null, JSON for the rest.
fn plain_text(value: &RawValue) -> String {
    let json = value.get();
    match json.as_bytes().first() {
        Some(b'"') => serde_json::from_str(json).unwrap_or_else(|_| json.to_owned()),
        Some(b'n') => String::new(),
        _ => json.to_owned(),
    }
}

/// The elements of a list of texts.
fn texts(value: &RawValue) -> Vec<String> {
    serde_json::from_str(value.get()).unwrap_or_default()
}

fn cell(value: Option<&RawValue>, look: Look) -> Cell {
    let Some(value) = value.filter(|value| value.get() != "null") else {
        return Cell::none();
    };
    let text = plain_text(value);
    match look {
        Look::Text | Look::Id | Look::Hidden => text.into(),
        Look::Instant => match to_the_minute(&text) {
            minute if minute.len() == 16 => Cell::or_short(&minute, &minute[..10]),
            other => other.into(),
        },
        Look::State => Cell::toned(&text, tone(&text)),
        Look::List => match texts(value).join(", ") {
            list if list.is_empty() => Cell::none(),
            list => list.into(),
        },
    }
}

/// `2021-04-17T09:31:05.118Z` as `2021-04-17 09:31`.
pub(crate) fn to_the_minute(instant: &str) -> String {
    match (instant.get(..10), instant.get(10..11), instant.get(11..16)) {
        (Some(day), Some("T"), Some(time)) => format!("{day} {time}"),
        _ => instant.to_owned(),
    }
}

/// How a state is set off.
pub(crate) fn tone(state: &str) -> Tone {
    match state {
        "active" | "alive" | "current" | "delivered" | "imported" | "ok" => Tone::Good,
        "connecting" | "next" | "pending" | "unknown" | "warning" => Tone::Warn,
        "note" | "over" | "retiring" | "revoked" => Tone::Dim,
        _ => Tone::Bad,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn members_become_texts() {
        let record = br#"{"id":"7","n":12345678901234567890123,"x":null,"urls":[{"type":"avatar"}]}"#;
        let values = read(record).unwrap();
        let text = |name: &str| plain_text(values.get(name).unwrap());
        assert_eq!(text("id"), "7");
        assert_eq!(text("n"), "12345678901234567890123");
        assert_eq!(text("x"), "");
        assert_eq!(text("urls"), r#"[{"type":"avatar"}]"#);
        assert_eq!(to_the_minute("2021-04-17T09:31:05.118Z"), "2021-04-17 09:31");
        assert_eq!(to_the_minute("soon"), "soon");
    }
}
