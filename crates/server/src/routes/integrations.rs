//! `GET /integration`: the connectors.

use axum::extract::{Path, RawQuery, State};
use crosswalk_accounts::AccountId;
use crosswalk_model::ParamTree;
use crosswalk_model::query::parse_pairs;
use http::StatusCode;
use serde_json::{Value, json};

use crate::app::App;
use crate::auth::Caller;
use crate::error::{Answer, Failure, json_value};
use crate::reference::endpoint::{Access, Endpoint, Group, Operation, named};
use crate::routes::listing::{envelope, page};
use crate::views::{self, CapabilityFilter};

pub(super) fn endpoints() -> Vec<Endpoint> {
    let operation = |id: &str, summary: &str, description: &str| {
        Operation::new(id, Group::Connectors, summary, description).access(Access::Account)
    };
    let name = |operation: Operation| {
        operation
            .path("name", "The connector's name.", "hubspot")
            .fails(&[404])
    };
    vec![
        Endpoint::get(
            "/integration",
            list,
            operation(
                "listIntegrations",
                "List connectors",
                "All connectors of this server.",
            )
            .answers(
                200,
                "The connectors.",
                named("IntegrationPage"),
                envelope(&[in_short()], None),
            ),
        ),
        Endpoint::get(
            "/integration/{name}",
            show,
            name(operation(
                "getIntegration",
                "Get a connector",
                "What it needs and can: setup steps, credentials, settings, limits, resources.",
            ))
            .answers(200, "The connector.", named("IntegrationInFull"), in_full()),
        ),
        Endpoint::get(
            "/integration/{name}/capabilities",
            capabilities,
            capabilities_answer(capability_filters(name(operation(
                "getIntegrationCapabilities",
                "What can be called on a connector",
                "Its resources and their methods.",
            )))),
        ),
    ]
}

fn in_short() -> Value {
    json!({
        "name": "hubspot",
        "label": "HubSpot",
        "about": "Users are HubSpot owners, live and archived.",
        "authentication_methods": ["oauth2", "api_key"],
        "unified": ["crm/users"],
        "resources": ["owners"],
    })
}

fn in_full() -> Value {
    views::merged(
        in_short(),
        json!({
            "docs": "https://developers.hubspot.com/docs/api-reference/crm-owners-v3/guide",
            "setup": ["In HubSpot, open Settings > Integrations > Private Apps and create a private app."],
            "notes": [],
            "settings": [],
            "authentication": [{
                "method": "api_key",
                "label": "Private app",
                "credentials": [{ "name": "api_key", "label": "Access token", "required": true }],
            }],
            "rate_limit": { "requests": 100, "per_seconds": 10, "concurrency": null },
            "capabilities": [
                { "type": "unified", "resource": "crm/users", "methods": ["list", "get"], "path": "/unified/crm/users" },
            ],
        }),
    )
}

/// The parameters that narrow down capabilities.
pub(super) fn capability_filters(operation: Operation) -> Operation {
    operation
        .query(
            "type",
            "Only these: `unified` or `proxy`.",
            json!({ "type": "string", "enum": ["unified", "proxy"] }),
            "",
        )
        .query(
            "methods",
            "Only what has one of these methods.",
            json!({ "type": "array", "items": { "type": "string", "enum": ["list", "get"] } }),
            "",
        )
        .query("resource", "Only this resource.", json!({ "type": "string" }), "")
}

/// The answer of both calls for capabilities.
pub(super) fn capabilities_answer(operation: Operation) -> Operation {
    let example = json!({ "capabilities": [
        { "type": "unified", "resource": "crm/users", "methods": ["list", "get"], "path": "/unified/crm/users" },
    ] });
    operation.answers(200, "What can be called.", named("Capabilities"), example)
}

async fn list(State(app): State<App>, _: Caller) -> Answer {
    let result: Vec<Value> = app
        .inner
        .registry
        .iter()
        .map(|connector| views::integration(connector))
        .collect();
    Ok(page(&result, None))
}

async fn show(State(app): State<App>, _: Caller, Path(name): Path<String>) -> Answer {
    Ok(json_value(
        StatusCode::OK,
        &views::integration_in_full(app.connector(&name)?),
    ))
}

async fn capabilities(
    State(app): State<App>,
    _: Caller,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
) -> Answer {
    let filter = filter(&raw.unwrap_or_default())?;
    Ok(answer(&views::capabilities(app.connector(&name)?, &filter)))
}

pub(super) async fn account_capabilities(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Answer {
    let filter = filter(&raw.unwrap_or_default())?;
    let id = AccountId::from(id.as_str());
    caller.manages(&id)?;
    let reached = app.find(&caller, &id).await?;
    Ok(answer(&views::capabilities(&reached.connector, &filter)))
}

fn answer(capabilities: &Value) -> axum::response::Response {
    json_value(StatusCode::OK, &json!({ "capabilities": capabilities }))
}

fn filter(raw: &str) -> Result<CapabilityFilter, Failure> {
    let ParamTree::Map(members) = parse_pairs(raw).map_err(|error| Failure::new(400, error.to_string()))?
    else {
        return Ok(CapabilityFilter::default());
    };
    let mut filter = CapabilityFilter::default();
    for (name, tree) in &members {
        let values: Vec<String> = match tree {
            ParamTree::Text(text) => text.split(',').map(|part| part.trim().to_owned()).collect(),
            ParamTree::List(items) => items
                .iter()
                .filter_map(|item| match item {
                    ParamTree::Text(text) => Some(text.trim().to_owned()),
                    _ => None,
                })
                .collect(),
            ParamTree::Map(_) => return Err(Failure::new(400, format!("`{name}` takes a value"))),
        };
        match name.as_str() {
            "methods" | "methods[]" => {
                for value in &values {
                    one_of(name, value, &["list", "get"])?;
                }
                filter.methods = values;
            }
            "type" => {
                for value in &values {
                    one_of(name, value, &["unified", "proxy"])?;
                }
                filter.kind = values.into_iter().next();
            }
            "resource" => filter.resource = values.into_iter().next(),
            other => {
                return Err(Failure::new(
                    400,
                    format!("`{other}` is not a parameter of this call; there is type, methods, resource"),
                ));
            }
        }
    }
    Ok(filter)
}

/// A word that is none of the known ones would only ever find nothing.
fn one_of(name: &str, value: &str, known: &[&str]) -> Result<(), Failure> {
    if known.contains(&value) {
        return Ok(());
    }
    let shown: String = value.chars().take(60).collect();
    Err(Failure::new(
        400,
        format!("`{name}` must be one of {}, not `{shown}`", known.join(", ")),
    ))
}
