//! Sealed cursors: a position that a client can carry, and not read, forge or take elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crosswalk_model::{ApiError, Query};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use crate::plan::Pushing;
use crate::sorted::Place;
use crate::target::Target;
use crate::walk::Position;

/// How long a cursor is good, in seconds.
const LIFETIME: i64 = 24 * 60 * 60;
/// The first byte of every cursor; another one is another format.
const VERSION: u8 = 1;
const CONTEXT: &[u8] = b"crosswalk cursor";

/// The key under which cursors are sealed; all replicas need the same.
#[derive(Clone)]
pub struct CursorKey(Zeroizing<[u8; 32]>);

impl CursorKey {
    /// A key from 32 secret bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl std::fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CursorKey(..)")
    }
}

/// The machine has no cryptography for the key. It does not happen.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the cursor key could not be used")]
pub struct CursorKeyError;

/// Where a walk goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum At {
    /// Inside a vendor page: this many of its records are done.
    #[serde(rename = "v")]
    Vendor { at: Position, skip: u32 },
    /// In a list sorted here: after this record.
    #[serde(rename = "h")]
    SortedHere { after: Place, snapshot: Option<String> },
    /// In a list that the vendor sorts: where the run of equal keys begins, and after which record.
    #[serde(rename = "s")]
    SortedByVendor {
        run: Position,
        skip: u32,
        after: Option<Place>,
    },
}

impl At {
    /// The vendor's page that it is bound to.
    pub(crate) fn position(&self) -> Option<&Position> {
        match self {
            Self::Vendor { at, .. } => Some(at),
            Self::SortedByVendor { run, .. } => Some(run),
            Self::SortedHere { .. } => None,
        }
    }

    /// How much the vendor was given to do on the way here.
    pub(crate) fn pushing(&self) -> Pushing {
        match self.position() {
            Some(position) if position.is_bare => Pushing::Nothing,
            _ => Pushing::Declared,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    #[serde(rename = "i")]
    issued: i64,
    #[serde(rename = "a")]
    account: String,
    #[serde(rename = "q")]
    query: String,
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    mapping: Option<String>,
    #[serde(rename = "w")]
    at: At,
}

/// What a cursor is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binding {
    account: String,
    query: String,
    /// What of the account's overrides decides on the list.
    mapping: Option<String>,
}

impl Binding {
    /// Bound to an account and to what decides which records come in which order. `kind` keeps the cursors
    /// of different endpoints apart.
    pub(crate) fn new(account: &str, kind: &str, query: &Query) -> Self {
        let mut bytes = kind.as_bytes().to_vec();
        bytes.push(0);
        bytes.extend(query.binding());
        Self {
            account: short_digest(account.as_bytes()),
            query: short_digest(&bytes),
            mapping: None,
        }
    }

    /// Bound to those overrides as well that decide which records the query finds, and in which order.
    pub(crate) fn decided_by(mut self, target: &Target, query: &Query) -> Self {
        let overrides = target.overrides.as_ref();
        self.mapping = overrides
            .and_then(|overrides| overrides.decides(query))
            .map(|said| short_digest(said.as_bytes()));
        self
    }
}

fn short_digest(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, bytes).as_ref()[..12])
}

/// Seals and opens cursors.
pub(crate) struct CursorSealer {
    key: LessSafeKey,
    random: SystemRandom,
}

impl CursorSealer {
    pub(crate) fn new(key: &CursorKey) -> Result<Self, CursorKeyError> {
        let key = UnboundKey::new(&AES_256_GCM, &key.0[..]).map_err(|_| CursorKeyError)?;
        Ok(Self {
            key: LessSafeKey::new(key),
            random: SystemRandom::new(),
        })
    }

