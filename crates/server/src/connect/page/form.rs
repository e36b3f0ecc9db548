//! What one CRM needs: settings and credentials, or the way to its consent page.

use crosswalk_connector::Connector;
use crosswalk_connector::file::Method;
use maud::{Markup, html};

use super::list::monogram;
use super::{Role, layout};
use crate::connect::ConnectPage;
use crate::connect::fields::Field;
use crate::connect::offer::{Offer, Way};
use crate::connect::outcome::Trouble;
use crate::connect::query::PageQuery;

#[allow(clippy::too_many_arguments)]
pub(in crate::connect) fn form(
    page: &ConnectPage,
    offer: &Offer,
    connector: &Connector,
    way: Way,
    fields: &[Field],
    query: &PageQuery,
    trouble: Option<&Trouble>,
) -> Markup {
    let label = connector.label();
    let name = connector.name();
    let path = page.path("/connect-account");
    let ways = offer.ways(connector);
    let can_go_back = !query.no_back && offer.connectors.len() > 1;
    let title = match &offer.account {
        Some(_) => format!("Connect {label} again"),
        None => format!("Connect {label}"),
    };
    // Vendors refuse to be framed: their page opens beside this one.
    let target = (way.consents && query.iframe).then_some("crosswalk-consent");
    let here = query.choosing(Some(name), query.way.as_deref());
    let wrong = fields.iter().any(|field| field.problem.is_some());
    let inside = html! {
        @if can_go_back {
            p class="back" {
                a href={ (path) "?" (query.choosing(None, None).write()) } { "← All CRMs" }
            }
        }
        header class="head" {
            (monogram(connector))
            h1 { (title) }
        }
        @if ways.len() > 1 && query.auth_format.is_none() {
            nav class="ways" aria-label="How to connect" {
                @for other in &ways {
                    a href={ (path) "?" (query.choosing(Some(name), Some(other.method.as_str())).write()) }
                        data-method=(other.method.as_str())
                        aria-current=[(other.method == way.method).then_some("true")] {
                        (way_label(connector, other.method))
                    }
                }
            }
        }
        div role="alert" class="alert" tabindex="-1" data-alert hidden[trouble.is_none() && !wrong] {
            @if let Some(trouble) = trouble {
                (trouble.message)
            } @else if wrong {
                "Something is missing or not right yet."
            }
        }
        @if !way.consents && !connector.file.setup.is_empty() {
            details class="steps" open {
                summary { "Where to find it" }
                ol {
                    @for step in &connector.file.setup {
                        li { (step) }
                    }
                }
            }
        }
        form method="post" action={ (path) "?" (here.write()) } target=[target] data-form
            data-consent[way.consents]
            data-integration-name=(name)
            data-label=(label)
            data-check={ (page.path("/connect-account/check")) }
            data-status={ (page.path("/connect-account/status")) }
            data-done={ (page.path("/connect-account/done")) }
            data-token=(query.link_token) {
            @for field in fields {
                (input(field))
            }
            button type="submit" class="button" {
                @if way.consents { "Continue to " (label) } @else { "Connect " (label) }
            }
            p class="fine" role="status" data-progress {
                @if way.consents {
                    (label) " will ask you to allow the connection."
                } @else {
                    "Nothing is kept before " (label) " accepts it."
                }
            }
        }
    };
    layout(&title, Role::of(query.iframe), None, &inside)
}

fn way_label(connector: &Connector, method: Method) -> String {
    let label = connector.scheme(method).and_then(|scheme| scheme.label.clone());
    label.unwrap_or_else(|| {
        match method {
            Method::Oauth2 => "Sign in",
            Method::Oauth2ClientCredentials => "Client id and secret",
            Method::ApiKey => "API key",
            Method::Basic => "User name and password",
        }
        .to_owned()
    })
}

fn input(field: &Field) -> Markup {
    let id = format!("field-{}", field.name);
    let hint = format!("{id}-hint");
    let problem = format!("{id}-problem");
    let has_hint = field.help.is_some() || field.example.is_some();
    let mut described = Vec::new();
    if has_hint {
        described.push(hint.as_str());
    }
    described.push(problem.as_str());
    html! {
        div class="field" {
            label for=(id) {
                (field.label)
                @if !field.required { span class="optional" { " (optional)" } }
            }
            input id=(id) name=(field.name) type=(if field.secret { "password" } else { "text" })
                value=[Some(&field.value).filter(|value| !value.is_empty())]
                autocomplete="off" autocapitalize="none" spellcheck="false"
                required[field.required]
                data-setting[field.setting]
                aria-describedby=(described.join(" "))
                aria-invalid=[field.problem.as_ref().map(|_| "true")];
            @if has_hint {
                p class="hint" id=(hint) {
                    @if let Some(help) = &field.help { (help) " " }
                    @if let Some(example) = &field.example { "For example " code { (example) } }
                }
            }
            p class="problem" id=(problem) aria-live="polite" {
                @if let Some(problem) = &field.problem { (problem) }
            }
        }
    }
}
