//! The routes, one file per group.

mod accounts;
mod audit;
mod connecting;
mod console;
mod health;
mod integrations;
mod listing;
mod log;
mod meta;
mod overrides;
mod proxy;
mod reach;
mod reference;
mod tokens;
mod unified;
mod webhooks;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{ACCEPT, ALLOW, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::cors::{Any, CorsLayer};

use crate::app::App;
use crate::around::{around, panicked};
use crate::error::Failure;
use crate::reference::endpoint::Endpoint;

/// Every route with its description. The router, `/openapi.json` and the reference are made from this list:
/// to add a route, add an [`Endpoint`] to its group's `endpoints()`.
pub(crate) fn endpoints() -> Vec<Endpoint> {
    [
        unified::endpoints(),
        proxy::endpoints(),
        accounts::endpoints(),
        tokens::endpoints(),
        overrides::endpoints(),
        connecting::endpoints(),
        crate::connect::endpoints(),
        integrations::endpoints(),
        meta::endpoints(),
        webhooks::endpoints(),
        audit::endpoints(),
        log::endpoints(),
        crate::mcp::endpoints(),
        health::endpoints(),
        reference::endpoints(),
        console::endpoints(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl App {
    /// All routes of this server.
    pub fn router(&self) -> Router {
        let compress = DefaultPredicate::new().and(NotForContentType::const_new("application/x-ndjson"));
        let routes = endpoints().into_iter().fold(Router::new(), |router, endpoint| {
            router.route(endpoint.path, endpoint.handler)
        });
        let mut router = routes
            .fallback(unknown)
            .with_state(self.clone())
            .layer(from_fn_with_state(self.clone(), crate::audit::record))
            .layer(map_response(in_shape))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn_with_state(self.clone(), crate::request_log::record))
            .layer(CompressionLayer::new().compress_when(compress))
            .layer(from_fn(around));
        if !self.inner.cors_origins.is_empty() {
            let origins = self
                .inner
                .cors_origins
                .iter()
                .filter_map(|origin| HeaderValue::try_from(origin).ok());
            router = router.layer(
                CorsLayer::new()
                    .allow_origin(origins.collect::<Vec<_>>())
                    .allow_methods([
                        Method::GET,
                        Method::POST,
                        Method::PUT,
                        Method::PATCH,
                        Method::DELETE,
                    ])
                    // A `*` stands for all but this one, and the token is in it.
                    .allow_headers([AUTHORIZATION, CONTENT_TYPE, ACCEPT])
                    .expose_headers(Any),
            );
        }
        router
    }
}

async fn unknown(method: Method, uri: http::Uri) -> Response {
    if let Some(page) = page_beside(&method, uri.path()) {
        return Redirect::permanent(&page).into_response();
    }
    let path: String = uri.path().chars().take(200).collect();
    Failure::new(404, format!("there is nothing at {path}")).into_response()
}

/// Where a page that was typed with a slash at its end is, relative to it, so that a proxy may put all this below
/// a path of its own.
fn page_beside(method: &Method, path: &str) -> Option<String> {
    let page = path.strip_suffix('/')?;
    let is_page = ["/docs", "/console"].iter().any(|pages| {
        page.strip_prefix(pages)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    let name = page.rsplit('/').next().filter(|name| !name.is_empty())?;
    (is_page && matches!(*method, Method::GET | Method::HEAD)).then(|| format!("../{name}"))
}

/// Gives the router's own refusals the contract's shape.
async fn in_shape(response: Response) -> Response {
    let ours = response.headers().contains_key(CONTENT_TYPE);
    if response.status() == StatusCode::METHOD_NOT_ALLOWED && !ours {
        let allowed = response.headers().get(ALLOW).cloned();
        let shown = allowed
            .as_ref()
            .and_then(|allowed| allowed.to_str().ok())
            .unwrap_or("other methods");
        let mut answer = Failure::new(405, format!("this path takes {shown}")).into_response();
        if let Some(allowed) = allowed {
            answer.headers_mut().insert(ALLOW, allowed);
        }
        return answer;
    }
    if response.status() == StatusCode::BAD_REQUEST && !is_ours(&response) {
        return Failure::new(400, "the path is not valid UTF-8 after percent-decoding").into_response();
    }
    response
}

fn is_ours(response: &Response) -> bool {
    response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/json") || kind.starts_with("text/html"))
        // A vendor's own answer, handed on.
        || response.headers().contains_key("crosswalk-raw")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_found_without_its_last_slash() {
        let beside = |path| page_beside(&Method::GET, path);
        assert_eq!(beside("/docs/").as_deref(), Some("../docs"));
        assert_eq!(beside("/docs/crm/hubspot/").as_deref(), Some("../hubspot"));
        assert_eq!(beside("/console/").as_deref(), Some("../console"));
        for other in ["/", "/docs", "/docs//", "/documents/", "/unified/crm/users/"] {
            assert_eq!(beside(other), None, "{other}");
        }
        assert_eq!(page_beside(&Method::POST, "/docs/"), None);
    }
}
