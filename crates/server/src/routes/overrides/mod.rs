//! `/environment-unified-model-resource-method`: what an environment changes of connectors' mappings.

mod preview;

use axum::extract::{Path, RawQuery, State};
use axum::response::IntoResponse;
use crosswalk_accounts::{EnvironmentOverride, OverrideId, OverrideTarget, StoreError, StoredOverride};
use crosswalk_connector::OverriddenCall;
use crosswalk_model::Instant;
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::listing::{self, Plain};
use crate::app::App;
use crate::audit::Affected;
use crate::auth::Caller;
use crate::body::JsonObject;
use crate::error::{Answer, Failure, json_value};
use crate::glue::overrides::{self, BODY, Layers};
use crate::reference::endpoint::{Endpoint, Group, Operation, named};

pub(super) fn endpoints() -> Vec<Endpoint> {
    const PATH: &str = "/environment-unified-model-resource-method";
    const PREVIEW: &str = "/environment-unified-model-resource-method/preview";
    const ONE: &str = "/environment-unified-model-resource-method/{id}";
    let operation = |id: &str, summary: &str, description: &str| {
        Operation::new(id, Group::Accounts, summary, description)
    };
    let one = |operation: Operation| operation.path("id", "The override.", "").fails(&[404]);
    let example = json!({
        "id": "0b3c5f7e-9f7e-4a52-9d4e-0d6f5f3f2c11",
        "integration": "hubspot",
        "unified_model": "crm",
        "resource": "users",
        "method": "list",
        "override": { "response_mapping": { "loyalty_tier": "custom_fields.tier" } },
        "created_at": "2024-05-06T07:08:09.000Z",
        "updated_at": "2024-05-06T07:08:09.000Z",
    });
    let mut new = example.clone();
    if let Value::Object(members) = &mut new {
        for name in ["id", "created_at", "updated_at"] {
            members.shift_remove(name);
        }
    }
    let shown = || named("EnvironmentOverride");
    vec![
        Endpoint::get(
            PATH,
            list,
            operation(
                "listEnvironmentOverrides",
                "List the environment's mapping overrides",
                "All of the token's environment, oldest first.",
            )
            .query("integration", "Only those of this connector.", json!({ "type": "string" }), "")
            .answers(
                200,
                "The overrides.",
                named("EnvironmentOverridePage"),
                json!({ "result": [example], "next_cursor": null, "prev_cursor": null, "result_count": 1, "is_partial_response": false }),
            ),
        ),
        Endpoint::post(
            PATH,
            create,
            operation(
                "createEnvironmentOverride",
                "Override a connector's mapping for the environment",
                "Changes or adds fields, says how filters are pushed down, and adds parameters to the vendor's requests, for all accounts of a connector. What an account overrides itself wins.",
            )
            .body(named("NewEnvironmentOverride"), new)
            .answers(201, "The override.", shown(), example.clone())
            .fails(&[409]),
        ),
        Endpoint::post(PREVIEW, preview::preview, preview::told()),
        Endpoint::get(
            ONE,
            show,
            one(operation("getEnvironmentOverride", "Get an override", "One override."))
                .answers(200, "The override.", shown(), example.clone()),
        ),
        Endpoint::patch(
            ONE,
            update,
            one(operation(
                "updateEnvironmentOverride",
                "Change an override",
                "What it says is replaced as a whole.",
            ))
            .body(
                named("EnvironmentOverrideChange"),
                json!({ "override": { "response_mapping": { "loyalty_tier": "custom_fields.tier" } } }),
            )
            .answers(200, "The override as it is now.", shown(), example.clone()),
        ),
        Endpoint::delete(
            ONE,
            delete,
            one(operation(
                "deleteEnvironmentOverride",
                "Remove an override",
                "The connector's own mapping counts again.",
            ))
            .answers_nothing(204, "It is gone."),
        ),
    ]
}

fn view(known: &EnvironmentOverride) -> Value {
    let instant = |millis: i64| Instant(millis).to_string();
    json!({
        "id": known.id.as_str(),
        "integration": known.of.integration,
        "unified_model": known.of.model,
        "resource": known.of.resource,
        "method": known.of.method,
        "override": known.stored.value.get(BODY),
        "created_at": instant(known.created_at),
        "updated_at": instant(known.updated_at),
    })
}

async fn list(State(app): State<App>, caller: Caller, RawQuery(raw): RawQuery) -> Answer {
    caller.whole_environment()?;
    let integration = Plain::read(raw.as_deref(), &["integration"])?.text("integration");
    let known = app
        .inner
        .store
        .environment_overrides(caller.environment())
        .await?;
    let result: Vec<Value> = known
        .iter()
        .filter(|known| {
            integration
                .as_ref()
                .is_none_or(|wanted| known.of.integration == *wanted)
        })
        .map(view)
        .collect();
    Ok(listing::page(&result, None))
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    caller.whole_environment()?;
    Ok(json_value(
        StatusCode::OK,
        &view(&find(&app, &caller, &id).await?),
    ))
}

