//! The first page: how to begin, and what is the same for every list.

use crosswalk_model::query::{DEFAULT_LIMIT, MAX_LIMIT};
use crosswalk_model::{FieldKind, Operator, UnifiedModel};
use maud::{Markup, html};
use serde_json::json;

use super::layout::{Sheet, link, page, you};
use super::prose::prose;
use super::{Site, operation};
use crate::reference::samples::ACCOUNT;

const TITLE: &str = "Getting started";

/// The kinds of fields that can be filtered by, and what they are called.
const KINDS: &[(FieldKind, &str)] = &[
    (FieldKind::Text, "Texts, without regard to case"),
    (FieldKind::Id, "The id, exactly"),
    (FieldKind::Boolean, "Truths: true, false, 1, 0"),
    (
        FieldKind::Instant,
        "Instants: ISO 8601 with any offset; a date alone is midnight UTC",
    ),
];

/// What an operator asks, in words.
fn operator_words(operator: Operator) -> &'static str {
    match operator {
        Operator::Eq => "equal; also meant by a bare value",
        Operator::Ne => "not equal, or null",
        Operator::In => "one of several: `[in]=a,b` or `[in][]=a`",
        Operator::Contains => "contains",
        Operator::StartsWith => "starts with",
        Operator::Gt => "later than",
        Operator::Gte => "at or later than",
        Operator::Lt => "earlier than",
        Operator::Lte => "at or earlier than",
    }
}

/// What is the same for every list: titles, each with its paragraphs.
fn rules() -> Vec<(&'static str, Vec<String>)> {
    vec![
        (
            "Authentication",
            vec![
                "Send `Authorization: Bearer TOKEN` with every call. `crosswalk token create` makes a token of the environment; `POST /integrated-account/token` makes one that reaches a single account, with which `integrated_account_id` may be left out.".to_owned(),
            ],
        ),
        (
            "Filters",
            vec![
                "Filters are joined by AND. A record whose field is null matches no filter on it but `[ne]`. What the CRM can filter exactly is left to it, and every record is checked again here, so the answer is the same for every CRM.".to_owned(),
                "A parameter that the call or the CRM does not know is a 400 that names it: a filter is never silently ignored.".to_owned(),
            ],
        ),
        (
            "Sorting",
            vec![
                "`sort_by[field]=asc` or `desc`. Nulls come last either way, ties are broken by `id`, texts sort without regard to case. Without it the CRM's own order stands.".to_owned(),
            ],
        ),
        (
            "Paging",
            vec![
                format!("`limit` is 1 to {MAX_LIMIT}, {DEFAULT_LIMIT} when left out. Every page but the last has exactly `limit` records. Pass `next_cursor` on, with the same filters and sort, until it is null."),
                "A cursor is good for 24 hours and on any replica. For everything at once there is `truto_response_format=stream`.".to_owned(),
            ],
        ),
        (
            "Errors",
            vec![
                "Every error is `{\"statusCode\", \"error\", \"message\"}`; the message says what to change. `truto_is_remote_error` marks those that the CRM caused, with its answer in `raw_response`. `truto_error_insight` has the parameters, scopes and limits that are meant.".to_owned(),
                "Every answer carries `x-request-id`, under which the server's log has it.".to_owned(),
            ],
        ),
    ]
}

fn first_call(site: &Site<'_>) -> Option<(String, String)> {
    let (model, _) = site.models.first()?;
    Some((
        format!(
            "export CROSSWALK_TOKEN=$(crosswalk token create --name docs)\ncurl -sg -H \"Authorization: Bearer $CROSSWALK_TOKEN\" '{}/integrated-account'",
            site.base
        ),
        format!(
            "curl -sg -H \"Authorization: Bearer $CROSSWALK_TOKEN\" \\\n  '{}/unified/{}?integrated_account_id={ACCOUNT}&limit=2&crosswalk_explain=true'",
            site.base, model.name
        ),
    ))
}

