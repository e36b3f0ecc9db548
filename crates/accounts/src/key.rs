//! The master key: where it comes from, and the keys derived from it.

use std::{
    fmt, fs,
    io::{self, Write},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose};
use ring::{
    hkdf,
    rand::{SecureRandom, SystemRandom},
};
use secrecy::{
    ExposeSecret, SecretBox, SecretString,
    zeroize::{Zeroize, Zeroizing},
};

use crate::{data_dir, error::KeyError, ids::hex};

/// The key file's name inside the data folder.
pub const KEY_FILE: &str = "key";
/// The environment variable that holds the key where no file shall.
pub const KEY_VARIABLE: &str = "CROSSWALK_KEY";

const KEY_BYTES: usize = 32;
/// Fixed, so that every replica with one master key derives the same keys.
const SALT: &[u8] = b"crosswalk master key v1";

/// 32 random bytes from which all other keys are derived. Prints nothing.
pub struct MasterKey(SecretBox<[u8; KEY_BYTES]>);

/// What a derived key is for. A key of one purpose opens nothing of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Accounts' credentials at rest.
    Credentials,
    /// The cursors of unified lists.
    Cursors,
    /// The cursors of this crate's own lists.
    AccountCursors,
    /// The key that comes after this one, while keys rotate.
    Handover,
}

impl Purpose {
    fn info(self) -> &'static [u8] {
        match self {
            Self::Credentials => b"credentials",
            Self::Cursors => b"cursors",
            Self::AccountCursors => b"account cursors",
            Self::Handover => b"handover",
        }
    }
}

/// A key derived from the master key for one purpose. Prints nothing.
pub struct SubKey(SecretBox<[u8; KEY_BYTES]>);

/// Names a key without telling anything about it; stands with every sealed value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyId(pub(crate) [u8; 8]);

impl MasterKey {
    /// The key from `variable` (the value of [`KEY_VARIABLE`]) if given, else from the
    /// file [`KEY_FILE`] in the data folder. A folder without a database gets a new
    /// key file, readable by its owner alone.
    ///
    /// Blocks for a moment: it reads and writes files.
    ///
    /// # Errors
    /// A malformed key, a file that others may use, or no key for a database that is
    /// already there: a new key would only hide that the old one is lost.
    pub fn load(data_dir: &Path, variable: Option<&SecretString>) -> Result<Self, KeyError> {
        if let Some(text) = variable {
            return Self::given(text);
        }
        let path = data_dir.join(KEY_FILE);
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| KeyError::File { path, source }
        };
        data_dir::prepare(data_dir).map_err(at(data_dir))?;
        let _lock = data_dir::lock(data_dir).map_err(at(data_dir))?;
        if let Some(key) = Self::read(&path)? {
            return Ok(key);
        }
        // An empty file is what a first start leaves that was cut short before anything was sealed.
        if fs::metadata(data_dir::database(data_dir)).is_ok_and(|database| database.len() > 0) {
            return Err(KeyError::Missing { path });
        }
        let key = Self::generate()?;
        key.write(data_dir, &path).map_err(at(&path))?;
        Ok(key)
    }

    /// The key that [`MasterKey::load`] would find, if there is one. Nothing is made.
    ///
    /// # Errors
    /// A malformed key, or a file that others may use.
    pub fn find(data_dir: &Path, variable: Option<&SecretString>) -> Result<Option<Self>, KeyError> {
        match variable {
            Some(text) => Self::given(text).map(Some),
            None => Self::read(&data_dir.join(KEY_FILE)),
        }
    }

    fn given(text: &SecretString) -> Result<Self, KeyError> {
        Self::parse(text.expose_secret()).ok_or_else(|| KeyError::Malformed {
            place: KEY_VARIABLE.to_owned(),
        })
    }

    /// The key in a file; `None` if there is no file.
    fn read(path: &Path) -> Result<Option<Self>, KeyError> {
        let failed = |source| KeyError::File {
            path: path.to_owned(),
            source,
        };
        match fs::metadata(path) {
            Ok(found) => refuse_open_file(path, &found)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        }
        let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
        let key = Self::parse(&text).ok_or_else(|| KeyError::Malformed {
            place: path.display().to_string(),
        })?;
        Ok(Some(key))
    }

    /// A new random key.
    ///
    /// # Errors
    /// The system's random number generator failed.
    pub fn generate() -> Result<Self, KeyError> {
        let mut bytes = [0; KEY_BYTES];
        SystemRandom::new()
            .fill(&mut bytes)
            .map_err(|_| KeyError::NoRandomness)?;
        Ok(Self(boxed(&mut bytes)))
    }

    /// The key for one purpose; the same on every replica that has this master key.
    #[must_use]
    pub fn derive(&self, purpose: Purpose) -> SubKey {
        SubKey(self.expand(purpose.info()))
    }

    /// The key's name.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let mut id = [0; 8];
        id.copy_from_slice(&self.expand(b"key id").expose_secret()[..8]);
        KeyId(id)
    }

    /// The key that a text spells, in base64 or hexadecimal.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    /// The key as text, for whoever keeps it. Wiped when dropped.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(general_purpose::STANDARD.encode(self.0.expose_secret()))
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut bytes: [u8; KEY_BYTES] = bytes.try_into().ok()?;
        Some(Self(boxed(&mut bytes)))
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        self.0.expose_secret()
    }

    /// The same key once more.
    pub(crate) fn copy(&self) -> Self {
        Self(boxed(&mut self.bytes().to_owned()))
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let decoded = Zeroizing::new(if text.len() == KEY_BYTES * 2 {
            decode_hex(text)?
        } else {
            let text = text.trim_end_matches('=');
            general_purpose::STANDARD_NO_PAD
                .decode(text)
                .or_else(|_| general_purpose::URL_SAFE_NO_PAD.decode(text))
                .ok()?
        });
        let mut bytes: [u8; KEY_BYTES] = decoded.as_slice().try_into().ok()?;
        Some(Self(boxed(&mut bytes)))
    }

    /// Writes the file whole or not at all: it gets its name when its bytes are on disk.
    pub(crate) fn write(&self, folder: &Path, path: &Path) -> io::Result<()> {
        let unfinished = path.with_extension("new");
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut text = self.to_text();
        text.push('\n');
        let mut file = data_dir::private()
            .write(true)
            .create_new(true)
            .open(&unfinished)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        data_dir::sync(folder)
    }

    fn expand(&self, info: &[u8]) -> SecretBox<[u8; KEY_BYTES]> {
        let pseudorandom = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(self.0.expose_secret());
        let info = [info];
        let mut bytes = [0; KEY_BYTES];
        let filled = pseudorandom
            .expand(&info, hkdf::HKDF_SHA256)
            .and_then(|material| material.fill(&mut bytes));
        // HKDF refuses only lengths beyond 255 blocks, and this is one block.
        assert!(filled.is_ok(), "one block of HKDF output is always there");
        boxed(&mut bytes)
    }
}

