//! `POST /api-token`

use axum::extract::State;
use crosswalk_accounts::{AccountId, NewToken, StoreError};
use crosswalk_model::Instant;
use http::StatusCode;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::lifetime::Lifetime;
use crate::app::App;
use crate::audit::Affected;
use crate::auth::{Caller, no_account};
use crate::body::JsonObject;
use crate::error::{Answer, Failure, json_value};
use crate::views;

/// The longest name, in characters.
const LONGEST_NAME: usize = 100;

/// Whoever comes this far may do everything in the environment, so a token can't make one that may more than it;
/// that none outlives its maker is seen to by [`Lifetime`].
pub(super) async fn create(State(app): State<App>, caller: Caller, body: JsonObject) -> Answer {
    caller.whole_environment()?;
    body.only(&["name", "expires_in", "read_only", "integrated_account_ids"])?;
    let name = body.text("name")?.filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| {
        Failure::new(
            400,
            "`name` is missing: what the token is for, to know it again in the list",
        )
    })?;
    if name.chars().count() > LONGEST_NAME {
        return Err(Failure::new(
            400,
            format!("`name` must have at most {LONGEST_NAME} characters"),
        ));
    }
    let new = NewToken {
        scope: accounts(&app, &caller, &body).await?,
        read_only: body.boolean("read_only")?.unwrap_or(false),
        expires_at: Lifetime::OF_ENVIRONMENT.end(&caller, &body)?,
        ..NewToken::of_environment(name, caller.environment().clone())
    };
    let made = app.inner.store.create_token(new).await;
    let issued = made.map_err(|error| match error {
        StoreError::TooMany { .. } => Failure::new(400, error.to_string()),
        StoreError::NotFound(_) => Failure::new(
            400,
            "`integrated_account_ids` names one that was removed just now",
        ),
        other => other.into(),
    })?;
    let token = &issued.token;
    let mut view = views::token(token, &caller.0.token_id);
    view["token"] = issued.secret.expose_secret().into();
    let detail = json!({
        "name": token.name,
        "read_only": token.read_only,
        "accounts": token.scope,
        "expires_at": token.expires_at.map(|at| Instant(at).to_string()),
    });
    Ok(Affected::new(token.id.as_str())
        .with(detail)
        .mark(json_value(StatusCode::CREATED, &view)))
}

/// The accounts that the token is to reach, if not all.
async fn accounts(app: &App, caller: &Caller, body: &JsonObject) -> Result<Option<Vec<AccountId>>, Failure> {
    let wrong = || {
        Failure::new(
            400,
            "`integrated_account_ids` must be an array of accounts' ids; leave it out for a token of all accounts",
        )
    };
    let named = match body.0.get("integrated_account_ids") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(named)) if !named.is_empty() => named,
        Some(_) => return Err(wrong()),
    };
    let mut ids: Vec<AccountId> = Vec::with_capacity(named.len().min(1000));
    for id in named {
        let id = AccountId::from(id.as_str().ok_or_else(wrong)?);
        if ids.contains(&id) {
            continue;
        }
        if app
            .inner
            .store
            .account(caller.environment(), &id)
            .await?
            .is_none()
        {
            let Failure(unknown) = no_account(id.as_str());
            return Err(Failure::new(
                400,
                format!("`integrated_account_ids`: {}", unknown.message),
            ));
        }
        ids.push(id);
    }
    Ok(Some(ids))
}
