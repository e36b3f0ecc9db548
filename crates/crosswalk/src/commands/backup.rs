//! `crosswalk backup`: the database in one file, while servers run.

use std::path::PathBuf;

use clap::Args;
use crosswalk_accounts::{DATABASE_FILE, MasterKey, Store};
use serde_json::json;

use crate::cli::Global;
use crate::failure::Failed;
use crate::key::key;
use crate::output::OutputArg;
use crate::output::done::print_done;
use crate::output::progress::Progress;
use crate::output::text::bytes;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk backup /backups/crosswalk-$(date +%F).db\n  \
                  crosswalk --data /var/lib/crosswalk backup /backups/today.db -o json\n\n\
                  The key is not in it: keep that apart, and for as long as the backups made under it. To \
                  restore: stop the servers, put the file into an empty data folder as crosswalk.db and \
                  the key beside it (or where CROSSWALK_KEY or CROSSWALK_KEY_FILE say), and start again.")]
pub(crate) struct BackupArgs {
    /// The file to write; there must be none of that name.
    file: PathBuf,
    #[command(flatten)]
    output: OutputArg,
}

pub(crate) async fn run(global: &Global, args: BackupArgs) -> Result<(), Failed> {
    global.require_data()?;
    let present = MasterKey::load(&global.data, key()?.as_ref())?;
    let store = Store::open(&global.data, &present).await?;
    let mut progress = Progress::new(true);
    progress.show(|| format!("writing {}…", args.file.display()));
    let outcome = store.backup(&args.file).await;
    progress.clear();
    let keys = store.sealing_keys().await;
    store.close().await;
    outcome?;
    let ids: Vec<String> = keys?
        .into_iter()
        .filter(|key| key.values > 0 || key.state == "current")
        .map(|key| key.id)
        .collect();
    let size = std::fs::metadata(&args.file).map_or(0, |file| file.len());
    let words = format!(
        "wrote {} ({}); it opens as {DATABASE_FILE} with the key {}, which is not in it",
        args.file.display(),
        bytes(size),
        ids.join(" and ")
    );
    let record = json!({ "file": args.file, "bytes": size, "keys": ids });
    print_done(args.output, &words, &record)
}
