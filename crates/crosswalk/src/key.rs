//! Where the key that seals credentials comes from, when it is not the file in the data folder.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};

use crosswalk_accounts::{KEY_VARIABLE, KeyError, MasterKey};
use secrecy::SecretString;
use secrecy::zeroize::{Zeroize, Zeroizing};

use crate::failure::Failed;

/// Names a file that holds the key: a secret of Docker or Kubernetes is one.
pub(crate) const FILE_VARIABLE: &str = "CROSSWALK_KEY_FILE";
/// The key's name among the credentials that systemd hands to a service.
const CREDENTIAL: &str = "crosswalk.key";

/// A key that was given from outside the data folder.
pub(crate) struct GivenKey {
    pub(crate) key: SecretString,
    place: Place,
}

enum Place {
    Variable,
    File(PathBuf),
}

impl GivenKey {
    /// What to do with a key that takes this one's place, as a sentence begins.
    pub(crate) fn how_to_set(&self) -> String {
        match &self.place {
            Place::Variable => format!("Set {KEY_VARIABLE} to the new key wherever servers start."),
            Place::File(path) => format!(
                "Put the new key into the place of {} wherever servers start.",
                path.display()
            ),
        }
    }
}

impl fmt::Display for GivenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Variable => f.write_str(KEY_VARIABLE),
            Place::File(path) => path.display().fmt(f),
        }
    }
}

/// The key from `CROSSWALK_KEY`, from the file that `CROSSWALK_KEY_FILE` names, or from systemd's credentials.
pub(crate) fn given() -> Result<Option<GivenKey>, Failed> {
    let text = |name: &str| env::var(name).ok().filter(|value| !value.trim().is_empty());
    let file = env::var_os(FILE_VARIABLE).filter(|path| !path.is_empty());
    match (text(KEY_VARIABLE), file) {
        (Some(mut text), Some(_)) => {
            text.zeroize();
            Err(Failed::usage(format!(
                "{KEY_VARIABLE} and {FILE_VARIABLE} are both set: leave out one of them, so that it is plain which key is meant"
            )))
        }
        (Some(text), None) => Ok(Some(GivenKey {
            key: text.into(),
            place: Place::Variable,
        })),
        (None, Some(path)) => read(Path::new(&path), FILE_VARIABLE).map(Some),
        (None, None) => {
            let Some(folder) = env::var_os("CREDENTIALS_DIRECTORY").filter(|folder| !folder.is_empty())
            else {
                return Ok(None);
            };
            let path = Path::new(&folder).join(CREDENTIAL);
            match path.try_exists() {
                // Other credentials were handed in, or none.
                Ok(false) => Ok(None),
                // One that can't be seen is not one that is not there.
                _ => read(&path, "CREDENTIALS_DIRECTORY").map(Some),
            }
        }
    }
}

/// The key itself, for whoever has no other use for its place.
pub(crate) fn key() -> Result<Option<SecretString>, Failed> {
    Ok(given()?.map(|given| given.key))
}

/// Reads a key file. Who else may read it is not looked at: secrets of containers are files of another owner,
/// and it is for those who hand them in to guard them.
fn read(path: &Path, named_by: &str) -> Result<GivenKey, Failed> {
    let bytes = std::fs::read(path).map(Zeroizing::new).map_err(|error| {
        Failed::new(format!("{named_by}: {} can not be read: {error}", path.display()))
            .with_hint("It has to be a file that the user may read whom crosswalk runs as.")
    })?;
    let key = std::str::from_utf8(&bytes)
        .ok()
        .filter(|text| MasterKey::from_text(text).is_some())
        .ok_or_else(|| KeyError::Malformed {
            place: path.display().to_string(),
        })?;
    Ok(GivenKey {
        key: key.into(),
        place: Place::File(path.to_owned()),
    })
}
