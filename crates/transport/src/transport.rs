//! The client: one pool per scheme, host and port, shared by all clones.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderValue, Uri};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower::ServiceExt;

use crate::config::TransportConfig;
use crate::dial::Dialer;
use crate::error::TransportError;
use crate::guard::Guard;
use crate::resolve::{Resolve, SystemResolver};
use crate::translate;

/// Vendors' load balancers close idle connections after one minute or more.
const IDLE: Duration = Duration::from_secs(55);
/// Enough for a busy gateway whose every request goes to one egress address.
const IDLE_PER_HOST: usize = 128;
/// An HTTP/2 connection that went dead under a running request is noticed by pings.
const PING_EVERY: Duration = Duration::from_secs(15);
const PING_ANSWER: Duration = Duration::from_secs(10);

/// Sends requests. Cheap to clone: clones share their pools.
#[derive(Clone)]
pub struct Transport {
    pub(crate) client: Client<Dialer, Full<Bytes>>,
    pub(crate) dialer: Dialer,
    pub(crate) config: Arc<TransportConfig>,
    pub(crate) user_agent: HeaderValue,
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Transport {
    /// A transport with pools of its own, which resolves names as the system does.
    pub fn new(config: TransportConfig) -> Result<Self, TransportError> {
        Self::with_resolver(config, Arc::new(SystemResolver))
    }

    /// A transport with a resolver of the caller's. Its answers are guarded all the same.
    pub fn with_resolver(
        config: TransportConfig,
        resolver: Arc<dyn Resolve>,
    ) -> Result<Self, TransportError> {
        let user_agent = HeaderValue::try_from(&config.user_agent)
            .map_err(|_| TransportError::Unusable("the User-Agent can not be a header".to_owned()))?;
        let guard = Guard::new(config.egress.is_some(), config.allow_private);
        let dialer = Dialer::new(guard, resolver, config.connect_timeout);
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_PER_HOST)
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .http2_keep_alive_interval(PING_EVERY)
            .http2_keep_alive_timeout(PING_ANSWER)
            // Only a request of which nothing was written is sent again by itself.
            .retry_canceled_requests(true)
            .build(dialer.clone());
        Ok(Self {
            client,
            dialer,
            config: Arc::new(config),
            user_agent,
        })
    }

    /// Connects to where a URL leads and lets go again, sending nothing: how long name, TCP and TLS took.
    pub async fn reach(&self, url: &Uri) -> Result<Duration, TransportError> {
        let address = self.address_for(url)?;
        let host = address.host().unwrap_or_default().to_owned();
        let begun = Instant::now();
        match self.dialer.clone().oneshot(address).await {
            Ok(_) => Ok(begun.elapsed()),
            Err(error) => Err(translate::of_connection(&host, &*error)),
        }
    }

    /// Where a URL really goes: with the egress override, there.
    pub fn address_for(&self, url: &Uri) -> Result<Uri, TransportError> {
        if let Some(egress) = &self.config.egress {
            return egress.rewrite(url);
        }
        let rest = url.path_and_query().map_or("/", PathAndQuery::as_str);
        if rest.starts_with('/') {
            return Ok(url.clone());
        }
        // `https://host?query` has no path, but a request line must.
        let mut parts = url.clone().into_parts();
        parts.path_and_query = format!("/{rest}").parse().ok();
        Uri::from_parts(parts).map_err(|_| TransportError::Unusable("a URL that can not be sent".to_owned()))
    }
}
