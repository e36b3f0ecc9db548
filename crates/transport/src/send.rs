//! Sends a request and follows redirects on the same origin.

use std::error::Error as _;
use std::time::Instant;

use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri};
use http_body_util::Full;

use crate::error::TransportError;
use crate::resolve::{REFUSAL, literal_is_allowed};
use crate::{OutboundRequest, OutboundResponse, Transport, body};

const REDIRECTS: usize = 3;

impl Transport {
    /// Sends a request and reads its answer to the end, by the deadline.
    ///
    /// A request is repeated by itself only when its pooled connection had been closed before anything of it
    /// was written.
    pub async fn send(
        &self,
        request: OutboundRequest,
        deadline: Instant,
    ) -> Result<OutboundResponse, TransportError> {
        let begun = Instant::now();
        let host = request.url.host().unwrap_or_default().to_owned();
        let left = deadline.saturating_duration_since(begun);
        match tokio::time::timeout(left, self.follow(request, &host)).await {
            Ok(Ok(mut answer)) => {
                answer.elapsed = begun.elapsed();
                Ok(answer)
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(TransportError::Timeout { host }),
        }
    }

    async fn follow(&self, request: OutboundRequest, host: &str) -> Result<OutboundResponse, TransportError> {
        let OutboundRequest {
            method,
            mut url,
            mut headers,
            body,
            hosts,
        } = request;
        let refused = |reason: &str| TransportError::Refused {
            host: host.to_owned(),
            reason: reason.to_owned(),
        };
        if !hosts.allows(host) {
            return Err(refused("the connector does not name this host"));
        }
        headers
            .entry(USER_AGENT)
            .or_insert_with(|| self.user_agent.clone());
        headers
            .entry(ACCEPT)
            .or_insert(HeaderValue::from_static("application/json"));
        for _ in 0..=REDIRECTS {
            self.check(&url, host)?;
            let address = self.address_for(&url)?;
            // Compression pays over the internet; next door it only costs time.
            if address.scheme_str() == Some("https") {
                headers
                    .entry(ACCEPT_ENCODING)
                    .or_insert(HeaderValue::from_static("gzip"));
            }
            let mut outbound = Request::new(Full::new(body.clone()));
            *outbound.method_mut() = method.clone();
            *outbound.uri_mut() = address;
            *outbound.headers_mut() = headers.clone();
            if body.is_empty() && method != Method::GET && method != Method::HEAD {
                outbound
                    .headers_mut()
                    .insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
            }
            let answer = self
                .client
                .request(outbound)
                .await
                .map_err(|error| client_error(host, &error))?;
            let (parts, incoming) = answer.into_parts();
            let may_follow = method == Method::GET || method == Method::HEAD;
            if let Some(target) = redirect(parts.status, &parts.headers) {
                let next = target.and_then(|target| resolve(&url, target));
                match next {
                    Some(next) if may_follow && same_origin(&url, &next) => {
                        url = next;
                        continue;
                    }
                    Some(next) if !same_origin(&url, &next) => {
                        let elsewhere = next.host().unwrap_or("nowhere");
                        return Err(refused(&format!("it redirects to another host, {elsewhere}")));
                    }
                    _ => {}
                }
            }
            return self.complete(parts, incoming, host).await;
        }
        Err(refused("it redirects again and again"))
    }

    async fn complete(
        &self,
        mut parts: http::response::Parts,
        incoming: hyper::body::Incoming,
        host: &str,
    ) -> Result<OutboundResponse, TransportError> {
        let mut bytes = body::read(incoming, self.config.max_body, host).await?;
        let is_gzip = parts.headers.get(CONTENT_ENCODING).is_some_and(|encoding| {
            encoding.as_bytes().eq_ignore_ascii_case(b"gzip")
                || encoding.as_bytes().eq_ignore_ascii_case(b"x-gzip")
        });
        if is_gzip && !bytes.is_empty() {
            bytes = body::gunzip(&bytes, self.config.max_body, host)?;
            parts.headers.remove(CONTENT_ENCODING);
            parts.headers.remove(CONTENT_LENGTH);
        }
        Ok(OutboundResponse {
            status: parts.status,
            headers: parts.headers,
            body: bytes,
            elapsed: std::time::Duration::ZERO,
        })
    }

    /// Refuses URLs that must not be asked for. With the override in place the address is the override's.
    fn check(&self, url: &Uri, host: &str) -> Result<(), TransportError> {
        let refused = |reason: &str| TransportError::Refused {
            host: host.to_owned(),
            reason: reason.to_owned(),
        };
        if url
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'))
        {
            return Err(refused("its address holds a user name"));
        }
        if self.config.egress.is_some() || self.config.allow_private {
            return Ok(());
        }
        if url.scheme_str() != Some("https") {
            return Err(refused("only https is sent out"));
        }
        if !literal_is_allowed(host) {
            return Err(refused(REFUSAL));
        }
        Ok(())
    }
}

/// The target of a redirect; `Some(None)` when it names none that can be read.
fn redirect(status: StatusCode, headers: &HeaderMap) -> Option<Option<&str>> {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
        .then(|| headers.get(LOCATION).and_then(|location| location.to_str().ok()))
}

fn resolve(base: &Uri, target: &str) -> Option<Uri> {
    if target.starts_with('/') && !target.starts_with("//") {
        let mut parts = base.clone().into_parts();
        parts.path_and_query = Some(target.parse().ok()?);
        return Uri::from_parts(parts).ok();
    }
    if let Some(rest) = target.strip_prefix("//") {
        return format!("{}://{rest}", base.scheme_str()?).parse().ok();
    }
    target.parse::<Uri>().ok().filter(|uri| uri.host().is_some())
}

fn same_origin(a: &Uri, b: &Uri) -> bool {
    let port = |uri: &Uri| {
        uri.port_u16().or(if uri.scheme_str() == Some("https") {
            Some(443)
        } else {
            Some(80)
        })
    };
    a.scheme_str() == b.scheme_str()
        && a.host().map(str::to_lowercase) == b.host().map(str::to_lowercase)
        && port(a) == port(b)
}

/// The client's error in our words. Its own may quote addresses.
fn client_error(host: &str, error: &hyper_util::client::legacy::Error) -> TransportError {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            if io.kind() == std::io::ErrorKind::PermissionDenied && io.to_string() == REFUSAL {
                return TransportError::Refused {
                    host: host.to_owned(),
                    reason: REFUSAL.to_owned(),
                };
            }
            if error.is_connect() {
                return TransportError::Connect {
                    host: host.to_owned(),
                    reason: io.to_string(),
                };
            }
        }
        if !error.is_connect()
            && let Some(hyper) = inner.downcast_ref::<hyper::Error>()
        {
            return body::cut(host, hyper);
        }
        cause = inner.source();
    }
    if error.is_connect() {
        TransportError::Connect {
            host: host.to_owned(),
            reason: "it can not be reached".to_owned(),
        }
    } else {
        TransportError::Cut {
            host: host.to_owned(),
            reason: "it broke off".to_owned(),
        }
    }
}
