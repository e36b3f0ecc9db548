//! The support matrix as a table: CRMs down, fields across.

use crosswalk_model::{FieldKind, FieldRole, UnifiedModel};
use maud::{Markup, html};

use super::layout::link;
use super::support::filter_words;
use crate::reference::matrix::Matrix;

/// What a cell says: a mark, and the same in words.
fn mark(model: &UnifiedModel, matrix: &Matrix, row: &str, crm: &str) -> (&'static str, &'static str, String) {
    let Some(cell) = matrix.cell(row, crm) else {
        return ("none", "–", "none".to_owned());
    };
    let filters = filter_words(&cell.support);
    let mut words = Vec::new();
    if !filters.is_empty() {
        words.push(format!("the CRM filters {}", filters.join(", ")));
    }
    if !cell.support.sorted_by_vendor.is_empty() {
        words.push("the CRM sorts".to_owned());
    }
    let field = model.fields.iter().find(|field| field.name == row);
    let is_sortable = field.is_some_and(|field| field.sortable);
    if field.is_some_and(|field| field.kind.operators().is_empty()) {
        return ("here", "○", "returned".to_owned());
    }
    if field.is_none() {
        return ("vendor", "●", "taken".to_owned());
    }
    if cell.support.is_by_vendor() {
        ("vendor", "●", words.join("; "))
    } else if is_sortable {
        ("here", "○", "filtered and sorted here".to_owned())
    } else {
        ("here", "○", "filtered here".to_owned())
    }
}

/// The columns: fields but the id, which all give, and parameters that not all take.
fn columns(model: &UnifiedModel, matrix: &Matrix) -> Vec<String> {
    let fields = model
        .fields
        .iter()
        .filter(|field| field.kind != FieldKind::Id)
        .map(|field| field.name.clone());
    let parameters = model
        .parameters
        .iter()
        .filter(|parameter| matrix.row(&parameter.name).count() < matrix.crms.len())
        .map(|parameter| parameter.name.clone());
    fields.chain(parameters).collect()
}

pub(super) fn section(model: &UnifiedModel, matrix: &Matrix, key: &str) -> Markup {
    let columns = columns(model, matrix);
    let only_filters: Vec<&str> = model
        .fields
        .iter()
        .filter(|field| field.role == FieldRole::FilterOnly)
        .map(|field| field.name.as_str())
        .collect();
    html! {
        section.matrix #(format!("matrix-{}", model.resource)) aria-labelledby=(format!("matrix-{}-title", model.resource)) {
            h2 #(format!("matrix-{}-title", model.resource)) { "What each CRM gives of " (model.resource) }
            p.legend {
                span { span.mark.vendor { "●" } " filtered or sorted by the CRM where that is exact" }
                span { span.mark.here { "○" } " filtered or sorted here" }
                span { span.mark.none { "–" } " the CRM has none" }
            }
            div.scroll tabindex="0" role="region" aria-label="Support matrix" {
                table {
                    thead { tr {
                        th scope="col" { "CRM" }
                        @for column in &columns { th scope="col" { code { (column) } } }
                    } }
                    tbody {
                        @for crm in &matrix.crms {
                            tr data-crm=(crm.name) {
                                th scope="row" { a href=(link(key, &format!("crm/{}", crm.name))) { (crm.label) } }
                                @for column in &columns {
                                    @let (class, mark, words) = mark(model, matrix, column, &crm.name);
                                    td title=(words) { span.mark.(class) aria-hidden="true" { (mark) } span.unseen { (words) } }
                                }
                            }
                        }
                    }
                }
            }
            p.note {
                "Every CRM takes " code { "id" } ", searches, and every filter and sort on what it returns."
                @if !only_filters.is_empty() {
                    " "
                    @for (at, name) in only_filters.iter().enumerate() {
                        @if at > 0 { " and " }
                        code { (name) }
                    }
                    " can be filtered by and are not in the answer."
                }
            }
        }
    }
}

/// The same for Markdown.
pub(super) fn markdown(model: &UnifiedModel, matrix: &Matrix) -> String {
    let columns = columns(model, matrix);
    let heads: Vec<String> = columns.iter().map(|column| format!("`{column}`")).collect();
    let mut out = format!(
        "`●` filtered or sorted by the CRM where that is exact, `○` filtered or sorted here, `–` the CRM has none.\n\n| CRM | {} |\n|---|{}\n",
        heads.join(" | "),
        "---|".repeat(columns.len())
    );
    for crm in &matrix.crms {
        let marks: Vec<&str> = columns
            .iter()
            .map(|column| mark(model, matrix, column, &crm.name).1)
            .collect();
        out.push_str(&format!(
            "| {} (`{}`) | {} |\n",
            crm.label,
            crm.name,
            marks.join(" | ")
        ));
    }
    out
}
