//! Rows into the bytes of an answer: fields left out, keyed, laid out flat.

use crosswalk_mapping::write::{write_string, write_value};
use crosswalk_model::{FieldId, FieldKind, FieldSet, Format, Query, Row, UnifiedModel, Value};
use indexmap::IndexMap;
use serde_json::value::RawValue;

use crate::explain::Explain;

/// The name under which the vendor's record travels.
const REMOTE_DATA: &str = "remote_data";

/// Writes records of one model, for one query.
pub(crate) struct Shaper<'a> {
    model: &'a UnifiedModel,
    columns: Vec<Column>,
    remote: Option<Vec<Vec<String>>>,
    normalized: bool,
    key_by: Option<&'a [String]>,
    id: Option<FieldId>,
}

struct Column {
    field: FieldId,
    links: bool,
    /// `"name":`
    key: Vec<u8>,
    /// Paths inside the value that are left out.
    without: Vec<Vec<String>>,
}

/// How much of an answer is made room for at once: more than a page of ordinary size takes.
const ROOM: usize = 256 * 1024;

/// The records of an answer, as they are written.
pub(crate) struct Rows {
    /// The envelope up to its records and these, comma-separated; the main table when normalized. Unless they have
    /// keys, which are known to be the last of their kind only in the end.
    main: Vec<u8>,
    /// The side table of each links field, comma-separated.
    side: IndexMap<String, Vec<u8>>,
    /// Records by key, for `truto_key_by`.
    keyed: IndexMap<String, Vec<u8>>,
    /// How many.
    pub(crate) count: usize,
}

impl Rows {
    /// Makes room for the records of a vendor's page, so that writing them seldom moves those that are there.
    pub(crate) fn expect(&mut self, page: usize) {
        self.main.reserve(page.saturating_mul(2).min(ROOM));
    }
}

impl<'a> Shaper<'a> {
    pub(crate) fn new(model: &'a UnifiedModel, given: FieldSet, query: &'a Query) -> Self {
        let shape = &query.shape;
        let excluded = |name: &str| {
            shape
                .exclude
                .iter()
                .any(|path| matches!(path.as_slice(), [only] if only == name))
        };
        let inside = |name: &str| {
            let deeper = shape
                .exclude
                .iter()
                .filter(|path| path.len() > 1 && path[0] == name);
            deeper.map(|path| path[1..].to_vec()).collect::<Vec<_>>()
        };
        let columns = model
            .output_fields()
            .filter(|(id, field)| given.contains(*id) && !excluded(&field.name))
            .map(|(id, field)| Column {
                field: id,
                links: field.kind == FieldKind::Links,
                key: key(&field.name),
                without: inside(&field.name),
            })
            .collect();
        let remote = !shape.ignore_remote_data && !excluded(REMOTE_DATA);
        Self {
            model,
            columns,
            remote: remote.then(|| inside(REMOTE_DATA)),
            normalized: shape.format == Format::Normalized,
            key_by: shape.key_by.as_deref(),
            id: crate::plan::id_field(model),
        }
    }

    /// A shaper for raw records alone (the proxy).
    pub(crate) fn raw(model: &'a UnifiedModel) -> Self {
        Self {
            model,
            columns: Vec::new(),
            remote: None,
            normalized: false,
            key_by: None,
            id: None,
        }
    }

    /// The unified id of a record.
    pub(crate) fn id_of(&self, row: &Row<'_>) -> String {
        match self.id.map(|id| &row.values[usize::from(id.0)]) {
            Some(Value::Text(id)) => id.to_string(),
            _ => String::new(),
        }
    }

    /// Whether only the vendor's record is written.
    fn is_raw(&self) -> bool {
        self.id.is_none()
    }

    /// Adds one record.
    pub(crate) fn add(&self, rows: &mut Rows, row: &Row<'_>) {
        rows.count += 1;
        if let Some(path) = self.key_by {
            let mut record = Vec::with_capacity(256 + row.raw.len());
            self.write(&mut record, row, self.normalized);
            let key = self.key_of(row, path);
            // The last of equal keys wins, in the place of the last.
            rows.keyed.shift_remove(&key);
            rows.keyed.insert(key, record);
        } else {
            if rows.count > 1 {
                rows.main.push(b',');
            }
            self.write(&mut rows.main, row, self.normalized);
        }
        if self.normalized {
            self.add_side(rows, row);
        }
    }

