//! What this server is, told for machines and for people: the OpenAPI document, and everything that is read at
//! `/docs`. All of it is made once from the routes' own list, the models and the connectors.

mod callers;
mod changes;
pub(crate) mod endpoint;
mod fields;
mod matrix;
mod openapi;
mod overriding;
mod pages;
pub(crate) mod proxy;
mod samples;
pub(crate) mod schemas;
pub(crate) mod unified;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use crosswalk_model::UnifiedModel;
use http::Method;
use serde_json::Value;

use self::endpoint::{Endpoint, Operation, Parameter, Told};
use self::matrix::Matrix;
use crate::app::App;

/// What pages are shown with.
const ASSETS: &[(&str, &str, &str)] = &[
    (
        "reference.css",
        "text/css; charset=utf-8",
        concat!(
            include_str!("assets/base.css"),
            include_str!("assets/reference.css")
        ),
    ),
    (
        "reference.js",
        "text/javascript; charset=utf-8",
        include_str!("assets/reference.js"),
    ),
    (
        "theme.js",
        "text/javascript; charset=utf-8",
        include_str!("assets/theme.js"),
    ),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
];

/// An endpoint as clients see it.
#[derive(Clone, Debug)]
pub(crate) struct Described {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// The place of the model it is about.
    pub(crate) model: Option<usize>,
    pub(crate) operation: Operation,
}

/// Something that is made once and handed out as it is.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    pub(crate) kind: &'static str,
    pub(crate) body: Bytes,
    pub(crate) tag: String,
}

impl Page {
    pub(crate) fn new(kind: &'static str, body: impl Into<Bytes>) -> Self {
        use std::hash::{DefaultHasher, Hasher};
        let body = body.into();
        let mut hasher = DefaultHasher::new();
        hasher.write(&body);
        // Weak, for the same page may go out compressed.
        let tag = format!("W/\"{:016x}\"", hasher.finish());
        Self { kind, body, tag }
    }
}

/// The reference of one server.
#[derive(Debug)]
pub(crate) struct Reference {
    pub(crate) openapi: Page,
    pub(crate) llms: Page,
    /// By what follows `/docs/` in their address.
    pub(crate) pages: BTreeMap<String, Page>,
}

impl Reference {
    /// Makes it from what the server runs.
    pub(crate) fn of(app: &App) -> Self {
        let matrices: Vec<Matrix> = app
            .models()
            .iter()
            .map(|model| Matrix::of(model, app.registry()))
            .collect();
        let models: Vec<_> = app.models().iter().map(AsRef::as_ref).zip(&matrices).collect();
        let described = describe(crate::routes::endpoints(), app.models());
        let base = app.inner.public_url.as_deref().unwrap_or("/");
        let document = openapi::document(&described, &models, app.registry(), base);
        let site = pages::Site::new(
            &described,
            &models,
            app.registry(),
            app.inner.public_url.as_deref(),
        );
        let mut pages = site.pages();
        for (name, kind, body) in ASSETS {
            pages.insert(format!("assets/{name}"), Page::new(kind, *body));
        }
        Self {
            openapi: Page::new("application/json", document.to_string()),
            llms: site.llms(),
            pages,
        }
    }
}

/// The operations of all endpoints, in the order of the groups.
pub(crate) fn describe(endpoints: Vec<Endpoint>, models: &[Arc<UnifiedModel>]) -> Vec<Described> {
    let mut described = Vec::new();
    for endpoint in endpoints {
        let mut add = |model: Option<usize>, path: String, operation: Operation| {
            described.push(Described {
                method: endpoint.method.clone(),
                path,
                model,
                operation,
            });
        };
        match endpoint.told {
            Told::Once(operation) => add(None, endpoint.path.to_owned(), *operation),
            Told::EachModel(describe) => {
                for (at, model) in models.iter().enumerate() {
                    let path = endpoint.path.replace("{model}/{resource}", &model.name);
                    add(Some(at), path, describe(model));
                }
            }
        }
    }
    described.sort_by_key(|endpoint| {
        endpoint::Group::ALL
            .iter()
            .position(|group| *group == endpoint.operation.group)
    });
    described
}

/// A parameter's example as the type that its schema has; null when there is none.
pub(crate) fn example_value(parameter: &Parameter) -> Value {
    let example = parameter.example.as_str();
    if example.is_empty() {
        return Value::Null;
    }
    match parameter.schema.get("type").and_then(Value::as_str) {
        Some("boolean" | "integer") => serde_json::from_str(example).unwrap_or_default(),
        Some("array") => example.split(',').map(Value::from).collect(),
        _ => example.into(),
    }
}
