//! Outbound HTTP: pools, the egress override, the guards that keep requests where they belong.
//!
//! A [`Transport`] sends one [`OutboundRequest`] and gives one complete [`OutboundResponse`], within a
//! deadline and a size. It promises:
//!
//! - **Nothing leaves for a host that the request does not allow** ([`HostPolicy`]), and redirects are
//!   followed on the same origin only.
//! - **Private addresses are refused** after name resolution, on the very address that is connected to, so
//!   that a name that resolves differently the second time gains nothing.
//! - **The egress override** sends everything to one address, with the real host as the first path segment
//!   and the rest of the URL untouched, byte for byte.
//! - **No secret in an error**: messages name hosts, never paths, queries or headers.

mod address;
mod body;
mod egress;
mod error;
mod hosts;
mod resolve;
mod send;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use http_body_util::Full;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

pub use crate::address::is_public;
pub use crate::egress::{EgressError, EgressUrl};
pub use crate::error::TransportError;
pub use crate::hosts::HostPolicy;
use crate::resolve::GuardedResolver;

type HttpClient = Client<HttpsConnector<HttpConnector<GuardedResolver>>, Full<Bytes>>;

/// How a transport behaves.
#[derive(Clone, Debug)]
pub struct TransportConfig {
    /// Where everything goes instead, if anywhere.
    pub egress: Option<EgressUrl>,
    /// Whether plain http and private addresses are allowed.
    pub allow_private: bool,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// The most bytes a body may have, decoded.
    pub max_body: usize,
    /// The `User-Agent` of requests that bring none.
    pub user_agent: String,
}

impl Default for TransportConfig {
    fn default() -> Self {
        Self {
            egress: None,
            allow_private: false,
            connect_timeout: Duration::from_secs(10),
            max_body: 64 * 1024 * 1024,
            user_agent: concat!("Crosswalk/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// One request. Debug shows no header's value and no body.
pub struct OutboundRequest {
    /// The verb.
    pub method: Method,
    /// Absolute.
    pub url: Uri,
    /// `User-Agent` and `Accept` are added where they are missing.
    pub headers: HeaderMap,
    /// Empty for none.
    pub body: Bytes,
    /// Where it may go.
    pub hosts: HostPolicy,
}

impl std::fmt::Debug for OutboundRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutboundRequest")
            .field("method", &self.method)
            .field("host", &self.url.host())
            .finish_non_exhaustive()
    }
}

/// One complete answer.
#[derive(Clone, Debug)]
pub struct OutboundResponse {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, decoded.
    pub body: Bytes,
    /// From the first try to the last byte.
    pub elapsed: Duration,
}

/// Sends requests. Cheap to clone: clones share their pools.
#[derive(Clone)]
pub struct Transport {
    client: HttpClient,
    config: Arc<TransportConfig>,
    user_agent: HeaderValue,
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transport")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Transport {
    /// A transport with pools of its own.
    pub fn new(config: TransportConfig) -> Result<Self, TransportError> {
        let user_agent = HeaderValue::try_from(&config.user_agent)
            .map_err(|_| TransportError::Unusable("the User-Agent can not be a header".to_owned()))?;
        let resolver = GuardedResolver::new(config.allow_private, config.egress.as_ref());
        let mut http = HttpConnector::new_with_resolver(resolver);
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(config.connect_timeout));
        http.set_keepalive(Some(Duration::from_secs(60)));
        let https = hyper_rustls::HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(http);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_secs(60))
            .pool_max_idle_per_host(128)
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .build(https);
        Ok(Self {
            client,
            config: Arc::new(config),
            user_agent,
        })
    }

    /// Where a URL really goes: with the egress override, there.
    pub fn address_for(&self, url: &Uri) -> Result<Uri, TransportError> {
        match &self.config.egress {
            Some(egress) => egress.rewrite(url),
            None => Ok(url.clone()),
        }
    }
}
