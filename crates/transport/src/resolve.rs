//! Name resolution that gives out only addresses that may be connected to.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::Name;
use tower::Service;

use crate::address::is_public;
use crate::egress::EgressUrl;

/// Resolves through the system and drops what is not public.
#[derive(Clone, Debug)]
pub(crate) struct GuardedResolver {
    allow_private: bool,
    exempt: Option<String>,
}

/// The message by which [`crate::send`] knows a refusal of this guard.
pub(crate) const REFUSAL: &str = "its address is private; allow private addresses if that is meant";

impl GuardedResolver {
    pub(crate) fn new(allow_private: bool, egress: Option<&EgressUrl>) -> Self {
        Self {
            allow_private,
            exempt: egress.map(|egress| egress.host().to_lowercase()),
        }
    }
}

/// Whether a host that is an address itself (which is never resolved) may be connected to.
pub(crate) fn literal_is_allowed(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().map_or(true, is_public)
}

impl Service<Name> for GuardedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, io::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let exempt = self
            .exempt
            .as_deref()
            .is_some_and(|host| host.eq_ignore_ascii_case(name.as_str()));
        let any = self.allow_private || exempt;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| any || is_public(address.ip())).collect();
            if allowed.is_empty() {
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, REFUSAL));
            }
            Ok(allowed.into_iter())
        })
    }
}
