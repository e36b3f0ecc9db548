//! `/api-token`: what a token is.

use crosswalk_accounts::{AccountId, Principal};
use crosswalk_model::Instant;
use http::StatusCode;
use serde_json::{Value, json};

use crate::auth::Reader;
use crate::error::{Answer, json_value};
use crate::reference::endpoint::{Access, Endpoint, Group, Operation, named};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::get(
        "/api-token/me",
        me,
        Operation::new(
            "getOwnToken",
            Group::Server,
            "What this token is",
            "What the token that makes the call reaches, and whether it may change anything.",
        )
        .access(Access::Account)
        .answers(
            200,
            "The token.",
            named("OwnToken"),
            json!({
                "id": "c3f9f0a4-2f4c-4f0f-9a57-6d2f0f3b1c11",
                "name": "my-app",
                "environment_id": "6a0f3c35-2c1e-4a57-8f39-3f1f6f7c0c11",
                "integrated_account_id": null,
                "integrated_account_ids": null,
                "read_only": false,
                "expires_at": null,
            }),
        ),
    )]
}

/// A caller may always know what it may do.
async fn me(Reader(principal): Reader) -> Answer {
    Ok(json_value(StatusCode::OK, &own(&principal)))
}

pub(crate) fn own(principal: &Principal) -> Value {
    json!({
        "id": principal.token_id.as_str(),
        "name": principal.token_name,
        "environment_id": principal.environment_id.as_str(),
        "integrated_account_id": principal.account_id.as_ref().map(AccountId::as_str),
        "integrated_account_ids": principal.scope,
        "read_only": principal.read_only,
        "expires_at": principal.expires_at.map(|end| Instant(end).to_string()),
    })
}
