//! What can go wrong with the key and the store. The messages are for the person
//! who runs the server: they say what to do, and hold nothing secret.

use std::{io, path::PathBuf};

use thiserror::Error;

use crate::{key::KEY_VARIABLE, vault::SealError};

/// Why there is no usable master key.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The given text is not 32 bytes in base64 or hexadecimal.
    #[error(
        "the key in {place} is not 32 bytes in base64 or hexadecimal; \
         a new one for a new data folder is made with `openssl rand -base64 32`"
    )]
    Malformed {
        /// Where the text stood: the variable's name or the file's path.
        place: String,
    },
    /// The data folder holds a database, but the key that opens it is nowhere.
    #[error(
        "{} is missing, and without the key the database beside it can not be opened; \
         bring the file back or set {KEY_VARIABLE} (no new key is made, and nothing was changed)",
        path.display()
    )]
    Missing {
        /// The key file that should be there.
        path: PathBuf,
    },
    /// Others than the owner may read or write the key file.
    #[error(
        "{} may be used by others than its owner (mode {mode:03o}); run `chmod 600 {}`",
        path.display(),
        path.display()
    )]
    TooOpen {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The key file or its folder could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// What was being read or written.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The system's random number generator failed.
    #[error("the system's random number generator failed")]
    NoRandomness,
}

/// Why the store could not be opened or could not do what was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The data folder could not be used.
    #[error("{}: {source}", path.display())]
    File {
        /// The folder or file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The key is not the one that this database was sealed with.
    #[error(
        "this is not the key of the database: it was sealed with the key {stored}, the one given is {given}; \
         nothing was changed"
    )]
    WrongKey {
        /// Ids of the keys that the database knows, separated by commas.
        stored: String,
        /// Id of the key that was given.
        given: String,
    },
    /// The database was written by a later version of the program.
    #[error("the database was made by a later version of this program; nothing was changed")]
    TooNew,
    /// Bringing the database to this version's form failed.
    #[error("the database could not be brought up to date: {0}")]
    Migration(#[source] sqlx::migrate::MigrateError),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// A stored value can not be read back.
    #[error("a stored value is damaged: {0}")]
    Damaged(String),
    /// A sealed value can not be opened, or a value not sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A list's cursor is not one of ours, was altered, or belongs to another list.
    #[error("the cursor is not one that this list gave out")]
    InvalidCursor,
    /// What the new row would belong to does not exist.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// There is one of that name already.
    #[error("there is already {0} of that name")]
    NameTaken(&'static str),
    /// There are more of them than may be.
    #[error("there may be at most {most} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// It can not go while others need it.
    #[error("{0}")]
    InUse(String),
    /// The system's random number generator failed.
    #[error("the system's random number generator failed")]
    NoRandomness,
}
