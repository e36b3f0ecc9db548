//! One record: names and values for people, its own bytes for programs.

use serde_json::{Map, Value};

use super::records::{Member, Records};
use super::style::Style;
use super::text::{columns, plain};
use super::{Format, is_terminal, print, print_bytes};
use crate::failure::Failed;

/// Prints the text of a JSON object; on a terminal as names and values, else as it is.
pub(crate) fn print_record(
    format: Option<Format>,
    members: Vec<Member>,
    record: &[u8],
) -> Result<(), Failed> {
    let usual = if is_terminal() {
        Format::Table
    } else {
        Format::Json
    };
    match format.unwrap_or(usual) {
        Format::Json | Format::Ndjson => print_bytes(&[record, b"\n"].concat()),
        Format::Csv => {
            let mut records = Records::new(Format::Csv, members);
            records.add(record)?;
            records.finish().map(drop)
        }
        Format::Table => {
            let values: Map<String, Value> = serde_json::from_slice(record)
                .map_err(|error| Failed::new(format!("the record can not be read: {error}")))?;
            print(&pairs(&values, Style::for_output()))
        }
    }
}

/// Names and values, one a line.
fn pairs(values: &Map<String, Value>, style: Style) -> String {
    let width = values.keys().map(|name| columns(name)).max().unwrap_or_default();
    let mut out = String::new();
    for (name, value) in values {
        let mut lines = lines(value);
        if lines.is_empty() {
            lines.push(style.dim("–"));
        }
        for (at, line) in lines.iter().enumerate() {
            let name = if at == 0 { plain(name) } else { String::new() };
            let blanks = " ".repeat(width.saturating_sub(columns(&name)));
            out.push_str(&format!("{}{blanks}  {line}\n", style.dim(name)));
        }
    }
    out
}

fn lines(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![plain(text)],
        Value::Array(elements) => elements.iter().map(one_line).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| format!("{}: {}", plain(name), one_line(value)))
            .collect(),
        other => vec![other.to_string()],
    }
}

fn one_line(value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        Value::Object(members) if members.values().all(Value::is_string) => {
            let texts: Vec<String> = members.values().map(one_line).collect();
            texts.join("  ")
        }
        other => plain(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_line_up() {
        let record = serde_json::json!({
            "id": "7", "name": null,
            "urls": [{"type": "avatar", "url": "https://a.example"}, {"type": "profile", "url": "https://b.example"}],
        });
        let text = record.as_object().map(|values| pairs(values, Style::plain()));
        assert_eq!(
            text.unwrap_or_default(),
            "id    7\nname  –\nurls  avatar  https://a.example\n      profile  https://b.example\n"
        );
    }
}
