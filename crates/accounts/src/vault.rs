//! Sealing bytes so that only this server reads them back, and only where they
//! belong.
//!
//! A sealed value is `version (1) ‖ key id (8) ‖ nonce (12) ‖ ciphertext and tag`,
//! with ChaCha20-Poly1305. What it belongs to is authenticated with it: credentials
//! moved to another account's row don't open.

use std::fmt;

use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};
use secrecy::zeroize::Zeroizing;
use thiserror::Error;

use crate::key::{KeyId, MasterKey, Purpose};

const VERSION: u8 = 1;
const HEADER: usize = 1 + 8 + NONCE_LEN;

/// Why something was not sealed or not opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealError {
    /// The value was sealed under another key.
    #[error("a value was sealed under another key ({0})")]
    OtherKey(KeyId),
    /// The value is altered, cut off, of an unknown form, or belongs elsewhere.
    #[error("a sealed value is altered or does not belong here")]
    Altered,
    /// The system's random number generator failed.
    #[error("the system's random number generator failed")]
    NoRandomness,
}

/// Seals and opens values of one purpose. Prints nothing but the key's id.
pub struct Vault {
    key: LessSafeKey,
    key_id: KeyId,
    purpose: Purpose,
    random: SystemRandom,
}

impl Vault {
    /// A vault for one purpose under a master key.
    #[must_use]
    pub fn new(master: &MasterKey, purpose: Purpose) -> Self {
        let key = master.derive(purpose);
        let key = UnboundKey::new(&CHACHA20_POLY1305, key.expose());
        #[allow(clippy::expect_used)] // a matter of length alone, and both are 32
        let key = LessSafeKey::new(key.expect("a derived key is as long as the cipher's"));
        Self {
            key,
            key_id: master.id(),
            purpose,
            random: SystemRandom::new(),
        }
    }

    /// The id of the key that new values are sealed under.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// Seals `plain`; only [`Vault::open`] with the same `owner` reads it again.
    ///
    /// # Errors
    /// Only if the system has no random numbers.
    pub fn seal(&self, owner: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_LEN];
        self.random
            .fill(&mut nonce)
            .map_err(|_| SealError::NoRandomness)?;
        let mut sealed = Vec::with_capacity(HEADER + plain.len() + self.key.algorithm().tag_len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&self.key_id.0);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let aad = self.belonging(owner);
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(&aad),
                &mut sealed[HEADER..],
            )
            // The cipher refuses only values of many gigabytes.
            .map_err(|_| SealError::Altered)?;
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Opens what [`Vault::seal`] made for the same owner and purpose.
    ///
    /// # Errors
    /// Anything else, hostile bytes included.
    pub fn open(&self, owner: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (header, body) = sealed.split_at_checked(HEADER).ok_or(SealError::Altered)?;
        let (Some(&VERSION), Some(id), Some(nonce)) = (
            header.first(),
            header.get(1..9),
            header.get(9..).and_then(|nonce| nonce.try_into().ok()),
        ) else {
            return Err(SealError::Altered);
        };
        if id != self.key_id.0 {
            return Err(SealError::OtherKey(KeyId(
                id.try_into().map_err(|_| SealError::Altered)?,
            )));
        }
        let mut plain = Zeroizing::new(body.to_vec());
        let aad = self.belonging(owner);
        let length = self
            .key
            .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(&aad), &mut plain)
            .map_err(|_| SealError::Altered)?
            .len();
        plain.truncate(length);
        Ok(plain)
    }

    /// The associated data: form, key, purpose, owner.
    fn belonging(&self, owner: &str) -> Vec<u8> {
        let mut aad = vec![VERSION];
        aad.extend_from_slice(&self.key_id.0);
        aad.extend_from_slice(format!("{:?}\0{owner}", self.purpose).as_bytes());
        aad
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("key_id", &self.key_id)
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn vault() -> Vault {
        Vault::new(&MasterKey::generate().unwrap(), Purpose::Credentials)
    }

    proptest! {
        #[test]
        fn opens_what_it_sealed_and_nothing_altered(
            plain in proptest::collection::vec(any::<u8>(), 0..200),
            at: prop::sample::Index,
            bit in 0..8_u32,
        ) {
            let vault = vault();
            let sealed = vault.seal("a", &plain).unwrap();
            prop_assert_eq!(&*vault.open("a", &sealed).unwrap(), &plain);
            prop_assert_eq!(vault.open("b", &sealed).unwrap_err(), SealError::Altered);
            let mut altered = sealed.clone();
            altered[at.index(sealed.len())] ^= 1 << bit;
            prop_assert!(vault.open("a", &altered).is_err());
            prop_assert!(vault.open("a", &sealed[..at.index(sealed.len())]).is_err());
        }

        #[test]
        fn hostile_bytes_are_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert!(vault().open("a", &bytes).is_err());
        }
    }

    #[test]
    fn one_value_never_looks_the_same_twice() {
        let vault = vault();
        assert_ne!(vault.seal("a", b"x").unwrap(), vault.seal("a", b"x").unwrap());
    }

    #[test]
    fn another_key_or_purpose_does_not_open() {
        let master = MasterKey::generate().unwrap();
        let vault = Vault::new(&master, Purpose::Credentials);
        let sealed = vault.seal("a", b"x").unwrap();
        let other = self::vault().open("a", &sealed).unwrap_err();
        assert_eq!(other, SealError::OtherKey(vault.key_id()));
        let purpose = Vault::new(&master, Purpose::AccountCursors)
            .open("a", &sealed)
            .unwrap_err();
        assert_eq!(purpose, SealError::Altered);
    }
}
