//! `/environment-integration`: an environment's own OAuth apps at the vendors.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use crosswalk_accounts::{OAuthApp, OAuthAppId, OAuthAppUpdate, SecretValues};
use crosswalk_connector::Connector;
use crosswalk_model::Instant;
use http::StatusCode;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::app::App;
use crate::audit::Affected;
use crate::auth::Caller;
use crate::body::JsonObject;
use crate::error::{Answer, Failure, json_value};
use crate::routes::listing::page;

/// The names of a connector in a body, for clients of different habits.
const NAMES: [&str; 3] = ["integration", "integration_name", "integration_id"];

/// `GET /environment-integration`
pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Answer {
    caller.whole_environment()?;
    let apps = app.inner.store.oauth_apps(caller.environment()).await?;
    let result: Vec<Value> = apps.iter().map(|known| view(&app, known)).collect();
    Ok(page(&result, None))
}

/// `POST /environment-integration`: sets the app of a connector, in place of the one that there may be.
pub(crate) async fn create(State(app): State<App>, caller: Caller, body: JsonObject) -> Answer {
    caller.whole_environment()?;
    let mut named = None;
    for name in NAMES {
        named = named.or(body.text(name)?.filter(|text| !text.is_empty()));
    }
    let named = named.ok_or_else(|| {
        Failure::new(
            400,
            "`integration` is missing: the name of a connector, as `hubspot`",
        )
    })?;
    let connector = app.connector(&named).map_err(|mut unknown| {
        unknown.0.status = 400;
        unknown
    })?;
    with_oauth(connector)?;
    let client = client(&body)?;
    for name in ["client_id", "client_secret"] {
        if !client.contains_key(name) {
            return Err(Failure::new(
                400,
                format!(
                    "`{name}` is missing: {} gave it when you registered your app there",
                    connector.label()
                ),
            ));
        }
    }
    let scopes = scopes(&body, "scopes")?.flatten();
    let (made, is_new) = app
        .inner
        .store
        .put_oauth_app(caller.environment(), connector.name(), &client, scopes.as_deref())
        .await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok(Affected::new(made.id.as_str())
        .with(json!({ "integration": made.integration }))
        .mark(json_value(status, &view(&app, &made))))
}

/// `GET /environment-integration/{id}`
pub(crate) async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    caller.whole_environment()?;
    let id = find(&app, &caller, &id).await?;
    let known = app.inner.store.oauth_app(caller.environment(), &id).await?;
    let known = known.ok_or_else(|| missing(id.as_str()))?;
    Ok(json_value(StatusCode::OK, &view(&app, &known)))
}

/// `PATCH /environment-integration/{id}`
pub(crate) async fn update(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    body: JsonObject,
) -> Answer {
    caller.whole_environment()?;
    let id = find(&app, &caller, &id).await?;
    let update = OAuthAppUpdate {
        client: client(&body)?,
        scopes: scopes(&body, "scopes")?,
    };
    if update.client.is_empty() && update.scopes.is_none() {
        return Err(Failure::new(
            400,
            "there is nothing to change: send `client_id`, `client_secret` or `scopes`",
        ));
    }
    let changed = app
        .inner
        .store
        .update_oauth_app(caller.environment(), &id, &update)
        .await?
        .ok_or_else(|| missing(id.as_str()))?;
    Ok(json_value(StatusCode::OK, &view(&app, &changed)))
}

/// `DELETE /environment-integration/{id}`
pub(crate) async fn delete(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    caller.whole_environment()?;
    let id = find(&app, &caller, &id).await?;
    if !app
        .inner
        .store
        .delete_oauth_app(caller.environment(), &id)
        .await?
    {
        return Err(missing(id.as_str()));
    }
    Ok(StatusCode::NO_CONTENT.into_response() as Response)
}

/// An app by its id, or by its connector's name.
async fn find(app: &App, caller: &Caller, named: &str) -> Result<OAuthAppId, Failure> {
    let apps = app.inner.store.oauth_apps(caller.environment()).await?;
    apps.into_iter()
        .find(|known| known.id.as_str() == named || known.integration == named)
        .map(|known| known.id)
        .ok_or_else(|| missing(named))
}

fn missing(id: &str) -> Failure {
    let shown: String = id.chars().take(100).collect();
    Failure::new(404, format!("there is no environment integration `{shown}`"))
}

fn with_oauth(connector: &Connector) -> Result<(), Failure> {
    let has = connector
        .file
        .auth
        .schemes
        .values()
        .any(|scheme| scheme.token.is_some());
    if has {
        return Ok(());
    }
    Err(Failure::new(
        400,
        format!("{} has no OAuth, so there is no app to set up", connector.label()),
    ))
}

fn client(body: &JsonObject) -> Result<SecretValues, Failure> {
    let mut client = SecretValues::new();
    for name in ["client_id", "client_secret"] {
        if let Some(value) = body.text(name)?.filter(|text| !text.is_empty()) {
            client.insert(name.to_owned(), SecretString::from(value));
        }
    }
    Ok(client)
}

/// A list of scopes; `Some(None)` when it is null or empty.
pub(super) fn scopes(body: &JsonObject, name: &str) -> Result<Option<Option<Vec<String>>>, Failure> {
    let Some(value) = body.0.get(name) else {
        return Ok(None);
    };
    let wrong = || {
        Failure::new(
            400,
            format!("`{name}` must be a list of scopes, as [\"users.read\"]"),
        )
    };
    let list: Vec<String> = match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items
            .iter()
            .map(|item| {
                item.as_str()
                    .map(|text| text.trim().to_owned())
                    .filter(|text| !text.is_empty())
            })
            .collect::<Option<_>>()
            .ok_or_else(wrong)?,
        _ => return Err(wrong()),
    };
    Ok(Some(Some(list).filter(|list| !list.is_empty())))
}

/// An app, without its secret and without its id at the vendor.
fn view(app: &App, known: &OAuthApp) -> Value {
    json!({
        "id": known.id.as_str(),
        "environment_id": known.environment_id.as_str(),
        "integration": known.integration,
        "scopes": known.scopes,
        "redirect_uri": app.inner.connect.callback(),
        "created_at": Instant(known.created_at).to_string(),
        "updated_at": Instant(known.updated_at).to_string(),
    })
}
