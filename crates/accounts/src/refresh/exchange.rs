//! How a refresh token is exchanged: told from outside.

use async_trait::async_trait;
use crosswalk_model::Delay;
use thiserror::Error;

use crate::{
    account::{Account, Settings},
    credentials::{Credentials, REFRESH_TOKEN, SecretValues},
};

/// What the vendor gave.
#[derive(Debug, Clone, Default)]
pub struct Refreshed {
    /// Values to set over the present ones: the access token, and the refresh token if
    /// the vendor gave a new one.
    pub values: SecretValues,
    /// When the access token ends, in milliseconds since the epoch; `None` is unknown.
    pub expires_at: Option<i64>,
    /// Settings that came with the token (`instance_url` …), merged into the account's.
    pub settings: Settings,
}

/// Why the vendor gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExchangeError {
    /// The vendor said no to these credentials (`invalid_grant` and its likes): the
    /// account will need a person. An exchange that finds the account alive all the same
    /// answers [`ExchangeError::Passing`].
    #[error("{0}")]
    Refused(String),
    /// No answer, or one that says nothing about the credentials (5xx, 429, garbage): the
    /// same refresh token will be sent again by a later call.
    #[error("{0}")]
    Passing(Delay),
    /// There is nothing to exchange.
    #[error("these credentials can not be refreshed")]
    Unsupported,
}

/// Exchanges a refresh token (or whatever these credentials renew themselves with) for
/// new values. The caller sees to it that no two exchanges of an account run at once.
#[async_trait]
pub trait TokenExchange: Send + Sync + 'static {
    /// Whether these credentials can be refreshed at all. Unless told otherwise: those
    /// with a refresh token.
    fn can_refresh(&self, account: &Account, current: &Credentials) -> bool {
        let _ = account;
        current.values.contains_key(REFRESH_TOKEN)
    }

    /// What exchanges have in common that are not to run all at once: the token endpoint's host.
    fn lane(&self, account: &Account) -> Option<String> {
        let _ = account;
        None
    }

    /// Asks the vendor, once. It must not retry after a request whose answer it did not
    /// get to see whole, unless the vendor can't have spent the token. Dropping the
    /// future must end the request.
    ///
    /// # Errors
    /// See [`ExchangeError`]. Secrets in a reason are taken out by the caller.
    async fn exchange(&self, account: &Account, current: &Credentials) -> Result<Refreshed, ExchangeError>;
}
