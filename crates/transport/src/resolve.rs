//! Name resolution that gives out only addresses that may be connected to.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper_util::client::legacy::connect::dns::Name;
use tower::{BoxError, Service};

use crate::guard::Reach;

/// The addresses of a name, on their way.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a name. What may be connected to is not its concern.
pub trait Resolve: Send + Sync + 'static {
    /// All addresses of `host`, the best first.
    fn resolve(&self, host: &str) -> Resolving;
}

/// Asks the operating system.
#[derive(Clone, Copy, Debug)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: &str) -> Resolving {
        let host = host.to_owned();
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// Passes on the addresses within reach. They are the ones then connected to: nothing resolves again.
#[derive(Clone)]
pub(crate) struct GuardedResolver {
    pub(crate) reach: Reach,
    pub(crate) inner: Arc<dyn Resolve>,
}

impl Service<Name> for GuardedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let reach = self.reach;
        let resolving = self.inner.resolve(name.as_str());
        Box::pin(async move {
            let found = resolving.await?;
            if found.is_empty() {
                return Err(io::Error::new(io::ErrorKind::NotFound, "its name has no address").into());
            }
            let within: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| reach.admits(*address))
                // The connector puts the port in place.
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            if within.is_empty() {
                return Err(reach.refusal().into());
            }
            Ok(within.into_iter())
        })
    }
}
