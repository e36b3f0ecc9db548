//! The schemas of connectors and what they can do.

use serde_json::{Value, json};

use crate::reference::endpoint::{named, object, page_of, text, text_or_null, texts};

pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("Integration", object(&integration())),
        ("IntegrationPage", page_of(&named("Integration"))),
        ("IntegrationInFull", integration_in_full()),
        ("Setting", setting()),
        (
            "Capability",
            object(&[
                ("type", json!({ "type": "string", "enum": ["unified", "proxy"] })),
                ("resource", text("The resource's name.")),
                (
                    "methods",
                    json!({ "type": "array", "items": { "type": "string", "enum": ["list", "get"] } }),
                ),
                ("path", text("Where it is called.")),
            ]),
        ),
        (
            "Capabilities",
            object(&[(
                "capabilities",
                json!({ "type": "array", "items": named("Capability") }),
            )]),
        ),
        ("Meta", meta()),
        (
            "ConnectorDocumentation",
            object(&[
                ("integration", named("IntegrationInFull")),
                ("unified", json!({ "type": "array", "items": named("Meta") })),
            ]),
        ),
    ]
}

fn integration() -> Vec<(&'static str, Value)> {
    vec![
        ("name", text("Its name in URLs and accounts.")),
        ("label", text("The product's name.")),
        (
            "about",
            text_or_null("What it is, and what its users are called."),
        ),
        (
            "authentication_methods",
            texts("How an account proves itself; the first is the default."),
        ),
        ("unified", texts("The unified resources it serves.")),
        (
            "resources",
            texts("The CRM's own resources, as the proxy knows them."),
        ),
    ]
}

fn integration_in_full() -> Value {
    let credential = object(&[
        ("name", text("Its name in `context`.")),
        ("label", text_or_null("What the CRM calls it.")),
        ("required", json!({ "type": "boolean" })),
    ]);
    let scheme = object(&[
        ("method", text("The `authentication_method`.")),
        ("label", text_or_null("What the CRM calls it.")),
        ("credentials", json!({ "type": "array", "items": credential })),
    ]);
    let number = json!({ "type": ["integer", "null"] });
    let mut members = integration();
    members.extend([
        ("docs", text_or_null("Where the CRM documents its API.")),
        (
            "setup",
            texts("How a customer gets the credentials, step by step."),
        ),
        ("notes", texts("Good to know.")),
        ("settings", json!({ "type": "array", "items": named("Setting") })),
        ("authentication", json!({ "type": "array", "items": scheme })),
        (
            "rate_limit",
            object(&[
                ("requests", number.clone()),
                ("per_seconds", number.clone()),
                ("concurrency", number),
            ]),
        ),
        (
            "capabilities",
            json!({ "type": "array", "items": named("Capability") }),
        ),
    ]);
    object(&members)
}

fn setting() -> Value {
    object(&[
        ("name", text("Its name in `context`.")),
        ("label", text("What the CRM calls it.")),
        ("help", text_or_null("Where the customer finds it.")),
        ("example", text_or_null("A value of the right form.")),
        (
            "pattern",
            text_or_null("The regular expression that the whole value matches."),
        ),
        ("required", json!({ "type": "boolean" })),
        ("default", text_or_null("The value when the account has none.")),
        (
            "only_for",
            texts("The only authentication methods that need it; empty for all."),
        ),
        ("unless", texts("Settings any of which does as well.")),
    ])
}

fn meta() -> Value {
    let schema = |description: &str| json!({ "type": "object", "additionalProperties": true, "description": description });
    let mapping = object(&[
        ("expression", text("JSONata over one record of the CRM's.")),
        (
            "read",
            text_or_null("How the CRM writes the instant, where that is unusual."),
        ),
        (
            "lowered",
            json!({ "type": "boolean", "description": "Whether it is compiled to one pass over the bytes." }),
        ),
        (
            "from",
            json!({ "type": "string", "enum": ["connector", "environment", "account"], "description": "Which layer says so." }),
        ),
    ]);
    let mut meta = object(&[
        ("model", text("The unified resource.")),
        ("method", json!({ "type": "string", "enum": ["list", "get"] })),
        ("integration", text("The connector.")),
        ("resource", text("The CRM's resource that answers.")),
        ("schema", schema("JSON Schema of a record.")),
        (
            "query_schema",
            schema("JSON Schema of the query, with who filters and sorts."),
        ),
        (
            "mapping",
            json!({ "type": "object", "additionalProperties": mapping, "description": "How each field comes about." }),
        ),
        (
            "request",
            schema("What overrides add to each request to the CRM: `query`, `headers`, `body`."),
        ),
    ]);
    if let Some(Value::Object(members)) = meta.get_mut("properties") {
        members.insert(
            "integrated_account_id".to_owned(),
            text("The account, where one was asked for."),
        );
    }
    meta
}
