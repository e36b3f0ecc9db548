//! A CRM's own page: how it is connected, and what it makes of each model.

use std::fmt::Write as _;

use crosswalk_connector::Connector;
use crosswalk_connector::file::{Method, Setting};
use crosswalk_model::{FieldKind, UnifiedModel};
use maud::{Markup, html};
use serde_json::json;

use super::Site;
use super::layout::{Sheet, link, page};
use super::prose::{cell, prose};
use super::support::filter_words;
use crate::reference::endpoint::Group;
use crate::reference::matrix::Matrix;
use crate::views::credentials_of;

pub(super) fn html(site: &Site<'_>, connector: &Connector) -> String {
    let key = format!("crm/{}", connector.name());
    let file = &connector.file;
    let main = html! {
        header.head {
            p.crumb { "CRM" }
            h1 { (connector.label()) }
            @if let Some(about) = &file.about { p.lead { (prose(about)) } }
            @if let Some(docs) = &file.docs { p { a href=(docs) rel="noreferrer noopener" { "The CRM's own documentation" } } }
        }
        div #setup .setup {
            (setup(site, connector))
        }
        @for (model, matrix) in site.models {
            @if connector.unified(&model.name).is_some() {
                (table(model, matrix, connector, &key))
            }
        }
        section aria-labelledby="own" {
            h2 #own { "Its own resources" }
            ul {
                @for (name, resource) in &file.resources {
                    li { code { "/proxy/" (name) } @if let Some(label) = &resource.label { " " (label) } }
                }
            }
        }
        @if !file.notes.is_empty() {
            section aria-labelledby="notes" {
                h2 #notes { "Good to know" }
                ul { @for note in &file.notes { li { (prose(note)) } } }
            }
        }
    };
    page(
        site,
        &Sheet {
            title: connector.label(),
            key: &key,
            main,
            data: json!({ "operations": {}, "crm": connector.name() }),
        },
    )
}

