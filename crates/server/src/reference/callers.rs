//! The schemas of who calls: API tokens.

use crosswalk_accounts::TokenState;
use serde_json::{Value, json};

use super::endpoint::{instant, instant_or_null, named, object, page_of, text, text_or_null};

pub(super) fn schemas() -> Vec<(String, Value)> {
    let schemas = [
        ("ApiToken", object(&api_token())),
        ("ApiTokenPage", page_of(&named("ApiToken"))),
        (
            "ApiTokenWithSecret",
            api_token_and(&[("token", text("The token itself, shown this once."))]),
        ),
        (
            "OwnApiToken",
            api_token_and(&[
                ("environment_id", text("The environment that it opens.")),
                ("environment_name", text_or_null("The environment's name.")),
            ]),
        ),
        ("NewApiToken", new_api_token()),
    ];
    schemas.map(|(name, schema)| (name.to_owned(), schema)).to_vec()
}

fn api_token() -> Vec<(&'static str, Value)> {
    let states = TokenState::ALL.map(TokenState::as_str);
    vec![
        ("id", text("Names the token in lists and for revoking.")),
        ("name", text("What it is for.")),
        ("hint", text("How it begins.")),
        (
            "type",
            json!({ "type": "string", "enum": ["environment", "account"], "description": "Whether it is one account's own." }),
        ),
        (
            "integrated_account_id",
            text_or_null("The account whose own it is."),
        ),
        (
            "integrated_account_ids",
            json!({ "type": ["array", "null"], "items": { "type": "string" }, "description": "The accounts that it reaches; null is all of the environment." }),
        ),
        (
            "read_only",
            json!({ "type": "boolean", "description": "Whether it may read and change nothing." }),
        ),
        ("state", json!({ "type": "string", "enum": states })),
        (
            "is_current",
            json!({ "type": "boolean", "description": "Whether it is the token of this very call." }),
        ),
        ("created_at", instant("When it was made.")),
        ("expires_at", instant_or_null("When it ends; null is never.")),
        (
            "last_used_at",
            instant_or_null("When it was last used, give or take a minute."),
        ),
        ("revoked_at", instant_or_null("When it was revoked.")),
    ]
}

fn api_token_and(further: &[(&'static str, Value)]) -> Value {
    let mut members = api_token();
    members.extend_from_slice(further);
    object(&members)
}

fn new_api_token() -> Value {
    json!({
        "type": "object",
        "required": ["name"],
        "additionalProperties": false,
        "properties": {
            "name": { "type": "string", "minLength": 1, "maxLength": 100, "description": "What it is for, to know it again in the list." },
            "expires_in": { "type": ["integer", "null"], "minimum": 1, "maximum": 315_360_000, "description": "How many seconds it counts. Left out, it counts for ever, or as long as the token that makes it." },
            "read_only": { "type": ["boolean", "null"], "description": "Whether it may read and change nothing; false when left out." },
            "integrated_account_ids": { "type": ["array", "null"], "items": { "type": "string" }, "minItems": 1, "maxItems": 1000, "description": "The accounts that it reaches; all of the environment when left out." },
        },
    })
}
