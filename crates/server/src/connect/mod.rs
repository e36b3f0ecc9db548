//! Connecting an account in a browser: the page, the way through a vendor's consent, and what comes of it.
//!
//! A link token is leave to connect one account. Its page offers connectors, asks for what they need, and either
//! takes credentials from a form or sends the browser to the vendor. Whatever way it goes, the vendor is asked
//! whether the credentials live *before* anything is stored, and account and used-up token are written in one
//! transaction: nothing half-connected is ever there to be left behind.

mod assets;
mod begin;
mod browser;
mod callback;
mod check;
mod endpoints;
mod establish;
mod fields;
mod offer;
mod outcome;
mod page;
mod query;
pub(crate) mod redirect;
mod show;
mod status;
mod submit;

use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, StatusCode, Uri};
use maud::Markup;

pub(crate) use self::endpoints::endpoints;

/// Where the page is, and who may frame it.
pub(crate) struct ConnectPage {
    base: String,
    prefix: String,
    framed: HeaderValue,
    unframed: HeaderValue,
}

impl ConnectPage {
    /// The page at this public address.
    pub(crate) fn new(public_url: Option<&str>, frame_ancestors: &[String]) -> Self {
        let base = public_url
            .map(|url| url.trim().trim_end_matches('/'))
            .filter(|url| !url.is_empty())
            .unwrap_or("http://127.0.0.1:8080")
            .to_owned();
        let prefix = base
            .parse::<Uri>()
            .map(|uri| uri.path().trim_end_matches('/').to_owned())
            .unwrap_or_default();
        let ancestors = if frame_ancestors.is_empty() {
            "*".to_owned()
        } else {
            frame_ancestors.join(" ")
        };
        Self {
            base,
            prefix,
            framed: assets::policy(&ancestors),
            unframed: assets::policy("'none'"),
        }
    }

    /// The address that customers' browsers see, without a trailing slash.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// A path of this server as browsers have to write it.
    fn path(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// What vendors are told to send browsers back to.
    pub(crate) fn callback(&self) -> String {
        format!("{}/oauth/callback", self.base)
    }

    /// The page of a link token.
    pub(crate) fn link(&self, token: &str) -> String {
        redirect::with(
            &format!("{}/connect-account", self.base),
            &[("link_token", token)],
        )
    }

    /// A page as an answer; one that is `framed` may be shown by others.
    fn answer(&self, status: StatusCode, markup: Markup, framed: bool) -> Response {
        let policy = if framed { &self.framed } else { &self.unframed };
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
            (CONTENT_SECURITY_POLICY, policy.clone()),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            // The address holds the link token.
            (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
            (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        ];
        (status, headers, markup.into_string()).into_response()
    }
}
