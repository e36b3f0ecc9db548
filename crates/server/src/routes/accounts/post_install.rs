//! `POST /integrated-account/run-post-install-actions`, which published clients call after connecting.

use axum::extract::State;
use serde_json::{Value, json};

use super::list;
use crate::app::App;
use crate::auth::Caller;
use crate::body::JsonObject;
use crate::error::Answer;
use crate::reference::endpoint::{Access, Group, Operation, named};

/// Everything that connecting asks for is done before an account is given out, so there is nothing left to run:
/// the account is answered as it is.
pub(super) async fn run(State(app): State<App>, caller: Caller, body: JsonObject) -> Answer {
    let named = match body.text("integrated_account_id")? {
        Some(id) => Some(id),
        None => body.text("id")?,
    };
    let id = caller.account(named.filter(|id| !id.is_empty()))?;
    list::one(&app, &caller, &id).await
}

pub(super) fn told(id: &str, account: &Value) -> Operation {
    Operation::new(
        "runPostInstallActions",
        Group::Accounts,
        "Finish connecting an account",
        "Kept for clients that call it after connecting. An account is ready as soon as it has an id here, so nothing is run; the answer is the account as it is.",
    )
    .access(Access::Account)
    .body(named("AccountName"), json!({ "integrated_account_id": id }))
    .answers(200, "The account.", named("Account"), account.clone())
    .fails(&[404])
}
