//! The operations of a unified model, made from its data: nothing about any field is written here.

use crosswalk_model::query::{SharedKind, SharedParameter, shared_parameters};
use crosswalk_model::{
    Endpoint as Call, Field, FieldKind, FieldRole, Operator, Parameter as ModelParameter, ParameterKind,
    UnifiedModel,
};
use serde_json::{Map, Value, json};

use super::endpoint::{Access, Answer, Group, Operation, Parameter, Place, named};
use super::schemas;

/// `GET /unified/{model}/{resource}`
pub(crate) fn list(model: &UnifiedModel) -> Operation {
    let name = schemas::record_name(model);
    let mut operation = Operation::new(
        format!("list{name}s"),
        Group::Unified,
        format!("List {}", model.resource),
        format!(
            "{} Following `next_cursor` to the end yields exactly the {} that match, in the order asked for, whether the CRM can filter and sort or not. Filters are joined by AND.",
            model.description, model.resource
        ),
    )
    .access(Access::Account);
    let fields = model.fields.iter().filter(|field| field.kind != FieldKind::Links);
    operation.parameters.extend(fields.map(filter));
    operation.parameters.extend(model.parameters.iter().map(of_model));
    operation.parameters.extend(shared(model, Call::List));
    operation
        .answer(Answer {
            status: 200,
            description: "A page. Its layout follows `truto_response_format` and `truto_key_by`.",
            content: vec![
                (
                    "application/json",
                    json!({ "anyOf": [
                        named(&format!("{name}Page")),
                        named(&format!("{name}Tables")),
                        named("VendorAnswer"),
                    ] }),
                ),
                ("application/x-ndjson", json!({ "type": "string" })),
            ],
            example: Some(json!({
                "result": [schemas::record_example(model)],
                "next_cursor": "AYMkzmShnWI1dQmcgwmK4KiC",
                "prev_cursor": null,
                "result_count": 1,
                "is_partial_response": false,
            })),
            headers: vec![(
                "crosswalk-next-cursor",
                "With `truto_response_format=raw`: where the next page begins, while there is more.",
            )],
        })
        .fails(&[403, 404, 502, 504])
}

/// `GET /unified/{model}/{resource}/{id}`
pub(crate) fn get(model: &UnifiedModel) -> Operation {
    let name = schemas::record_name(model);
    let mut operation = Operation::new(
        format!("get{name}"),
        Group::Unified,
        format!("Get one {}", model.singular),
        format!(
            "The {} itself, without an envelope. It works for every CRM, also for those that have no such call.",
            model.singular
        ),
    )
    .access(Access::Account)
    .path(
        "id",
        "The record's unified `id`. A CRM's aliases (`me`, `self`) are not ids.",
        model
            .fields
            .iter()
            .find(|field| field.kind == FieldKind::Id)
            .and_then(|field| field.example.as_str())
            .unwrap_or_default(),
    );
    let objects = model
        .parameters
        .iter()
        .filter(|parameter| parameter.kind == ParameterKind::Object);
    operation.parameters.extend(objects.map(of_model));
    operation.parameters.extend(shared(model, Call::Get));
    operation
        .answers(
            200,
            "The record.",
            json!({ "anyOf": [named(&name), named("VendorAnswer")] }),
            schemas::record_example(model),
        )
        .fails(&[403, 404, 502, 504])
}

/// A field's filter.
fn filter(field: &Field) -> Parameter {
    let operators = field.kind.operators();
    let further = operators.iter().any(|operator| *operator != Operator::Eq);
    let mut schemas = values(field.kind);
    if further {
        schemas.push(operators_of(field.kind));
    }
    let schema = match <[Value; 1]>::try_from(schemas) {
        Ok([only]) => only,
        Err(several) => json!({ "anyOf": several }),
    };
    Parameter {
        name: field.name.clone(),
        place: Place::Query,
        description: field.description.clone(),
        schema,
        required: false,
        is_deep: further,
        example: match &field.example {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        },
        row: Some(field.name.clone()),
    }
}

/// The forms in which a value of a kind may be given.
fn values(kind: FieldKind) -> Vec<Value> {
    match kind {
        FieldKind::Boolean => vec![json!({ "type": "boolean" })],
        FieldKind::Instant => vec![
            json!({ "type": "string", "format": "date-time" }),
            json!({ "type": "string", "format": "date" }),
        ],
        FieldKind::Id | FieldKind::Text | FieldKind::Links | FieldKind::Json => {
            vec![json!({ "type": "string" })]
        }
    }
}

