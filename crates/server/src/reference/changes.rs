//! The schemas of what tells of changes: the audit log.

use serde_json::{Value, json};

use super::endpoint::{instant, named, object, open_object, page_of, text, text_or_null};

pub(super) fn schemas() -> Vec<(String, Value)> {
    let actor = open_object(&[
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
        ("actor", actor),
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
    let schemas = [
        ("AuditEntry", entry),
        ("AuditPage", page_of(&named("AuditEntry"))),
    ];
    schemas.map(|(name, schema)| (name.to_owned(), schema)).to_vec()
}
