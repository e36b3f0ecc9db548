//! `GET /proxy/{resource}` and `/{id}`: the vendor's own resources.

use axum::extract::{Path, RawQuery, State};
use crosswalk_model::{Capabilities, Endpoint, FieldSet, Query};
use http::StatusCode;

use super::reach::{Reached, scrub};
use crate::app::App;
use crate::auth::Caller;
use crate::error::{Answer, Failure, json};
use crate::reference::endpoint::{Endpoint as Route, Told};
use crate::reference::proxy as told;

pub(super) fn endpoints() -> Vec<Route> {
    vec![
        Route::get("/proxy/{resource}", list, Told::from(told::list())),
        Route::get("/proxy/{resource}/{id}", get, Told::from(told::get())),
    ]
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(resource): Path<String>,
    RawQuery(raw): RawQuery,
) -> Answer {
    let raw = raw.unwrap_or_default();
    let reached = app.reach(&caller, Query::account_of(&raw)?).await?;
    known(&reached, &resource)?;
    let (model, query) = query(&app, &reached, Endpoint::ProxyList, &raw)?;
    let target = app.target(&reached, false);
    let answer = app
        .inner
        .engine
        .proxy_list(model, &target, &resource, &query)
        .await
        .map_err(|error| scrub(&reached, error))?;
    Ok(json(StatusCode::OK, answer.body))
}

async fn get(
    State(app): State<App>,
    caller: Caller,
    Path((resource, id)): Path<(String, String)>,
    RawQuery(raw): RawQuery,
) -> Answer {
    let raw = raw.unwrap_or_default();
    let reached = app.reach(&caller, Query::account_of(&raw)?).await?;
    known(&reached, &resource)?;
    let (_, query) = query(&app, &reached, Endpoint::ProxyGet, &raw)?;
    let target = app.target(&reached, false);
    let body = app
        .inner
        .engine
        .proxy_get(&target, &resource, &id, &query.remote_query)
        .await
        .map_err(|error| scrub(&reached, error))?;
    Ok(json(StatusCode::OK, body))
}

fn query<'a>(
    app: &'a App,
    reached: &Reached,
    endpoint: Endpoint,
    raw: &str,
) -> Result<(&'a crosswalk_model::UnifiedModel, Query), Failure> {
    let model = app
        .inner
        .models
        .first()
        .ok_or_else(|| Failure::new(500, "there is no unified model"))?;
    let given = Capabilities {
        label: reached.connector.label(),
        fields: FieldSet::default(),
        parameters: Vec::new(),
    };
    Ok((model, Query::parse(model, &given, endpoint, raw)?))
}

fn known(reached: &Reached, resource: &str) -> Result<(), Failure> {
    let resources = &reached.connector.file.resources;
    if resources.contains_key(resource) {
        return Ok(());
    }
    let known: Vec<&str> = resources.keys().map(String::as_str).collect();
    let shown: String = resource.chars().take(60).collect();
    Err(Failure::new(
        404,
        format!(
            "{} has no resource `{shown}` here; there is {}",
            reached.connector.label(),
            known.join(", ")
        ),
    ))
}
