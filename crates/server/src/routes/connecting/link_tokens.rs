//! `POST /link-token`: leave to connect one account in a browser.

use axum::extract::State;
use crosswalk_accounts::{AccountId, LinkOptions, NewLinkToken, SecretValues, StoreError};
use crosswalk_model::Instant;
use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::oauth_apps::scopes;
use crate::app::App;
use crate::audit::Affected;
use crate::auth::{Caller, no_account};
use crate::body::JsonObject;
use crate::connect::redirect;
use crate::error::{Answer, Failure, json_value};

/// How long a link token lives unless told otherwise, in seconds.
const LIFETIME: i64 = 60 * 60;
const LONGEST: i64 = 30 * 24 * 60 * 60;

pub(crate) async fn create(State(app): State<App>, caller: Caller, body: JsonObject) -> Answer {
    caller.whole_environment()?;
    let given = |name: &str| Ok::<_, Failure>(body.text(name)?.filter(|text| !text.is_empty()));
    let (tenant, account) = (given("tenant_id")?, given("integrated_account_id")?);
    let (tenant_id, account_id) = match (tenant, account) {
        (Some(tenant), None) => (tenant, None),
        (None, Some(id)) => {
            let id = AccountId::from(id);
            let known = app.inner.store.account(caller.environment(), &id).await?;
            let known = known.ok_or_else(|| no_account(id.as_str()))?;
            (known.tenant_id, Some(id))
        }
        (None, None) => {
            return Err(Failure::new(
                400,
                "`tenant_id` is missing: whose account it will be (or `integrated_account_id`, to connect that account again)",
            ));
        }
        (Some(_), Some(_)) => {
            return Err(Failure::new(
                400,
                "send either `tenant_id`, for a new account, or `integrated_account_id`, to connect that account again",
            ));
        }
    };
    let redirect_uri = given("redirect_uri")?;
    if let Some(uri) = &redirect_uri {
        let allowed = app.inner.store.redirect_uris(caller.environment()).await?;
        redirect::allowed(uri, &allowed, app.inner.connect.base())
            .map_err(|problem| Failure::new(400, format!("`redirect_uri` {problem}")))?;
    }
    let expires_at = jiff::Timestamp::now().as_millisecond() + expires_in(&body)? * 1000;
    let new = NewLinkToken {
        environment_id: caller.environment().clone(),
        account_id,
        tenant_id,
        options: LinkOptions {
            redirect_uri,
            integrations: integrations(&app, &body)?,
            scopes: scopes(&body, "scopes")?.flatten(),
        },
        context: context(&body)?,
        expires_at,
    };
    let (token, secret) = app
        .inner
        .store
        .create_link_token(new)
        .await
        .map_err(|error| match error {
            StoreError::NotFound(_) => Failure::new(404, "the account to connect again is gone"),
            other => other.into(),
        })?;
    let answer = json!({
        "link_token": secret.expose_secret(),
        "connect_url": app.inner.connect.link(secret.expose_secret()),
        "tenant_id": token.tenant_id,
        "integrated_account_id": token.account_id.as_ref().map(AccountId::as_str),
        "redirect_uri": token.options.redirect_uri,
        "integrations": token.options.integrations,
        "expires_at": Instant(expires_at).to_string(),
    });
    let detail =
        json!({ "tenant_id": token.tenant_id, "integrated_account_id": answer["integrated_account_id"] });
    Ok(Affected::new(token.id.as_str())
        .with(detail)
        .mark(json_value(StatusCode::CREATED, &answer)))
}

fn expires_in(body: &JsonObject) -> Result<i64, Failure> {
    match body.0.get("expires_in") {
        None | Some(Value::Null) => Ok(LIFETIME),
        Some(value) => value
            .as_i64()
            .filter(|seconds| (1..=LONGEST).contains(seconds))
            .ok_or_else(|| Failure::new(400, format!("`expires_in` must be 1 to {LONGEST} seconds"))),
    }
}

/// The connectors that may be chosen: a list, or names with commas between them.
fn integrations(app: &App, body: &JsonObject) -> Result<Vec<String>, Failure> {
    let wrong = || {
        Failure::new(
            400,
            "`integrations` must be a list of connectors' names, as [\"hubspot\"]",
        )
    };
    let mut names: Vec<String> = match body.0.get("integrations") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) => text.split(',').map(|name| name.trim().to_owned()).collect(),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().map(|name| name.trim().to_owned()))
            .collect::<Option<_>>()
            .ok_or_else(wrong)?,
        Some(_) => return Err(wrong()),
    };
    names.extend(body.text("integration")?);
    names.retain(|name| !name.is_empty());
    for name in &names {
        app.connector(name).map_err(|mut unknown| {
            unknown.0.status = 400;
            unknown
        })?;
    }
    Ok(names)
}

fn context(body: &JsonObject) -> Result<SecretValues, Failure> {
    let mut context = SecretValues::new();
    for (name, value) in body.object("context")? {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text.trim().to_owned(),
            Value::Object(_) | Value::Array(_) => {
                return Err(Failure::new(400, format!("`context.{name}` must be a text")));
            }
            other => other.to_string(),
        };
        if !text.is_empty() {
            context.insert(name, SecretString::from(text));
        }
    }
    Ok(context)
}
