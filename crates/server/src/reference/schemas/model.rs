//! The schemas of a unified model, from its data.

use crosswalk_model::UnifiedModel;
use serde_json::{Map, Value, json};

use crate::reference::endpoint::{named, page_of};
use crate::reference::matrix::Matrix;
use crate::views::{merged, type_of};

/// What a record of a model is called among the schemas: `CrmUser`.
pub(crate) fn record_name(model: &UnifiedModel) -> String {
    let family = model.name.split('/').next().unwrap_or_default();
    format!("{}{}", capitalised(family), capitalised(&model.singular))
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// A record with the model's own examples.
pub(crate) fn record_example(model: &UnifiedModel) -> Value {
    let mut members: Map<String, Value> = model
        .output_fields()
        .map(|(_, field)| (field.name.clone(), field.example.clone()))
        .collect();
    members.insert(
        "remote_data".to_owned(),
        json!({ "…": "the record as the CRM has it" }),
    );
    Value::Object(members)
}

/// The schemas of a model: a record, a page of them, and the other layouts.
pub(crate) fn of_model(model: &UnifiedModel, matrix: &Matrix) -> Vec<(String, Value)> {
    let name = record_name(model);
    let mut properties: Map<String, Value> = model
        .output_fields()
        .map(|(_, field)| {
            let told = json!({
                "description": field.description,
                "examples": [field.example],
                "x-crosswalk-support": matrix.extension(&field.name),
            });
            (field.name.clone(), merged(type_of(field.kind, true), told))
        })
        .collect();
    properties.insert(
        "remote_data".to_owned(),
        json!({ "description": "The record as the CRM has it, byte for byte." }),
    );
    properties.insert("explain".to_owned(), named("Explain"));
    let about = format!(
        "{} A {} has the fields that its CRM gives; `truto_exclude_fields` and `truto_ignore_remote_data` leave some out.",
        model.description, model.singular
    );
    let record = json!({ "type": "object", "description": about, "properties": properties });
    let more = [("explain", named("Explain")), ("error", named("Error"))];
    let with_more = |mut page: Value, result: Value| {
        if let Some(Value::Object(members)) = page.get_mut("properties") {
            members.insert("result".to_owned(), result);
            for (member, schema) in &more {
                members.insert((*member).to_owned(), schema.clone());
            }
        }
        page
    };
    let page = with_more(
        page_of(&named(&name)),
        json!({ "type": "array", "items": named(&name) }),
    );
    let tables = merged(
        with_more(
            page_of(&named(&name)),
            json!({ "type": "object", "additionalProperties": true }),
        ),
        json!({ "description": "With `truto_response_format=normalized`, `result` has flat tables by name; with `truto_key_by`, records by key." }),
    );
    vec![
        (name.clone(), record),
        (format!("{name}Page"), page),
        (format!("{name}Tables"), tables),
    ]
}
