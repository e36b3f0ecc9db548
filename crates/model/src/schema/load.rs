//! Reads and checks a model's file. What is wrong is said with the line and column where it stands.

use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

use super::{Field, FieldKind, FieldRole, FieldSet, Parameter, ParameterKind, UnifiedModel};
use crate::instant::Instant;
use crate::query::names::is_reserved;

/// What is wrong with a model's file, shown as `file:line:column: message`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {message}", position(*.line, *.column))]
pub struct ModelError {
    /// The file as the caller named it.
    pub file: String,
    /// The line, from 1; 0 when it concerns the file as a whole.
    pub line: u64,
    /// The column, from 1; 0 when it concerns the file as a whole.
    pub column: u64,
    /// What is wrong and what to write instead.
    pub message: String,
}

fn position(line: u64, column: u64) -> String {
    match line {
        0 => String::new(),
        line => format!(":{line}:{column}"),
    }
}

/// Where the names stand, read beside the model itself so that its types stay plain.
#[derive(Deserialize)]
struct Places {
    name: Spanned<String>,
    fields: Vec<Named>,
    #[serde(default)]
    parameters: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: Spanned<String>,
}

/// A finding: the name it is about, if any, and what is wrong.
struct Finding<'p> {
    at: Option<&'p Spanned<String>>,
    message: String,
}

pub(super) fn load(file: &str, text: &str) -> Result<UnifiedModel, ModelError> {
    let unreadable = |error: &serde_saphyr::Error| {
        let location = error.location();
        ModelError {
            file: file.to_owned(),
            line: location.map_or(0, |at| at.line()),
            column: location.map_or(0, |at| at.column()),
            message: plain_message(error),
        }
    };
    let model: UnifiedModel = serde_saphyr::from_str(text).map_err(|error| unreadable(&error))?;
    let places: Places = serde_saphyr::from_str(text).map_err(|error| unreadable(&error))?;
    match check(&model, &places) {
        Ok(()) => Ok(model),
        Err(finding) => Err(ModelError {
            file: file.to_owned(),
            line: finding.at.map_or(0, |name| name.referenced.line()),
            column: finding.at.map_or(0, |name| name.referenced.column()),
            message: finding.message,
        }),
    }
}

/// The loader's message without the position, which the error shows itself.
fn plain_message(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let line = text.lines().next().unwrap_or_default().trim();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    line.find(" at line ").map_or(line, |at| &line[..at]).to_owned()
}

