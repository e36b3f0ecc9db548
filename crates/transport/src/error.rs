//! Why there is no answer.

/// A failed request. Messages name hosts only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Nothing in time.
    #[error("{host} did not answer in time")]
    Timeout {
        /// The host.
        host: String,
    },
    /// No connection.
    #[error("no connection to {host}: {reason}")]
    Connect {
        /// The host.
        host: String,
        /// The system's words.
        reason: String,
    },
    /// The connection ended before the answer did.
    #[error("the connection to {host} was cut: {reason}")]
    Cut {
        /// The host.
        host: String,
        /// What was seen.
        reason: String,
    },
    /// A body over the limit.
    #[error("the answer of {host} is larger than {limit} bytes")]
    TooLarge {
        /// The host.
        host: String,
        /// The limit.
        limit: usize,
    },
    /// A body that does not decode.
    #[error("the answer of {host} could not be decompressed")]
    Encoding {
        /// The host.
        host: String,
    },
    /// A request that must not be sent.
    #[error("refused to send a request to {host}: {reason}")]
    Refused {
        /// The host.
        host: String,
        /// Why.
        reason: String,
    },
    /// A request or transport that can not work.
    #[error("{0}")]
    Unusable(String),
}

impl TransportError {
    /// Whether the same request may go through the next time.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Timeout { .. } | Self::Connect { .. } | Self::Cut { .. }
        )
    }

    /// Whether the server may have seen the request.
    pub fn may_have_arrived(&self) -> bool {
        !matches!(
            self,
            Self::Connect { .. } | Self::Refused { .. } | Self::Unusable(_)
        )
    }
}
