//! The page of a group: a section for each of its operations.

use crosswalk_model::UnifiedModel;
use http::Method;
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::layout::{Sheet, link, page, verb, you};
use super::prose::prose;
use super::support::{Use, details};
use super::{Site, matrix};
use crate::reference::endpoint::{Access, Group, Parameter, Place};
use crate::reference::fields::{self, Row};
use crate::reference::matrix::Matrix;
use crate::reference::openapi::error_words;
use crate::reference::{Described, samples};

pub(super) fn html(site: &Site<'_>, group: Group) -> String {
    let key = group.slug();
    let endpoints: Vec<&Described> = site.of_group(group).collect();
    let main = html! {
        header.head {
            h1 { (group.title()) }
            p.lead { (prose(group.about())) }
            (you())
            div #mine hidden {}
        }
        @if group == Group::Unified {
            @for (model, matrix) in site.models {
                (matrix::section(model, matrix, key))
            }
        }
        @for endpoint in &endpoints {
            (section(site, endpoint))
        }
    };
    let operations: Map<String, Value> = endpoints
        .iter()
        .map(|endpoint| (endpoint.operation.id.clone(), data(site, endpoint)))
        .collect();
    page(
        site,
        &Sheet {
            title: group.title(),
            key,
            main,
            data: json!({ "operations": operations }),
        },
    )
}

/// The family and resource that samples of SDKs name.
pub(super) fn family(model: Option<(&'_ UnifiedModel, &'_ Matrix)>) -> Option<(String, String)> {
    let (model, _) = model?;
    let (family, resource) = model.name.split_once('/')?;
    Some((family.to_owned(), resource.to_owned()))
}

fn languages(site: &Site<'_>, endpoint: &Described) -> Vec<samples::Sample> {
    let family = family(site.model(endpoint));
    let family = family
        .as_ref()
        .map(|(family, resource)| (family.as_str(), resource.as_str()));
    samples::of(endpoint, family)
}

/// What the script needs to fill samples in and to try the call.
fn data(site: &Site<'_>, endpoint: &Described) -> Value {
    let parameters: Vec<Value> = endpoint.operation.parameters.iter().flat_map(inputs).collect();
    let samples: Vec<Value> = languages(site, endpoint)
        .iter()
        .map(|sample| json!([sample.key, sample.template]))
        .collect();
    json!({
        "method": endpoint.method.as_str(),
        "path": endpoint.path,
        "open": endpoint.operation.access == Access::Open,
        "inputs": parameters,
        "body": endpoint.operation.body.as_ref().map(|body| samples::with_account(&body.example)),
        "samples": samples,
    })
}

/// The inputs of a parameter: one for itself, and one for each member in brackets.
fn inputs(parameter: &Parameter) -> Vec<Value> {
    let place = if parameter.place == Place::Path {
        "path"
    } else {
        "query"
    };
    let first = samples::first_value(parameter);
    let input = |name: String, schema: &Value| {
        let options = match schema.get("type").and_then(Value::as_str) {
            Some("boolean") => Some(json!(["true", "false"])),
            _ => schema.get("enum").cloned(),
        };
        let example = if name == parameter.name {
            parameter.example.as_str()
        } else {
            ""
        };
        json!({ "name": name, "in": place, "options": options, "first": if name == parameter.name { first.as_str() } else { "" }, "example": example })
    };
    let alternatives: Vec<&Value> = match parameter.schema.get("anyOf").and_then(Value::as_array) {
        Some(several) => several.iter().collect(),
        None => vec![&parameter.schema],
    };
    let mut inputs = Vec::new();
    for schema in alternatives {
        match schema.get("properties").and_then(Value::as_object) {
            Some(members) => inputs.extend(
                members
                    .iter()
                    .map(|(member, schema)| input(format!("{}[{member}]", parameter.name), schema)),
            ),
            None if schema.get("type").and_then(Value::as_str) == Some("object") => {
                inputs.push(input(format!("{}[…]", parameter.name), schema));
            }
            None if inputs.is_empty() => inputs.push(input(parameter.name.clone(), schema)),
            None => {}
        }
    }
    inputs
}

