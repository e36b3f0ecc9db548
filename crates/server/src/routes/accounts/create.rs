//! `POST /integrated-account`

use axum::extract::{RawQuery, State};
use axum::response::Response;
use crosswalk_accounts::{Account, AccountId, AccountStatus, NewAccount};
use crosswalk_engine::Liveness;
use crosswalk_model::{ApiError, Insight, ParamTree, Remote, query::parse_pairs};
use http::StatusCode;
use serde_json::json;

use super::context::Extent;
use super::{context, overrides};
use crate::app::App;
use crate::audit::Affected;
use crate::auth::Caller;
use crate::body::JsonObject;
use crate::error::{Answer, Failure, json_value};
use crate::request_log::carried;
use crate::views;

/// Connects an account. The vendor is asked first, unless `?validate=false`; what it refuses is not kept.
pub(crate) async fn create(
    State(app): State<App>,
    caller: Caller,
    RawQuery(raw): RawQuery,
    body: JsonObject,
) -> Answer {
    caller.whole_environment()?;
    let validate = wants(&raw.unwrap_or_default(), "validate")?;
    let integration = body
        .text("integration")?
        .filter(|name| !name.is_empty())
        .ok_or_else(|| {
            Failure::new(
                400,
                "`integration` is missing: the name of a connector, as `hubspot`",
            )
        })?;
    let connector = app.inner.registry.get(&integration).ok_or_else(|| {
        let known: Vec<&str> = app
            .inner
            .registry
            .iter()
            .map(|connector| connector.name())
            .collect();
        Failure::new(400, format!("`integration` must be one of: {}", known.join(", ")))
    })?;
    let method = context::method(
        connector,
        body.text("authentication_method")?
            .filter(|name| !name.is_empty()),
    )?;
    let app_of_environment = app
        .inner
        .store
        .oauth_client(caller.environment(), &integration)
        .await?;
    let extent = app_of_environment.map_or(Extent::Whole, |_| Extent::WithoutClient);
    let split = context::split(connector, method, &body.object("context")?, extent)?;
    let overridden = overrides::said(&app, &caller, connector, &body).await?;
    let new = NewAccount {
        tenant_id: body.text("tenant_id")?.unwrap_or_default(),
        integration,
        authentication_method: method.as_str().to_owned(),
        settings: split.settings,
        credentials: split.credentials,
        expires_at: split.expires_at,
    };
    if !validate {
        let account = app.inner.store.create_account(caller.environment(), new).await?;
        overrides::keep(&app, &caller, &account.id, overridden).await?;
        let kept = app.inner.store.account(caller.environment(), &account.id).await?;
        return Ok(created(&kept.unwrap_or(account)));
    }
    let id = app.inner.store.begin_account(caller.environment(), new).await?.id;
    overrides::keep(&app, &caller, &id, overridden).await?;
    // The client may go away while the vendor is asked; what was begun is finished either way.
    let (task_app, environment, task_id) = (app.clone(), caller.environment().clone(), id.clone());
    let checked = tokio::spawn(carried(async move {
        let verdict = check(&task_app, &caller, &task_id).await;
        match &verdict {
            Ok(()) => drop(
                task_app
                    .inner
                    .store
                    .set_status(&task_id, AccountStatus::Active, None, None)
                    .await?,
            ),
            Err(_) => drop(
                task_app
                    .inner
                    .store
                    .delete_account(&environment, &task_id)
                    .await?,
            ),
        }
        verdict?;
        task_app
            .inner
            .store
            .account(&environment, &task_id)
            .await
            .map_err(Failure::from)
    }));
    let account = checked
        .await
        .map_err(|_| Failure::new(500, "the check of the account failed"))??;
    let account = account.ok_or_else(|| Failure::new(500, "the account is gone"))?;
    Ok(created(&account))
}

fn created(account: &Account) -> Response {
    let detail = json!({ "integration": account.integration, "tenant_id": account.tenant_id });
    Affected::new(account.id.as_str())
        .with(detail)
        .mark(json_value(StatusCode::CREATED, &views::account(account)))
}

/// Asks the vendor whether an account that nobody knows of yet is good.
pub(super) async fn check(app: &App, caller: &Caller, id: &AccountId) -> Result<(), Failure> {
    let reached = app.find(caller, id).await?;
    let label = reached.connector.label();
    match app.inner.engine.check(&app.target(&reached, true)).await {
        Liveness::Alive => Ok(()),
        Liveness::Dead(words) => Err(refused(label, &reached.connection.credentials.scrub(&words)).into()),
        Liveness::Unknown(delay) => Err(delay
            .to_error(format!(
                "{label} could not be asked whether these credentials are good ({}); nothing was stored. Try again, or store them unchecked with `?validate=false`",
                reached.connection.credentials.scrub(&delay.reason)
            ))
            .into()),
    }
}

/// The vendor does not accept credentials.
fn refused(label: &str, words: &str) -> ApiError {
    ApiError::new(422, format!("{label} does not accept these credentials: {words}"))
        .with_remote(Remote::default())
        .with_insight(Insight::new(
            "remote_error",
            "The vendor refused the credentials; nothing was stored.",
            json!({ "message": words }),
        ))
}

/// A parameter that is true unless told otherwise, as `?validate=false`.
pub(super) fn wants(raw: &str, name: &str) -> Result<bool, Failure> {
    let tree = parse_pairs(raw).map_err(|error| Failure::new(400, error.to_string()))?;
    match tree.get(name) {
        None => Ok(true),
        Some(ParamTree::Text(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "" => Ok(true),
            "false" | "0" => Ok(false),
            other => Err(Failure::new(
                400,
                format!("`{name}` must be true or false, not `{other}`"),
            )),
        },
        Some(_) => Err(Failure::new(400, format!("`{name}` takes one value"))),
    }
}
