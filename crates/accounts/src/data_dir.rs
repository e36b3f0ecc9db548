//! The data folder: the owner's alone, and opened by one process at a time.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// The database's file name inside the data folder.
pub const DATABASE_FILE: &str = "crosswalk.db";
const LOCK_FILE: &str = "lock";

/// The path of the database inside the data folder.
pub(crate) fn database(folder: &Path) -> PathBuf {
    folder.join(DATABASE_FILE)
}

/// Makes the folder if there is none, for the owner alone.
pub(crate) fn prepare(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Options that make a file nobody but the owner may use.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Held while a process sets the folder up, so that two that start together don't
/// make two keys or run one migration twice. The system lets go of it when the
/// process dies.
pub(crate) struct Lock {
    _file: File,
}

/// Waits for the other processes that are just starting.
pub(crate) fn lock(folder: &Path) -> io::Result<Lock> {
    let file = private()
        .write(true)
        .create(true)
        .truncate(false)
        .open(folder.join(LOCK_FILE))?;
    file.lock()?;
    Ok(Lock { _file: file })
}

/// Makes a new name in the folder survive a power cut.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}
