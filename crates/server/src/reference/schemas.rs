//! The document's schemas: those of each unified model, from its data, and those of what the server itself
//! shows (`crate::views`), which a test holds to what is really shown.

use crosswalk_accounts::AccountStatus;
use crosswalk_connector::file::Method;
use crosswalk_model::UnifiedModel;
use serde_json::{Map, Value, json};

use super::endpoint::{instant, named, object, open_object, page_of, text, text_or_null, texts};
use super::matrix::Matrix;
use super::overriding::override_of_account;
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

/// The schemas that are the same whatever the models.
pub(crate) fn own(connectors: &[&str]) -> Vec<(String, Value)> {
    let statuses = AccountStatus::ALL.map(AccountStatus::as_str);
    let method = json!({ "type": "string", "enum": Method::ALL.map(Method::as_str) });
    let schemas = [
        ("Error", error()),
        (
            "Insight",
            object(&[
                ("description", text("What it says.")),
                (
                    "value",
                    json!({ "description": "Names, texts, or what the CRM said." }),
                ),
            ]),
        ),
        ("Explain", explain()),
        ("VendorAnswer", vendor_answer()),
        (
            "Health",
            object(&[("status", json!({ "const": "ok", "type": "string" }))]),
        ),
        (
            "Account",
            object(&[
                (
                    "id",
                    text("The account's id, as `integrated_account_id` takes it."),
                ),
                ("tenant_id", text("Your own id of the customer.")),
                ("integration", text("The connector's name.")),
                ("authentication_method", method.clone()),
                (
                    "status",
                    json!({ "type": "string", "enum": statuses, "description": "`needs_reauth`: the CRM refused the credentials for good, and calls answer 401 until they change." }),
                ),
                ("last_error", text_or_null("The CRM's words, when it refused.")),
                (
                    "context",
                    json!({ "type": "object", "additionalProperties": true, "description": "The account's settings. Secrets are never shown." }),
                ),
                (
                    "unified_model_override",
                    json!({ "type": ["object", "null"], "additionalProperties": true, "description": "What it changes of the connector's mapping, by model, resource and method." }),
                ),
                ("created_at", instant("When it was connected.")),
                ("updated_at", instant("When it was last changed.")),
                (
                    "last_used_at",
                    json!({ "type": ["string", "null"], "format": "date-time", "description": "When it was last asked." }),
                ),
                (
                    "quota",
                    json!({
                        "anyOf": [
                            object(&[
                                ("remaining", text("In the CRM's own words.")),
                                ("seen_at", instant("When the CRM said so.")),
                            ]),
                            { "type": "null" },
                        ],
                        "description": "What the CRM last said is left of the account's quota, where it tells.",
                    }),
                ),
            ]),
        ),
        ("AccountPage", page_of(&named("Account"))),
        (
            "NewAccount",
            json!({
                "type": "object",
                "required": ["integration"],
                "properties": {
                    "integration": { "type": "string", "enum": connectors, "description": "The connector's name." },
                    "authentication_method": merged(method, json!({ "description": "One of the connector's; its first when left out." })),
                    "tenant_id": text_or_null("Your own id of the customer."),
                    "unified_model_override": override_of_account(),
                    "context": { "type": ["object", "null"], "additionalProperties": true, "description": "Credentials (`access_token`, `refresh_token`, `expires_at`, `client_id`, `client_secret`; `api_key`; `username`, `password`) and the connector's settings, in one flat object." },
                },
            }),
        ),
        (
            "AccountChange",
            open_object(&[
                ("unified_model_override", override_of_account()),
                ("tenant_id", text_or_null("Your own id of the customer.")),
                (
                    "context",
                    json!({ "type": ["object", "null"], "additionalProperties": true, "description": "Settings of the connector; null takes one away." }),
                ),
            ]),
        ),
        (
            "CredentialsChange",
            json!({
                "type": "object",
                "properties": { "context": { "type": ["object", "null"], "additionalProperties": true, "description": "The new values; what is not named stays." } },
                "additionalProperties": true,
            }),
        ),
        (
            "AccountName",
            json!({
                "type": "object",
                "properties": { "integrated_account_id": text_or_null("The account; it may be left out with a token of one account."), "id": text_or_null("The same, by another name.") },
            }),
        ),
        (
            "NewAccountToken",
            json!({
                "type": "object",
                "required": ["integrated_account_id"],
                "properties": {
                    "integrated_account_id": text("The only account that the token reaches."),
                    "expires_in": { "type": ["integer", "null"], "minimum": 1, "maximum": 31_536_000, "description": "Seconds; a day when left out." },
                    "read_only": { "type": ["boolean", "null"], "description": "Whether it may read and change nothing." },
                },
            }),
        ),
        (
            "AccountToken",
            object(&[
                ("token", text("The token. It is shown this once.")),
                ("integrated_account_id", text("The account it reaches.")),
                ("read_only", json!({ "type": "boolean" })),
                ("expires_at", instant("When it ends.")),
            ]),
        ),
        (
            "OAuthApp",
            object(&[
                ("id", text("The app's id here.")),
                ("environment_id", text("The environment it belongs to.")),
                ("integration", text("The connector's name.")),
                (
                    "scopes",
                    scopes("The scopes to ask for; null for the connector's."),
                ),
                (
                    "redirect_uri",
                    text("The address to register with the CRM's app: where browsers come back to."),
                ),
                ("created_at", instant("When it was made.")),
                ("updated_at", instant("When it was last changed.")),
            ]),
        ),
        ("OAuthAppPage", page_of(&named("OAuthApp"))),
        (
            "NewOAuthApp",
            json!({
                "type": "object",
                "required": ["integration", "client_id", "client_secret"],
                "properties": {
                    "integration": { "type": "string", "enum": connectors, "description": "The connector's name." },
                    "client_id": text("The app's id at the CRM."),
                    "client_secret": text("Its secret."),
                    "scopes": scopes("The scopes to ask for, in place of the connector's."),
                },
            }),
        ),
        (
            "OAuthAppChange",
            open_object(&[
                ("client_id", text_or_null("The app's id at the CRM.")),
                ("client_secret", text_or_null("Its secret.")),
                (
                    "scopes",
                    scopes("The scopes to ask for; null goes back to the connector's."),
                ),
            ]),
        ),
        (
            "NewLinkToken",
            open_object(&[
                (
                    "tenant_id",
                    text_or_null("Whose account it will be, for a new one."),
                ),
                (
                    "integrated_account_id",
                    text_or_null("The account to connect again, in place of `tenant_id`."),
                ),
                (
                    "integrations",
                    json!({ "type": ["array", "string", "null"], "items": { "type": "string" }, "description": "The connectors to choose from; all when left out." }),
                ),
                (
                    "redirect_uri",
                    text_or_null("Where the browser goes in the end, from the environment's list."),
                ),
                (
                    "expires_in",
                    json!({ "type": ["integer", "null"], "minimum": 1, "maximum": 2_592_000, "description": "Seconds; an hour when left out." }),
                ),
                ("scopes", scopes("The scopes to ask for, over the app's.")),
                (
                    "context",
                    json!({ "type": ["object", "null"], "additionalProperties": { "type": ["string", "number", "boolean", "null"] }, "description": "What the account starts with: settings, or a `client_id` and `client_secret` of its own." }),
                ),
            ]),
        ),
        (
            "LinkToken",
            object(&[
                ("link_token", text("The token. It is shown this once.")),
                ("connect_url", text("The page to open.")),
                ("tenant_id", text("Whose account it will be.")),
                (
                    "integrated_account_id",
                    text_or_null("The account to connect again."),
                ),
                ("redirect_uri", text_or_null("Where the browser goes in the end.")),
                (
                    "integrations",
                    texts("The connectors to choose from; all when empty."),
                ),
                ("expires_at", instant("When it ends.")),
            ]),
        ),
        (
            "RedirectUris",
            object(&[("redirect_uris", texts("The addresses."))]),
        ),
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
        (
            "ProxyPage",
            page_of(&json!({ "description": "A record as the CRM has it." })),
        ),
    ];
    let mut schemas = schemas.map(|(name, schema)| (name.to_owned(), schema)).to_vec();
    schemas.extend(super::callers::schemas());
    schemas.extend(super::changes::schemas());
    schemas.extend(super::overriding::schemas());
    schemas
}

