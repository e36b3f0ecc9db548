//! What every change leaves in the audit log: who made it, to what, and how it was answered.
//!
//! It stands around all routes, so that no change can be forgotten. Bodies are never looked at, since they
//! hold secrets; a handler may say what it affected.

use std::sync::{Arc, OnceLock};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use crosswalk_accounts::{Actor, AuditRecord, Principal};
use http::Method;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::app::App;
use crate::auth::LocalCaller;

/// Where the caller of a request is noted, once known.
#[derive(Clone, Default)]
struct Acting(Arc<OnceLock<Arc<Principal>>>);

/// What a request was about, told by its handler in the answer's extensions.
#[derive(Clone, Debug)]
pub(crate) struct Affected {
    target: String,
    detail: Option<Value>,
}

impl Affected {
    pub(crate) fn new(target: impl Into<String>) -> Self {
        Self {
            target: target.into(),
            detail: None,
        }
    }

    /// What else is worth knowing; nothing secret.
    pub(crate) fn with(mut self, detail: Value) -> Self {
        self.detail = Some(detail);
        self
    }

    /// Puts the note on an answer.
    pub(crate) fn mark(self, mut response: Response) -> Response {
        response.extensions_mut().insert(self);
        response
    }
}

/// Notes who makes a request.
pub(crate) fn note_caller(parts: &Parts, principal: &Arc<Principal>) {
    if let Some(acting) = parts.extensions.get::<Acting>() {
        drop(acting.0.set(Arc::clone(principal)));
    }
}

/// Records changes, also those that were refused to a known caller.
pub(crate) async fn record(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.run(request).await;
    }
    let acting = Acting::default();
    request.extensions_mut().insert(acting.clone());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let is_local = request.extensions().get::<LocalCaller>().is_some();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|route| route.as_str().to_owned());
    let mut response = next.run(request).await;
    let affected = response.extensions_mut().remove::<Affected>();
    let (Some(principal), Some(route)) = (acting.0.get(), route) else {
        return response;
    };
    let (target, detail) = match affected {
        Some(affected) => (Some(affected.target), affected.detail),
        None => (named_in(&route, &path), None),
    };
    let actor = if is_local {
        Actor::CommandLine
    } else {
        Actor::Token {
            id: principal.token_id.clone(),
            name: principal.token_name.clone(),
        }
    };
    let entry = AuditRecord {
        environment_id: Some(principal.environment_id.clone()),
        actor,
        action: action(&method, &route),
        target,
        status: Some(response.status().as_u16()),
        detail,
    };
    if let Err(error) = app.inner.store.record(&entry).await {
        tracing::error!(%error, action = entry.action, "a change could not be written to the audit log");
    }
    response
}

/// What a change is called: `account.update`. A route without a name of its own is called by itself.
fn action(method: &Method, route: &str) -> String {
    let known = match (method.as_str(), route) {
        ("POST", "/integrated-account") => "account.create",
        ("PATCH", "/integrated-account/{id}" | "/integrated-account/me") => "account.update",
        ("DELETE", "/integrated-account/{id}") => "account.delete",
        ("PATCH", "/integrated-account/{id}/credentials") => "account.change_credentials",
        ("POST", "/integrated-account/refresh-credentials") => "account.refresh_credentials",
        ("POST", "/integrated-account/token") => "account_token.create",
        ("POST", "/api-token") => "token.create",
        ("DELETE", "/api-token/{id}") => "token.revoke",
        ("POST", "/link-token") => "link_token.create",
        ("POST", "/environment-integration") => "oauth_app.set",
        ("PATCH", "/environment-integration/{id}") => "oauth_app.update",
        ("DELETE", "/environment-integration/{id}") => "oauth_app.delete",
        ("PUT", "/environment/redirect-uris") => "redirect_uris.replace",
        ("POST", "/webhook") => "webhook.create",
        ("PATCH", "/webhook/{id}") => "webhook.update",
        ("DELETE", "/webhook/{id}") => "webhook.delete",
        ("POST", "/webhook/{id}/test") => "webhook.test",
        _ => return format!("{method} {route}"),
    };
    known.to_owned()
}

/// The value of the route's last hole.
fn named_in(route: &str, path: &str) -> Option<String> {
    route
        .split('/')
        .zip(path.split('/'))
        .filter(|(hole, _)| hole.starts_with('{'))
        .last()
        .map(|(_, value)| percent_decode_str(value).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_have_names_and_targets() {
        assert_eq!(
            action(&Method::PATCH, "/integrated-account/{id}"),
            "account.update"
        );
        assert_eq!(action(&Method::PUT, "/new/{id}"), "PUT /new/{id}");
        assert_eq!(named_in("/a/{id}/b", "/a/x%2Fy/b"), Some("x/y".to_owned()));
        assert_eq!(named_in("/a/me", "/a/me"), None);
    }
}