    /// The cursor for a place. `now` in Unix seconds.
    pub(crate) fn seal(&self, binding: &Binding, at: At, now: i64) -> Result<String, ApiError> {
        let failed = || ApiError::new(500, "a cursor could not be sealed".to_owned());
        let sealed = Sealed {
            issued: now,
            account: binding.account.clone(),
            query: binding.query.clone(),
            mapping: binding.mapping.clone(),
            at,
        };
        let mut text = serde_json::to_vec(&sealed).map_err(|_| failed())?;
        let mut nonce = [0_u8; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|_| failed())?;
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(CONTEXT), &mut text)
            .map_err(|_| failed())?;
        let mut bytes = Vec::with_capacity(1 + NONCE_LEN + text.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&text);
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The place of a cursor, or a 400 that says what is wrong with it.
    pub(crate) fn open(&self, binding: &Binding, cursor: &str, now: i64) -> Result<At, ApiError> {
        let altered = || {
            ApiError::bad_request(
                "`next_cursor` is not a cursor of this server, or was altered; start again without it"
                    .to_owned(),
            )
        };
        let mut bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| altered())?;
        if bytes.first() != Some(&VERSION) || bytes.len() < 1 + NONCE_LEN {
            return Err(altered());
        }
        let (head, text) = bytes.split_at_mut(1 + NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(&head[1..]).map_err(|_| altered())?;
        let text = self
            .key
            .open_in_place(nonce, Aad::from(CONTEXT), text)
            .map_err(|_| altered())?;
        let sealed: Sealed = serde_json::from_slice(text).map_err(|_| altered())?;
        if sealed.account != binding.account {
            return Err(ApiError::bad_request(
                "`next_cursor` belongs to another account; start again without it".to_owned(),
            ));
        }
        if sealed.query != binding.query {
            return Err(ApiError::bad_request(
                "`next_cursor` was made for other filters, sorting, workspace, `remote_query` or another endpoint; \
                 send the ones it came with, or start again without it"
                    .to_owned(),
            ));
        }
        if sealed.mapping != binding.mapping {
            return Err(ApiError::bad_request(
                "the account's mapping or request was overridden otherwise when `next_cursor` was made, and that decides \
                 on this list; start again without it"
                    .to_owned(),
            ));
        }
        if now - sealed.issued > LIFETIME {
            return Err(ApiError::bad_request(
                "`next_cursor` is more than 24 hours old; start again without it".to_owned(),
            ));
        }
        Ok(sealed.at)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn sealer() -> CursorSealer {
        CursorSealer::new(&CursorKey::new([7; 32])).unwrap()
    }

    fn binding(account: &str, query: &str) -> Binding {
        Binding {
            account: account.into(),
            query: query.into(),
            mapping: None,
        }
    }

    fn place(walk: usize, skip: u32) -> At {
        At::Vendor {
            at: Position {
                walk,
                is_bare: false,
                size: 100,
                ..Position::default()
            },
            skip,
        }
    }

    proptest! {
        #[test]
        fn what_is_sealed_is_opened_on_any_replica(walk in 0_usize..4, skip in 0_u32..1000) {
            let cursor = sealer().seal(&binding("a", "q"), place(walk, skip), 1000).unwrap();
            prop_assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            let opened = sealer().open(&binding("a", "q"), &cursor, 1000 + LIFETIME).unwrap();
            prop_assert_eq!(opened, place(walk, skip));
        }

        #[test]
        fn any_altered_byte_is_refused(at in 0_usize..80, flip in 1_u8..=255) {
            let cursor = sealer().seal(&binding("a", "q"), place(0, 1), 1000).unwrap();
            let mut bytes = URL_SAFE_NO_PAD.decode(&cursor).unwrap();
            let at = at % bytes.len();
            bytes[at] ^= flip;
            let error = sealer().open(&binding("a", "q"), &URL_SAFE_NO_PAD.encode(bytes), 1000).unwrap_err();
            prop_assert_eq!(error.status, 400);
            prop_assert!(error.message.contains("altered"));
        }

        #[test]
        fn garbage_is_refused(text in ".{0,80}") {
            prop_assert_eq!(sealer().open(&binding("a", "q"), &text, 0).unwrap_err().status, 400);
        }
    }

    #[test]
    fn each_misuse_is_named() {
        let cursor = sealer().seal(&binding("a", "q"), place(0, 1), 1000).unwrap();
        let message = |binding: Binding, now| sealer().open(&binding, &cursor, now).unwrap_err().message;
        assert!(message(binding("b", "q"), 1000).contains("another account"));
        assert!(message(binding("a", "r"), 1000).contains("other filters"));
        assert!(message(binding("a", "q"), 1001 + LIFETIME).contains("24 hours"));
    }
}
