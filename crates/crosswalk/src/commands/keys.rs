//! `crosswalk keys`: the key that seals credentials, changed while servers run.

use std::time::Duration;

use clap::{Args, Subcommand};
use crosswalk_accounts::{Actor, AuditRecord, MasterKey, Store};
use crosswalk_model::Instant;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::cli::Global;
use crate::failure::Failed;
use crate::input::Inputs;
use crate::key::{self, GivenKey};
use crate::output::done::{print_done, print_made};
use crate::output::progress::Progress;
use crate::output::records::{Look, Member, Records};
use crate::output::text::counted;
use crate::output::{Format, OutputArg};

/// How long running servers get to see each step; they look once a second.
const NOTICE: Duration = Duration::from_millis(2500);

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// List the keys that the database knows, and how much is sealed under each.
    #[command(after_help = "Examples:\n  \
                  crosswalk keys list\n  \
                  crosswalk keys list -o json")]
    List(OutputArg),
    /// Seal everything under a new key, while servers run.
    Rotate(RotateArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk keys rotate\n  \
                  crosswalk keys rotate --new-key @new-key.txt\n  \
                  CROSSWALK_KEY=NEW crosswalk keys rotate --finish\n\n\
                  Where the key is the file in the data folder, this is all: the file is replaced, and the \
                  old key is kept beside it for backups made before.\n\n\
                  Where it comes from CROSSWALK_KEY or CROSSWALK_KEY_FILE, a new key is made and printed, \
                  alone on one line. Servers that run go on, and may be restarted with either key. When \
                  all of them have the new one, run\n  \
                  CROSSWALK_KEY=<new> crosswalk keys rotate --finish\n\
                  and the old key opens nothing any more. For programs there are two records then: the new \
                  key, before anything is sealed under it, and what was done.")]
pub(crate) struct RotateArgs {
    /// The new key, instead of one made here: @FILE, @env:NAME or @- (standard input).
    #[arg(long, value_name = "@FILE")]
    new_key: Option<String>,
    /// Forget the old key: every server has the new one.
    #[arg(long, conflicts_with = "new_key")]
    finish: bool,
    #[command(flatten)]
    output: OutputArg,
}

pub(crate) async fn run(global: &Global, command: KeysCommand) -> Result<(), Failed> {
    global.require_data()?;
    let given = key::given()?;
    let present = MasterKey::load(&global.data, given.as_ref().map(|given| &given.key))?;
    let store = Store::open(&global.data, &present).await?;
    let outcome = match command {
        KeysCommand::List(output) => list(&store, output).await,
        KeysCommand::Rotate(args) if args.finish => finish(&store, args.output, given.as_ref()).await,
        KeysCommand::Rotate(args) => rotate(global, &store, &args, given.as_ref()).await,
    };
    store.close().await;
    outcome
}

async fn list(store: &Store, output: OutputArg) -> Result<(), Failed> {
    let keys = store.sealing_keys().await?;
    let values: Vec<_> = keys
        .iter()
        .map(|key| {
            json!({
                "id": key.id,
                "state": key.state,
                "created_at": Instant(key.created_at).to_string(),
                "values": key.values,
            })
        })
        .collect();
    let members = [
        ("id", Look::Id),
        ("state", Look::State),
        ("created_at", Look::Instant),
        ("values", Look::Text),
    ];
    let members = members.map(|(name, look)| Member::new(name, look)).to_vec();
    Records::print_all(output.output.unwrap_or(Format::Table), members, &values)
}

async fn rotate(
    global: &Global,
    store: &Store,
    args: &RotateArgs,
    given: Option<&GivenKey>,
) -> Result<(), Failed> {
    let resuming = store.sealing_keys().await?.len() > 1;
    if resuming {
        say!("going on with a rotation that was interrupted");
    }
    let text = match &args.new_key {
        Some(given) if given.starts_with('@') => Inputs::default().value("new-key", given).await?,
        Some(_) => {
            return Err(Failed::usage(
                "--new-key takes @FILE, @env:NAME or @-: a key has no place on a command line",
            ));
        }
        None => MasterKey::generate()?.to_text().to_string(),
    };
    let new = MasterKey::from_text(&text)
        .ok_or_else(|| Failed::usage("--new-key: it is not 32 bytes in base64 or hexadecimal"))?;
    if given.is_some() && !resuming && args.new_key.is_none() {
        // Before anything is sealed under it: whatever happens then, somebody has it.
        let record = json!({ "id": new.id().to_text(), "key": text.trim() });
        print_made(args.output, "", Some(text.trim()), &record)?;
    }
    let mut progress = Progress::new(true);
    progress.show(|| "handing the new key to running servers, and sealing everything anew…".to_owned());
    let rotated = store.rotate_key(&new, NOTICE).await?;
    progress.clear();
    note(store, "key.rotate", &rotated.current.to_text()).await?;
    let mut words = format!(
        "sealed {} anew under the key {}",
        counted(rotated.resealed, "value", "values"),
        rotated.current
    );
    let mut record = json!({
        "current": rotated.current.to_text(),
        "resealed": rotated.resealed,
        "finished": given.is_none(),
        "old_key_file": null,
    });
    if let Some(given) = given {
        words.push_str(&format!(
            "\n{} When all have it, run\n  crosswalk keys rotate --finish",
            given.how_to_set()
        ));
        return print_done(args.output, &words, &record);
    }
    let kept = store.write_key_file(&global.data)?;
    store.finish_rotation().await?;
    if let Some(kept) = kept {
        let kept = global.data.join(kept).display().to_string();
        words.push_str(&format!(
            "\nthe old key is kept in {kept}: it opens backups made before, and this database no more"
        ));
        record["old_key_file"] = kept.into();
    }
    print_done(args.output, &words, &record)
}

async fn finish(store: &Store, output: OutputArg, given: Option<&GivenKey>) -> Result<(), Failed> {
    let keys = store.sealing_keys().await?;
    let Some(current) = keys.iter().find(|key| key.state == "current") else {
        return Err(Failed::new("the database has no current key"));
    };
    // Whoever still starts with the old key would be locked out by this.
    let is_old = |given: &&GivenKey| {
        MasterKey::from_text(given.key.expose_secret())
            .is_some_and(|present| present.id().to_text() != current.id)
    };
    if let Some(given) = given.filter(is_old) {
        return Err(Failed::new(format!("{given} is still the old key")).with_hint(
            "Set it to the new one here and wherever servers start; then the old one can be forgotten.",
        ));
    }
    let is_new = store.finish_rotation().await?;
    if is_new {
        note(store, "key.forget", &current.id).await?;
    }
    let words = if is_new {
        format!("only the key {} opens the database now", current.id)
    } else {
        "there is no old key to forget".to_owned()
    };
    let record = json!({ "current": current.id, "finished": true, "forgotten": is_new });
    print_done(output, &words, &record)
}

async fn note(store: &Store, action: &str, key: &str) -> Result<(), Failed> {
    let record = AuditRecord {
        environment_id: None,
        actor: Actor::CommandLine,
        action: action.to_owned(),
        target: Some(key.to_owned()),
        status: None,
        detail: None,
    };
    Ok(store.record(&record).await?)
}
