//! What the calls of this group are.

use serde_json::{Value, json};

use super::{link_tokens, oauth_apps, redirect_uris};
use crate::reference::endpoint::{Endpoint, Group, Operation, named};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let id = "/environment-integration/{id}";
    vec![
        Endpoint::post("/link-token", link_tokens::create, create_link_token()),
        Endpoint::get("/environment-integration", oauth_apps::list, list_apps()),
        Endpoint::post("/environment-integration", oauth_apps::create, create_app()),
        Endpoint::get(id, oauth_apps::show, get_app()),
        Endpoint::patch(id, oauth_apps::update, update_app()),
        Endpoint::delete(id, oauth_apps::delete, delete_app()),
        Endpoint::get("/environment/redirect-uris", redirect_uris::list, list_uris()),
        Endpoint::put(
            "/environment/redirect-uris",
            redirect_uris::replace,
            replace_uris(),
        ),
    ]
}

const ID: &str = "0d1c6b0e-5a2f-4f0e-9a35-8c1f5d0a7b21";
const URIS: &[&str] = &["https://app.example.com/connected"];

fn operation(id: &str, summary: &str, description: &str) -> Operation {
    Operation::new(id, Group::Connecting, summary, description)
}

fn of_id(operation: Operation) -> Operation {
    operation
        .path("id", "The app, by its id or its connector's name.", "")
        .fails(&[404])
}

fn app() -> Value {
    json!({
        "id": ID,
        "environment_id": "6a0f3c35-2c1e-4a57-8f39-3f1f6f7c0c11",
        "integration": "hubspot",
        "scopes": null,
        "redirect_uri": "https://crm.example.com/oauth/callback",
        "created_at": "2024-05-06T07:08:09.000Z",
        "updated_at": "2024-05-06T07:08:09.000Z",
    })
}

fn create_link_token() -> Operation {
    operation(
        "createLinkToken",
        "Make a link token",
        "Leave to connect one account in a browser: open `connect_url`, or give the token to the browser SDK. It is used up by the account that is connected with it.",
    )
    .body(
        named("NewLinkToken"),
        json!({ "tenant_id": "acme-1", "integrations": ["hubspot", "pipedrive"] }),
    )
    .answers(
        201,
        "The link token.",
        named("LinkToken"),
        json!({
            "link_token": "lt_…",
            "connect_url": "https://crm.example.com/connect-account?link_token=lt_…",
            "tenant_id": "acme-1",
            "integrated_account_id": null,
            "redirect_uri": null,
            "integrations": ["hubspot", "pipedrive"],
            "expires_at": "2024-05-06T08:08:09.000Z",
        }),
    )
    .fails(&[404])
}

fn list_apps() -> Operation {
    operation(
        "listEnvironmentIntegrations",
        "List OAuth apps",
        "The environment's own apps at the CRMs, by connector.",
    )
    .answers(
        200,
        "The apps.",
        named("OAuthAppPage"),
        json!({ "result": [app()], "next_cursor": null, "prev_cursor": null, "result_count": 1, "is_partial_response": false }),
    )
}

fn create_app() -> Operation {
    operation(
        "createEnvironmentIntegration",
        "Set an OAuth app",
        "The app that customers of this environment allow, and that refreshes their tokens. Id and secret are sealed and never shown again. One that there is already is replaced.",
    )
    .body(
        named("NewOAuthApp"),
        json!({ "integration": "hubspot", "client_id": "…", "client_secret": "…" }),
    )
    .answers(201, "The app, which is new.", named("OAuthApp"), app())
    .answers(200, "The app, in place of the one before.", named("OAuthApp"), app())
}

fn get_app() -> Operation {
    of_id(operation(
        "getEnvironmentIntegration",
        "Get an OAuth app",
        "One app, without its id and secret.",
    ))
    .answers(200, "The app.", named("OAuthApp"), app())
}

fn update_app() -> Operation {
    of_id(operation(
        "updateEnvironmentIntegration",
        "Change an OAuth app",
        "What is not named stays. A new secret counts from the next refresh on.",
    ))
    .body(named("OAuthAppChange"), json!({ "client_secret": "…" }))
    .answers(200, "The app as it is now.", named("OAuthApp"), app())
}

fn delete_app() -> Operation {
    of_id(operation(
        "deleteEnvironmentIntegration",
        "Remove an OAuth app",
        "Accounts that were connected with it stay, and can not be refreshed without it.",
    ))
    .answers_nothing(204, "It is gone.")
}

fn list_uris() -> Operation {
    operation(
        "listRedirectUris",
        "List redirect addresses",
        "Where browsers may be sent after an account is connected. While there are none, only this machine and this server.",
    )
    .answers(200, "The list.", named("RedirectUris"), json!({ "redirect_uris": URIS }))
}

fn replace_uris() -> Operation {
    operation(
        "replaceRedirectUris",
        "Set redirect addresses",
        "The whole list anew. An address is compared as it stands, its query aside.",
    )
    .body(named("RedirectUris"), json!({ "redirect_uris": URIS }))
    .answers(
        200,
        "The list as it is now.",
        named("RedirectUris"),
        json!({ "redirect_uris": URIS }),
    )
}
