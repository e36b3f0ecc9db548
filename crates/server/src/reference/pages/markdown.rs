//! The pages of groups as Markdown, and `/llms.txt`.

use std::fmt::Write as _;

use serde_json::Value;

use super::Site;
use super::operation::family;
use super::prose::cell;
use super::support::{Use, entries};
use crate::reference::endpoint::{Group, Parameter, Place};
use crate::reference::fields::{self, Row};
use crate::reference::openapi::error_words;
use crate::reference::{Described, samples};

pub(super) fn group(site: &Site<'_>, group: Group) -> String {
    let mut out = format!("# {}\n\n{}\n", group.title(), group.about());
    if group == Group::Unified {
        for (model, matrix) in site.models {
            let _ = writeln!(out, "\n## What each CRM gives of {}\n", model.resource);
            out.push_str(&super::matrix::markdown(model, matrix));
        }
    }
    for endpoint in site.of_group(group) {
        operation(site, endpoint, &mut out);
    }
    out
}

fn operation(site: &Site<'_>, endpoint: &Described, out: &mut String) {
    let told = &endpoint.operation;
    // Writing to a text does not fail.
    let _ = writeln!(
        out,
        "\n## {}\n\n`{} {}`\n\n{}",
        told.summary, endpoint.method, endpoint.path, told.description
    );
    if !told.parameters.is_empty() {
        out.push_str("\n| Parameter | In | Type | Meaning |\n|---|---|---|---|\n");
        for parameter in &told.parameters {
            parameter_row(parameter, out);
        }
        support(site, endpoint, out);
    }
    if let Some(body) = &told.body {
        out.push_str("\n### Body\n\n");
        table(&fields::rows(&body.schema, &site.schemas), "", out);
    }
    if let Some(answer) = told.answers.first() {
        let _ = writeln!(out, "\n### Answer {}\n\n{}\n", answer.status, answer.description);
        if let Some((_, schema)) = answer.content.first() {
            table(&fields::rows(schema, &site.schemas), "", out);
        }
        if let Some(example) = &answer.example {
            let _ = writeln!(out, "\n```json\n{example:#}\n```");
        }
    }
    out.push_str("\n### Errors\n\n");
    for status in told.all_errors() {
        let _ = writeln!(out, "- {status}: {}", error_words(status));
    }
    out.push_str("\n### Examples\n");
    let family = family(site.model(endpoint));
    let family = family
        .as_ref()
        .map(|(family, resource)| (family.as_str(), resource.as_str()));
    let values = samples::first_values(endpoint, &site.base);
    for sample in samples::of(endpoint, family) {
        let _ = writeln!(
            out,
            "\n{}:\n\n```{}\n{}\n```",
            sample.label,
            sample.language,
            samples::fill(&sample, &values)
        );
    }
}

fn parameter_row(parameter: &Parameter, out: &mut String) {
    let place = match parameter.place {
        Place::Path => "path",
        Place::Query => "query",
    };
    let none = serde_json::Map::new();
    let several = parameter.schema.get("anyOf").and_then(Value::as_array);
    let members: Vec<String> = std::iter::once(&parameter.schema)
        .chain(several.into_iter().flatten())
        .filter_map(|schema| schema.get("properties")?.as_object())
        .flat_map(|members| members.keys())
        .map(|member| format!("`[{member}]`"))
        .collect();
    let members = if members.is_empty() {
        String::new()
    } else {
        format!(" Takes {}.", members.join(", "))
    };
    let _ = writeln!(
        out,
        "| `{}` | {place} | {} | {}{members} |",
        parameter.name,
        cell(&fields::kind(&parameter.schema, &none)),
        cell(&parameter.description),
    );
}

/// Which CRMs take which parameter.
fn support(site: &Site<'_>, endpoint: &Described, out: &mut String) {
    let Some((model, matrix)) = site.model(endpoint) else {
        return;
    };
    let rows: Vec<&str> = endpoint
        .operation
        .parameters
        .iter()
        .filter_map(|parameter| parameter.row.as_deref())
        .collect();
    if rows.is_empty() {
        return;
    }
    out.push_str("\n| Parameter | CRMs | What they filter or sort themselves |\n|---|---|---|\n");
    for row in rows {
        let used = if model.field_id(row).is_some() || model.parameters.iter().any(|own| own.name == row) {
            Use::Filter
        } else {
            Use::Sort
        };
        let entries = entries(model, matrix, row, used);
        let words: Vec<String> = entries
            .iter()
            .filter(|entry| !entry.by_vendor.is_empty())
            .map(|entry| format!("{}: {}", entry.label, entry.by_vendor.join(", ")))
            .collect();
        let _ = writeln!(
            out,
            "| `{row}` | {} of {} | {} |",
            entries.len(),
            matrix.crms.len(),
            cell(&words.join("; "))
        );
    }
    out.push_str("\nOf `sort_by`, fields with `*` are sorted by the CRM itself.\n");
}

fn table(rows: &[Row], before: &str, out: &mut String) {
    if before.is_empty() && !rows.is_empty() {
        out.push_str("| Field | Type | Meaning |\n|---|---|---|\n");
    }
    for row in rows {
        let name = format!("{before}{}", row.name);
        let _ = writeln!(
            out,
            "| `{name}` | {} | {} |",
            cell(&row.kind),
            cell(&row.description)
        );
        table(&row.inner, &format!("{name}."), out);
    }
}

pub(super) fn llms(site: &Site<'_>) -> String {
    let base = site.base.trim_end_matches('/');
    let mut out = format!(
        "# Crosswalk\n\n> An open, self-hosted unified CRM API: one shape, one set of filters, sorts, cursors and errors for {} CRMs. Every list yields exactly what matches, whether the CRM can filter and sort or not.\n\nSend `Authorization: Bearer TOKEN`. Errors say what to change; a parameter that is not understood is a 400 that names it.\n\n## Reference\n\n- [Getting started]({base}/docs/index.md): authentication, filters, sorting, paging, errors, support matrix\n",
        site.registry.iter().count()
    );
    for group in site.groups() {
        let _ = writeln!(
            out,
            "- [{}]({base}/docs/{}.md): {}",
            group.title(),
            group.slug(),
            group.about()
        );
    }
    let _ = writeln!(
        out,
        "- [OpenAPI 3.1]({base}/openapi.json): everything for machines, support included as `x-crosswalk-support`"
    );
    out.push_str("\n## CRMs\n\n");
    for connector in site.connectors() {
        let about = connector
            .file
            .about
            .as_deref()
            .unwrap_or("how it is connected and what it gives");
        let _ = writeln!(
            out,
            "- [{}]({base}/docs/crm/{}.md): {about}",
            connector.label(),
            connector.name()
        );
    }
    out
}
