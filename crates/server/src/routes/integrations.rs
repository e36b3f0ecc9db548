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
use crate::views::{self, CapabilityFilter};

pub(crate) async fn list(State(app): State<App>, _: Caller) -> Answer {
    let result: Vec<Value> = app
        .inner
        .registry
        .iter()
        .map(|connector| views::integration(connector))
        .collect();
    let envelope = json!({
        "result_count": result.len(),
        "result": result,
        "next_cursor": null,
        "prev_cursor": null,
        "is_partial_response": false,
    });
    Ok(json_value(StatusCode::OK, &envelope))
}

pub(crate) async fn show(State(app): State<App>, _: Caller, Path(name): Path<String>) -> Answer {
    Ok(json_value(
        StatusCode::OK,
        &views::integration_in_full(app.connector(&name)?),
    ))
}

pub(crate) async fn capabilities(
    State(app): State<App>,
    _: Caller,
    Path(name): Path<String>,
    RawQuery(raw): RawQuery,
) -> Answer {
    let filter = filter(&raw.unwrap_or_default())?;
    Ok(answer(&views::capabilities(app.connector(&name)?, &filter)))
}

pub(crate) async fn account_capabilities(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Answer {
    let filter = filter(&raw.unwrap_or_default())?;
    caller.whole_environment()?;
    let reached = app.find(&caller, &AccountId::from(id.as_str())).await?;
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
            "methods" | "methods[]" => filter.methods = values,
            "type" => filter.kind = values.into_iter().next(),
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
