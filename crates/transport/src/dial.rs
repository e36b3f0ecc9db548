//! Makes connections: guarded, with TLS where the scheme says so, within a time.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::{BoxError, Service};

use crate::guard::{Guard, Reach};
use crate::resolve::{GuardedResolver, Resolve};

type Tcp = TokioIo<TcpStream>;
type Connecting<S> = Pin<Box<dyn Future<Output = Result<S, BoxError>> + Send>>;

/// Connects within a time: name, TCP and TLS together.
#[derive(Clone)]
pub(crate) struct Dialer {
    inner: HttpsConnector<GuardedTcp>,
    limit: Duration,
}

impl Dialer {
    pub(crate) fn new(guard: Guard, resolver: Arc<dyn Resolve>, limit: Duration) -> Self {
        let inner = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(GuardedTcp {
                guard,
                https: tcp(guard.https, Arc::clone(&resolver), limit),
                http: tcp(guard.http, resolver, limit),
            });
        Self { inner, limit }
    }
}

impl Service<Uri> for Dialer {
    type Response = MaybeHttpsStream<Tcp>;
    type Error = BoxError;
    type Future = Connecting<Self::Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connecting = self.inner.call(to);
        let limit = self.limit;
        Box::pin(async move {
            tokio::time::timeout(limit, connecting)
                .await
                .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "it took too long").into()))
        })
    }
}

/// TCP to admitted addresses only. It sits below TLS, so it sees every connection, under whatever name.
#[derive(Clone)]
struct GuardedTcp {
    guard: Guard,
    https: HttpConnector<GuardedResolver>,
    http: HttpConnector<GuardedResolver>,
}

impl Service<Uri> for GuardedTcp {
    type Response = Tcp;
    type Error = BoxError;
    type Future = Connecting<Tcp>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        ready!(self.https.poll_ready(cx))?;
        ready!(self.http.poll_ready(cx))?;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        if let Err(refusal) = self.guard.check(&to) {
            return Box::pin(std::future::ready(Err(refusal.into())));
        }
        let connecting = if to.scheme() == Some(&Scheme::HTTPS) {
            self.https.call(to)
        } else {
            self.http.call(to)
        };
        Box::pin(async move { Ok(connecting.await?) })
    }
}

fn tcp(reach: Reach, inner: Arc<dyn Resolve>, limit: Duration) -> HttpConnector<GuardedResolver> {
    let mut tcp = HttpConnector::new_with_resolver(GuardedResolver { reach, inner });
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    // Divided among a name's addresses, so that a dead one leaves time for the next.
    tcp.set_connect_timeout(Some(limit));
    tcp.set_keepalive(Some(Duration::from_secs(60)));
    tcp
}
