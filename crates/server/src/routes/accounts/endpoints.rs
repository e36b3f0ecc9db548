//! What the calls of this group are.

use serde_json::{Value, json};

use super::{change, create, delete, list, post_install, token};
use crate::reference::endpoint::{Access, Endpoint, Group, Operation, named};
use crate::routes::integrations::{capabilities_answer, capability_filters};
use crate::routes::listing::paged;

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/integrated-account", list::list, list_accounts()),
        Endpoint::post("/integrated-account", create::create, create_account()),
        Endpoint::get("/integrated-account/me", list::me, own_account()),
        Endpoint::patch("/integrated-account/me", change::update_me, update_own_account()),
        Endpoint::post("/integrated-account/token", token::create_token, create_token()),
        Endpoint::post(
            "/integrated-account/refresh-credentials",
            change::refresh_credentials,
            refresh_credentials(),
        ),
        Endpoint::post(
            "/integrated-account/run-post-install-actions",
            post_install::run,
            post_install::told(ID, &account()),
        ),
        Endpoint::get("/integrated-account/{id}", list::show, get_account()),
        Endpoint::patch("/integrated-account/{id}", change::update, update_account()),
        Endpoint::delete("/integrated-account/{id}", delete::delete, delete_account()),
        Endpoint::patch(
            "/integrated-account/{id}/credentials",
            change::change_credentials,
            change_credentials(),
        ),
        Endpoint::get(
            "/integrated-account/{id}/capabilities",
            crate::routes::integrations::account_capabilities,
            account_capabilities(),
        ),
    ]
}

const ID: &str = "4b6a31bb-6d67-4651-a509-13318e8e63a8";

fn operation(id: &str, summary: &str, description: &str) -> Operation {
    Operation::new(id, Group::Accounts, summary, description)
}

fn of_id(operation: Operation) -> Operation {
    operation.path("id", "The account.", "").fails(&[404])
}

fn account() -> Value {
    json!({
        "id": ID,
        "tenant_id": "acme-1",
        "integration": "hubspot",
        "authentication_method": "api_key",
        "status": "active",
        "last_error": null,
        "context": {},
        "unified_model_override": null,
        "created_at": "2024-05-06T07:08:09.000Z",
        "updated_at": "2024-05-06T07:08:09.000Z",
        "last_used_at": null,
        "quota": { "remaining": "3999", "seen_at": "2024-05-06T07:08:09.000Z" },
    })
}

fn list_accounts() -> Operation {
    let statuses = crosswalk_accounts::AccountStatus::ALL.map(crosswalk_accounts::AccountStatus::as_str);
    let operation = operation(
        "listAccounts",
        "List accounts",
        "The accounts of the token's environment, oldest first.",
    )
    .query(
        "tenant_id",
        "Only those of this customer of yours.",
        json!({ "type": "string" }),
        "",
    )
    .query(
        "integration",
        "Only those of this connector.",
        json!({ "type": "string" }),
        "",
    )
    .query(
        "status",
        "Only those in this state.",
        json!({ "type": "string", "enum": statuses }),
        "",
    );
    paged(operation, "accounts").answers(
        200,
        "A page of accounts.",
        named("AccountPage"),
        json!({ "result": [account()], "next_cursor": null, "prev_cursor": null, "result_count": 1, "is_partial_response": false }),
    )
}

fn create_account() -> Operation {
    operation(
        "createAccount",
        "Connect an account",
        "Asks the CRM first whether the credentials are good; what it refuses is a 422 and is not stored. `GET /integration/{name}` tells what a connector needs.",
    )
    .query(
        "validate",
        "Whether the CRM is asked first.",
        json!({ "type": "boolean", "default": true }),
        "",
    )
    .body(
        named("NewAccount"),
        json!({ "integration": "hubspot", "authentication_method": "api_key", "tenant_id": "acme-1", "context": { "api_key": "pat-…" } }),
    )
    .answers(201, "The account.", named("Account"), account())
    .fails(&[422, 502])
}

fn own_account() -> Operation {
    operation(
        "getOwnAccount",
        "Get the token's account",
        "The account of an account's own token.",
    )
    .access(Access::Account)
    .query(
        "integrated_account_id",
        "The account; it is needed with a token of the environment only.",
        json!({ "type": "string" }),
        "",
    )
    .answers(200, "The account.", named("Account"), account())
    .fails(&[404])
}

fn update_own_account() -> Operation {
    operation(
        "updateOwnAccount",
        "Change the token's account",
        "Changes the tenant or settings of an account's own token's account.",
    )
    .access(Access::Account)
    .query(
        "integrated_account_id",
        "The account; it is needed with a token of the environment only.",
        json!({ "type": "string" }),
        "",
    )
    .body(named("AccountChange"), json!({ "tenant_id": "acme-2" }))
    .answers(200, "The account as it is now.", named("Account"), account())
    .fails(&[404])
}

fn create_token() -> Operation {
    operation(
        "createAccountToken",
        "Make a token of one account",
        "The token reaches that account's unified, proxy and `/integrated-account/me` calls only; with it, `integrated_account_id` may be left out.",
    )
    .body(
        named("NewAccountToken"),
        json!({ "integrated_account_id": ID, "expires_in": 3600 }),
    )
    .answers(
        201,
        "The token.",
        named("AccountToken"),
        json!({ "token": "cw_…", "integrated_account_id": ID, "read_only": false, "expires_at": "2024-05-06T08:08:09.000Z" }),
    )
    .fails(&[404])
}

fn refresh_credentials() -> Operation {
    operation(
        "refreshCredentials",
        "Refresh an account's credentials",
        "Gets a new access token where there is a refresh, and asks the CRM whether the account lives: also one that was given up.",
    )
    .body(named("AccountName"), json!({ "integrated_account_id": ID }))
    .answers(200, "The account, which lives.", named("Account"), account())
    .fails(&[404, 502])
}

fn get_account() -> Operation {
    of_id(operation(
        "getAccount",
        "Get an account",
        "One account, without its secrets.",
    ))
    .answers(200, "The account.", named("Account"), account())
}

fn update_account() -> Operation {
    of_id(operation(
        "updateAccount",
        "Change an account",
        "Changes the tenant or settings. Credentials have a call of their own.",
    ))
    .body(named("AccountChange"), json!({ "tenant_id": "acme-2" }))
    .answers(200, "The account as it is now.", named("Account"), account())
}

fn delete_account() -> Operation {
    of_id(operation(
        "deleteAccount",
        "Remove an account",
        "Its credentials and tokens are gone with it. After that the CRM is asked to end its tokens too, where it has a call for that; nobody waits for it.",
    ))
    .query(
        "revoke",
        "Whether the CRM is asked to end the tokens.",
        json!({ "type": "boolean", "default": true }),
        "",
    )
    .answers_nothing(204, "It is gone.")
}

fn change_credentials() -> Operation {
    of_id(operation(
        "changeCredentials",
        "Change an account's credentials",
        "The new values are checked with the CRM first; what it refuses is a 422, and the old ones stay; so they do when the CRM can not be asked.",
    ))
    .query(
        "validate",
        "Whether the CRM is asked first.",
        json!({ "type": "boolean", "default": true }),
        "",
    )
    .body(
        named("CredentialsChange"),
        json!({ "context": { "api_key": "pat-…" } }),
    )
    .answers(200, "The account as it is now.", named("Account"), account())
    .fails(&[422, 502])
}

fn account_capabilities() -> Operation {
    capabilities_answer(capability_filters(of_id(operation(
        "getAccountCapabilities",
        "What can be called on an account",
        "The resources and methods of its connector.",
    ))))
}