pub(super) fn html(site: &Site<'_>) -> String {
    let key = "";
    let main = html! {
        header.head {
            h1 { "One API for " (site.registry.iter().count()) " CRMs" }
            p.lead { "One shape, one set of filters, sorts, cursors and errors, against your customer's live CRM account. What a CRM can't filter or sort is done here, so following the cursor yields exactly what matches." }
            (you())
        }
        @if let Some((token, list)) = first_call(site) {
            section.steps aria-labelledby="first" {
                h2 #first { "The first call" }
                ol {
                    li {
                        p { "Make a token and look at the connected accounts. " code { "crosswalk demo" } " has a token and accounts already." }
                        pre tabindex="0" role="region" aria-label="Make a token" { code data-lang="sh" data-live { (token) } }
                    }
                    li {
                        p { "Ask for records. " code { "crosswalk_explain=true" } " shows what the CRM filtered, what was done here, and every request made to it." }
                        pre tabindex="0" role="region" aria-label="Ask for records" { code data-lang="sh" data-live { (list) } }
                    }
                }
            }
        }
        section aria-labelledby="groups" {
            h2 #groups { "The calls" }
            div.tiles { @for group in site.groups() { (operation::card(site, key, group)) } }
        }
        section aria-labelledby="crms" {
            h2 #crms { "The CRMs" }
            ul.grid {
                @for connector in site.connectors() {
                    li { a href=(link(key, &format!("crm/{}", connector.name()))) { (connector.label()) } }
                }
            }
        }
        @for (title, paragraphs) in rules() {
            section.rule aria-labelledby=(title.to_lowercase()) {
                h2 #(title.to_lowercase()) { (title) }
                @for paragraph in &paragraphs { p { (prose(paragraph)) } }
                @if title == "Filters" { (operators()) }
            }
        }
    };
    page(
        site,
        &Sheet {
            title: TITLE,
            key,
            main,
            data: json!({ "operations": {} }),
        },
    )
}

fn operators() -> Markup {
    html! {
        div.kinds {
            @for (kind, words) in KINDS {
                div.kind-card {
                    h3 { (words) }
                    dl {
                        @for operator in kind.operators() {
                            div { dt { code { "[" (operator.as_str()) "]" } } dd { (prose(operator_words(*operator))) } }
                        }
                    }
                }
            }
        }
    }
}

pub(super) fn markdown(site: &Site<'_>) -> String {
    let mut out = format!(
        "# Crosswalk\n\nOne API for {} CRMs: one shape, one set of filters, sorts, cursors and errors.\n",
        site.registry.iter().count()
    );
    if let Some((token, list)) = first_call(site) {
        out.push_str(&format!(
            "\n## The first call\n\n```sh\n{token}\n```\n\n```sh\n{list}\n```\n"
        ));
    }
    for (title, paragraphs) in rules() {
        out.push_str(&format!("\n## {title}\n\n{}\n", paragraphs.join("\n\n")));
        if title == "Filters" {
            out.push_str("\n| Of | Operators |\n|---|---|\n");
            for (kind, words) in KINDS {
                let operators: Vec<String> = kind
                    .operators()
                    .iter()
                    .map(|operator| format!("`[{}]` {}", operator.as_str(), operator_words(*operator)))
                    .collect();
                out.push_str(&format!("| {words} | {} |\n", operators.join("; ")));
            }
        }
    }
    out.push_str("\n## Pages\n\n");
    for group in site.groups() {
        out.push_str(&format!(
            "- [{}]({}.md): {}\n",
            group.title(),
            group.slug(),
            group.about()
        ));
    }
    out.push_str("\n## CRMs\n\n");
    for connector in site.connectors() {
        out.push_str(&format!(
            "- [{}](crm/{}.md)\n",
            connector.label(),
            connector.name()
        ));
    }
    for (model, matrix) in site.models {
        out.push_str(&format!("\n## {}\n\n", models_title(model)));
        out.push_str(&super::matrix::markdown(model, matrix));
    }
    out
}

fn models_title(model: &UnifiedModel) -> String {
    format!("What each CRM gives of {}", model.resource)
}
