//! One layer's override, read: its members and their forms.

use crosswalk_mapping::split_object;
use crosswalk_model::{FieldKind, UnifiedModel};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::{Layer, LayerOverride, OverriddenCall, OverrideProblem};
use crate::file::InstantText;

/// The longest expression, in bytes.
const LONGEST: usize = 4000;
/// The most entries of one member.
const MOST: usize = 100;

const MEMBERS: &str = "`response_mapping`, `query_mapping`, `query`, `headers`, `body`";

/// What one layer says of one call.
pub(super) struct Said {
    pub(super) layer: Layer,
    pub(super) call: OverriddenCall,
    pub(super) path: String,
    /// By field; none takes the earlier layers' word back.
    pub(super) fields: IndexMap<String, Option<FieldSaid>>,
    pub(super) pushes: IndexMap<String, PushSaid>,
    pub(super) query: Map<String, Value>,
    pub(super) headers: Map<String, Value>,
    pub(super) body: Option<Value>,
}

/// A field's mapping as it is written.
#[derive(Clone)]
pub(super) struct FieldSaid {
    pub(super) expression: String,
    pub(super) read: Option<InstantText>,
    pub(super) read_json: Option<Value>,
    pub(super) kind: Option<FieldKind>,
    /// Whether the record is found under `response`.
    pub(super) rooted: bool,
    pub(super) path: String,
    /// The text that `expression` is a part of, and where it begins.
    pub(super) inside: Option<(String, usize)>,
}

impl FieldSaid {
    /// The character in what was written, from 1, of a byte of the expression.
    pub(super) fn character(&self, offset: usize) -> usize {
        let (text, offset) = match &self.inside {
            Some((whole, begins)) => (whole, begins + offset),
            None => (&self.expression, offset),
        };
        text.get(..offset).unwrap_or(text).chars().count() + 1
    }
}

/// What is said of pushing a parameter down.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum PushSaid {
    /// As without this layer.
    Back,
    /// Never.
    Off,
    /// With these words of the connector format.
    With(Map<String, Value>),
}

/// Reads one layer.
pub(super) fn read(
    model: &UnifiedModel,
    given: &LayerOverride<'_>,
    problems: &mut Vec<OverrideProblem>,
) -> Option<Said> {
    let mut said = Said {
        layer: given.layer,
        call: given.call,
        path: given.path.clone(),
        fields: IndexMap::new(),
        pushes: IndexMap::new(),
        query: Map::new(),
        headers: Map::new(),
        body: None,
    };
    let Value::Object(members) = given.value else {
        problems.push(OverrideProblem::new(
            &given.path,
            format!("must be an object with {MEMBERS}"),
        ));
        return None;
    };
    for (name, value) in members {
        let path = format!("{}.{name}", given.path);
        if value.is_null() {
            continue;
        }
        match name.as_str() {
            "response_mapping" => response_mapping(model, value, &path, &mut said.fields, problems),
            "query_mapping" => query_mapping(value, &path, &mut said.pushes, problems),
            "query" => said.query.extend(object(value, &path, problems)),
            "headers" | "request_header_mapping" => said.headers.extend(object(value, &path, problems)),
            "body" | "request_body_mapping" => {
                said.body = Some(Value::Object(object(value, &path, problems)));
            }
            _ => problems.push(OverrideProblem::new(
                path,
                format!("is nothing that can be overridden; there is {MEMBERS}"),
            )),
        }
    }
    Some(said)
}

fn object(value: &Value, path: &str, problems: &mut Vec<OverrideProblem>) -> Map<String, Value> {
    match value {
        Value::Object(members) if members.len() <= MOST => members.clone(),
        Value::Object(_) => {
            problems.push(OverrideProblem::new(
                path,
                format!("has more than {MOST} members"),
            ));
            Map::new()
        }
        _ => {
            problems.push(OverrideProblem::new(path, "must be an object"));
            Map::new()
        }
    }
}

fn response_mapping(
    model: &UnifiedModel,
    value: &Value,
    path: &str,
    fields: &mut IndexMap<String, Option<FieldSaid>>,
    problems: &mut Vec<OverrideProblem>,
) {
    if let Value::String(text) = value {
        if text.len() > LONGEST * 4 {
            return problems.push(OverrideProblem::new(
                path,
                format!("is longer than {} bytes", LONGEST * 4),
            ));
        }
        match split_object(text) {
            Ok(pairs) => {
                for (name, expression, begins) in pairs {
                    let said = FieldSaid {
                        expression,
                        read: None,
                        read_json: None,
                        kind: None,
                        rooted: true,
                        path: path.to_owned(),
                        inside: Some((text.clone(), begins)),
                    };
                    check_name(model, &name, path, problems);
                    fields.insert(name, Some(said));
                }
            }
            Err(problem) => problems.push(OverrideProblem {
                path: path.to_owned(),
                position: problem
                    .offset
                    .map(|offset| text.get(..offset).unwrap_or(text).chars().count() + 1),
                message: problem.message,
            }),
        }
        return;
    }
    for (name, value) in object(value, path, problems) {
        let path = format!("{path}.{name}");
        check_name(model, &name, &path, problems);
        let said = match value {
            Value::Null => None,
            Value::String(expression) => Some(FieldSaid {
                expression,
                read: None,
                read_json: None,
                kind: None,
                rooted: false,
                path,
                inside: None,
            }),
            Value::Object(members) => match field(&members, &path) {
                Ok(said) => Some(said),
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            },
            _ => {
                problems.push(OverrideProblem::new(
                    path,
                    "must be JSONata as a text, or an object with `value` and `kind` or `read`",
                ));
                continue;
            }
        };
        if let Some(said) = &said
            && said.expression.len() > LONGEST
        {
            problems.push(OverrideProblem::new(
                &said.path,
                format!("is longer than {LONGEST} bytes"),
            ));
        }
        fields.insert(name, said);
    }
}

