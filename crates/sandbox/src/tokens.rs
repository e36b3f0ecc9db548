//! Tokens as token endpoints hand them out.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How a vendor treats refresh tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// The same one stays.
    Stays,
    /// Each works once and brings the next.
    Single,
}

/// The tokens of one vendor.
#[derive(Debug)]
pub(crate) struct Tokens {
    prefix: &'static str,
    rotation: Rotation,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    access: HashMap<String, Option<Instant>>,
    refresh: Option<String>,
    issued: u64,
    refreshes: u64,
}

/// What a refresh gives.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    /// The access token.
    pub access: String,
    /// The refresh token to use from now on.
    pub refresh: String,
}

impl Tokens {
    /// Tokens that begin with a prefix; the first access and refresh token are good from the start.
    pub(crate) fn new(prefix: &'static str, rotation: Rotation) -> Self {
        let tokens = Self {
            prefix,
            rotation,
            state: Mutex::default(),
        };
        {
            let mut state = tokens.state();
            state.access.insert(tokens.first_access(), None);
            state.refresh = Some(tokens.first_refresh());
        }
        tokens
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The access token that is good from the start.
    pub(crate) fn first_access(&self) -> String {
        format!("{}-access-0", self.prefix)
    }

    /// The refresh token that is good from the start.
    pub(crate) fn first_refresh(&self) -> String {
        format!("{}-refresh-0", self.prefix)
    }

    /// Whether an access token is good now.
    pub(crate) fn accepts(&self, token: &str) -> bool {
        match self.state().access.get(token) {
            Some(Some(end)) => Instant::now() < *end,
            Some(None) => true,
            None => false,
        }
    }

    /// Ends every access token.
    pub(crate) fn expire(&self) {
        self.state().access.clear();
    }

    /// Ends the refresh token.
    pub(crate) fn revoke(&self) {
        self.state().refresh = None;
    }

    /// How many refreshes succeeded.
    pub(crate) fn refreshes(&self) -> u64 {
        self.state().refreshes
    }

    /// A new access token for a refresh token, if that is good.
    pub(crate) fn refresh(&self, token: &str, life: Duration) -> Option<Issued> {
        let mut state = self.state();
        if state.refresh.as_deref() != Some(token) {
            return None;
        }
        state.refreshes += 1;
        state.issued += 1;
        let number = state.issued;
        let access = format!("{}-access-{number}", self.prefix);
        state.access.insert(access.clone(), Some(Instant::now() + life));
        let refresh = if self.rotation == Rotation::Single {
            format!("{}-refresh-{number}", self.prefix)
        } else {
            token.to_owned()
        };
        state.refresh = Some(refresh.clone());
        Some(Issued { access, refresh })
    }

    /// A new access token for the client itself.
    pub(crate) fn mint(&self, life: Duration) -> String {
        let mut state = self.state();
        state.issued += 1;
        let access = format!("{}-access-{}", self.prefix, state.issued);
        state.access.insert(access.clone(), Some(Instant::now() + life));
        access
    }
}

/// The client of every sandbox app.
pub(crate) const CLIENT_ID: &str = "sandbox-client";
/// Its secret.
pub(crate) const CLIENT_SECRET: &str = "sandbox-client-secret";
