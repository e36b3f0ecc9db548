//! What is left of a list that was sorted here, kept for its next pages.
//!
//! Snapshots are sealed under a key of this process and bounded together; one that is gone costs another
//! walk, never a record.

use std::time::Duration;

use moka::sync::Cache;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

use crate::cursor::CursorKeyError;
use crate::sorted::{Entry, Place};

/// How long a snapshot may serve.
const LIFETIME: Duration = Duration::from_secs(600);

/// Seals entries in memory or on disk.
pub(crate) struct EntrySealer {
    key: LessSafeKey,
    random: SystemRandom,
}

impl EntrySealer {
    /// A sealer with a fresh key that nobody else has.
    pub(crate) fn new() -> Result<Self, CursorKeyError> {
        let random = SystemRandom::new();
        let mut key = [0_u8; 32];
        random.fill(&mut key).map_err(|_| CursorKeyError)?;
        let key = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| CursorKeyError)?;
        Ok(Self {
            key: LessSafeKey::new(key),
            random,
        })
    }

    pub(crate) fn seal(&self, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
        let mut nonce = [0_u8; NONCE_LEN];
        self.random.fill(&mut nonce).ok()?;
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut bytes)
            .ok()?;
        bytes.extend_from_slice(&nonce);
        Some(bytes)
    }

    pub(crate) fn open(&self, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
        let at = bytes.len().checked_sub(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(&bytes.split_off(at)).ok()?;
        let length = self
            .key
            .open_in_place(nonce, Aad::empty(), &mut bytes)
            .ok()?
            .len();
        bytes.truncate(length);
        Some(bytes)
    }
}

/// The snapshots of all walks.
pub(crate) struct Snapshots {
    cache: Cache<String, Vec<u8>>,
    sealer: EntrySealer,
}

impl Snapshots {
    /// Snapshots of at most `bytes` together.
    pub(crate) fn new(bytes: u64) -> Result<Self, CursorKeyError> {
        let cache = Cache::builder()
            .max_capacity(bytes)
            .weigher(|_, sealed: &Vec<u8>| u32::try_from(sealed.len()).unwrap_or(u32::MAX))
            .time_to_live(LIFETIME)
            .build();
        Ok(Self {
            cache,
            sealer: EntrySealer::new()?,
        })
    }

    /// Keeps entries; gives the name under which they may be found.
    pub(crate) fn keep(&self, entries: &[Entry]) -> Option<String> {
        let mut bytes = Vec::new();
        for entry in entries {
            encode(&mut bytes, entry);
        }
        let mut name = [0_u8; 12];
        self.sealer.random.fill(&mut name).ok()?;
        use base64::Engine as _;
        let name = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(name);
        self.cache.insert(name.clone(), self.sealer.seal(bytes)?);
        Some(name)
    }

    /// The entries kept under a name, if they are still there.
    pub(crate) fn open(&self, name: &str) -> Option<Vec<Entry>> {
        let bytes = self.sealer.open(self.cache.get(name)?)?;
        let mut rest = bytes.as_slice();
        let mut entries = Vec::new();
        while !rest.is_empty() {
            entries.push(decode(&mut rest)?);
        }
        Some(entries)
    }
}

/// Appends an entry: its place as JSON and its record, each behind its length.
pub(crate) fn encode(out: &mut Vec<u8>, entry: &Entry) {
    let place = serde_json::to_vec(&entry.place).unwrap_or_default();
    for part in [&place, &entry.raw] {
        out.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(part);
    }
}

/// Takes one entry off the front.
pub(crate) fn decode(bytes: &mut &[u8]) -> Option<Entry> {
    let place: Place = serde_json::from_slice(part(bytes)?).ok()?;
    Some(Entry {
        place,
        raw: part(bytes)?.to_vec(),
    })
}

fn part<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (part, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *bytes = rest;
    Some(part)
}
