//! A schema as rows of a table, for people.

use serde_json::{Map, Value};

/// One member of an answer or a body.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) description: String,
    pub(crate) is_required: bool,
    /// Whether the support matrix has a row of it.
    pub(crate) has_support: bool,
    pub(crate) inner: Vec<Row>,
}

/// How deep members are told.
const DEPTH: usize = 4;

/// The members of a schema; references are followed.
pub(crate) fn rows(schema: &Value, schemas: &Map<String, Value>) -> Vec<Row> {
    members(schema, schemas, DEPTH)
}

fn members(schema: &Value, schemas: &Map<String, Value>, depth: usize) -> Vec<Row> {
    let schema = resolved(schema, schemas);
    if depth == 0 {
        return Vec::new();
    }
    let required = schema.get("required").and_then(Value::as_array);
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, property)| {
            let whole = resolved(property, schemas);
            let items = whole.get("items").or_else(|| whole.get("additionalProperties"));
            let inner = match items {
                Some(items) if items.is_object() => members(items, schemas, depth - 1),
                _ => members(whole, schemas, depth - 1),
            };
            let text = |value: &Value| {
                value
                    .get("description")
                    .and_then(Value::as_str)
                    .map(str::to_owned)
            };
            Row {
                name: name.clone(),
                kind: kind(property, schemas),
                description: text(property).or_else(|| text(whole)).unwrap_or_default(),
                is_required: required
                    .is_some_and(|names| names.iter().any(|required| required.as_str() == Some(name))),
                has_support: property.get("x-crosswalk-support").is_some(),
                inner,
            }
        })
        .collect()
}

/// A schema itself: what a reference leads to, and the first of several that are meant.
pub(crate) fn resolved<'s>(schema: &'s Value, schemas: &'s Map<String, Value>) -> &'s Value {
    let mut schema = schema;
    for _ in 0..8 {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let name = reference.rsplit('/').next().unwrap_or_default();
            match schemas.get(name) {
                Some(found) => schema = found,
                None => return schema,
            }
        } else if let Some(first) = ["anyOf", "allOf"]
            .iter()
            .find_map(|word| schema.get(word)?.as_array()?.first())
            .filter(|_| schema.get("properties").is_none())
        {
            schema = first;
        } else {
            break;
        }
    }
    schema
}

/// What a value is, in words.
pub(crate) fn kind(schema: &Value, schemas: &Map<String, Value>) -> String {
    if let Some(several) = schema.get("anyOf").and_then(Value::as_array) {
        let mut kinds: Vec<String> = several.iter().map(|schema| kind(schema, schemas)).collect();
        kinds.dedup();
        return kinds.join(" or ");
    }
    let schema = resolved(schema, schemas);
    if let Some(known) = schema.get("enum").and_then(Value::as_array) {
        let known: Vec<String> = known
            .iter()
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .collect();
        // A long list of names is told elsewhere.
        return if known.len() > 8 {
            "one of the names".to_owned()
        } else {
            known.join(" | ")
        };
    }
    let named = |name: &str| match (name, schema.get("format").and_then(Value::as_str)) {
        ("string", Some("date-time")) => "instant".to_owned(),
        ("string", Some("date")) => "date".to_owned(),
        ("string", _) => "text".to_owned(),
        ("integer", _) => match (schema.get("minimum"), schema.get("maximum")) {
            (Some(min), Some(max)) => format!("number {min}–{max}"),
            _ => "number".to_owned(),
        },
        ("boolean", _) => "true | false".to_owned(),
        ("array", _) => {
            let items = schema.get("items").map(|items| kind(items, schemas));
            format!(
                "list of {}",
                items
                    .filter(|items| !items.is_empty())
                    .unwrap_or_else(|| "anything".to_owned())
            )
        }
        ("null", _) => "null".to_owned(),
        (other, _) => other.to_owned(),
    };
    match schema.get("type") {
        Some(Value::String(name)) => named(name),
        Some(Value::Array(names)) => {
            let names: Vec<String> = names.iter().filter_map(Value::as_str).map(named).collect();
            names.join(" or ")
        }
        _ => "anything".to_owned(),
    }
}