    /// Writes one record as a JSON object.
    pub(crate) fn write(&self, out: &mut Vec<u8>, row: &Row<'_>, scalars_only: bool) {
        if self.is_raw() {
            out.extend_from_slice(row.raw);
            return;
        }
        out.push(b'{');
        let mut first = true;
        for column in &self.columns {
            if scalars_only && column.links {
                continue;
            }
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            out.extend_from_slice(&column.key);
            let value = &row.values[usize::from(column.field.0)];
            if column.without.is_empty() {
                write_value(out, value);
            } else {
                let mut whole = Vec::new();
                write_value(&mut whole, value);
                out.extend(without(&whole, &column.without));
            }
        }
        if let Some(paths) = &self.remote {
            if !first {
                out.push(b',');
            }
            out.extend_from_slice(b"\"remote_data\":");
            if paths.is_empty() {
                out.extend_from_slice(row.raw);
            } else {
                out.extend(without(row.raw, paths));
            }
        }
        out.push(b'}');
    }

    /// Writes one record as a line: no line break inside.
    pub(crate) fn write_line(&self, out: &mut Vec<u8>, row: &Row<'_>) {
        let start = out.len();
        self.write(out, row, false);
        // JSON strings hold no raw line breaks, so those that are there stand between tokens.
        if out[start..].iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            let line: Vec<u8> = out[start..]
                .iter()
                .copied()
                .filter(|byte| !matches!(byte, b'\n' | b'\r'))
                .collect();
            out.truncate(start);
            out.extend(line);
        }
        out.push(b'\n');
    }

    fn add_side(&self, rows: &mut Rows, row: &Row<'_>) {
        for column in self.columns.iter().filter(|column| column.links) {
            let field = &self.model.field(column.field).name;
            let table = rows
                .side
                .entry(format!("{}_{field}", self.model.singular))
                .or_default();
            let Value::Json(links) = &row.values[usize::from(column.field.0)] else {
                continue;
            };
            let Ok(links) = serde_json::from_slice::<Vec<&RawValue>>(links) else {
                continue;
            };
            for link in links {
                let link = without(link.get().as_bytes(), &column.without);
                let Some(members) = link.strip_prefix(b"{") else {
                    continue;
                };
                if !table.is_empty() {
                    table.push(b',');
                }
                table.extend_from_slice(b"{\"");
                table.extend_from_slice(self.model.singular.as_bytes());
                table.extend_from_slice(b"_id\":");
                write_value(
                    table,
                    self.id.map_or(&Value::Null, |id| &row.values[usize::from(id.0)]),
                );
                if members.trim_ascii_start() != b"}" {
                    table.push(b',');
                }
                table.extend_from_slice(members);
            }
        }
    }

    fn key_of(&self, row: &Row<'_>, path: &[String]) -> String {
        let Some((first, rest)) = path.split_first() else {
            return "null".into();
        };
        let mut bytes = Vec::new();
        if first == REMOTE_DATA {
            bytes.extend_from_slice(row.raw);
        } else if let Some(id) = self.model.field_id(first) {
            write_value(&mut bytes, &row.values[usize::from(id.0)]);
        }
        let Ok(mut value) = serde_json::from_slice::<serde_json::Value>(&bytes) else {
            return "null".into();
        };
        for step in rest {
            value = match value {
                serde_json::Value::Object(mut members) => members.remove(step).unwrap_or_default(),
                serde_json::Value::Array(mut items) => match step.parse::<usize>() {
                    Ok(at) if at < items.len() => items.swap_remove(at),
                    _ => serde_json::Value::Null,
                },
                _ => serde_json::Value::Null,
            };
        }
        match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        }
    }

    /// The start of an envelope, for answers that grow.
    pub(crate) fn open_envelope(out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"result\":[");
    }

    /// An envelope without records yet.
    pub(crate) fn rows(&self) -> Rows {
        let mut main = b"{\"result\":".to_vec();
        if self.normalized {
            main.push(b'{');
            main.extend(key(&self.model.resource));
        }
        if self.key_by.is_none() {
            main.push(b'[');
        }
        Rows {
            main,
            side: IndexMap::new(),
            keyed: IndexMap::new(),
            count: 0,
        }
    }

    /// The whole envelope.
    pub(crate) fn envelope(&self, rows: Rows, end: &EnvelopeEnd<'_>) -> Vec<u8> {
        let mut out = rows.main;
        if self.key_by.is_some() {
            write_object(&mut out, &rows.keyed);
        } else {
            out.push(b']');
        }
        if self.normalized {
            let links = self.columns.iter().filter(|column| column.links);
            for name in
                links.map(|column| format!("{}_{}", self.model.singular, self.model.field(column.field).name))
            {
                out.push(b',');
                out.extend(key(&name));
                out.push(b'[');
                out.extend_from_slice(rows.side.get(&name).map_or(&[][..], Vec::as_slice));
                out.push(b']');
            }
            out.push(b'}');
        }
        end.write(&mut out);
        out
    }
}

