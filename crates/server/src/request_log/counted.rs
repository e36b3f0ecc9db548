//! A body whose length is known only once it is through.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::record::Pending;

/// Counts what passes; the call is over when this ends or is dropped.
pub(super) struct Counted {
    body: Body,
    pending: Option<Pending>,
}

impl Counted {
    pub(super) fn new(body: Body, pending: Pending) -> Self {
        Self {
            body,
            pending: Some(pending),
        }
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let (Some(pending), Some(data)) = (&mut self.pending, frame.data_ref()) {
                    pending.bytes += data.len() as u64;
                }
            }
            Poll::Ready(_) => self.pending = None,
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
