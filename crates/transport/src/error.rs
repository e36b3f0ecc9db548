//! Why there is no answer.

use crate::refusal::Refusal;

/// A failed request. Messages name hosts only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Nothing, or not all of it, in time.
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
    /// A request that must not be sent, or an answer that must not be followed.
    #[error("the request to {host} was refused: {reason}")]
    Refused {
        /// The host.
        host: String,
        /// Why.
        reason: Refusal,
    },
    /// A request or transport that can not work.
    #[error("{0}")]
    Unusable(String),
}

impl TransportError {
    pub(crate) fn refused(host: &str, reason: Refusal) -> Self {
        Self::Refused {
            host: host.to_owned(),
            reason,
        }
    }

    /// Whether the same request may go through the next time.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Timeout { .. } | Self::Connect { .. } | Self::Cut { .. }
        )
    }

    /// Whether a server may have seen the request. In doubt, yes.
    pub fn may_have_arrived(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Unusable(_) => false,
            Self::Refused { reason, .. } => reason.is_of_the_answer(),
            Self::Timeout { .. } | Self::Cut { .. } | Self::TooLarge { .. } | Self::Encoding { .. } => true,
        }
    }
}
