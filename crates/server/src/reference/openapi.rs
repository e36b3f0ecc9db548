//! The OpenAPI 3.1 document.
//!
//! It is put together as JSON from the very list that makes the router. A derive macro such as utoipa's
//! describes Rust types, and what is to be described here is mostly data: parameters, fields and their
//! support come from models and connector files.

use std::collections::BTreeMap;

use crosswalk_connector::Registry;
use crosswalk_model::{ApiError, UnifiedModel};
use serde_json::{Map, Value, json};

use super::Described;
use super::endpoint::{Access, Answer, Group, Operation, Parameter, Place, named};
use super::matrix::Matrix;
use super::schemas;

/// The name of the one security scheme.
const SCHEME: &str = "api_token";

/// Everything about this server, for machines.
pub(crate) fn document(
    described: &[Described],
    models: &[(&UnifiedModel, &Matrix)],
    registry: &Registry,
    base: &str,
) -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for endpoint in described {
        let matrix = endpoint
            .model
            .and_then(|at| models.get(at))
            .map(|(model, matrix)| (*model, *matrix));
        paths.entry(&endpoint.path).or_default().insert(
            endpoint.method.as_str().to_lowercase(),
            operation(&endpoint.operation, matrix),
        );
    }
    let connectors: Vec<&str> = registry.iter().map(|connector| connector.name()).collect();
    let mut components: BTreeMap<String, Value> = schemas::own(&connectors).into_iter().collect();
    let mut support = Map::new();
    for (model, matrix) in models {
        components.extend(schemas::of_model(model, matrix));
        support.insert(model.name.clone(), matrix.whole(model));
    }
    let tags: Vec<Value> = Group::ALL
        .iter()
        .map(|group| json!({ "name": group.title(), "description": group.about() }))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Crosswalk",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "An open, self-hosted unified CRM API.",
            "description": format!(
                "One API for {} CRMs: one shape, one set of filters, sorts, cursors and errors. `x-crosswalk-support` tells, for each parameter and field, which CRMs give it and what their vendors filter and sort themselves; the rest is done here.",
                connectors.len()
            ),
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": base, "description": "This server" }],
        "externalDocs": { "url": "docs", "description": "The reference" },
        "tags": tags,
        "security": [{ SCHEME: [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                SCHEME: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "An API token, made with `crosswalk token create`, or the token of one account (`POST /integrated-account/token`).",
                },
            },
            "headers": {
                "RequestId": { "description": "The request's id, as the server's log has it.", "schema": { "type": "string" } },
                "RetryAfter": { "description": "Whole seconds to wait.", "schema": { "type": "integer" } },
            },
            "responses": errors(described),
            "schemas": components,
        },
        "x-crosswalk-support": support,
    })
}

fn operation(operation: &Operation, model: Option<(&UnifiedModel, &Matrix)>) -> Value {
    let mut told = json!({
        "operationId": operation.id,
        "tags": [operation.group.title()],
        "summary": operation.summary,
        "description": operation.description,
    });
    let Value::Object(members) = &mut told else {
        return told;
    };
    if operation.access == Access::Open {
        members.insert("security".to_owned(), json!([]));
    }
    if !operation.parameters.is_empty() {
        let parameters = operation
            .parameters
            .iter()
            .map(|told| parameter(told, model))
            .collect();
        members.insert("parameters".to_owned(), Value::Array(parameters));
    }
    if let Some(body) = &operation.body {
        members.insert(
            "requestBody".to_owned(),
            json!({ "required": true, "content": { "application/json": { "schema": body.schema, "example": body.example } } }),
        );
    }
    let mut responses: Map<String, Value> = operation
        .answers
        .iter()
        .map(|given| (given.status.to_string(), answer(given)))
        .collect();
    for status in operation.all_errors() {
        // A page for people says itself what is wrong.
        responses
            .entry(status.to_string())
            .or_insert_with(|| json!({ "$ref": format!("#/components/responses/{}", error_name(status)) }));
    }
    members.insert("responses".to_owned(), Value::Object(responses));
    told
}

