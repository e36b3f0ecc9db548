//! `POST /mcp`: the streamable HTTP transport. Every request stands alone, so that any replica answers it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::json;

use super::Agent;
use crate::app::App;
use crate::auth::Reader;
use crate::body::MAX_BODY;
use crate::error::Failure;
use crate::reference::endpoint::{Access, Endpoint, Group, Operation};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    let message = json!({ "type": "object", "description": "A JSON-RPC message of the protocol." });
    let operation = Operation::new(
        "mcp",
        Group::Server,
        "Tools for agents",
        "The Model Context Protocol over streamable HTTP, without sessions: tools to list accounts, to list and get users, and to see what an account supports. With a token of one account the tools are that account's. A token that may only read is enough.",
    )
    .access(Access::Account)
    .body(
        message.clone(),
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} }),
    )
    .answers(
        200,
        "The JSON-RPC answer.",
        message,
        json!({ "jsonrpc": "2.0", "id": 1, "result": { "tools": [] } }),
    )
    .answers_nothing(202, "A notification was taken.")
    .fails(&[406, 413, 415, 422]);
    vec![Endpoint::post("/mcp", answer, operation)]
}

async fn answer(State(app): State<App>, reader: Reader, request: Request) -> Response {
    let agent = Agent::new(app, reader.0);
    // Pages that a browser was lured to can not know a token, so hosts and origins need no list of their own.
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .disable_allowed_hosts()
        .with_max_request_body_bytes(MAX_BODY);
    let sessions = Arc::new(NeverSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(agent.clone()), sessions, config);
    in_shape(service.handle(request).await.map(Body::new)).await
}

/// Gives the transport's own refusals, which are plain text, the contract's shape.
async fn in_shape(response: Response) -> Response {
    let is_json = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let status = response.status();
    if is_json || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let words = match axum::body::to_bytes(response.into_body(), 4096).await {
        Ok(words) => String::from_utf8_lossy(&words).trim().to_owned(),
        Err(_) => String::new(),
    };
    let words = if words.is_empty() {
        "the request is no JSON-RPC message".to_owned()
    } else {
        words
    };
    Failure::new(status.as_u16(), words).into_response()
}