impl SubKey {
    /// The key's bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8; KEY_BYTES] {
        self.0.expose_secret()
    }
}

impl KeyId {
    /// The id as text, 16 hexadecimal digits.
    #[must_use]
    pub fn to_text(self) -> String {
        hex(&self.0)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey")
    }
}

impl fmt::Debug for SubKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubKey")
    }
}

/// Moves the bytes to the heap, where they are wiped when dropped, and wipes these.
fn boxed(bytes: &mut [u8; KEY_BYTES]) -> SecretBox<[u8; KEY_BYTES]> {
    let secret = SecretBox::init_with_mut(|secret: &mut [u8; KEY_BYTES]| secret.copy_from_slice(bytes));
    bytes.zeroize();
    secret
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text
        .chars()
        .map(|digit| digit.to_digit(16))
        .collect::<Option<_>>()?;
    digits
        .chunks_exact(2)
        .map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok())
        .collect()
}

#[cfg(unix)]
fn refuse_open_file(path: &Path, found: &fs::Metadata) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = found.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyError::TooOpen {
            path: path.to_owned(),
            mode,
        });
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_open_file(_path: &Path, _found: &fs::Metadata) -> Result<(), KeyError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn purposes_differ_and_replicas_agree() {
        let one = MasterKey::parse(&"ab".repeat(32)).unwrap();
        let other = MasterKey::parse(&"ab".repeat(32)).unwrap();
        assert_eq!(
            one.derive(Purpose::Cursors).expose(),
            other.derive(Purpose::Cursors).expose()
        );
        assert_ne!(
            one.derive(Purpose::Cursors).expose(),
            one.derive(Purpose::Credentials).expose()
        );
        assert_ne!(one.derive(Purpose::Cursors).expose(), &[0xab; 32]);
        assert_eq!(one.id(), other.id());
        assert_ne!(one.id(), MasterKey::generate().unwrap().id());
    }

    #[test]
    fn prints_nothing() {
        let key = MasterKey::parse(&"ab".repeat(32)).unwrap();
        assert_eq!(
            format!("{key:?} {:?}", key.derive(Purpose::Cursors)),
            "MasterKey SubKey"
        );
    }

    proptest! {
        #[test]
        fn every_spelling_of_a_key_reads_the_same(bytes: [u8; 32]) {
            let id = MasterKey::parse(&hex(&bytes)).unwrap().id();
            for text in [
                hex(&bytes).to_uppercase(),
                general_purpose::STANDARD.encode(bytes),
                general_purpose::URL_SAFE_NO_PAD.encode(bytes),
                format!(" {}\n", general_purpose::STANDARD.encode(bytes)),
            ] {
                prop_assert_eq!(MasterKey::parse(&text).unwrap().id(), id);
            }
        }

        #[test]
        fn nothing_else_is_a_key(bytes in proptest::collection::vec(any::<u8>(), 0..64), text in ".{0,80}") {
            prop_assume!(bytes.len() != 32);
            prop_assert!(MasterKey::parse(&general_purpose::STANDARD.encode(&bytes)).is_none());
            let _ = MasterKey::parse(&text);
        }
    }
}
