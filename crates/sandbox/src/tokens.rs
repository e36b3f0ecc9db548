//! Tokens as token endpoints hand them out.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// How a vendor treats refresh tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rotation {
    /// The same one stays.
    Stays,
    /// Each works once and brings the next.
    Single,
    /// Each brings the next and stays good itself.
    Grows,
    /// Now the same one stays, now a new one takes its place.
    Sometimes,
}

/// The proof of possession that came with an authorization request.
#[derive(Clone, Debug)]
pub(crate) enum Challenge {
    /// The verifier itself.
    Plain(String),
    /// The verifier's SHA-256, in base64 for URLs.
    Sha256(String),
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
    refresh: HashSet<String>,
    codes: HashMap<String, Code>,
    issued: u64,
    refreshes: u64,
}

#[derive(Debug)]
struct Code {
    redirect_uri: String,
    challenge: Option<Challenge>,
}

/// What a token request gives.
#[derive(Clone, Debug)]
pub(crate) struct Issued {
    /// The access token.
    pub access: String,
    /// The refresh token to use from now on.
    pub refresh: String,
}

impl Challenge {
    fn holds(&self, verifier: &str) -> bool {
        match self {
            Self::Plain(text) => text == verifier,
            Self::Sha256(text) => {
                let digest = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
                *text == URL_SAFE_NO_PAD.encode(digest)
            }
        }
    }
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
            state.refresh.insert(tokens.first_refresh());
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

    /// Ends every refresh token.
    pub(crate) fn revoke(&self) {
        self.state().refresh.clear();
    }

    /// Ends one token, of either kind, as a revocation endpoint does. Whether it was known.
    pub(crate) fn revoke_one(&self, token: &str) -> bool {
        let mut state = self.state();
        let access = state.access.remove(token).is_some();
        state.refresh.remove(token) || access
    }

    /// How many refreshes succeeded.
    pub(crate) fn refreshes(&self) -> u64 {
        self.state().refreshes
    }

    /// A new access token for a refresh token, if that is good.
    pub(crate) fn refresh(&self, token: &str, life: Duration) -> Option<Issued> {
        let mut state = self.state();
        if !state.refresh.contains(token) {
            return None;
        }
        state.refreshes += 1;
        let mut issued = state.issue(self.prefix, life);
        let rotates = match self.rotation {
            Rotation::Stays => false,
            Rotation::Single | Rotation::Grows => true,
            Rotation::Sometimes => state.refreshes.is_multiple_of(2),
        };
        if rotates {
            state.refresh.insert(issued.refresh.clone());
        } else {
            token.clone_into(&mut issued.refresh);
        }
        if rotates && self.rotation != Rotation::Grows {
            state.refresh.remove(token);
        }
        Some(issued)
    }

    /// A code for a client that a person allowed in; good once, for that `redirect_uri`.
    pub(crate) fn code(&self, redirect_uri: &str, challenge: Option<Challenge>) -> String {
        let mut state = self.state();
        state.issued += 1;
        let code = format!("{}-code-{}", self.prefix, state.issued);
        let kept = Code {
            redirect_uri: redirect_uri.to_owned(),
            challenge,
        };
        state.codes.insert(code.clone(), kept);
        code
    }

    /// Tokens for a code. The code is used up even when `redirect_uri` or verifier are wrong.
    pub(crate) fn exchange(
        &self,
        code: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
        life: Duration,
    ) -> Option<Issued> {
        let mut state = self.state();
        let kept = state.codes.remove(code)?;
        let proven = match &kept.challenge {
            Some(challenge) => verifier.is_some_and(|verifier| challenge.holds(verifier)),
            None => true,
        };
        if kept.redirect_uri != redirect_uri || !proven {
            return None;
        }
        let issued = state.issue(self.prefix, life);
        state.refresh.insert(issued.refresh.clone());
        Some(issued)
    }

    /// What a token request gets, by its `grant_type`: `refresh_token`, or `authorization_code` with `code`,
    /// `redirect_uri` and maybe `code_verifier`. `given` reads the request's fields, empty where missing.
    pub(crate) fn grant<'a>(&self, given: impl Fn(&str) -> &'a str, life: Duration) -> Option<Issued> {
        match given("grant_type") {
            "refresh_token" => self.refresh(given("refresh_token"), life),
            "authorization_code" => {
                let verifier = Some(given("code_verifier")).filter(|text| !text.is_empty());
                self.exchange(given("code"), given("redirect_uri"), verifier, life)
            }
            _ => None,
        }
    }

    /// A new access token for the client itself.
    pub(crate) fn mint(&self, life: Duration) -> String {
        self.state().issue(self.prefix, life).access
    }
}

impl State {
    /// The next access token, good for so long, and the refresh token beside it, not yet good.
    fn issue(&mut self, prefix: &str, life: Duration) -> Issued {
        self.issued += 1;
        let access = format!("{prefix}-access-{}", self.issued);
        self.access.insert(access.clone(), Some(Instant::now() + life));
        Issued {
            access,
            refresh: format!("{prefix}-refresh-{}", self.issued),
        }
    }
}

/// The client of every sandbox app.
pub const CLIENT_ID: &str = "sandbox-client";
/// Its secret.
pub const CLIENT_SECRET: &str = "sandbox-client-secret";