/// How an account is connected. The page of another group shows it too, once its reader picked this CRM.
fn setup(site: &Site<'_>, connector: &Connector) -> Markup {
    let file = &connector.file;
    html! {
        section aria-label=(format!("Connecting {}", connector.label())) {
            h2 { "Connecting " (connector.label()) }
            @if !file.setup.is_empty() { ol { @for step in &file.setup { li { (prose(step)) } } } }
            div.schemes {
                @for (method, scheme) in &file.auth.schemes {
                    div.scheme {
                        h3 { (scheme.label.as_deref().unwrap_or(method.as_str())) " " code { (method.as_str()) } }
                        dl {
                            @for (name, is_required) in credentials_of(*method, scheme) {
                                div {
                                    dt { code { (name) } }
                                    dd {
                                        @if let Some(label) = scheme.credentials.get(name) { (label) " " }
                                        @if is_required { span.flag { "required" } } @else { span.kind { "if there is one" } }
                                    }
                                }
                            }
                            @for (name, setting) in file.settings.iter().filter(|(_, setting)| applies(setting, *method)) {
                                div {
                                    dt { code { (name) } }
                                    dd {
                                        (setting.label)
                                        @if let Some(example) = &setting.example { ", for example " code { (example) } }
                                        @if !setting.required { " " span.kind { "if there is one" } }
                                        @if let Some(help) = &setting.help { br; small { (prose(help)) } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            pre tabindex="0" role="region" aria-label="Connect an account" { code data-lang="sh" data-live { (connect(site, connector)) } }
        }
    }
}

fn applies(setting: &Setting, method: Method) -> bool {
    setting.only_for.is_empty() || setting.only_for.contains(&method)
}

/// A call that connects an account.
fn connect(site: &Site<'_>, connector: &Connector) -> String {
    let methods: Vec<Method> = connector.file.auth.schemes.keys().copied().collect();
    // What one person can copy from one page goes first.
    let simple = methods
        .iter()
        .find(|method| matches!(method, Method::ApiKey | Method::Basic));
    let Some(method) = simple.or(methods.first()).copied() else {
        return String::new();
    };
    let mut context = serde_json::Map::new();
    for name in method.required_credentials() {
        context.insert((*name).to_owned(), "…".into());
    }
    for (name, setting) in &connector.file.settings {
        if setting.required && applies(setting, method) {
            context.insert(name.clone(), setting.example.as_deref().unwrap_or("…").into());
        }
    }
    let body = json!({
        "integration": connector.name(),
        "authentication_method": method.as_str(),
        "tenant_id": "acme-1",
        "context": context,
    });
    format!(
        "curl -sg -X POST -H \"Authorization: Bearer $CROSSWALK_TOKEN\" \\\n  '{}/integrated-account' \\\n  -H 'Content-Type: application/json' \\\n  -d '{}'",
        site.base,
        body.to_string().replace('\'', r"'\''")
    )
}

/// What one row of the matrix is for this CRM.
fn words(model: &UnifiedModel, matrix: &Matrix, row: &str, crm: &str) -> Option<(String, String)> {
    let given = matrix.cell(row, crm)?;
    let field = model.fields.iter().find(|field| field.name == row);
    let filters = match field {
        Some(field) if field.kind == FieldKind::Links => "–".to_owned(),
        _ => match filter_words(&given.support) {
            words if words.is_empty() => "here".to_owned(),
            words => format!("by the CRM: {}; the rest here", words.join(", ")),
        },
    };
    let sorts = match field {
        Some(field) if field.sortable && given.support.sorted_by_vendor.is_empty() => "here".to_owned(),
        Some(field) if field.sortable => format!("by the CRM: {}", given.support.sorted_by_vendor.join(", ")),
        _ => "–".to_owned(),
    };
    Some((filters, sorts))
}

fn rows(model: &UnifiedModel) -> impl Iterator<Item = &str> {
    let fields = model.fields.iter().map(|field| field.name.as_str());
    fields.chain(model.parameters.iter().map(|parameter| parameter.name.as_str()))
}

/// The JSONata behind a field.
fn expression(connector: &Connector, model: &UnifiedModel, row: &str) -> String {
    let meta = crate::views::meta(connector, model, "list", None).unwrap_or_default();
    meta["mapping"][row]["expression"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn table(model: &UnifiedModel, matrix: &Matrix, connector: &Connector, key: &str) -> Markup {
    html! {
        section aria-labelledby=(format!("model-{}", model.resource)) {
            h2 #(format!("model-{}", model.resource)) { a href=(link(key, Group::Unified.slug())) { code { "/unified/" (model.name) } } }
            div.scroll tabindex="0" role="region" aria-label=(format!("What {} gives of {}", connector.label(), model.resource)) {
                table {
                    thead { tr { th scope="col" { "Field" } th scope="col" { "From" } th scope="col" { "Filtered" } th scope="col" { "Sorted" } } }
                    tbody {
                        @for row in rows(model) {
                            @if let Some((filters, sorts)) = words(model, matrix, row, connector.name()) {
                                tr {
                                    th scope="row" { code { (row) } }
                                    td { @let from = expression(connector, model, row); @if !from.is_empty() { code { (from) } } }
                                    td { (filters) }
                                    td { (sorts) }
                                }
                            } @else {
                                tr.absent { th scope="row" { code { (row) } } td colspan="3" { (connector.label()) " has none" } }
                            }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn markdown(site: &Site<'_>, connector: &Connector) -> String {
    let file = &connector.file;
    let mut out = format!("# {}\n\n", connector.label());
    // Writing to a text does not fail.
    let _ = writeln!(out, "`integration`: `{}`\n", connector.name());
    for line in file.about.iter().chain(&file.docs) {
        let _ = writeln!(out, "{line}\n");
    }
    out.push_str("## Connecting\n\n");
    for (at, step) in file.setup.iter().enumerate() {
        let _ = writeln!(out, "{}. {step}", at + 1);
    }
    for (method, scheme) in &file.auth.schemes {
        let _ = writeln!(
            out,
            "\n`{method}`{}:\n",
            scheme
                .label
                .as_ref()
                .map(|label| format!(" ({label})"))
                .unwrap_or_default()
        );
        for (name, is_required) in credentials_of(*method, scheme) {
            let label = scheme
                .credentials
                .get(name)
                .map(|label| format!(": {label}"))
                .unwrap_or_default();
            let _ = writeln!(
                out,
                "- `{name}`{label}{}",
                if is_required { "" } else { " (if there is one)" }
            );
        }
        for (name, setting) in file
            .settings
            .iter()
            .filter(|(_, setting)| applies(setting, *method))
        {
            let example = setting
                .example
                .as_ref()
                .map(|example| format!(", for example `{example}`"))
                .unwrap_or_default();
            let _ = writeln!(
                out,
                "- `{name}`: {}{example}{}",
                setting.label,
                if setting.required {
                    ""
                } else {
                    " (if there is one)"
                }
            );
        }
    }
    let _ = writeln!(out, "\n```sh\n{}\n```", connect(site, connector));
    for (model, matrix) in site.models {
        if connector.unified(&model.name).is_none() {
            continue;
        }
        let _ = writeln!(
            out,
            "\n## /unified/{}\n\n| Field | From | Filtered | Sorted |\n|---|---|---|---|",
            model.name
        );
        for row in rows(model) {
            let from = expression(connector, model, row);
            let from = if from.is_empty() {
                String::new()
            } else {
                format!("`{}`", cell(&from))
            };
            match words(model, matrix, row, connector.name()) {
                Some((filters, sorts)) => {
                    let _ = writeln!(out, "| `{row}` | {from} | {filters} | {sorts} |");
                }
                None => {
                    let _ = writeln!(out, "| `{row}` | – | – | – |");
                }
            }
        }
    }
    out.push_str("\n## Its own resources\n\n");
    for (name, resource) in &file.resources {
        let label = resource
            .label
            .as_ref()
            .map(|label| format!(": {label}"))
            .unwrap_or_default();
        let _ = writeln!(out, "- `/proxy/{name}`{label}");
    }
    if !file.notes.is_empty() {
        out.push_str("\n## Good to know\n\n");
        for note in &file.notes {
            let _ = writeln!(out, "- {note}");
        }
    }
    out
}