/// A list of scopes, or null.
fn scopes(description: &str) -> Value {
    json!({ "type": ["array", "null"], "items": { "type": "string" }, "description": description })
}

/// Anything but an envelope of this API's, so that those are held to their own schemas.
fn vendor_answer() -> Value {
    let envelope =
        object(&["result", "next_cursor", "prev_cursor", "result_count"].map(|name| (name, json!({}))));
    let mut no_envelope = json!({ "type": "object", "additionalProperties": true });
    if let Value::Object(members) = &mut no_envelope {
        members.insert("not".to_owned(), envelope);
    }
    json!({
        "description": "With `truto_response_format=raw`: the CRM's own answer as it came. Its shape is the CRM's.",
        "anyOf": [no_envelope, { "type": "array", "items": {} }],
    })
}

fn error() -> Value {
    let insight = |description: &str| json!({ "allOf": [named("Insight")], "description": description });
    let insights = open_object(&[
        (
            "missing_required_query_parameters",
            insight("The parameters without which the call can't be answered."),
        ),
        (
            "unsupported_query_parameters",
            insight("The parameters that this call, or this CRM, does not know."),
        ),
        (
            "forbidden_error",
            insight("What the CRM forbids, with the scopes it says are missing."),
        ),
        (
            "rate_limit_error",
            insight("Whose limit is reached, and when it ends."),
        ),
        ("remote_error", insight("What the CRM said.")),
        (
            "override_problems",
            insight(
                "What is wrong with an override: `member`, `position` (a character of its text, from 1, or null), `message`.",
            ),
        ),
    ]);
    json!({
        "type": "object",
        "required": ["statusCode", "error", "message"],
        "description": "Every error has this shape.",
        "properties": {
            "statusCode": { "type": "integer", "description": "The HTTP status." },
            "error": text("The status in words."),
            "message": text("What is wrong and what to change."),
            "truto_is_remote_error": { "type": "boolean", "description": "True when the CRM caused it." },
            "raw_response": { "description": "The CRM's answer: JSON if it is JSON, else its text." },
            "truto_error_insight": insights,
            "next_cursor": text("Where the call goes on, when it ran out of time before the first match."),
        },
        "examples": [{ "statusCode": 400, "error": "Bad Request", "message": "`limit` must be a whole number from 1 to 1000, not `0`" }],
    })
}

