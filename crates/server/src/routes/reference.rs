//! What this server is: `/openapi.json` and the reference.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;

use crate::app::App;
use crate::reference::Page;
use crate::reference::endpoint::{Access, Endpoint, Group, Operation};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![Endpoint::get(
        "/openapi.json",
        openapi,
        Operation::new(
            "getOpenApi",
            Group::Server,
            "This API for machines",
            "The OpenAPI 3.1 document of this server, with the support matrix as `x-crosswalk-support`. No token is needed.",
        )
        .access(Access::Open)
        .answers(
            200,
            "The document.",
            json!({ "type": "object", "additionalProperties": true }),
            json!({ "openapi": "3.1.0" }),
        )
        .answers_nothing(304, "The copy that `If-None-Match` names is still right."),
    )]
}

async fn openapi(State(app): State<App>, headers: HeaderMap) -> Response {
    served(&app.reference().openapi, &headers)
}

/// A page, unless the client has it already.
fn served(page: &Page, headers: &HeaderMap) -> Response {
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
    // Asked again each time, and answered with 304 while the server is the same.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