fn section(site: &Site<'_>, endpoint: &Described) -> Markup {
    let operation = &endpoint.operation;
    let model = site.model(endpoint);
    let of_place = |place: Place, is_row: bool| -> Vec<&Parameter> {
        operation
            .parameters
            .iter()
            .filter(|parameter| parameter.place == place && is_filter(parameter, model) == is_row)
            .collect()
    };
    let answer = operation.answers.first();
    html! {
        section.op #(operation.id) aria-labelledby=(format!("{}-title", operation.id)) {
            div.told {
                h2 #(format!("{}-title", operation.id)) {
                    (operation.summary)
                    a.anchor href=(format!("#{}", operation.id)) aria-label=(format!("Link to {}", operation.summary)) { "#" }
                }
                p.route { (verb(&endpoint.method)) code { (endpoint.path) } }
                p { (prose(&operation.description)) }
                p.access { (access_words(operation.access)) }
                (parameters(operation.id.as_str(), "Path", &of_place(Place::Path, false), model))
                (parameters(operation.id.as_str(), "Filters", &of_place(Place::Query, true), model))
                (parameters(operation.id.as_str(), "Query", &of_place(Place::Query, false), model))
                @if let Some(body) = &operation.body {
                    h3 { "Body" }
                    (table(&fields::rows(&body.schema, &site.schemas), None, "required"))
                }
                @if let Some((_, schema)) = answer.and_then(|answer| answer.content.first()) {
                    @let rows = fields::rows(schema, &site.schemas);
                    @if !rows.is_empty() {
                        h3 { "Answer" }
                        (table(&rows, model, "always"))
                    }
                }
                h3 { "Errors" }
                dl.errors {
                    @for status in operation.all_errors() {
                        div { dt { code { (status) } } dd { (prose(error_words(status))) } }
                    }
                }
            }
            aside.shown aria-label=(format!("Examples of {}", operation.summary)) {
                (samples_card(site, endpoint))
                div.card.try data-try=(operation.id) hidden {}
                @if let Some(answer) = answer {
                    @if let Some(example) = &answer.example {
                        div.card.answer {
                            h3 { "Answer " span.status { (answer.status) } }
                            pre tabindex="0" role="region" aria-label=(format!("Example of an answer: {}", operation.summary)) { code data-lang="json" { (format!("{example:#}")) } }
                        }
                    }
                }
            }
        }
    }
}

fn samples_card(site: &Site<'_>, endpoint: &Described) -> Markup {
    let id = &endpoint.operation.id;
    let values = samples::first_values(endpoint, &site.base);
    let languages = languages(site, endpoint);
    html! {
        div.card.samples data-samples=(id) {
            div.tabs role="tablist" aria-label="Language" {
                @for (at, sample) in languages.iter().enumerate() {
                    button type="button" role="tab" id=(format!("{id}-{}-tab", sample.key)) aria-controls=(format!("{id}-{}", sample.key))
                        aria-selected=(if at == 0 { "true" } else { "false" }) tabindex=(if at == 0 { "0" } else { "-1" }) data-key=(sample.key) { (sample.label) }
                }
            }
            @for (at, sample) in languages.iter().enumerate() {
                pre.on[at == 0] role="tabpanel" tabindex="0" id=(format!("{id}-{}", sample.key)) aria-labelledby=(format!("{id}-{}-tab", sample.key)) data-key=(sample.key) {
                    code data-lang=(sample.language) { (samples::fill(sample, &values)) }
                }
            }
        }
    }
}

/// Whether a parameter is told among the filters.
fn is_filter(parameter: &Parameter, model: Option<(&UnifiedModel, &Matrix)>) -> bool {
    let (Some(row), Some((model, _))) = (&parameter.row, model) else {
        return false;
    };
    model.field_id(row).is_some() || model.parameters.iter().any(|own| own.name == *row)
}

fn access_words(access: Access) -> &'static str {
    match access {
        Access::Open => "Anybody may call it.",
        Access::Environment => "With an API token of the environment.",
        Access::Account => "With an API token, or the token of one account.",
    }
}