fn explain() -> Value {
    let pushed = object(&[
        ("parameter", text("The query parameter.")),
        ("vendor", text("The CRM's form of it.")),
        (
            "exact",
            json!({ "type": "boolean", "description": "Whether the CRM's answer holds no other record." }),
        ),
    ]);
    let mut request = object(&[
        ("method", text("The verb.")),
        ("url", text("The address, without credentials.")),
        (
            "status",
            json!({ "type": ["integer", "null"], "description": "Null when there was no answer." }),
        ),
        (
            "started_after",
            json!({ "type": "integer", "description": "How many milliseconds after the call came it was made." }),
        ),
        (
            "milliseconds",
            json!({ "type": "integer", "description": "How long it took." }),
        ),
    ]);
    if let Some(Value::Object(members)) = request.get_mut("properties") {
        members.insert("fault".to_owned(), text("What went wrong."));
    }
    let mut schema = object(&[
        ("integration", text("The connector.")),
        (
            "pushed",
            json!({ "type": "array", "items": pushed, "description": "What the CRM filters." }),
        ),
        ("rechecked", texts("What is checked here on every record.")),
        (
            "sorted_by",
            json!({ "enum": ["vendor", "here", null], "description": "Who sorts." }),
        ),
        (
            "vendor_requests",
            json!({ "type": "array", "items": request, "description": "The requests made to the CRM, in order." }),
        ),
        (
            "scanned",
            json!({ "type": "integer", "description": "Records read from the CRM." }),
        ),
        (
            "kept",
            json!({ "type": "integer", "description": "Records of the answer." }),
        ),
    ]);
    if let Some(Value::Object(members)) = schema.get_mut("properties") {
        members.insert(
            "quota_remaining".to_owned(),
            text("What the CRM said is left of the quota."),
        );
    }
    merged(
        schema,
        json!({ "description": "How the answer came about, with `crosswalk_explain=true`." }),
    )
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
