//! The pages, written on the server. `maud` escapes whatever is put into them.

mod ended;
mod form;
mod list;

use axum::response::Response;
use crosswalk_accounts::FlowMemory;
use http::StatusCode;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::assets::{SCRIPT, STYLE};
use super::begin::Rest;
use super::outcome::{Kind, Outcome, Trouble};
use super::query::PageQuery;
use crate::app::App;

pub(super) use self::form::form;
pub(super) use self::list::list;

/// What a page is to the one that opened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// A window or tab of its own: it tells the window that opened it.
    Window,
    /// In a frame: it tells the page around it.
    Frame,
    /// A window beside a framed page: it tells that, and closes.
    Helper,
}

impl Role {
    fn of(iframe: bool) -> Self {
        if iframe { Self::Frame } else { Self::Window }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::Frame => "frame",
            Self::Helper => "helper",
        }
    }
}

/// A whole page around what is inside. `forward` is where a browser goes by itself, after so many seconds.
fn layout(title: &str, role: Role, forward: Option<(u32, &str)>, inside: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" class=(role.as_str()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                @if let Some((seconds, url)) = forward {
                    meta http-equiv="refresh" content={ (seconds) ";url=" (url) };
                }
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body data-role=(role.as_str()) {
                main class="card" {
                    button type="button" class="close" data-close hidden aria-label="Close" { "✕" }
                    (inside)
                }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

/// The way out to the vendor. A redirect would have to be allowed by the policy of the form before it.
pub(super) fn leaving(label: &str, url: &str) -> Markup {
    let inside = html! {
        h1 { "Taking you to " (label) "…" }
        p class="busy" { "You will be asked there to allow the connection." }
        p { a class="button" href=(url) { "Continue to " (label) } }
    };
    layout(
        &format!("Continue to {label}"),
        Role::Window,
        Some((0, url)),
        &inside,
    )
}

/// The caller's memory of a flow.
pub(super) fn rest_of(memory: &FlowMemory) -> Rest {
    let value = serde_json::Value::Object(memory.rest.clone());
    serde_json::from_value(value).unwrap_or(Rest {
        query: String::new(),
        callback: String::new(),
        base: None,
        browser: None,
        iframe: false,
    })
}

impl App {
    /// A page that says one thing.
    pub(super) fn notice(&self, status: StatusCode, title: &str, words: &str) -> Response {
        let inside = html! {
            h1 { (title) }
            p role="status" { (words) }
        };
        let markup = layout(title, Role::Window, None, &inside);
        self.inner.connect.answer(status, markup, false)
    }

    /// A page that nothing can be connected on. Whoever opened it is told at once.
    pub(super) fn trouble(&self, query: &PageQuery, trouble: &Trouble) -> Response {
        let integration = query.integration.as_deref();
        let outcome = Outcome::failed(trouble, integration, None);
        // Other connectors may still do.
        let back = (trouble.kind == Kind::InvalidIntegration && !query.no_back && integration.is_some())
            .then(|| {
                format!(
                    "{}?{}",
                    self.inner.connect.path("/connect-account"),
                    query.choosing(None, None).write()
                )
            });
        let inside = ended::failure(
            "This can not be connected",
            &trouble.message,
            &outcome,
            back.as_deref(),
            "Choose another CRM",
        );
        let markup = layout("This can not be connected", Role::of(query.iframe), None, &inside);
        self.inner.connect.answer(trouble.status, markup, true)
    }
}
