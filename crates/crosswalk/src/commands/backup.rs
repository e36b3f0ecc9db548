//! `crosswalk backup`: the database in one file, while servers run.

use std::path::PathBuf;

use clap::Args;
use crosswalk_accounts::{DATABASE_FILE, MasterKey, Store};

use crate::cli::Global;
use crate::failure::Failed;
use crate::key::key;

#[derive(Debug, Args)]
#[command(
    after_help = "The key is not in it: keep that apart, and for as long as the backups made under it.\n\
                  To restore: stop the servers, put the file into an empty data folder as crosswalk.db and the key\n\
                  beside it (or where CROSSWALK_KEY or CROSSWALK_KEY_FILE say), and start again."
)]
pub(crate) struct BackupArgs {
    /// The file to write; there must be none of that name.
    file: PathBuf,
}

pub(crate) async fn run(global: &Global, args: BackupArgs) -> Result<(), Failed> {
    global.require_data()?;
    let present = MasterKey::load(&global.data, key()?.as_ref())?;
    let store = Store::open(&global.data, &present).await?;
    let outcome = store.backup(&args.file).await;
    let keys = store.sealing_keys().await;
    store.close().await;
    outcome?;
    let ids: Vec<String> = keys?
        .into_iter()
        .filter(|key| key.values > 0 || key.state == "current")
        .map(|key| key.id)
        .collect();
    eprintln!(
        "wrote {}; it opens as {DATABASE_FILE} with the key {}, which is not in it",
        args.file.display(),
        ids.join(" and ")
    );
    Ok(())
}