/// What stands behind the records.
pub(crate) struct EnvelopeEnd<'a> {
    pub(crate) next_cursor: Option<&'a str>,
    pub(crate) count: usize,
    pub(crate) is_partial: bool,
    pub(crate) explain: Option<&'a Explain>,
    /// The error that ended a stream, as JSON.
    pub(crate) error: Option<&'a [u8]>,
}

impl EnvelopeEnd<'_> {
    /// From the comma after the records to the closing brace.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b",\"next_cursor\":");
        match self.next_cursor {
            Some(cursor) => write_string(out, cursor),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"prev_cursor\":null,\"result_count\":");
        out.extend_from_slice(self.count.to_string().as_bytes());
        out.extend_from_slice(b",\"is_partial_response\":");
        out.extend_from_slice(if self.is_partial { b"true" } else { b"false" });
        if let Some(explain) = self.explain.and_then(|explain| serde_json::to_vec(explain).ok()) {
            out.extend_from_slice(b",\"explain\":");
            out.extend(explain);
        }
        if let Some(error) = self.error {
            out.extend_from_slice(b",\"error\":");
            out.extend_from_slice(error);
        }
        out.push(b'}');
    }
}

fn key(name: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.len() + 3);
    write_string(&mut key, name);
    key.push(b':');
    key
}

fn write_object(out: &mut Vec<u8>, members: &IndexMap<String, Vec<u8>>) {
    out.push(b'{');
    for (index, (name, value)) in members.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_string(out, name);
        out.push(b':');
        out.extend_from_slice(value);
    }
    out.push(b'}');
}

/// A JSON value without the members at `paths`; arrays are looked into element by element. What stays keeps
/// its bytes.
fn without(json: &[u8], paths: &[Vec<String>]) -> Vec<u8> {
    let text = json.trim_ascii();
    match text.first() {
        Some(b'{') => {
            let Ok(members) = serde_json::from_slice::<IndexMap<String, &RawValue>>(text) else {
                return json.to_vec();
            };
            let mut out = vec![b'{'];
            for (name, value) in members {
                let here: Vec<&Vec<String>> =
                    paths.iter().filter(|path| path.first() == Some(&name)).collect();
                if here.iter().any(|path| path.len() == 1) {
                    continue;
                }
                if out.len() > 1 {
                    out.push(b',');
                }
                write_string(&mut out, &name);
                out.push(b':');
                if here.is_empty() {
                    out.extend_from_slice(value.get().as_bytes());
                } else {
                    let deeper: Vec<Vec<String>> = here.iter().map(|path| path[1..].to_vec()).collect();
                    out.extend(without(value.get().as_bytes(), &deeper));
                }
            }
            out.push(b'}');
            out
        }
        Some(b'[') => {
            let Ok(items) = serde_json::from_slice::<Vec<&RawValue>>(text) else {
                return json.to_vec();
            };
            let mut out = vec![b'['];
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                out.extend(without(item.get().as_bytes(), paths));
            }
            out.push(b']');
            out
        }
        _ => json.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn cut(json: &str, paths: &[&str]) -> String {
        let paths: Vec<Vec<String>> = paths
            .iter()
            .map(|path| path.split('.').map(str::to_owned).collect())
            .collect();
        String::from_utf8(without(json.as_bytes(), &paths)).unwrap()
    }

    #[test]
    fn members_are_left_out_and_the_rest_keeps_its_bytes() {
        assert_eq!(
            cut(r#"{"a":1.50,"b":{"c":1e2,"d":2}}"#, &["b.d"]),
            r#"{"a":1.50,"b":{"c":1e2}}"#
        );
        assert_eq!(cut(r#"[{"type":"a","url":"u"}]"#, &["type"]), r#"[{"url":"u"}]"#);
        assert_eq!(cut(r#"{"a":1}"#, &["b", "a"]), "{}");
        assert_eq!(cut("3", &["a"]), "3");
    }
}
