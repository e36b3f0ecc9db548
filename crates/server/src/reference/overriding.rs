//! The schemas of what overrides connectors' mappings.

use serde_json::{Value, json};

use super::endpoint::{instant, named, object, page_of, text, text_or_null};
use crate::views::merged;

pub(super) fn schemas() -> Vec<(String, Value)> {
    let schemas = [
        ("EnvironmentOverride", environment_override(true)),
        ("EnvironmentOverridePage", page_of(&named("EnvironmentOverride"))),
        ("NewEnvironmentOverride", environment_override(false)),
        (
            "EnvironmentOverrideChange",
            json!({
                "type": "object",
                "required": ["override"],
                "properties": { "override": override_of_call() },
            }),
        ),
        ("NewOverridePreview", preview_request()),
        ("OverridePreview", preview()),
    ];
    schemas.map(|(name, schema)| (name.to_owned(), schema)).to_vec()
}

/// What is changed of one call.
fn override_of_call() -> Value {
    let any = |description: &str| json!({ "type": ["object", "null"], "additionalProperties": true, "description": description });
    json!({
        "type": "object",
        "description": "What is otherwise than in the connector.",
        "properties": {
            "response_mapping": { "type": ["object", "string", "null"], "additionalProperties": true, "description": "JSONata by field, over one record of the CRM's; or `{value, kind, read}`. A field that the model does not have is added. As one text, it is a JSONata object over `response`. Null takes an earlier layer's word back." },
            "query_mapping": { "type": ["object", "string", "null"], "additionalProperties": true, "description": "By filter: false, so that it is not pushed down, or `{eq, in, contains, starts_with, true, false, from, to}` with the query parameters that say it to the CRM." },
            "query": any("Query parameters of each request to the CRM."),
            "headers": any("Headers of each request to the CRM."),
            "body": any("Members of the JSON body of each request to the CRM."),
        },
    })
}

pub(super) fn override_of_account() -> Value {
    json!({
        "type": ["object", "null"],
        "additionalProperties": { "type": "object", "additionalProperties": { "type": "object", "additionalProperties": override_of_call() } },
        "description": "What the account changes of the connector's mapping, by model, resource and method: `{\"crm\": {\"users\": {\"list\": …}}}`. It is replaced as a whole; null takes it away.",
    })
}

fn environment_override(shown: bool) -> Value {
    let mut members = vec![
        ("integration", text("The connector's name.")),
        ("unified_model", text("The family of unified resources: `crm`.")),
        ("resource", text("The unified resource: `users`.")),
        ("method", json!({ "type": "string", "enum": ["list", "get"] })),
        ("override", override_of_call()),
    ];
    if shown {
        members.insert(0, ("id", text("Its id.")));
        members.push(("created_at", instant("When it was made.")));
        members.push(("updated_at", instant("When it was last changed.")));
    }
    object(&members)
}

fn preview_request() -> Value {
    json!({
        "type": "object",
        "required": ["integrated_account_id"],
        "additionalProperties": false,
        "properties": {
            "integrated_account_id": text("Whose record is shown."),
            "unified_model": text_or_null("The family of unified resources; `crm` when left out."),
            "resource": text_or_null("The unified resource; `users` when left out."),
            "method": { "type": ["string", "null"], "enum": ["list", "get", null], "description": "The call; `list` when left out." },
            "override": merged(override_of_call(), json!({
                "type": ["object", "null"],
                "description": "What the environment would override of that call; what it does now when left out, nothing when null.",
            })),
            "unified_model_override": merged(override_of_account(), json!({
                "description": "What the account itself would override; what it does now when left out, nothing when null.",
            })),
            "id": text_or_null("The unified id of the record; the first of the list when left out."),
            "record": text_or_null("The record's JSON, as an earlier answer had it: then the CRM is not asked."),
        },
    })
}

fn preview() -> Value {
    let record = |description: &str, kind: Value| json!({ "type": kind, "additionalProperties": true, "description": description });
    object(&[
        ("record", text("The CRM's record as JSON, byte for byte.")),
        (
            "before",
            record(
                "The unified record with what overrides it now, without `remote_data`; null where that does not fit this version any more.",
                json!(["object", "null"]),
            ),
        ),
        (
            "after",
            record("The unified record as it would be.", json!("object")),
        ),
        (
            "request",
            record(
                "What would be added to each request to the CRM: `query`, `headers`, `body`.",
                json!("object"),
            ),
        ),
    ])
}
