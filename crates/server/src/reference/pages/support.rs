//! Who gives a field and who does the work, as people read it.

use crosswalk_connector::FieldSupport;
use crosswalk_model::UnifiedModel;
use maud::{Markup, html};

use super::prose::counted;
use crate::reference::matrix::{Cell, Matrix};

/// How a row of the matrix is used: its CRMs and what they do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// As a filter.
    Filter,
    /// As the order of a list.
    Sort,
    /// As a field of the answer.
    Field,
}

/// What a CRM's vendor filters by a field, in the API's own words.
pub(super) fn filter_words(support: &FieldSupport) -> Vec<&'static str> {
    let mut words: Vec<&'static str> = support
        .filtered_by_vendor
        .iter()
        .map(|word| match *word {
            "from" => "gte, gt",
            "to" => "lte, lt",
            other => other,
        })
        .collect();
    words.dedup();
    words
}

/// One CRM of a row: its name, label, what its vendor does, and what else is to say.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) by_vendor: Vec<String>,
    pub(super) note: Option<&'static str>,
}

/// The CRMs of a row.
pub(super) fn entries(model: &UnifiedModel, matrix: &Matrix, row: &str, used: Use) -> Vec<Entry> {
    if used == Use::Sort {
        let sorts = |crm: &str| -> Vec<String> {
            matrix
                .sorts(model, crm)
                .map(|(field, directions)| {
                    if directions.is_empty() {
                        field.to_owned()
                    } else {
                        format!("{field}*")
                    }
                })
                .collect()
        };
        let entry = |crm: &crate::reference::matrix::Crm| Entry {
            name: crm.name.clone(),
            label: crm.label.clone(),
            by_vendor: sorts(&crm.name),
            note: None,
        };
        return matrix
            .crms
            .iter()
            .map(entry)
            .filter(|entry| !entry.by_vendor.is_empty())
            .collect();
    }
    let words = |cell: &Cell| match used {
        Use::Filter => filter_words(&cell.support)
            .iter()
            .map(|word| (*word).to_owned())
            .collect(),
        _ => Vec::new(),
    };
    matrix
        .row(row)
        .map(|(crm, cell)| Entry {
            name: crm.name.clone(),
            label: crm.label.clone(),
            by_vendor: words(cell),
            note: cell.is_required.then_some("required unless the account has one"),
        })
        .collect()
}

/// A row's support: how many, by whom, and the list of them behind it.
pub(super) fn details(model: &UnifiedModel, matrix: &Matrix, row: &str, used: Use) -> Markup {
    let entries = entries(model, matrix, row, used);
    let (all, given) = (matrix.crms.len(), entries.len());
    let pushed = entries.iter().filter(|entry| is_pushed(entry, used)).count();
    html! {
        details.support data-use=(use_name(used)) {
            summary {
                // Widths are attributes: the page's policy takes no inline styles.
                svg.bar aria-hidden="true" viewBox="0 0 100 8" preserveAspectRatio="none" {
                    rect.track width="100" height="8" {}
                    rect.given width=(share(given, all)) height="8" {}
                    rect.vendor width=(share(pushed, all)) height="8" {}
                }
                b { (given) } " of " (counted(all, "CRM", "CRMs"))
                @if pushed > 0 {
                    span.pushed { (pushed) " at the CRM itself" }
                }
            }
            ul.crms {
                @for entry in &entries {
                    li data-crm=(entry.name) .by-vendor[is_pushed(entry, used)] {
                        span.dot aria-hidden="true" {}
                        span.who { (entry.label) }
                        @if !entry.by_vendor.is_empty() { " " small { (entry.by_vendor.join(", ")) } }
                        @if let Some(note) = entry.note { " " small { (note) } }
                    }
                }
            }
            @if used == Use::Sort { p.note { "* sorted by the CRM itself; the others are sorted here." } }
        }
    }
}

fn share(part: usize, all: usize) -> usize {
    (part * 100).checked_div(all).unwrap_or_default()
}

fn is_pushed(entry: &Entry, used: Use) -> bool {
    match used {
        Use::Filter => !entry.by_vendor.is_empty(),
        Use::Sort => entry.by_vendor.iter().any(|field| field.ends_with('*')),
        Use::Field => false,
    }
}

fn use_name(used: Use) -> &'static str {
    match used {
        Use::Filter => "filter",
        Use::Sort => "sort",
        Use::Field => "field",
    }
}