fn parameters(
    operation: &str,
    title: &str,
    parameters: &[&Parameter],
    model: Option<(&UnifiedModel, &Matrix)>,
) -> Markup {
    html! {
        @if !parameters.is_empty() {
            h3 { (title) }
            div.rows {
                @for parameter in parameters { (row(operation, parameter, model)) }
            }
        }
    }
}

fn row(operation: &str, parameter: &Parameter, model: Option<(&UnifiedModel, &Matrix)>) -> Markup {
    let members: Vec<String> = [Some(&parameter.schema)]
        .into_iter()
        .flatten()
        .chain(
            parameter
                .schema
                .get("anyOf")
                .and_then(Value::as_array)
                .into_iter()
                .flatten(),
        )
        .filter_map(|schema| schema.get("properties")?.as_object())
        .flat_map(|members| members.keys().cloned())
        .collect();
    let used = match (&parameter.row, model) {
        (Some(row), Some(model)) if is_filter(parameter, Some(model)) => Some((row, model, Use::Filter)),
        (Some(row), Some(model)) => Some((row, model, Use::Sort)),
        _ => None,
    };
    html! {
        div.row data-name=(parameter.name) data-matrix[used.is_some()] {
            div.line {
                code.name { (parameter.name) }
                span.kind { (kind(parameter)) }
                @if parameter.required { span.flag { "required" } }
                @if let Some(default) = parameter.schema.get("default") { span.kind { "default " (default.as_str().map_or_else(|| default.to_string(), str::to_owned)) } }
                button.use type="button" hidden data-operation=(operation) data-use=(parameter.name) { "Try" span.unseen { " " (parameter.name) } }
            }
            p { (prose(&parameter.description)) }
            @if !members.is_empty() {
                p.members {
                    @for member in &members { code { (parameter.name) "[" (member) "]" } " " }
                }
            }
            @if let Some((row, (model, matrix), used)) = used {
                p.mine hidden {}
                (details(model, matrix, row, used))
            }
        }
    }
}

/// A parameter's type: its operators are told beside it.
fn kind(parameter: &Parameter) -> String {
    let none = Map::new();
    let Some(several) = parameter.schema.get("anyOf").and_then(Value::as_array) else {
        return fields::kind(&parameter.schema, &none);
    };
    let kinds: Vec<String> = several
        .iter()
        .filter(|schema| schema.get("properties").is_none())
        .map(|schema| fields::kind(schema, &none))
        .collect();
    kinds.join(" or ")
}

/// Rows; `given` is what a member that can not be left out is called: an answer always has it.
fn table(rows: &[Row], model: Option<(&UnifiedModel, &Matrix)>, given: &str) -> Markup {
    html! {
        div.rows {
            @for row in rows {
                @let support = model.filter(|_| row.has_support);
                div.row data-name=(row.name) data-matrix[support.is_some()] {
                    div.line {
                        code.name { (row.name) }
                        span.kind { (row.kind) }
                        @if row.is_required { span.flag { (given) } }
                    }
                    @if !row.description.is_empty() { p { (prose(&row.description)) } }
                    @if let Some((model, matrix)) = support {
                        p.mine hidden {}
                        (details(model, matrix, &row.name, Use::Field))
                    }
                    @if !row.inner.is_empty() {
                        // The records of a list are what people came for; the rest opens when asked to.
                        details.inner open[row.inner.iter().any(|inner| inner.has_support)] {
                            summary { "Inside " code { (row.name) } }
                            (table(&row.inner, model, given))
                        }
                    }
                }
            }
        }
    }
}

/// Links to the operations of a page, for other pages.
pub(super) fn card(site: &Site<'_>, from: &str, group: Group) -> Markup {
    html! {
        a.tile href=(link(from, group.slug())) {
            b { (group.title()) }
            span { (prose(group.about())) }
            span.methods {
                @for endpoint in site.of_group(group).filter(|endpoint| endpoint.method != Method::DELETE).take(4) {
                    code { (endpoint.path) }
                }
            }
        }
    }
}
