//! The schemas of what tells of changes and calls: the audit log, the request log.

use serde_json::{Value, json};

use super::endpoint::{instant, named, object, open_object, page_of, text, text_or_null};

pub(super) fn schemas() -> Vec<(String, Value)> {
    let log_actor = open_object(&[
        (
            "type",
            json!({ "type": "string", "enum": ["token", "command_line"] }),
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
        ("AuditEntry", entry),
        ("AuditPage", page_of(&named("AuditEntry"))),
    ];
    schemas.map(|(name, schema)| (name.to_owned(), schema)).to_vec()
}
