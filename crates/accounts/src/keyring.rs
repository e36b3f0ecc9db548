//! The keys that a process holds: one that seals, and those that still open.
//!
//! A process starts with one key. While keys rotate it learns the new one from the database,
//! where it stands sealed under the old one, and seals under it as soon as that is its turn.

use std::sync::{Arc, PoisonError, RwLock};

use secrecy::zeroize::Zeroizing;

use crate::{
    key::{KeyId, MasterKey, Purpose},
    vault::{SealError, Vault},
};

/// One key with what is derived from it.
struct Held {
    master: MasterKey,
    vault: Vault,
}

impl Held {
    fn new(master: MasterKey, purpose: Purpose) -> Arc<Self> {
        let vault = Vault::new(&master, purpose);
        Arc::new(Self { master, vault })
    }
}

/// The keys of one purpose. Prints nothing but ids.
pub(crate) struct Keyring {
    purpose: Purpose,
    /// The one that seals comes first.
    held: RwLock<Vec<Arc<Held>>>,
}

impl Keyring {
    pub(crate) fn new(master: MasterKey, purpose: Purpose) -> Self {
        Self {
            purpose,
            held: RwLock::new(vec![Held::new(master, purpose)]),
        }
    }

    fn held(&self) -> Vec<Arc<Held>> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn sealing(&self) -> Option<Arc<Held>> {
        self.held
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .first()
            .cloned()
    }

    /// The id of the key that new values are sealed under.
    pub(crate) fn key_id(&self) -> KeyId {
        self.sealing().map_or(KeyId([0; 8]), |held| held.vault.key_id())
    }

    /// Seals under the key whose turn it is.
    pub(crate) fn seal(&self, owner: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        self.sealing().ok_or(SealError::Altered)?.vault.seal(owner, plain)
    }

    /// Opens what any of the keys sealed.
    pub(crate) fn open(&self, owner: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let mut refused = SealError::Altered;
        for held in self.held() {
            match held.vault.open(owner, sealed) {
                Err(error @ SealError::OtherKey(_)) => refused = error,
                outcome => return outcome,
            }
        }
        Err(refused)
    }

    pub(crate) fn holds(&self, id: &str) -> bool {
        self.held().iter().any(|held| held.vault.key_id().to_text() == id)
    }

    /// Holds one more key.
    pub(crate) fn add(&self, master: MasterKey) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if held.iter().all(|known| known.vault.key_id() != master.id()) {
            held.push(Held::new(master, self.purpose));
        }
    }

    /// Seals under this key from now on. `false` if it is not held.
    pub(crate) fn turn_to(&self, id: &str) -> bool {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let Some(at) = held.iter().position(|known| known.vault.key_id().to_text() == id) else {
            return false;
        };
        held[..=at].rotate_right(1);
        true
    }

    /// Something done with the master key of this id, if it is held.
    pub(crate) fn with_master<T>(&self, id: &str, act: impl FnOnce(&MasterKey) -> T) -> Option<T> {
        self.held()
            .iter()
            .find(|held| held.vault.key_id().to_text() == id)
            .map(|held| act(&held.master))
    }
}
