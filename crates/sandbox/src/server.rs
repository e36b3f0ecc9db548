//! The server around the stand-ins: dispatch by host, faults, the log.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;

use crate::call::{Call, Reply, pairs};
use crate::faults::{Fault, FaultRule, Spoiled};
use crate::vendors::{SandboxAccount, TruthUser, Vendor, all};

const LOG: usize = 1000;

/// How large the accounts are.
#[derive(Clone, Copy, Debug)]
pub struct SandboxConfig {
    /// Users of each vendor.
    pub users: usize,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self { users: 250 }
    }
}

/// All stand-ins. Cheap to clone; clones share their state.
#[derive(Clone)]
pub struct Sandbox {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) vendors: Vec<Box<dyn Vendor>>,
    faults: Mutex<Vec<FaultRule>>,
    /// The last good answer of each vendor that was no token.
    last: Mutex<BTreeMap<&'static str, Reply>>,
    log: Mutex<VecDeque<LoggedRequest>>,
    stats: Mutex<BTreeMap<&'static str, Stats>>,
}

/// What one vendor was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Requests, token requests included.
    pub requests: u64,
    /// Requests to its token endpoint.
    pub token_requests: u64,
    /// Refreshes that it granted.
    pub refreshes: u64,
}

/// One request, as it was made.
#[derive(Clone, Debug, Serialize)]
pub struct LoggedRequest {
    /// The verb.
    pub method: String,
    /// The real host.
    pub host: String,
    /// Path and query as they came.
    pub target: String,
    /// The body.
    pub body: String,
    /// The answer's status.
    pub status: u16,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sandbox {
    /// A fresh sandbox.
    pub fn new(config: SandboxConfig) -> Self {
        let inner = Inner {
            vendors: all(config.users),
            faults: Mutex::default(),
            last: Mutex::default(),
            log: Mutex::default(),
            stats: Mutex::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// A way to connect to each vendor.
    pub fn accounts(&self) -> Vec<SandboxAccount> {
        self.inner.vendors.iter().map(|vendor| vendor.account()).collect()
    }

    /// All users of a vendor, in the order of its list, as the unified API has to show them.
    pub fn truth(&self, vendor: &str) -> Vec<TruthUser> {
        self.inner
            .vendors
            .iter()
            .find(|known| known.name() == vendor)
            .map(|known| known.truth())
            .unwrap_or_default()
    }

    /// Makes some of the next answers go wrong.
    pub fn inject(&self, rule: FaultRule) {
        locked(&self.inner.faults).push(rule);
    }

    /// Takes all faults back.
    pub fn clear_faults(&self) {
        locked(&self.inner.faults).clear();
    }

    /// Ends the access tokens of a vendor, of all when empty.
    pub fn expire_tokens(&self, vendor: &str) {
        for known in self
            .inner
            .vendors
            .iter()
            .filter(|known| vendor.is_empty() || known.name() == vendor)
        {
            known.tokens().expire();
        }
    }

    /// Ends the access and refresh tokens of a vendor.
    pub fn revoke_tokens(&self, vendor: &str) {
        for known in self.inner.vendors.iter().filter(|known| known.name() == vendor) {
            known.tokens().expire();
            known.tokens().revoke();
        }
    }

    /// What a vendor was asked so far.
    pub fn stats(&self, vendor: &str) -> Stats {
        let mut stats = locked(&self.inner.stats).get(vendor).copied().unwrap_or_default();
        if let Some(known) = self.inner.vendors.iter().find(|known| known.name() == vendor) {
            stats.refreshes = known.tokens().refreshes();
        }
        stats
    }

    /// The last requests, oldest first.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        locked(&self.inner.log).iter().cloned().collect()
    }

    /// The routes.
    pub fn router(&self) -> Router {
        Router::new().fallback(handle).with_state(self.clone())
    }

    /// Serves until `shutdown` resolves.
    pub fn serve(
        self,
        listener: tokio::net::TcpListener,
        shutdown: BoxFuture<'static, ()>,
    ) -> BoxFuture<'static, io::Result<()>> {
        Box::pin(async move {
            axum::serve(listener, self.router())
                .with_graceful_shutdown(shutdown)
                .await
        })
    }

    fn note(&self, vendor: &'static str, is_token: bool, call: &Call, status: u16) {
        let mut stats = locked(&self.inner.stats);
        let stats = stats.entry(vendor).or_default();
        stats.requests += 1;
        stats.token_requests += u64::from(is_token);
        let mut log = locked(&self.inner.log);
        if log.len() == LOG {
            log.pop_front();
        }
        let query = if call.raw_query.is_empty() {
            String::new()
        } else {
            format!("?{}", call.raw_query)
        };
        log.push_back(LoggedRequest {
            method: call.method.to_string(),
            host: call.host.clone(),
            target: format!("{}{query}", call.path),
            body: String::from_utf8_lossy(&call.body).into_owned(),
            status,
        });
    }

    /// The fault for a call, used up by one.
    fn fault(&self, call: &Call) -> Option<FaultRule> {
        let mut faults = locked(&self.inner.faults);
        for rule in faults.iter_mut().filter(|rule| rule.meets(call)) {
            if rule.after > 0 {
                rule.after -= 1;
                continue;
            }
            if rule.times > 0 {
                rule.times -= 1;
                return Some(rule.clone());
            }
        }
        None
    }
}

async fn handle(State(sandbox): State<Sandbox>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 1024 * 1024).await else {
        return respond(&Reply::text(413, "text/plain", "too large"));
    };
    let path = parts.uri.path().to_owned();
    let raw_query = parts.uri.query().unwrap_or_default().to_owned();
    if let Some(rest) = path.strip_prefix("/_sandbox/") {
        return respond(&crate::control::answer(
            &sandbox,
            &parts.method,
            rest,
            &pairs(&raw_query),
            &body,
        ));
    }
    let (host, path) = path.trim_start_matches('/').split_once('/').map_or(
        (path.trim_start_matches('/').to_owned(), "/".to_owned()),
        |(host, rest)| (host.to_owned(), format!("/{rest}")),
    );
    let call = Call {
        host,
        path,
        query: pairs(&raw_query),
        raw_query,
        method: parts.method,
        headers: parts.headers,
        body,
    };
    let Some(vendor) = sandbox
        .inner
        .vendors
        .iter()
        .find(|vendor| vendor.serves(&call.host))
    else {
        return respond(&Reply::text(
            502,
            "text/plain",
            "the sandbox does not stand in for this host",
        ));
    };
    if let Some(consent) = vendor.consent(&call) {
        return respond(&consent.answer(&call, vendor.tokens()));
    }
    let is_token = vendor.is_token_call(&call);
    let before = locked(&sandbox.inner.last).get(vendor.name()).cloned();
    // A page can only come again once there was one.
    let fault = sandbox
        .fault(&call)
        .filter(|rule| before.is_some() || !matches!(rule.kind, Fault::Repeat));
    let spoiled = match fault {
        Some(rule) => {
            let reply = if rule.kind.comes_before() {
                Reply::written(200, String::new())
            } else {
                vendor.answer(&call)
            };
            rule.kind.spoil(vendor.as_ref(), reply, before)
        }
        None => {
            let reply = vendor.answer(&call);
            if !is_token && (200..300).contains(&reply.status) {
                locked(&sandbox.inner.last).insert(vendor.name(), reply.clone());
            }
            Spoiled::Reply(reply)
        }
    };
    match spoiled {
        Spoiled::Reply(reply) => {
            sandbox.note(vendor.name(), is_token, &call, reply.status);
            respond(&reply)
        }
        Spoiled::Late(reply, wait) => {
            sandbox.note(vendor.name(), is_token, &call, reply.status);
            tokio::time::sleep(wait).await;
            respond(&reply)
        }
        Spoiled::Cut(reply) => {
            sandbox.note(vendor.name(), is_token, &call, reply.status);
            cut(&reply)
        }
    }
}

fn respond(reply: &Reply) -> Response {
    let body = Body::from(reply.body.clone());
    with_head(reply, body)
}

/// Half of the body, then the connection breaks.
fn cut(reply: &Reply) -> Response {
    let half = Bytes::copy_from_slice(&reply.body[..reply.body.len() / 2]);
    let chunks = futures_util::stream::iter([Ok(half), Err(io::Error::other("cut on purpose"))]);
    with_head(reply, Body::from_stream(chunks))
}

fn with_head(reply: &Reply, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(reply.kind));
    for (name, value) in &reply.headers {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}
