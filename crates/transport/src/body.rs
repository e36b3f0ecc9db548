//! Reads a body whole, within a size.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use crate::error::TransportError;
use crate::translate;

/// What a length that is only announced may cost before a byte of it has come.
const BELIEVED: usize = 4 * 1024 * 1024;

/// The whole body. One that comes in a single piece is not copied; another is gathered in a buffer of the
/// announced size.
pub(crate) async fn read(mut body: Incoming, limit: usize, host: &str) -> Result<Bytes, TransportError> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(too_large(host, limit));
    }
    let Some(first) = next(&mut body, host).await? else {
        return Ok(Bytes::new());
    };
    if first.len() > limit {
        return Err(too_large(host, limit));
    }
    let Some(mut piece) = next(&mut body, host).await? else {
        return Ok(first);
    };
    let mut whole = BytesMut::with_capacity(announced.min(BELIEVED).max(2 * (first.len() + piece.len())));
    whole.extend_from_slice(&first);
    loop {
        if piece.len() > limit - whole.len() {
            return Err(too_large(host, limit));
        }
        whole.extend_from_slice(&piece);
        match next(&mut body, host).await? {
            Some(another) => piece = another,
            None => return Ok(whole.freeze()),
        }
    }
}

/// The next piece of data; trailers are passed over.
async fn next(body: &mut Incoming, host: &str) -> Result<Option<Bytes>, TransportError> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| translate::of_answer(host, &error))?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

pub(crate) fn too_large(host: &str, limit: usize) -> TransportError {
    TransportError::TooLarge {
        host: host.to_owned(),
        limit,
    }
}
