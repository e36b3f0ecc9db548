//! The schemas of connecting accounts: OAuth apps, link tokens, redirect URIs.

use serde_json::{Value, json};

use crate::reference::endpoint::{instant, named, object, open_object, page_of, text, text_or_null, texts};

pub(super) fn schemas(connectors: &[&str]) -> Vec<(&'static str, Value)> {
    vec![
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
    ]
}

/// A list of scopes, or null.
fn scopes(description: &str) -> Value {
    json!({ "type": ["array", "null"], "items": { "type": "string" }, "description": description })
}
