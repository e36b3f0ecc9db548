//! The schemas of tools, from the descriptions that the OpenAPI document is made of.

use std::sync::Arc;

use crosswalk_model::{Endpoint, UnifiedModel};
use serde_json::{Map, Value, json};

use crate::reference::endpoint::Operation;
use crate::reference::unified as told;
use crate::views;

/// Shapes that are no record by record; a tool's answer has one.
pub(super) const LEFT_OUT: &[&str] = &["truto_response_format", "truto_key_by", "truto_ignore_limit"];
/// Set unless the agent asks for the vendor's records.
pub(super) const NO_REMOTE_DATA: &str = "truto_ignore_remote_data";

/// A model as a caller may use it.
pub(super) struct Told {
    pub(super) model: Arc<UnifiedModel>,
    /// What the one account gives of it, where there is one only.
    pub(super) own: Option<Value>,
}

impl Told {
    /// A tool's arguments.
    pub(super) fn properties(&self, endpoint: Endpoint) -> Map<String, Value> {
        let operation = match endpoint {
            Endpoint::Get => told::get(&self.model),
            _ => told::list(&self.model),
        };
        let mut properties = of_operation(&operation);
        for name in LEFT_OUT.iter().chain(&["integrated_account_id"]) {
            properties.remove(*name);
        }
        if let Some(whether) = properties.get_mut(NO_REMOTE_DATA) {
            whether["default"] = Value::Bool(true);
        }
        let Some(supported) = self.own.as_ref().map(|own| &own["query_schema"]["properties"]) else {
            return properties;
        };
        // What is the model's own has to be the connector's too; what all calls share stays.
        let of_model = |name: &str| {
            self.model.field_id(name).is_some()
                || self
                    .model
                    .parameters
                    .iter()
                    .any(|parameter| parameter.name == name)
        };
        properties.retain(|name, _| name == "id" || !of_model(name) || supported.get(name).is_some());
        if let Some(sort) = properties.get_mut("sort_by") {
            narrow_sort(sort, &supported["sort_by"]["enum"]);
        }
        properties
    }

    /// One record, as a tool answers it.
    pub(super) fn record(&self) -> Map<String, Value> {
        let mut properties = Map::new();
        for (_, field) in self.model.output_fields() {
            let given = self
                .own
                .as_ref()
                .is_none_or(|own| own["schema"]["properties"].get(&field.name).is_some());
            if given {
                let told = json!({ "description": field.description });
                properties.insert(
                    field.name.clone(),
                    views::merged(views::type_of(field.kind, true), told),
                );
            }
        }
        properties.insert(
            "remote_data".into(),
            json!({ "description": "The record as the CRM has it." }),
        );
        object(properties, None)
    }

    /// A page of them.
    pub(super) fn page(&self) -> Map<String, Value> {
        let mut properties = Map::new();
        properties.insert(
            "result".into(),
            json!({ "type": "array", "items": self.record() }),
        );
        properties.insert("next_cursor".into(), json!({ "type": ["string", "null"] }));
        properties.insert("prev_cursor".into(), json!({ "type": ["string", "null"] }));
        properties.insert("result_count".into(), json!({ "type": "integer" }));
        properties.insert("is_partial_response".into(), json!({ "type": "boolean" }));
        object(properties, ["result", "next_cursor"])
    }
}

/// An object with these members.
pub(super) fn object(
    properties: Map<String, Value>,
    required: impl IntoIterator<Item = &'static str>,
) -> Map<String, Value> {
    let required: Vec<&str> = required.into_iter().collect();
    let mut schema = Map::new();
    schema.insert("type".into(), "object".into());
    schema.insert("properties".into(), Value::Object(properties));
    if !required.is_empty() {
        schema.insert("required".into(), json!(required));
    }
    schema
}

fn of_operation(operation: &Operation) -> Map<String, Value> {
    let mut properties = Map::new();
    for parameter in &operation.parameters {
        let told = json!({ "description": parameter.description });
        properties.insert(
            parameter.name.clone(),
            views::merged(parameter.schema.clone(), told),
        );
    }
    properties
}

/// Leaves the fields that the connector sorts by.
fn narrow_sort(sort: &mut Value, supported: &Value) {
    let names: Vec<&str> = supported
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for choice in sort["anyOf"].as_array_mut().into_iter().flatten() {
        if let Some(fields) = choice.get_mut("enum").and_then(Value::as_array_mut) {
            fields.retain(|field| field.as_str().is_some_and(|field| names.contains(&field)));
        }
        if let Some(fields) = choice.get_mut("properties").and_then(Value::as_object_mut) {
            fields.retain(|field, _| names.contains(&field.as_str()));
        }
    }
}
