//! What a model is like for one account or connector.

use std::fmt::Write as _;

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use crosswalk_connector::OverriddenCall;
use crosswalk_model::{ParamTree, Query, UnifiedModel, query::parse_pairs};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::app::App;
use crate::auth::Caller;
use crate::error::{Answer, Failure, json_value};
use crate::reference::endpoint::{Access, Endpoint, Group, Operation, Told, named};
use crate::reference::schemas::record_name;

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get(
            "/unified/{model}/{resource}/meta/{method}",
            of_account,
            Told::EachModel(account_meta),
        ),
        Endpoint::get(
            "/unified/{model}/{resource}/{integration}/meta/{method}",
            of_integration,
            Told::EachModel(integration_meta),
        ),
        Endpoint::get(
            "/unified/meta/{model}/{integration}",
            documentation,
            Operation::new(
                "getConnectorDocumentation",
                Group::Connectors,
                "Read a connector's documentation",
                "How it is connected, and what it makes of the unified resources of a family, as JSON, Markdown or a page.",
            )
            .access(Access::Account)
            .path("model", "The family of unified resources.", "crm")
            .path("integration", "The connector's name.", "hubspot")
            .query(
                "format",
                "The form.",
                json!({ "type": "string", "enum": ["json", "md", "html"], "default": "json" }),
                "",
            )
            .answer(crate::reference::endpoint::Answer {
                status: 200,
                description: "The documentation.",
                content: vec![
                    ("application/json", named("ConnectorDocumentation")),
                    ("text/markdown", json!({ "type": "string" })),
                    ("text/html", json!({ "type": "string" })),
                ],
                example: None,
                headers: Vec::new(),
            })
            .fails(&[404]),
        ),
    ]
}

fn account_meta(model: &UnifiedModel) -> Operation {
    described(
        model,
        format!("get{}Meta", record_name(model)),
        format!("What an account makes of {}", model.resource),
    )
    .query(
        "integrated_account_id",
        "The account. It may be left out with a token of one account.",
        json!({ "type": "string" }),
        "",
    )
}

fn integration_meta(model: &UnifiedModel) -> Operation {
    described(
        model,
        format!("get{}MetaOfIntegration", record_name(model)),
        format!("What a connector makes of {}", model.resource),
    )
    .path("integration", "The connector's name.", "hubspot")
}

fn described(model: &UnifiedModel, id: String, summary: String) -> Operation {
    Operation::new(
        id,
        Group::Connectors,
        summary,
        format!(
            "The schema of a {}, the schema of its query with who filters and sorts, and the expression behind each field.",
            model.singular
        ),
    )
    .access(Access::Account)
    .path_of(
        "method",
        "The call that is meant.",
        json!({ "type": "string", "enum": ["list", "get"] }),
        "list",
    )
    .answer(crate::reference::endpoint::Answer {
        status: 200,
        description: "What it makes of it.",
        content: vec![("application/json", named("Meta"))],
        example: None,
        headers: Vec::new(),
    })
    .fails(&[404])
}
use crate::views;

/// `GET /unified/{model}/{resource}/meta/{method}?integrated_account_id=`
async fn of_account(
    State(app): State<App>,
    caller: Caller,
    Path((model, resource, method)): Path<(String, String, String)>,
    RawQuery(raw): RawQuery,
) -> Answer {
    let model = app.model(&model, &resource)?;
    let id = caller.account(Query::account_of(&raw.unwrap_or_default())?)?;
    let reached = app.find(&caller, &id).await?;
    known_method(&method)?;
    let call = OverriddenCall::parse(&method).unwrap_or(OverriddenCall::List);
    let overridden = app.overridden(&reached, model, call).await?;
    let model = overridden.as_ref().map_or(model, |overridden| &overridden.model);
    let mut meta =
        views::meta(&reached.connector, model, &method, overridden.as_deref()).ok_or_else(|| {
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
async fn of_integration(
    State(app): State<App>,
    _: Caller,
    Path((model, resource, integration, method)): Path<(String, String, String, String)>,
) -> Answer {
    let model = app.model(&model, &resource)?;
    let connector = app.connector(&integration)?;
    known_method(&method)?;
    let meta = views::meta(connector, model, &method, None).ok_or_else(|| {
        Failure::new(
            404,
            format!("{} has no unified {}", connector.label(), model.name),
        )
    })?;
    Ok(json_value(StatusCode::OK, &meta))
}

/// `GET /unified/meta/{model}/{integration}?format=json|md|html`
async fn documentation(
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
        .filter_map(|model| views::meta(connector, model, "list", None))
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