fn parameter(parameter: &Parameter, model: Option<(&UnifiedModel, &Matrix)>) -> Value {
    let mut told = json!({
        "name": parameter.name,
        "in": match parameter.place {
            Place::Path => "path",
            Place::Query => "query",
        },
        "required": parameter.required,
        "description": parameter.description,
        "schema": parameter.schema,
    });
    let Value::Object(members) = &mut told else {
        return told;
    };
    if parameter.is_deep {
        members.insert("style".to_owned(), "deepObject".into());
        members.insert("explode".to_owned(), true.into());
    }
    let example = super::example_value(parameter);
    if !example.is_null() {
        members.insert("example".to_owned(), example);
    }
    if let (Some(row), Some((model, matrix))) = (&parameter.row, model) {
        let support = if model.field_id(row).is_none() && !model.parameters.iter().any(|own| own.name == *row)
        {
            matrix.sort_extension(model)
        } else {
            matrix.extension(row)
        };
        members.insert("x-crosswalk-support".to_owned(), support);
    }
    told
}

fn answer(answer: &Answer) -> Value {
    let mut headers = json!({ "x-request-id": { "$ref": "#/components/headers/RequestId" } });
    if let Value::Object(headers) = &mut headers {
        for (name, description) in &answer.headers {
            headers.insert(
                (*name).to_owned(),
                json!({ "description": description, "schema": { "type": "string" } }),
            );
        }
    }
    let content: Map<String, Value> = answer
        .content
        .iter()
        .enumerate()
        .map(|(at, (kind, schema))| {
            let mut content = json!({ "schema": schema });
            if let (0, Some(example), Value::Object(content)) = (at, &answer.example, &mut content) {
                content.insert("example".to_owned(), example.clone());
            }
            ((*kind).to_owned(), content)
        })
        .collect();
    let mut told = json!({ "description": answer.description, "headers": headers });
    if let (false, Value::Object(told)) = (content.is_empty(), &mut told) {
        told.insert("content".to_owned(), Value::Object(content));
    }
    told
}

/// When a status is answered.
pub(crate) fn error_words(status: u16) -> &'static str {
    match status {
        400 => "The request is wrong; the message names the parameter and says what to change.",
        401 => {
            "The API token is missing or not known; or, with `truto_is_remote_error`, the CRM does not accept the account's credentials any more."
        }
        403 => "This token may not do that; or, with `truto_is_remote_error`, the CRM forbids it.",
        404 => "There is no such account, record, connector or resource.",
        409 => "It is at odds with what is there.",
        410 => "It is over.",
        413 => "The body is too large.",
        415 => "The body is not sent as JSON.",
        422 => "The CRM refused; nothing was stored.",
        429 => "Too many requests, here or at the CRM; `Retry-After` says when to come back.",
        500 => "The server made a mistake; it is logged under the request's id.",
        502 => "The CRM failed, or answered what its API does not allow.",
        503 => "The server can't serve right now.",
        504 => {
            "The CRM did not answer within the deadline; `next_cursor` goes on where the call stopped, if there is one."
        }
        _ => "The request failed.",
    }
}

fn error_name(status: u16) -> String {
    let error = ApiError::new(status, "").to_json();
    let words = error.get("error").and_then(Value::as_str).unwrap_or("Error");
    words.split(' ').collect()
}

/// The responses that operations refer to.
fn errors(described: &[Described]) -> Value {
    let statuses: std::collections::BTreeSet<u16> = described
        .iter()
        .flat_map(|endpoint| endpoint.operation.all_errors())
        .collect();
    let responses: Map<String, Value> = statuses
        .into_iter()
        .map(|status| {
            let mut headers = json!({ "x-request-id": { "$ref": "#/components/headers/RequestId" } });
            if let (429, Value::Object(headers)) = (status, &mut headers) {
                headers.insert("retry-after".to_owned(), json!({ "$ref": "#/components/headers/RetryAfter" }));
            }
            let response = json!({
                "description": error_words(status),
                "headers": headers,
                "content": { "application/json": { "schema": named("Error"), "example": ApiError::new(status, error_words(status)).to_json() } },
            });
            (error_name(status), response)
        })
        .collect();
    Value::Object(responses)
}
