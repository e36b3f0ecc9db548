//! What is around every page.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};

use super::Site;

/// A page's own parts.
pub(super) struct Sheet<'a> {
    pub(super) title: &'a str,
    /// What follows `/docs/` in its address.
    pub(super) key: &'a str,
    pub(super) main: Markup,
    /// What the script needs.
    pub(super) data: Value,
}

/// The way from a page back to the server's root, so that a proxy may put the server below any path.
pub(super) fn root(key: &str) -> String {
    if key.is_empty() {
        "./".to_owned()
    } else {
        "../".repeat(key.matches('/').count() + 1)
    }
}

/// Link to another page.
pub(super) fn link(from: &str, to: &str) -> String {
    let root = root(from);
    if to.is_empty() {
        format!("{root}docs")
    } else {
        format!("{root}docs/{to}")
    }
}

/// The whole page.
pub(super) fn page(site: &Site<'_>, sheet: &Sheet<'_>) -> String {
    let root = root(sheet.key);
    let own_markdown = if sheet.key.is_empty() {
        "index.md".to_owned()
    } else {
        format!("{}.md", sheet.key)
    };
    let crms: Vec<Value> = site
        .connectors()
        .iter()
        .map(|connector| json!([connector.name(), connector.label()]))
        .collect();
    let data = json!({ "key": sheet.key, "base": site.base, "crms": crms, "page": sheet.data });
    // Inside of a script element only `<` could end it.
    let data = data.to_string().replace('<', "\\u003c");
    html! {
        (DOCTYPE)
        html lang="en" data-root=(root) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (sheet.title) " · Crosswalk" }
                link rel="icon" type="image/svg+xml" href=(format!("{root}docs/assets/icon.svg"));
                link rel="alternate" type="text/markdown" href=(format!("{root}docs/{own_markdown}"));
                link rel="stylesheet" href=(format!("{root}docs/assets/reference.css"));
                script src=(format!("{root}docs/assets/theme.js")) {}
                script src=(format!("{root}docs/assets/reference.js")) defer {}
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                (top(sheet.key, &root))
                div.frame {
                    nav #side aria-label="Reference" { (side(site, sheet.key)) }
                    main #main tabindex="-1" {
                        (sheet.main)
                        footer {
                            a href=(format!("{root}docs/{own_markdown}")) { "This page as Markdown" }
                            a href=(format!("{root}console")) { "Console" }
                            a href=(format!("{root}openapi.json")) { "OpenAPI 3.1" }
                            a href=(format!("{root}llms.txt")) { "llms.txt" }
                            span { "Crosswalk " (env!("CARGO_PKG_VERSION")) }
                        }
                    }
                }
                p #said .unseen role="status" {}
                script #data type="application/json" { (PreEscaped(data)) }
            }
        }
    }
    .into_string()
}

fn top(key: &str, root: &str) -> Markup {
    html! {
        header.top {
            a.brand href=(link(key, "")) {
                img src=(format!("{root}docs/assets/icon.svg")) alt="" width="26" height="26";
                span { "Crosswalk" }
            }
            div.find {
                label.unseen for="find" { "Filter this page" }
                input #find type="search" placeholder="Filter parameters and fields" autocomplete="off" spellcheck="false";
                kbd aria-hidden="true" { "/" }
            }
            a.plain href=(format!("{root}console")) { "Console" }
            a.plain href=(format!("{root}openapi.json")) { "OpenAPI" }
            button #theme type="button" aria-label="Colours: as the system" title="Colours" {}
            button #menu type="button" aria-expanded="false" aria-controls="side" { "Menu" }
        }
    }
}

/// The way to every operation and CRM.
fn side(site: &Site<'_>, key: &str) -> Markup {
    html! {
        ul.pages {
            li { a href=(link(key, "")) aria-current=[key.is_empty().then_some("page")] { "Getting started" } }
            @for group in site.groups() {
                li {
                    a href=(link(key, group.slug())) aria-current=[(key == group.slug()).then_some("page")] { (group.title()) }
                    ul {
                        @for endpoint in site.of_group(group) {
                            li {
                                a href=(format!("{}#{}", link(key, group.slug()), endpoint.operation.id)) {
                                    (verb(&endpoint.method)) span { (endpoint.operation.summary) }
                                }
                            }
                        }
                    }
                }
            }
        }
        details.all open[key.starts_with("crm/")] {
            summary { "CRMs " span.count { (site.registry.iter().count()) } }
            ul {
                @for connector in site.connectors() {
                    @let to = format!("crm/{}", connector.name());
                    li { a href=(link(key, &to)) aria-current=[(key == to).then_some("page")] { (connector.label()) } }
                }
            }
        }
    }
}

/// A method, coloured.
pub(super) fn verb(method: &http::Method) -> Markup {
    html! { span.verb data-verb=(method.as_str()) { (if *method == http::Method::DELETE { "DEL" } else { method.as_str() }) } }
}

/// The reader's server: token, account and CRM. It is the script's, and shows itself when that runs.
pub(super) fn you() -> Markup {
    html! {
        form #you hidden aria-label="Your account" {
            div.field {
                label for="token" { "API token" }
                input #token type="password" autocomplete="off" spellcheck="false" placeholder="cw_…";
            }
            div.field {
                label for="account" { "Account" }
                input #account list="accounts" autocomplete="off" spellcheck="false" placeholder="paste an id, or pick one";
                datalist #accounts {}
            }
            div.field {
                label for="crm" { "My CRM" }
                select #crm { option value="" { "All CRMs" } }
            }
            p #you-note .note { "The token stays in this page's memory and goes to this server only." }
        }
    }
}
