//! Reads a body whole, within a size.

use std::io::Read;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use crate::error::TransportError;

/// The whole body. A single frame, the usual case of a page, is not copied.
pub(crate) async fn read(mut body: Incoming, limit: usize, host: &str) -> Result<Bytes, TransportError> {
    let too_large = || TransportError::TooLarge {
        host: host.to_owned(),
        limit,
    };
    let hint = body.size_hint();
    let expected = usize::try_from(hint.lower()).unwrap_or(usize::MAX);
    if expected > limit {
        return Err(too_large());
    }
    let mut first: Option<Bytes> = None;
    let mut whole: Option<BytesMut> = None;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| cut(host, &error))?;
        let Ok(data) = frame.into_data() else { continue };
        match (&mut whole, first.take()) {
            (None, None) => first = Some(data),
            (None, Some(before)) => {
                let mut buffer =
                    BytesMut::with_capacity(expected.max(2 * (before.len() + data.len())).min(limit));
                buffer.extend_from_slice(&before);
                buffer.extend_from_slice(&data);
                whole = Some(buffer);
            }
            (Some(buffer), _) => buffer.extend_from_slice(&data),
        }
        let length = whole
            .as_ref()
            .map_or_else(|| first.as_ref().map_or(0, Bytes::len), BytesMut::len);
        if length > limit {
            return Err(too_large());
        }
    }
    Ok(whole.map(BytesMut::freeze).or(first).unwrap_or_default())
}

pub(crate) fn cut(host: &str, error: &hyper::Error) -> TransportError {
    let reason = if error.is_incomplete_message() || error.is_body_write_aborted() {
        "it ended early"
    } else if error.is_timeout() {
        "it timed out"
    } else if error.is_parse() {
        "it is not HTTP"
    } else {
        "it broke off"
    };
    TransportError::Cut {
        host: host.to_owned(),
        reason: reason.to_owned(),
    }
}

/// A gzip body, decoded within the same size.
pub(crate) fn gunzip(body: &[u8], limit: usize, host: &str) -> Result<Bytes, TransportError> {
    let mut out = Vec::with_capacity(body.len().saturating_mul(4).min(limit));
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    flate2::read::MultiGzDecoder::new(body)
        .take(most)
        .read_to_end(&mut out)
        .map_err(|_| TransportError::Encoding {
            host: host.to_owned(),
        })?;
    if out.len() > limit {
        return Err(TransportError::TooLarge {
            host: host.to_owned(),
            limit,
        });
    }
    Ok(Bytes::from(out))
}