async fn find(app: &App, caller: &Caller, id: &str) -> Result<EnvironmentOverride, Failure> {
    let known = app
        .inner
        .store
        .environment_overrides(caller.environment())
        .await?;
    known
        .iter()
        .find(|known| known.id.as_str() == id)
        .cloned()
        .ok_or_else(|| {
            let shown: String = id.chars().take(100).collect();
            Failure::new(404, format!("there is no override `{shown}`"))
        })
}

async fn create(State(app): State<App>, caller: Caller, body: JsonObject) -> Answer {
    caller.whole_environment()?;
    let member = |name: &str| -> Result<String, Failure> {
        let long = format!("{name}_name");
        let given = match body.text(name)? {
            Some(given) => Some(given),
            None => body.text(&long)?,
        };
        given
            .filter(|given| !given.is_empty())
            .ok_or_else(|| Failure::new(400, format!("`{name}` is missing")))
    };
    let of = OverrideTarget {
        integration: member("integration")?,
        model: member("unified_model")?,
        resource: member("resource")?,
        method: member("method")?,
    };
    if app.inner.registry.get(&of.integration).is_none() {
        let shown: String = of.integration.chars().take(60).collect();
        return Err(Failure::new(
            400,
            format!("`integration`: there is no connector `{shown}`"),
        ));
    }
    app.model(&of.model, &of.resource)
        .map_err(|failure| Failure::new(400, failure.0.message))?;
    if OverriddenCall::parse(&of.method).is_none() {
        return Err(Failure::new(400, "`method` must be list or get"));
    }
    let stored = check(&app, &caller, None, &of, &body).await?;
    let made = app
        .inner
        .store
        .create_environment_override(caller.environment(), &of, &stored)
        .await;
    let made = match made {
        Err(StoreError::NameTaken(_)) => {
            let known = app
                .inner
                .store
                .environment_overrides(caller.environment())
                .await?;
            let id = known
                .iter()
                .find(|known| known.of == of)
                .map_or("", |known| known.id.as_str());
            return Err(Failure::new(
                409,
                format!("there is an override of this call already: change it with PATCH, its id is `{id}`"),
            ));
        }
        other => other?,
    };
    let answer = json_value(StatusCode::CREATED, &view(&made));
    Ok(Affected::new(made.id.as_str()).mark(answer))
}

async fn update(State(app): State<App>, caller: Caller, Path(id): Path<String>, body: JsonObject) -> Answer {
    caller.whole_environment()?;
    let known = find(&app, &caller, &id).await?;
    if let Some(name) = body.0.keys().find(|name| *name != BODY) {
        return Err(Failure::new(
            400,
            format!("`{name}` does not change; make another override instead. There is `{BODY}`"),
        ));
    }
    let stored = check(&app, &caller, Some(&known), &known.of, &body).await?;
    let store = &app.inner.store;
    store
        .update_environment_override(caller.environment(), &known.id, &stored)
        .await?;
    Ok(json_value(
        StatusCode::OK,
        &view(&find(&app, &caller, &id).await?),
    ))
}

async fn delete(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    caller.whole_environment()?;
    let known = find(&app, &caller, &id).await?;
    app.inner
        .store
        .delete_environment_override(caller.environment(), &known.id)
        .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The body's override, checked with the environment's others; as it is stored.
async fn check(
    app: &App,
    caller: &Caller,
    replaces: Option<&EnvironmentOverride>,
    of: &OverrideTarget,
    body: &JsonObject,
) -> Result<Map<String, Value>, Failure> {
    let given = match body.0.get(BODY) {
        Some(Value::Object(given)) => given.clone(),
        _ => {
            return Err(Failure::new(
                400,
                format!("`{BODY}` must be an object: what is to be otherwise"),
            ));
        }
    };
    let stored = Map::from_iter([(BODY.to_owned(), Value::Object(given))]);
    let connector = app.connector(&of.integration)?;
    let known = app
        .inner
        .store
        .environment_overrides(caller.environment())
        .await?;
    let candidate = EnvironmentOverride {
        id: OverrideId::from(""),
        of: of.clone(),
        stored: StoredOverride {
            value: stored.clone(),
            digest: [0; 16],
        },
        created_at: 0,
        updated_at: 0,
    };
    let others = known.iter().filter(|known| {
        known.of.integration == of.integration && replaces.is_none_or(|replaced| replaced.id != known.id)
    });
    let layers = Layers {
        environment: others
            .filter(|known| known.of != *of)
            .chain([&candidate])
            .collect(),
        account: None,
    };
    overrides::check(connector, &app.inner.models, &layers)?;
    Ok(stored)
}