fn field(members: &Map<String, Value>, path: &str) -> Result<FieldSaid, OverrideProblem> {
    let problem = |member: &str, message: &str| OverrideProblem::new(format!("{path}.{member}"), message);
    let mut said = FieldSaid {
        expression: String::new(),
        read: None,
        read_json: None,
        kind: None,
        rooted: false,
        path: format!("{path}.value"),
        inside: None,
    };
    for (name, value) in members {
        match (name.as_str(), value) {
            ("value", Value::String(expression)) => said.expression.clone_from(expression),
            ("value", _) => return Err(problem(name, "must be JSONata as a text")),
            ("kind", value) => {
                said.kind = Some(kind(value).ok_or_else(|| {
                    problem(
                        name,
                        "is no kind of field; there is `text`, `boolean`, `instant`, `links`, `json`",
                    )
                })?);
            }
            ("read", value) => {
                said.read = Some(serde_json::from_value(value.clone()).map_err(|_| {
                    problem(
                        name,
                        "must be `unix_seconds`, `unix_millis` or {\"zone\": \"+05:30\"}",
                    )
                })?);
                said.read_json = Some(value.clone());
            }
            _ => return Err(problem(name, "is not known; there is `value`, `kind`, `read`")),
        }
    }
    if said.expression.is_empty() {
        return Err(problem("value", "is missing: the field's JSONata"));
    }
    Ok(said)
}

fn kind(value: &Value) -> Option<FieldKind> {
    let kind: FieldKind = serde_json::from_value(value.clone()).ok()?;
    (kind != FieldKind::Id).then_some(kind)
}

/// Checks the name of a field: one of the model's but the id, or a new one.
fn check_name(model: &UnifiedModel, name: &str, path: &str, problems: &mut Vec<OverrideProblem>) {
    let mut say = |message: String| problems.push(OverrideProblem::new(path, message));
    if let Some(id) = model.field_id(name) {
        if model.field(id).kind == FieldKind::Id {
            say(format!(
                "`{name}` can not be overridden: cursors, sorting and the call for one record rest on it"
            ));
        }
        return;
    }
    let plain = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.len() <= 64
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !plain {
        say("is no name for a field: up to 64 letters, digits and `_`, with no digit first".to_owned());
    } else if UnifiedModel::is_reserved(name) || model.parameters.iter().any(|known| known.name == name) {
        say(format!(
            "`{name}` has a meaning of its own in every call; take another name"
        ));
    }
}

fn query_mapping(
    value: &Value,
    path: &str,
    pushes: &mut IndexMap<String, PushSaid>,
    problems: &mut Vec<OverrideProblem>,
) {
    if let Value::String(text) = value {
        match published_query(text) {
            Ok(found) => pushes.extend(found),
            Err(message) => problems.push(OverrideProblem::new(path, message)),
        }
    } else {
        for (name, value) in object(value, path, problems) {
            let said = match value {
                Value::Null => PushSaid::Back,
                Value::Bool(false) => PushSaid::Off,
                Value::Object(words) => PushSaid::With(words),
                _ => {
                    problems.push(OverrideProblem::new(
                        format!("{path}.{name}"),
                        "must be false, or an object as `{\"eq\": {\"query\": {\"name\": \"{value}\"}}}`",
                    ));
                    continue;
                }
            };
            pushes.insert(name, said);
        }
    }
}

/// `{ "fullName": query.name }`, the published form: the vendor's parameter takes what the filter is compared
/// with.
fn published_query(text: &str) -> Result<IndexMap<String, PushSaid>, String> {
    let pairs = split_object(text).map_err(|problem| problem.message)?;
    let mut found: IndexMap<String, Map<String, Value>> = IndexMap::new();
    for (parameter, expression, _) in pairs {
        let name = expression
            .strip_prefix("query.")
            .map(|name| name.trim_matches('`'))
            .filter(|name| {
                !name.is_empty()
                    && name
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            })
            .ok_or_else(|| {
                format!(
                    "`{parameter}` must be the value of one filter, as `query.name`; for more write \
                     `query_mapping` as an object"
                )
            })?;
        found
            .entry(name.to_owned())
            .or_default()
            .insert(parameter, "{value}".into());
    }
    let push = |query: Map<String, Value>| {
        let eq = Value::Object(Map::from_iter([("query".to_owned(), Value::Object(query))]));
        PushSaid::With(Map::from_iter([("eq".to_owned(), eq)]))
    };
    Ok(found
        .into_iter()
        .map(|(name, query)| (name, push(query)))
        .collect())
}
