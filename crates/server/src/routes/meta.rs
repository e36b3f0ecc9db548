//! What a model is like for one account or connector.

use std::fmt::Write as _;

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use crosswalk_model::{ParamTree, Query, query::parse_pairs};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::app::App;
use crate::auth::Caller;
use crate::error::{Answer, Failure, json_value};
use crate::views;

/// `GET /unified/{model}/{resource}/meta/{method}?integrated_account_id=`
pub(crate) async fn of_account(
    State(app): State<App>,
    caller: Caller,
    Path((model, resource, method)): Path<(String, String, String)>,
    RawQuery(raw): RawQuery,
) -> Answer {
    let model = app.model(&model, &resource)?;
    let id = caller.account(Query::account_of(&raw.unwrap_or_default())?)?;
    let reached = app.find(&caller, &id).await?;
    known_method(&method)?;
    let mut meta = views::meta(&reached.connector, model, &method).ok_or_else(|| {
        Failure::new(
            404,
            format!("{} has no unified {}", reached.connector.label(), model.name),
        )
    })?;
    if let Value::Object(members) = &mut meta {
        members.insert("integrated_account_id".into(), id.as_str().into());
    }
    Ok(json_value(StatusCode::OK, &meta))
}

/// `GET /unified/{model}/{resource}/{integration}/meta/{method}`
pub(crate) async fn of_integration(
    State(app): State<App>,
    _: Caller,
    Path((model, resource, integration, method)): Path<(String, String, String, String)>,
) -> Answer {
    let model = app.model(&model, &resource)?;
    let connector = app.connector(&integration)?;
    known_method(&method)?;
    let meta = views::meta(connector, model, &method).ok_or_else(|| {
        Failure::new(
            404,
            format!("{} has no unified {}", connector.label(), model.name),
        )
    })?;
    Ok(json_value(StatusCode::OK, &meta))
}

/// `GET /unified/meta/{model}/{integration}?format=json|md|html`
pub(crate) async fn documentation(
    State(app): State<App>,
    _: Caller,
    Path((model, integration)): Path<(String, String)>,
    RawQuery(raw): RawQuery,
) -> Answer {
    let connector = app.connector(&integration)?;
    let prefix = format!("{model}/");
    let metas: Vec<Value> = app
        .inner
        .models
        .iter()
        .filter(|known| known.name.starts_with(&prefix))
        .filter_map(|model| views::meta(connector, model, "list"))
        .collect();
    if metas.is_empty() {
        return Err(Failure::new(
            404,
            format!("{} has nothing of the unified model `{model}`", connector.label()),
        ));
    }
    let tree = parse_pairs(&raw.unwrap_or_default()).map_err(|error| Failure::new(400, error.to_string()))?;
    match tree.get("format") {
        None => {}
        Some(ParamTree::Text(format)) => match format.as_str() {
            "json" => {}
            "md" => return Ok(text("text/markdown; charset=utf-8", markdown(connector, &metas))),
            "html" => {
                return Ok(text(
                    "text/html; charset=utf-8",
                    html(&markdown(connector, &metas), connector.label()),
                ));
            }
            other => {
                return Err(Failure::new(
                    400,
                    format!("`format` must be json, md or html, not `{other}`"),
                ));
            }
        },
        Some(_) => return Err(Failure::new(400, "`format` takes one value")),
    }
    let document = json!({ "integration": views::integration_in_full(connector), "unified": metas });
    Ok(json_value(StatusCode::OK, &document))
}

fn known_method(method: &str) -> Result<(), Failure> {
    match method {
        "list" | "get" => Ok(()),
        other => Err(Failure::new(
            404,
            format!("there is no method `{other}`; there is list, get"),
        )),
    }
}

fn text(kind: &'static str, body: String) -> Response {
    ([(CONTENT_TYPE, kind)], body).into_response()
}

/// The documentation as Markdown. Writing to a text does not fail.
fn markdown(connector: &crosswalk_connector::Connector, metas: &[Value]) -> String {
    let file = &connector.file;
    let mut out = format!("# {}\n\n", connector.label());
    if let Some(about) = &file.about {
        let _ = writeln!(out, "{about}\n");
    }
    if !file.setup.is_empty() {
        out.push_str("## Connecting\n\n");
        for step in &file.setup {
            let _ = writeln!(out, "1. {step}");
        }
        out.push('\n');
    }
    for meta in metas {
        let _ = writeln!(
            out,
            "## {}\n\n| Field | Type | From |\n|---|---|---|",
            shown(&meta["model"])
        );
        let fields = meta["schema"]["properties"].as_object();
        for (name, field) in fields.into_iter().flatten() {
            let from = shown(&meta["mapping"][name]["expression"]).replace('|', "\\|");
            let from = if from.is_empty() {
                String::new()
            } else {
                format!("`{from}`")
            };
            let _ = writeln!(out, "| `{name}` | {} | {from} |", shown(&field["type"]));
        }
        out.push_str("\n| Parameter | Filtered by | Operators |\n|---|---|---|\n");
        let parameters = meta["query_schema"]["properties"].as_object();
        for (name, parameter) in parameters.into_iter().flatten() {
            let _ = writeln!(
                out,
                "| `{name}` | {} | {} |",
                shown(&parameter["filtered_by"]),
                shown(&parameter["operators"])
            );
        }
        out.push('\n');
    }
    if !file.notes.is_empty() {
        out.push_str("## Good to know\n\n");
        for note in &file.notes {
            let _ = writeln!(out, "- {note}");
        }
    }
    out
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// The Markdown in a plain page: readable as it is, and nothing in it is markup.
fn html(markdown: &str, title: &str) -> String {
    let escape = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    };
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{0}</title><style>:root{{color-scheme:light dark}}body{{max-width:60rem;margin:2rem auto;padding:0 1rem;\
         font:16px/1.5 system-ui}}pre{{white-space:pre-wrap}}</style><pre>{1}</pre></html>",
        escape(title),
        escape(markdown)
    )
}
