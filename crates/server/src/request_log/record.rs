//! Stands around all routes and hands every call to the writer once it is over.

use std::sync::Arc;
use std::time::Instant;

use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderValue, Method, Uri};

use super::counted::Counted;
use super::trail::Trail;
use super::writer::{Call, RequestLog};
use crate::app::App;
use crate::around::REQUEST_ID;

/// What the client got that did not wait for its answer: nothing.
const CLIENT_GONE: u16 = 499;
/// Reading the log leaves no trace in it: a page that shows it would fill it.
const ITSELF: [&str; 2] = ["/log", "/log/summary"];

/// Records calls of known callers.
pub(crate) async fn record(State(app): State<App>, request: Request, next: Next) -> Response {
    let log = app.inner.request_log.as_ref();
    let route = request.extensions().get::<MatchedPath>();
    let (Some(log), Some(route)) = (log, route.filter(|route| !ITSELF.contains(&route.as_str()))) else {
        return next.run(request).await;
    };
    let mut pending = Pending {
        log: log.clone(),
        trail: Arc::default(),
        begun: Instant::now(),
        at: jiff::Timestamp::now().as_millisecond(),
        request_id: request.headers().get(REQUEST_ID).cloned(),
        method: request.method().clone(),
        route: route.clone(),
        uri: request.uri().clone(),
        status: CLIENT_GONE,
        bytes: 0,
    };
    let response = pending.trail.around(next.run(request)).await;
    pending.status = response.status().as_u16();
    match response.body().size_hint().exact() {
        Some(bytes) => {
            pending.bytes = bytes;
            response
        }
        // A stream is over when its body is.
        None => response.map(|body| Body::new(Counted::new(body, pending))),
    }
}

/// A call that is not over yet. It is when this is dropped.
pub(super) struct Pending {
    log: RequestLog,
    trail: Arc<Trail>,
    begun: Instant,
    at: i64,
    request_id: Option<HeaderValue>,
    method: Method,
    route: MatchedPath,
    uri: Uri,
    status: u16,
    pub(super) bytes: u64,
}

impl Drop for Pending {
    fn drop(&mut self) {
        // Who is not known has no environment whose log could tell of the call.
        let Some(caller) = self.trail.caller.get() else {
            return;
        };
        let (vendor_requests, vendor_requests_count) = self.trail.requests.take();
        self.log.note(Call {
            at: self.at,
            milliseconds: self.begun.elapsed().as_millis() as u64,
            caller: Arc::clone(caller),
            account: self.trail.account.get().cloned(),
            request_id: self.request_id.take(),
            method: self.method.clone(),
            route: self.route.clone(),
            uri: self.uri.clone(),
            status: self.status,
            bytes: self.bytes,
            vendor_requests,
            vendor_requests_count,
        });
    }
}
