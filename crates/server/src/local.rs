//! The same requests, answered inside the process.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use crosswalk_accounts::{EnvironmentId, Principal, TokenId};
use futures_util::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::app::App;
use crate::auth::LocalCaller;

/// Answers requests as the owner of an environment, through the very routes that a socket would.
#[derive(Clone)]
pub struct LocalClient {
    router: axum::Router,
    principal: Arc<Principal>,
}

/// The id of the command line, which has no token.
pub(crate) const LOCAL_TOKEN: &str = "local";

/// An answer.
#[derive(Debug)]
pub struct LocalResponse {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    body: Body,
}

impl App {
    /// A client of this server's own.
    pub fn local(&self, environment: &EnvironmentId) -> LocalClient {
        let principal = Principal::of_environment(TokenId::from(LOCAL_TOKEN), environment.clone());
        LocalClient {
            router: self.router(),
            principal: Arc::new(principal),
        }
    }

    /// A client that may do what a caller may.
    pub(crate) fn local_as(&self, principal: Arc<Principal>) -> LocalClient {
        LocalClient {
            router: self.router(),
            principal,
        }
    }
}

impl LocalClient {
    /// Makes one request.
    pub fn request<'a>(
        &'a self,
        method: Method,
        path_and_query: &'a str,
        body: Option<&'a Value>,
        accept: Option<&'a str>,
    ) -> BoxFuture<'a, Result<LocalResponse, http::Error>> {
        Box::pin(async move {
            let mut request = Request::builder().method(method).uri(path_and_query);
            if let Some(accept) = accept {
                request = request.header(http::header::ACCEPT, accept);
            }
            let body = match body {
                Some(body) => {
                    request = request.header(CONTENT_TYPE, "application/json");
                    Body::from(body.to_string())
                }
                None => Body::empty(),
            };
            let mut request = request.body(body)?;
            request
                .extensions_mut()
                .insert(LocalCaller(Arc::clone(&self.principal)));
            let (parts, body) = match self.router.clone().oneshot(request).await {
                Ok(response) => response.into_parts(),
                Err(never) => match never {},
            };
            Ok(LocalResponse {
                status: parts.status,
                headers: parts.headers,
                body,
            })
        })
    }
}

impl LocalResponse {
    /// The next piece of the body; `None` at its end.
    pub async fn chunk(&mut self) -> Option<bytes::Bytes> {
        while let Some(frame) = self.body.frame().await {
            if let Ok(data) = frame.ok()?.into_data() {
                return Some(data);
            }
        }
        None
    }

    /// The whole body.
    pub async fn bytes(mut self) -> Vec<u8> {
        let mut whole = Vec::new();
        while let Some(chunk) = self.chunk().await {
            whole.extend_from_slice(&chunk);
        }
        whole
    }

    /// The whole body as JSON; null if it is none.
    pub async fn json(self) -> Value {
        serde_json::from_slice(&self.bytes().await).unwrap_or_default()
    }
}
