//! The schemas of what tells of changes and calls: webhooks, the audit log, the request log.

use serde_json::{Value, json};

use super::endpoint::{instant, instant_or_null, named, object, open_object, page_of, text, text_or_null};

pub(super) fn schemas() -> Vec<(String, Value)> {
    let log_actor = open_object(&[
        (
            "type",
            json!({ "type": "string", "enum": ["token", "link_token", "command_line"] }),
        ),
        ("id", text("The token's id.")),
        ("name", text("The token's name when it was used.")),
    ]);
    let entry = object(&[
        ("id", text("Grows with time.")),
        ("created_at", instant("When it was done.")),
        ("actor", named("LogActor")),
        (
            "action",
            text("What was done: `account.create`; where it has no name of its own, method and route."),
        ),
        ("target", text_or_null("The id of what it was done to.")),
        (
            "status",
            json!({ "type": ["integer", "null"], "description": "How the request was answered." }),
        ),
        (
            "detail",
            json!({ "description": "What else is worth knowing; nothing secret." }),
        ),
    ]);
    let whole = |description: &str| json!({ "type": "integer", "minimum": 0, "description": description });
    let vendor_request = open_object(&[
        ("method", text("The verb.")),
        ("url", text("The address, credentials left out.")),
        (
            "status",
            json!({ "type": ["integer", "null"], "description": "Null when there was no answer." }),
        ),
        (
            "started_after",
            whole("How many milliseconds after the call came it was made."),
        ),
        ("milliseconds", whole("How long it took.")),
    ]);
    let call = object(&[
        ("id", text("Grows with time.")),
        ("created_at", instant("When it came.")),
        ("request_id", text("The `x-request-id` of its answer.")),
        ("method", text("The verb.")),
        ("path", text("The path; ids stand as `{id}` in it.")),
        (
            "integrated_account_id",
            text_or_null("The account that it was for."),
        ),
        ("integration", text_or_null("The account's connector.")),
        (
            "status",
            whole("How it was answered; 499 when the client went away."),
        ),
        (
            "milliseconds",
            whole("From the request to the answer's last byte."),
        ),
        (
            "bytes",
            whole("The length of the answer's body, before compression."),
        ),
        ("actor", named("LogActor")),
        (
            "vendor_requests",
            json!({ "type": "array", "items": vendor_request, "description": "The first 50 requests to the CRM." }),
        ),
        ("vendor_requests_count", whole("How many there were.")),
    ]);
    let schemas = [
        ("LogActor", log_actor),
        ("LogEntry", call),
        ("LogPage", page_of(&named("LogEntry"))),
        ("LogSummary", log_summary()),
        ("AuditEntry", entry),
        ("AuditPage", page_of(&named("AuditEntry"))),
        ("Webhook", object(&webhook())),
        ("WebhookPage", page_of(&named("Webhook"))),
        ("WebhookWithSecret", with_secret()),
        (
            "NewWebhook",
            json!({
                "type": "object",
                "required": ["target_url"],
                "properties": {
                    "target_url": text("The address, https:// and not a private one."),
                    "event_types": event_types(),
                    "is_active": { "type": ["boolean", "null"], "description": "Whether anything is sent; true when left out." },
                    "secret": text_or_null("Your own secret: `whsec_` and 24 to 64 bytes in base64. One is made when left out."),
                },
            }),
        ),
        (
            "WebhookChange",
            open_object(&[
                ("target_url", text_or_null("Send there from now on.")),
                ("event_types", event_types()),
                (
                    "is_active",
                    json!({ "type": ["boolean", "null"], "description": "Turning it on forgets earlier failures." }),
                ),
                (
                    "rotate_secret",
                    json!({ "type": ["boolean", "null"], "description": "Sign with a new secret." }),
                ),
            ]),
        ),
        (
            "WebhookTest",
            object(&[
                ("id", text("Names the message.")),
                (
                    "delivered",
                    json!({ "type": ["boolean", "null"], "description": "Null when another process sends it." }),
                ),
                ("status", json!({ "type": ["integer", "null"] })),
                ("error", text_or_null("Why it failed.")),
            ]),
        ),
        (
            "Delivery",
            object(&[
                ("id", text("Names the message, as `webhook-id` does.")),
                ("event", text("What it tells.")),
                (
                    "state",
                    json!({ "type": "string", "enum": ["pending", "delivered", "failed"] }),
                ),
                ("attempts", json!({ "type": "integer" })),
                ("next_attempt_at", instant_or_null("When it is tried again.")),
                ("last_status", json!({ "type": ["integer", "null"] })),
                ("last_error", text_or_null("Why the last attempt failed.")),
                ("created_at", instant("When it happened.")),
                (
                    "finished_at",
                    instant_or_null("When it was delivered or given up."),
                ),
            ]),
        ),
        ("DeliveryPage", page_of(&named("Delivery"))),
    ];
    schemas.map(|(name, schema)| (name.to_owned(), schema)).to_vec()
}

fn log_summary() -> Value {
    let whole = |description: &str| json!({ "type": "integer", "minimum": 0, "description": description });
    let times = object(&[
        ("median", whole("Half of the calls took no longer.")),
        ("p95", whole("95 of a hundred took no longer.")),
        ("max", whole("The longest.")),
    ]);
    let figures = [
        ("calls", whole("How many there were.")),
        (
            "client_errors",
            whole("Those answered with 4xx, and those whose client went away."),
        ),
        ("server_errors", whole("Those answered with 5xx.")),
        ("vendor_requests", whole("The requests to the CRM behind them.")),
        ("milliseconds", times),
    ];
    let mut interval = vec![("at", instant("When it begins."))];
    interval.extend(figures.clone());
    let mut summary = vec![(
        "integration",
        text_or_null("The connector; null for calls that were for no account."),
    )];
    summary.extend(figures);
    summary.push((
        "intervals",
        json!({ "type": "array", "items": object(&interval), "description": "Those that had a call, in order." }),
    ));
    object(&[
        ("since", instant("Where the first interval begins.")),
        ("until", instant("Where the last interval ends.")),
        ("interval_seconds", whole("How long an interval is.")),
        ("result", json!({ "type": "array", "items": object(&summary) })),
    ])
}

fn event_types() -> Value {
    let events = crosswalk_accounts::AccountEvent::ALL.map(crosswalk_accounts::AccountEvent::as_str);
    json!({
        "type": ["array", "null"],
        "items": { "type": "string", "enum": events },
        "description": "Which events; all of them when empty or left out.",
    })
}

fn webhook() -> Vec<(&'static str, Value)> {
    vec![
        ("id", text("The webhook's id.")),
        ("target_url", text("Where events are sent.")),
        (
            "event_types",
            json!({ "type": "array", "items": { "type": "string" }, "description": "Which events; all of them when empty." }),
        ),
        ("is_active", json!({ "type": "boolean" })),
        (
            "state",
            json!({ "type": "string", "enum": ["active", "failing", "off"] }),
        ),
        ("environment_id", text("Whose accounts it hears of.")),
        (
            "failing_since",
            instant_or_null("Since when nothing has got through."),
        ),
        (
            "disabled_reason",
            text_or_null("Why it was turned off, if that was not your will."),
        ),
        ("last_error", text_or_null("Why the last attempt failed.")),
        (
            "last_success_at",
            instant_or_null("When something last got through."),
        ),
        ("created_at", instant("When it was made.")),
        ("updated_at", instant("When it was last changed.")),
    ]
}

fn with_secret() -> Value {
    let mut members = webhook();
    members.push(("secret", text("The secret that signs, shown this once.")));
    open_object(&members)
}
