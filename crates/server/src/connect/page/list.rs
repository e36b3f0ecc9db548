//! The choice of a CRM.

use std::sync::Arc;

use crosswalk_connector::Connector;
use maud::{Markup, html};

use super::{Role, layout};
use crate::connect::ConnectPage;
use crate::connect::offer::Offer;
use crate::connect::query::PageQuery;

/// How many colours monograms have.
const COLOURS: u32 = 8;

pub(in crate::connect) fn list(page: &ConnectPage, offer: &Offer, query: &PageQuery) -> Markup {
    let mut connectors: Vec<&Arc<Connector>> = offer.connectors.iter().collect();
    connectors.sort_by_key(|connector| connector.label().to_lowercase());
    let inside = html! {
        h1 { "Connect your CRM" }
        @if connectors.len() > 6 {
            div class="search" {
                label for="search" { "Search" }
                input id="search" type="search" autocomplete="off" spellcheck="false" data-search;
            }
        }
        ul class="crms" data-crms {
            @for connector in connectors {
                li data-words={ (connector.label().to_lowercase()) " " (connector.name()) } {
                    a class="crm" data-integration=(connector.name())
                        href={ (page.path("/connect-account")) "?" (query.choosing(Some(connector.name()), None).write()) } {
                        (monogram(connector))
                        span class="name" { (connector.label()) }
                        @if offer.ways(connector).is_empty() {
                            span class="note" { "Not set up yet" }
                        }
                    }
                }
            }
        }
        p class="none" role="status" data-none hidden { "No CRM of that name." }
    };
    layout("Connect your CRM", Role::of(query.iframe), None, &inside)
}

/// Two letters on a colour that stays with the connector.
pub(super) fn monogram(connector: &Connector) -> Markup {
    let words: Vec<&str> = connector
        .label()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let letters: String = match words.as_slice() {
        [one] => one.chars().take(2).collect(),
        words => words
            .iter()
            .take(2)
            .filter_map(|word| word.chars().next())
            .collect(),
    };
    let sum = connector.name().bytes().fold(0_u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    html! {
        span class={ "monogram c" (sum % COLOURS) } aria-hidden="true" { (letters) }
    }
}
