//! The schemas of what every call may answer.

use serde_json::{Value, json};

use crate::reference::endpoint::{named, object, open_object, page_of, text, texts};
use crate::views::merged;

pub(super) fn schemas() -> Vec<(&'static str, Value)> {
    vec![
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
            "ProxyPage",
            page_of(&json!({ "description": "A record as the CRM has it." })),
        ),
    ]
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
