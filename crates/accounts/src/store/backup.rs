//! Backups: the whole database in one file, taken while servers run.

use std::path::Path;

use super::Store;
use crate::{data_dir, error::StoreError};

impl Store {
    /// Writes the database as it is now into a new file, for its owner alone. Reading and
    /// writing go on meanwhile. The key is not in it.
    ///
    /// # Errors
    /// There is a file of that name, it can't be written, or the database failed: then no file
    /// is left.
    pub async fn backup(&self, path: &Path) -> Result<(), StoreError> {
        let failed = |source| StoreError::File {
            path: path.to_owned(),
            source,
        };
        let file = data_dir::private()
            .write(true)
            .create_new(true)
            .open(path)
            .map_err(failed)?;
        let written = sqlx::query("VACUUM INTO $1")
            .bind(path.to_string_lossy().into_owned())
            .execute(self.pool())
            .await;
        if let Err(error) = written {
            drop(std::fs::remove_file(path));
            return Err(error.into());
        }
        file.sync_all().map_err(failed)
    }
}
