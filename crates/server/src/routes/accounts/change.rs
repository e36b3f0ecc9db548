//! Changes of an account: its tenant, settings and credentials.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use crosswalk_accounts::{AccountId, AccountStatus, AccountUpdate, CredentialsChange, Principal};
use crosswalk_engine::Liveness;
use serde_json::{Map, Value};

use super::context::Extent;
use super::create::{check, wants};
use super::{context, list, overrides};
use crate::app::App;
use crate::auth::{Caller, no_account};
use crate::body::JsonObject;
use crate::error::{Answer, Failure};

/// `PATCH /integrated-account/{id}`
pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    body: JsonObject,
) -> Answer {
    let id = AccountId::from(id.as_str());
    caller.manages(&id)?;
    apply(&app, &caller, &id, &body).await
}

/// `PATCH /integrated-account/me`
pub(crate) async fn update_me(
    State(app): State<App>,
    caller: Caller,
    RawQuery(raw): RawQuery,
    body: JsonObject,
) -> Answer {
    let id = caller.account(crosswalk_model::Query::account_of(&raw.unwrap_or_default())?)?;
    apply(&app, &caller, &id, &body).await
}

async fn apply(app: &App, caller: &Caller, id: &AccountId, body: &JsonObject) -> Answer {
    let reached = app.find(caller, id).await?;
    let context = body.object("context")?;
    let secret: Vec<&String> = context
        .keys()
        .filter(|name| !reached.connector.file.settings.contains_key(*name))
        .collect();
    if let Some(name) = secret.first() {
        return Err(Failure::new(
            400,
            format!(
                "`context.{name}` is no setting of {}; change credentials with PATCH /integrated-account/{id}/credentials",
                reached.connector.label()
            ),
        ));
    }
    let settings = context::split(&reached.connector, reached.method, &context, Extent::Part)?.settings;
    let overridden = overrides::said(app, caller, &reached.connector, body).await?;
    let update = AccountUpdate {
        tenant_id: body.text("tenant_id")?,
        settings: (!settings.is_empty()).then_some(settings),
    };
    app.inner
        .store
        .update_account(caller.environment(), id, &update)
        .await?
        .ok_or_else(|| no_account(id.as_str()))?;
    overrides::keep(app, caller, id, overridden).await?;
    list::one(app, caller, id).await
}

/// `PATCH /integrated-account/{id}/credentials`: new values in place of the old ones, checked with the
/// vendor first unless `?validate=false`.
pub(crate) async fn change_credentials(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
    body: JsonObject,
) -> Answer {
    let id = AccountId::from(id.as_str());
    caller.manages(&id)?;
    let validate = wants(&raw.unwrap_or_default(), "validate")?;
    let reached = app.find(&caller, &id).await?;
    // The values may stand in `context`, as when the account was made, or by themselves.
    let given: Map<String, Value> = if body.0.contains_key("context") {
        body.object("context")?
    } else {
        body.0.clone()
    };
    let split = context::split(&reached.connector, reached.method, &given, Extent::Part)?;
    if split.credentials.is_empty() && split.settings.is_empty() && split.expires_at.is_none() {
        return Err(Failure::new(
            400,
            "there is nothing to change: send the new values in `context`",
        ));
    }
    let change = CredentialsChange {
        values: split.credentials,
        expires_at: split.expires_at,
        settings: split.settings,
        keep_others: true,
    };
    if validate {
        // The client may go away while the vendor is asked; what was begun is finished either way.
        let (app, caller, id) = (app.clone(), caller.clone(), id.clone());
        tokio::spawn(async move { try_credentials(&app, &caller, &id, &change).await })
            .await
            .map_err(|_| Failure::new(500, "the check of the credentials failed"))??;
    } else {
        app.inner
            .store
            .change_credentials(caller.environment(), &id, &change)
            .await?
            .ok_or_else(|| no_account(id.as_str()))?;
    }
    list::one(&app, &caller, &id).await
}

