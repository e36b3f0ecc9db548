//! How one request becomes one answer.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, Entry, HOST, TRANSFER_ENCODING, USER_AGENT,
};
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use hyper::body::Incoming;

use crate::egress::default_port;
use crate::error::TransportError;
use crate::gzip::{self, Coding};
use crate::hosts::HostPolicy;
use crate::refusal::Refusal;
use crate::request::{OutboundRequest, OutboundResponse};
use crate::transport::Transport;
use crate::{body, redirect, translate};

/// How many redirects are followed.
const REDIRECTS: usize = 3;

impl Transport {
    /// Sends a request and reads its answer to the end, by the deadline.
    ///
    /// A request is repeated by itself only when its pooled connection had been closed before anything of it
    /// was written, and after a redirect on the same origin.
    pub fn send(
        &self,
        request: OutboundRequest,
        deadline: Instant,
    ) -> BoxFuture<'_, Result<OutboundResponse, TransportError>> {
        Box::pin(async move {
            let begun = Instant::now();
            let url = request.url.clone();
            match tokio::time::timeout_at(deadline.into(), self.follow(request)).await {
                Ok(outcome) => outcome.map(|answer| OutboundResponse {
                    elapsed: begun.elapsed(),
                    ..answer
                }),
                Err(_) => Err(TransportError::Timeout {
                    host: host(&url).to_owned(),
                }),
            }
        })
    }

    /// Asks until the answer is no redirect.
    async fn follow(&self, request: OutboundRequest) -> Result<OutboundResponse, TransportError> {
        let OutboundRequest {
            method,
            mut url,
            mut headers,
            body,
            hosts,
        } = request;
        check(&url, &hosts)?;
        self.complete(&mut headers, &url, &method, &body);
        for _ in 0..=REDIRECTS {
            let mut outbound = Request::new(Full::new(body.clone()));
            *outbound.method_mut() = method.clone();
            *outbound.uri_mut() = self.address_for(&url)?;
            *outbound.headers_mut() = headers.clone();
            let answer = self
                .client
                .request(outbound)
                .await
                .map_err(|error| translate::of_request(host(&url), &error))?;
            let led = redirect::next(&url, &method, answer.status(), answer.headers())
                .map_err(|refusal| TransportError::refused(host(&url), refusal))?;
            match led {
                Some(next) => url = next,
                None => return self.receive(answer, &method, host(&url)).await,
            }
        }
        Err(TransportError::refused(host(&url), Refusal::RedirectLoop))
    }

    /// Adds what is missing and drops what follows from the URL and the body.
    fn complete(&self, headers: &mut HeaderMap, url: &Uri, method: &Method, body: &Bytes) {
        for derived in [HOST, CONTENT_LENGTH, TRANSFER_ENCODING] {
            headers.remove(derived);
        }
        if let Entry::Vacant(entry) = headers.entry(USER_AGENT) {
            entry.insert(self.user_agent.clone());
        }
        if let Entry::Vacant(entry) = headers.entry(ACCEPT) {
            entry.insert(HeaderValue::from_static("application/json"));
        }
        if gzip::is_wanted(url, self.config.egress.as_ref())
            && let Entry::Vacant(entry) = headers.entry(ACCEPT_ENCODING)
        {
            entry.insert(HeaderValue::from_static("gzip"));
        }
        // The client gives the length of a body that there is; servers want to hear that there is none.
        let has_meaning = matches!(*method, Method::POST | Method::PUT | Method::PATCH);
        if body.is_empty() && has_meaning {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
    }

    /// Reads and decodes a body.
    async fn receive(
        &self,
        answer: http::Response<Incoming>,
        method: &Method,
        host: &str,
    ) -> Result<OutboundResponse, TransportError> {
        let (mut parts, incoming) = answer.into_parts();
        let limit = self.config.max_body;
        // The length that a HEAD's answer announces is of a body that does not come.
        let mut bytes = if *method == Method::HEAD {
            Bytes::new()
        } else {
            body::read(incoming, limit, host).await?
        };
        if !bytes.is_empty() {
            match Coding::of(&parts.headers) {
                Coding::Plain => {}
                Coding::Gzip => {
                    bytes = gzip::decode(&bytes, limit, host)?;
                    parts.headers.remove(CONTENT_ENCODING);
                    parts.headers.remove(CONTENT_LENGTH);
                }
                Coding::Unknown => {
                    return Err(TransportError::Encoding {
                        host: host.to_owned(),
                    });
                }
            }
        }
        Ok(OutboundResponse {
            status: parts.status,
            headers: parts.headers,
            body: bytes,
            elapsed: Duration::ZERO,
        })
    }
}

/// Refuses URLs that must not be asked for, before anything is sent. What a host resolves to is judged when
/// it is connected to.
fn check(url: &Uri, hosts: &HostPolicy) -> Result<(), TransportError> {
    let host = host(url);
    if host.is_empty() || default_port(url).is_none() {
        return Err(TransportError::Unusable(
            "a URL that is not http or https".to_owned(),
        ));
    }
    let has_user = url.authority().is_some_and(|it| it.as_str().contains('@'));
    if has_user {
        return Err(TransportError::refused(host, Refusal::UserInfo));
    }
    if !hosts.allows(host) {
        return Err(TransportError::refused(host, Refusal::ForbiddenHost));
    }
    Ok(())
}

fn host(url: &Uri) -> &str {
    url.host().unwrap_or_default()
}
