//! What the calls of this group are.

use crosswalk_accounts::TokenState;
use serde_json::{Value, json};

use super::list::KINDS;
use super::{create, list, revoke};
use crate::reference::endpoint::{Access, Endpoint, Group, Operation, named};
use crate::routes::listing::{envelope, paged};

const ID: &str = "c3f9f0a4-2f4c-4f0f-9a57-6d2f0f3b1c11";

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/api-token", list::list, list_tokens()),
        Endpoint::post("/api-token", create::create, create_token()),
        Endpoint::get("/api-token/me", list::me, own_token()),
        Endpoint::delete("/api-token/{id}", revoke::revoke, revoke_token()),
    ]
}

fn operation(id: &str, summary: &str, description: &str) -> Operation {
    Operation::new(id, Group::Tokens, summary, description)
}

fn example(state: &str) -> Value {
    let revoked = state == "revoked";
    json!({
        "id": ID,
        "name": "my-app",
        "hint": "cw_4f2a",
        "type": "environment",
        "integrated_account_id": null,
        "integrated_account_ids": null,
        "read_only": false,
        "state": state,
        "is_current": false,
        "created_at": "2024-05-06T07:08:09.000Z",
        "expires_at": "2024-08-04T07:08:09.000Z",
        "last_used_at": null,
        "revoked_at": revoked.then_some("2024-06-01T10:00:00.000Z"),
    })
}

fn list_tokens() -> Operation {
    let states = TokenState::ALL.map(TokenState::as_str);
    let operation = operation(
        "listApiTokens",
        "List API tokens",
        "The tokens of the environment, the newest first, also those that are over or revoked. No token is shown whole.",
    )
    .query(
        "type",
        "Only tokens of the environment, or only accounts' own.",
        json!({ "type": "string", "enum": KINDS }),
        "environment",
    )
    .query(
        "integrated_account_id",
        "Only this account's own tokens.",
        json!({ "type": "string" }),
        "",
    )
    .query(
        "state",
        "Only those in this state.",
        json!({ "type": "string", "enum": states }),
        "",
    );
    paged(operation, "tokens").answers(
        200,
        "A page of tokens.",
        named("ApiTokenPage"),
        envelope(&[example("active")], None),
    )
}

fn create_token() -> Operation {
    let mut answer = example("active");
    answer["token"] = "cw_4f2a…".into();
    operation(
        "createApiToken",
        "Make an API token",
        "The answer holds the token itself, this once. It counts at once. No token makes one that may more than it: tokens that may only read or reach some accounts make none, and none makes one that outlives it.",
    )
    .body(
        named("NewApiToken"),
        json!({ "name": "my-app", "expires_in": 7_776_000, "read_only": false }),
    )
    .answers(201, "The token.", named("ApiTokenWithSecret"), answer)
}

fn own_token() -> Operation {
    let mut answer = example("active");
    answer["is_current"] = true.into();
    answer["environment_id"] = "9d1f6f0e-7b0f-4f43-8a54-6a1d2b3c4d5e".into();
    answer["environment_name"] = "default".into();
    operation(
        "getOwnApiToken",
        "Get the token of this call",
        "What the token is that the call is made with, and what it may do.",
    )
    .access(Access::Account)
    .answers(200, "The token.", named("OwnApiToken"), answer)
    .fails(&[404])
}

fn revoke_token() -> Operation {
    operation(
        "revokeApiToken",
        "Revoke an API token",
        "It counts no more: at once in this server, within a second in others of the same data. Also an account's own tokens end so. A token may revoke itself: then `is_current` is true, and this was its last call.",
    )
    .path("id", "The token's id, not the token itself.", "")
    .answers(200, "The token as it is now.", named("ApiToken"), example("revoked"))
    .fails(&[404])
}
