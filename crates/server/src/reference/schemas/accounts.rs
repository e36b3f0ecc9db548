//! The schemas of accounts and their tokens.

use crosswalk_accounts::AccountStatus;
use crosswalk_connector::file::Method;
use serde_json::{Value, json};

use crate::reference::endpoint::{instant, named, object, open_object, page_of, text, text_or_null};
use crate::reference::overriding::override_of_account;
use crate::views::merged;

pub(super) fn schemas(connectors: &[&str]) -> Vec<(&'static str, Value)> {
    let statuses = AccountStatus::ALL.map(AccountStatus::as_str);
    let method = json!({ "type": "string", "enum": Method::ALL.map(Method::as_str) });
    vec![
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
    ]
}
