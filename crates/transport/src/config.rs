//! How a transport behaves.

use std::time::Duration;

use crate::egress::EgressUrl;

/// How a transport behaves.
#[derive(Clone, Debug)]
pub struct TransportConfig {
    /// Where everything goes instead, if anywhere.
    pub egress: Option<EgressUrl>,
    /// Whether private addresses are allowed, and plain http to them.
    pub allow_private: bool,
    /// How long connecting may take: name, TCP and TLS together.
    pub connect_timeout: Duration,
    /// The most bytes a body may have, as it comes and decoded.
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