/// Changes credentials if the vendor accepts the new ones. Until then they stand beside the account: what
/// does not work takes nothing away from what was there, nor from a refresh that is under way.
async fn try_credentials(
    app: &App,
    caller: &Caller,
    id: &AccountId,
    change: &CredentialsChange,
) -> Result<(), Failure> {
    let store = &app.inner.store;
    let environment = caller.environment();
    let staged = store
        .stage_credentials(environment, id, change)
        .await?
        .ok_or_else(|| no_account(id.as_str()))?;
    // A token of some accounts does not reach the staged one.
    let whole = Caller(Arc::new(Principal {
        scope: None,
        ..(*caller.0).clone()
    }));
    let checked = check(app, &whole, &staged).await;
    if checked.is_ok() && store.adopt_credentials(environment, id, &staged).await?.is_some() {
        return Ok(());
    }
    store.delete_account(environment, &staged).await?;
    checked?;
    Err(no_account(id.as_str()))
}

/// `POST /integrated-account/refresh-credentials`: refreshes, or looks whether the account lives; also one
/// that was given up.
pub(crate) async fn refresh_credentials(State(app): State<App>, caller: Caller, body: JsonObject) -> Answer {
    let named = match body.text("integrated_account_id")? {
        Some(id) => Some(id),
        None => body.text("id")?,
    };
    caller.no_account_token()?;
    let id = caller.account(named.filter(|id| !id.is_empty()))?;
    let reached = app.find(&caller, &id).await?;
    if reached.connection.account.status == AccountStatus::Connecting {
        return Err(Failure::new(
            400,
            "this account is still being connected; call again when it is active",
        ));
    }
    let refreshed = app
        .inner
        .refresher
        .refresh_now(
            &id,
            std::time::Instant::now() + std::time::Duration::from_secs(20),
        )
        .await;
    match refreshed {
        Ok(_) => {}
        Err(crosswalk_accounts::RefreshError::Unsupported) => {}
        Err(crosswalk_accounts::RefreshError::Refused(reason)) => {
            return Err(dead(&app, &reached.connector, &id, &reason).await);
        }
        Err(crosswalk_accounts::RefreshError::Passing(delay)) => {
            return Err(delay
                .to_error(format!(
                    "the credentials for {} could not be refreshed for now: {delay}",
                    reached.connector.label()
                ))
                .into());
        }
        Err(error) => return Err(Failure::new(502, error.to_string())),
    }
    verify(&app, &caller, &id).await
}

/// Asks the vendor and writes down what it says of the account.
async fn verify(app: &App, caller: &Caller, id: &AccountId) -> Result<Response, Failure> {
    let reached = app.find(caller, id).await?;
    match app.inner.engine.check(&app.target(&reached, true)).await {
        Liveness::Alive => {
            app.inner
                .store
                .set_status(id, AccountStatus::Active, None, None)
                .await?;
            list::one(app, caller, id).await
        }
        Liveness::Dead(words) => {
            let words = reached.connection.credentials.scrub(&words);
            Err(dead(app, &reached.connector, id, &words).await)
        }
        Liveness::Unknown(delay) => Err(delay
            .to_error(format!(
                "{} could not be asked: {}",
                reached.connector.label(),
                reached.connection.credentials.scrub(&delay.reason)
            ))
            .into()),
    }
}

async fn dead(app: &App, connector: &crosswalk_connector::Connector, id: &AccountId, words: &str) -> Failure {
    if let Err(error) = app
        .inner
        .store
        .set_status(id, AccountStatus::NeedsReauth, Some(words), None)
        .await
    {
        return error.into();
    }
    crosswalk_model::ApiError::new(
        401,
        format!(
            "{} does not accept this account's credentials any more ({words}); give it new ones",
            connector.label()
        ),
    )
    .with_remote(crosswalk_model::Remote::default())
    .into()
}
