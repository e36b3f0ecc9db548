//! How it ended.

use axum::response::Response;
use crosswalk_accounts::Flow;
use http::StatusCode;
use maud::{Markup, html};

use super::{Role, layout, rest_of};
use crate::app::App;
use crate::connect::outcome::{Kind, Outcome};
use crate::connect::redirect;

/// How long a success is shown before the browser goes on, in seconds.
const PAUSE: u32 = 2;

/// Something went wrong; maybe there is another try.
pub(super) fn failure(
    title: &str,
    words: &str,
    outcome: &Outcome,
    retry: Option<&str>,
    again: &str,
) -> Markup {
    html! {
        div data-outcome=(outcome.message()) {
            h1 { (title) }
            div role="alert" class="alert" tabindex="-1" { (words) }
            @if let Some(retry) = retry {
                p { a class="button" data-retry href=(retry) { (again) } }
            }
        }
    }
}

fn success(label: &str, outcome: &Outcome, onward: Option<&str>) -> Markup {
    html! {
        div data-outcome=(outcome.message()) data-onward=[onward] {
            p class="tick" aria-hidden="true" { "✓" }
            h1 role="status" { (label) " is connected" }
            @match onward {
                Some(url) => p { "Taking you back… " a href=(url) { "Go on" } },
                None => p { "You can close this window." },
            }
        }
    }
}

impl App {
    /// The page of an account that was just connected.
    pub(in crate::connect) fn success(
        &self,
        label: &str,
        outcome: &Outcome,
        iframe: bool,
        redirect_uri: Option<&str>,
    ) -> Response {
        let role = Role::of(iframe);
        let onward = onward(outcome, redirect_uri).filter(|_| role == Role::Window);
        let inside = success(label, outcome, onward.as_deref());
        let forward = onward.as_deref().map(|url| (PAUSE, url));
        let markup = layout(&format!("{label} is connected"), role, forward, &inside);
        self.inner.connect.answer(StatusCode::OK, markup, iframe)
    }

    /// The page of a consent flow that ended.
    pub(in crate::connect) fn end(
        &self,
        flow: &Flow,
        outcome: &Outcome,
        iframe: bool,
        at_callback: bool,
    ) -> Response {
        let page = &self.inner.connect;
        let rest = rest_of(&flow.memory);
        let registry = &self.inner.registry;
        let label = registry
            .get(&flow.memory.integration)
            .map_or("The CRM", |connector| connector.label())
            .to_owned();
        // The page that waits for this one knows the server under another name, and hears only that.
        if at_callback && let Some(base) = &rest.base {
            let url = redirect::with(
                &format!("{base}/connect-account/done"),
                &[("flow", flow.id.as_str())],
            );
            let inside = html! {
                h1 { "One moment…" }
                p { a class="button" href=(url) { "Go on" } }
            };
            let markup = layout("One moment…", Role::Helper, Some((0, &url)), &inside);
            return page.answer(StatusCode::OK, markup, false);
        }
        let role = match (iframe, rest.iframe) {
            (true, _) => Role::Frame,
            (false, true) => Role::Helper,
            (false, false) => Role::Window,
        };
        let back = flow.token.options.redirect_uri.as_deref();
        match &outcome.error {
            None => {
                let onward = onward(outcome, back).filter(|_| role == Role::Window);
                let inside = success(&label, outcome, onward.as_deref());
                let forward = onward.as_deref().map(|url| (PAUSE, url));
                let markup = layout(
                    &format!("{label} is connected"),
                    role,
                    forward,
                    &ended(flow, &page.path("/connect-account/done"), &inside),
                );
                page.answer(StatusCode::OK, markup, iframe)
            }
            Some((kind, words)) => {
                let title = format!("{label} was not connected");
                let retry = (*kind != Kind::InvalidToken)
                    .then(|| format!("{}?{}", page.path("/connect-account"), rest.query));
                let failed = failure(&title, words, outcome, retry.as_deref(), "Try again");
                let leave = onward(outcome, back).filter(|_| role == Role::Window);
                let inside = html! {
                    (failed)
                    @if let Some(url) = leave {
                        p { a href=(url) { "Go back without connecting" } }
                    }
                };
                let markup = layout(
                    &title,
                    role,
                    None,
                    &ended(flow, &page.path("/connect-account/done"), &inside),
                );
                page.answer(StatusCode::OK, markup, iframe)
            }
        }
    }
}

/// Names the flow, so that a framed page finds it and a reload does not come by the callback again.
fn ended(flow: &Flow, done: &str, inside: &Markup) -> Markup {
    html! {
        div data-flow=(flow.id.as_str()) data-done=(done) { (inside) }
    }
}

/// Where the browser goes in the end, with what came of it.
fn onward(outcome: &Outcome, redirect_uri: Option<&str>) -> Option<String> {
    let parameters = outcome.parameters();
    let parameters: Vec<(&str, &str)> = parameters
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    redirect_uri.map(|uri| redirect::with(uri, &parameters))
}
