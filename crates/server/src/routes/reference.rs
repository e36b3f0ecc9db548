//! What this server is: `/openapi.json`, `/llms.txt` and the reference at `/docs`.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;

use crate::app::App;
use crate::error::{Answer, Failure};
use crate::reference::Page;
use crate::reference::endpoint::{Access, Endpoint, Group, Operation};

/// What a page of the reference may do: show itself and ask this server, nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) fn endpoints() -> Vec<Endpoint> {
    let operation = |id: &str, summary: &str, description: &str| {
        Operation::new(id, Group::Server, summary, description).access(Access::Open)
    };
    let page = |operation: Operation| {
        operation
            .answers_as(200, "The page.", &["text/html", "text/markdown"])
            .answers_nothing(304, UNCHANGED)
    };
    vec![
        Endpoint::get(
            "/openapi.json",
            openapi,
            operation(
                "getOpenApi",
                "This API for machines",
                "The OpenAPI 3.1 document of this server, with the support matrix as `x-crosswalk-support`. No token is needed.",
            )
            .answers(
                200,
                "The document.",
                json!({ "type": "object", "additionalProperties": true }),
                json!({ "openapi": "3.1.0" }),
            )
            .answers_nothing(304, UNCHANGED),
        ),
        Endpoint::get(
            "/llms.txt",
            llms,
            operation("getLlms", "This API for agents", "Where everything is, as `llms.txt` has it.")
                .answers_as(200, "The text.", &["text/plain"])
                .answers_nothing(304, UNCHANGED),
        ),
        Endpoint::get(
            "/docs",
            first_page,
            page(operation("getDocs", "The reference", "The first page of this reference.")),
        ),
        Endpoint::get(
            "/docs/{page}",
            group_page,
            page(
                operation(
                    "getDocsPage",
                    "A page of the reference",
                    "The page of a group of calls; with `.md` behind it, as Markdown.",
                )
                .path("page", "The page's name.", "unified.md")
                .fails(&[404]),
            ),
        ),
        Endpoint::get(
            "/docs/crm/{name}",
            crm_page,
            page(
                operation(
                    "getDocsOfCrm",
                    "A CRM's page of the reference",
                    "How it is connected and what it gives; with `.md` behind it, as Markdown.",
                )
                .path("name", "The connector's name.", "hubspot.md")
                .fails(&[404]),
            ),
        ),
        Endpoint::get(
            "/docs/assets/{name}",
            asset,
            operation("getDocsAsset", "A file of the reference", "Styles and scripts of the pages.")
                .path("name", "The file's name.", "reference.css")
                .answers_as(200, "The file.", &["text/css", "text/javascript", "image/svg+xml"])
                .answers_nothing(304, UNCHANGED)
                .fails(&[404]),
        ),
    ]
}

pub(super) const UNCHANGED: &str = "The copy that `If-None-Match` names is still right.";

async fn openapi(State(app): State<App>, headers: HeaderMap) -> Response {
    served(&app.reference().openapi, &headers, POLICY)
}

async fn llms(State(app): State<App>, headers: HeaderMap) -> Response {
    served(&app.reference().llms, &headers, POLICY)
}

async fn first_page(State(app): State<App>, headers: HeaderMap) -> Answer {
    of_key(&app, "", &headers)
}

async fn group_page(State(app): State<App>, Path(page): Path<String>, headers: HeaderMap) -> Answer {
    of_key(&app, &page, &headers)
}

async fn crm_page(State(app): State<App>, Path(name): Path<String>, headers: HeaderMap) -> Answer {
    of_key(&app, &format!("crm/{name}"), &headers)
}

async fn asset(State(app): State<App>, Path(name): Path<String>, headers: HeaderMap) -> Answer {
    of_key(&app, &format!("assets/{name}"), &headers)
}

fn of_key(app: &App, key: &str, headers: &HeaderMap) -> Answer {
    let page = app.reference().pages.get(key).ok_or_else(|| {
        let shown: String = key.chars().take(100).collect();
        Failure::new(
            404,
            format!("the reference has no page `{shown}`; begin at /docs"),
        )
    })?;
    Ok(served(page, headers, POLICY))
}

/// A page, unless the client has it already. The policy says what it may do in a browser.
pub(super) fn served(page: &Page, headers: &HeaderMap, policy: &'static str) -> Response {
    let known = headers.get_all(IF_NONE_MATCH).iter().any(|tags| {
        let is_it = |tag: &str| tag.trim() == page.tag || tag.trim() == "*";
        tags.to_str().is_ok_and(|tags| tags.split(',').any(is_it))
    });
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        page.body.clone().into_response()
    };
    let headers = response.headers_mut();
    if !known {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(page.kind));
    }
    if let Ok(tag) = HeaderValue::try_from(page.tag.as_str()) {
        headers.insert(ETAG, tag);
    }
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    // Asked again each time, and answered with 304 while the server is the same.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
