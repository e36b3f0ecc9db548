//! What is asked and what comes back.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Uri};

use crate::hosts::HostPolicy;

/// One request. Debug shows no header, path, query or body.
pub struct OutboundRequest {
    /// The verb.
    pub method: Method,
    /// Absolute. Path and query are sent as they are, byte for byte.
    pub url: Uri,
    /// `User-Agent` and `Accept` are added where they are missing; `Host`, `Content-Length` and
    /// `Transfer-Encoding` follow from the URL and the body, whatever stands here.
    pub headers: HeaderMap,
    /// Empty for none.
    pub body: Bytes,
    /// Where it may go.
    pub hosts: HostPolicy,
}

impl fmt::Debug for OutboundRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundRequest")
            .field("method", &self.method)
            .field("host", &self.url.host())
            .finish_non_exhaustive()
    }
}

/// One complete answer. Debug shows no header and no body: a token endpoint's answer is a secret.
#[derive(Clone)]
pub struct OutboundResponse {
    /// Its status.
    pub status: StatusCode,
    /// Its headers; of a decoded body, without `Content-Encoding` and `Content-Length`.
    pub headers: HeaderMap,
    /// Its body, decoded.
    pub body: Bytes,
    /// From the first try to the last byte, redirects included.
    pub elapsed: Duration,
}

impl fmt::Debug for OutboundResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundResponse")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .field("elapsed", &self.elapsed)
            .finish_non_exhaustive()
    }
}