fn check<'p>(model: &UnifiedModel, places: &'p Places) -> Result<(), Finding<'p>> {
    let at_top = |message: String| Finding {
        at: Some(&places.name),
        message,
    };
    let parts: Vec<&str> = model.name.split('/').collect();
    if parts.len() != 2 || parts[1] != model.resource || !parts.iter().all(|part| is_name(part)) {
        return Err(at_top(format!(
            "a model's name is its category and its resource, as in `category/{}`",
            model.resource
        )));
    }
    if !is_name(&model.singular) || model.description.trim().is_empty() {
        return Err(at_top(
            "a model needs a `singular` name, such as `user`, and a `description`".into(),
        ));
    }
    if model.fields.len() > usize::from(FieldSet::CAPACITY) {
        return Err(at_top(format!(
            "a model has at most {} fields",
            FieldSet::CAPACITY
        )));
    }
    let ids = model
        .fields
        .iter()
        .filter(|field| field.kind == FieldKind::Id)
        .count();
    if ids != 1 {
        return Err(at_top(format!(
            "a model has one field of kind `id`, this one has {ids}"
        )));
    }
    let mut seen: Vec<&str> = Vec::new();
    for named in places.fields.iter().chain(&places.parameters) {
        check_name(&named.name.value, &seen).map_err(|message| Finding {
            at: Some(&named.name),
            message,
        })?;
        seen.push(&named.name.value);
    }
    for (field, named) in model.fields.iter().zip(&places.fields) {
        check_field(field).map_err(|message| Finding {
            at: Some(&named.name),
            message,
        })?;
    }
    for (parameter, named) in model.parameters.iter().zip(&places.parameters) {
        check_parameter(model, parameter).map_err(|message| Finding {
            at: Some(&named.name),
            message,
        })?;
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn check_name(name: &str, seen: &[&str]) -> Result<(), String> {
    if !is_name(name) {
        return Err(format!(
            "`{name}` is no name: it starts with a lower-case letter and has lower-case letters, digits and `_`"
        ));
    }
    if is_reserved(name) {
        return Err(format!(
            "`{name}` has a meaning of its own in every call; take another name"
        ));
    }
    if seen.contains(&name) {
        return Err(format!("`{name}` is there twice"));
    }
    Ok(())
}

fn check_field(field: &Field) -> Result<(), String> {
    let name = &field.name;
    if field.description.trim().is_empty() {
        return Err(format!("`{name}` needs a description"));
    }
    if field.role == FieldRole::FilterOnly && (field.sortable || field.kind.operators().is_empty()) {
        return Err(format!(
            "`{name}` is only filtered by: it can not be sorted by, and its kind must be one that has filters"
        ));
    }
    if field.role == FieldRole::FilterOnly && field.kind == FieldKind::Id {
        return Err(format!("`{name}` is the id, which every answer has"));
    }
    if field.sortable && !matches!(field.kind, FieldKind::Text | FieldKind::Instant) {
        return Err(format!(
            "`{name}` can not be sorted by: only texts and instants can"
        ));
    }
    if !is_example(field.kind, &field.example) {
        return Err(format!(
            "the example of `{name}` is not as the API shows such a value"
        ));
    }
    Ok(())
}

/// Whether a value is one that an answer could have.
fn is_example(kind: FieldKind, example: &Value) -> bool {
    match (kind, example) {
        (FieldKind::Id | FieldKind::Text, Value::String(_)) | (FieldKind::Boolean, Value::Bool(_)) => true,
        (FieldKind::Instant, Value::String(text)) => {
            Instant::parse(text).is_some_and(|instant| instant.to_string() == *text)
        }
        (FieldKind::Links, Value::Array(links)) => links.iter().all(|link| {
            link.as_object()
                .is_some_and(|link| link.keys().eq(kind.members()) && link.values().all(Value::is_string))
        }),
        _ => false,
    }
}

fn check_parameter(model: &UnifiedModel, parameter: &Parameter) -> Result<(), String> {
    let name = &parameter.name;
    if parameter.description.trim().is_empty() {
        return Err(format!("`{name}` needs a description"));
    }
    match parameter.kind {
        ParameterKind::Search => {
            if parameter.over.is_empty() || !parameter.members.is_empty() {
                return Err(format!(
                    "`{name}` is a search: it needs `over` and has no `members`"
                ));
            }
            for field in &parameter.over {
                let kind = model.field_id(field).map(|id| model.field(id).kind);
                if kind != Some(FieldKind::Text) {
                    return Err(format!("`{name}` searches in `{field}`, which is no text field"));
                }
            }
            if !parameter.example.is_string() {
                return Err(format!("the example of `{name}` must be a text"));
            }
        }
        ParameterKind::Object => {
            if parameter.members.is_empty() || !parameter.over.is_empty() {
                return Err(format!(
                    "`{name}` is an object: it needs `members` and has no `over`"
                ));
            }
            if let Some(member) = parameter.members.iter().find(|member| !is_name(member)) {
                return Err(format!("`{member}` is no name for a member of `{name}`"));
            }
            let example = parameter.example.as_object();
            if !example.is_some_and(|example| example.keys().all(|key| parameter.members.contains(key))) {
                return Err(format!(
                    "the example of `{name}` must be an object with its members"
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const MODEL: &str = r#"name: crm/things
resource: things
singular: thing
description: Things.
fields:
  - { name: key, kind: id, description: Its key., example: "1" }
  - name: title
    kind: text
    sortable: true
    description: What it is called.
    example: Lamp
  - { name: links, kind: links, description: Pages., example: [{ type: page, url: "https://example.com" }] }
  - { name: made, kind: instant, description: When it was made., example: "2024-05-06T07:08:09.000Z" }
parameters:
  - { name: search, kind: search, over: [title], description: A part of it., example: la }
  - { name: room, kind: object, members: [key], description: Where., example: { key: a } }
"#;

    fn message(from: &str, to: &str) -> String {
        assert!(MODEL.contains(from), "{from}");
        load("models/things.yaml", &MODEL.replace(from, to))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_right_file_loads() {
        let model = load("models/things.yaml", MODEL).unwrap();
        assert_eq!(model.fields.len(), 4);
        assert_eq!(model.fields[1].name, "title");
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        for (from, to, expected) in [
            (
                "kind: id",
                "kind: text",
                "models/things.yaml:1:7: a model has one field of kind `id`, this one has 0",
            ),
            (
                "name: title",
                "name: Title",
                "models/things.yaml:7:11: `Title` is no name",
            ),
            (
                "name: title",
                "name: limit",
                "models/things.yaml:7:11: `limit` has a meaning of its own",
            ),
            ("name: title", "name: truto_x", "has a meaning of its own"),
            (
                "name: room",
                "name: title",
                "models/things.yaml:16:13: `title` is there twice",
            ),
            (
                "kind: text",
                "kind: boolean",
                "models/things.yaml:7:11: `title` can not be sorted by",
            ),
            (
                "sortable: true",
                "role: filter_only\n    sortable: true",
                "`title` is only filtered by",
            ),
            (
                "over: [title]",
                "over: [titel]",
                "models/things.yaml:15:13: `search` searches in `titel`",
            ),
            ("over: [title]", "over: [links]", "which is no text field"),
            ("over: [title], ", "", "it needs `over`"),
            ("members: [key], ", "", "it needs `members`"),
            ("07:08:09.000Z", "07:08:09Z", "the example of `made`"),
            ("type: page, ", "", "the example of `links`"),
            ("{ key: a }", "{ kee: a }", "the example of `room`"),
            ("crm/things", "things", "models/things.yaml:1:7: a model's name"),
            ("Its key.", "''", "`key` needs a description"),
            ("kind: text", "kind: txt", "models/things.yaml:8:11: "),
            ("singular: thing", "singularly: thing", "models/things.yaml:3:1: "),
            ("example: Lamp", "example: [Lamp", "models/things.yaml:"),
        ] {
            let message = message(from, to);
            assert!(message.contains(expected), "{from} -> {to}: {message}");
        }
    }
}