fn operators_of(kind: FieldKind) -> Value {
    let value = match <[Value; 1]>::try_from(values(kind)) {
        Ok([only]) => only,
        Err(several) => json!({ "anyOf": several }),
    };
    let members: Map<String, Value> = kind
        .operators()
        .iter()
        .map(|operator| {
            let schema = match operator {
                // Many clients can't write arrays inside of objects; they join texts with commas.
                Operator::In => json!({ "anyOf": [
                    { "type": "array", "items": value },
                    { "type": "string", "description": "The same, joined by commas." },
                ] }),
                _ => value.clone(),
            };
            (operator.as_str().to_owned(), schema)
        })
        .collect();
    json!({ "type": "object", "properties": members, "additionalProperties": false })
}

/// A parameter of the model's own.
fn of_model(parameter: &ModelParameter) -> Parameter {
    let is_deep = parameter.kind == ParameterKind::Object;
    let schema = match parameter.kind {
        ParameterKind::Search => json!({ "type": "string" }),
        ParameterKind::Object => {
            let members: Map<String, Value> = parameter
                .members
                .iter()
                .map(|member| (member.clone(), json!({ "type": "string" })))
                .collect();
            json!({ "type": "object", "properties": members, "additionalProperties": false })
        }
    };
    Parameter {
        name: parameter.name.clone(),
        place: Place::Query,
        description: parameter.description.clone(),
        schema,
        required: false,
        is_deep,
        example: match &parameter.example {
            Value::String(text) => text.clone(),
            _ => String::new(),
        },
        row: Some(parameter.name.clone()),
    }
}

/// The parameters that are the same for every model.
fn shared(model: &UnifiedModel, call: Call) -> Vec<Parameter> {
    shared_parameters(call)
        .into_iter()
        .map(|shared| shared_parameter(Some(model), shared))
        .collect()
}

/// One of them. What it takes follows from the model, where the call is about one.
pub(crate) fn shared_parameter(model: Option<&UnifiedModel>, shared: SharedParameter) -> Parameter {
    let (mut is_deep, mut row, mut example) = (false, None, shared.example.to_owned());
    let schema = match shared.kind {
        SharedKind::Text => json!({ "type": "string" }),
        SharedKind::Truth => json!({ "type": "boolean", "default": false }),
        SharedKind::Whole { min, max, default } => {
            json!({ "type": "integer", "minimum": min, "maximum": max, "default": default })
        }
        SharedKind::Choice(names) => {
            json!({ "type": "string", "enum": names, "default": names.first() })
        }
        SharedKind::Path => path(model),
        SharedKind::Paths => json!({ "type": "array", "items": path(model) }),
        SharedKind::Members => {
            is_deep = true;
            json!({ "type": "object", "additionalProperties": { "anyOf": [
                { "type": "string" },
                { "type": "array", "items": { "type": "string" } },
            ] } })
        }
        SharedKind::Sort => {
            is_deep = true;
            row = Some(shared.name.to_owned());
            let fields: Vec<&str> = model
                .into_iter()
                .flat_map(sortable)
                .map(|field| field.name.as_str())
                .collect();
            example = fields
                .first()
                .map(|field| (*field).to_owned())
                .unwrap_or_default();
            let members: Map<String, Value> = fields
                .iter()
                .map(|field| {
                    (
                        (*field).to_owned(),
                        json!({ "type": "string", "enum": ["asc", "desc"] }),
                    )
                })
                .collect();
            json!({ "anyOf": [
                { "type": "string", "enum": fields },
                { "type": "object", "properties": members, "additionalProperties": false, "maxProperties": 1 },
            ] })
        }
    };
    Parameter {
        name: shared.name.to_owned(),
        place: Place::Query,
        description: shared.description.to_owned(),
        schema,
        required: false,
        is_deep,
        example,
        row,
    }
}

/// A path into a record of the model.
fn path(model: Option<&UnifiedModel>) -> Value {
    let fields = model.into_iter().flat_map(UnifiedModel::output_fields);
    let mut names: Vec<&str> = fields.map(|(_, field)| field.name.as_str()).collect();
    names.push("remote_data");
    json!({ "type": "string", "pattern": format!("^({})(\\.[^.]+)*$", names.join("|")) })
}

/// The fields that a model's lists are sorted by.
pub(crate) fn sortable(model: &UnifiedModel) -> impl Iterator<Item = &Field> {
    model
        .fields
        .iter()
        .filter(|field| field.sortable && field.role == FieldRole::Output)
}
