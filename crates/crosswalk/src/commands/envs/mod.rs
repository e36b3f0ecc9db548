//! `crosswalk envs`: separate worlds of accounts and tokens.

mod redirect_uris;

use clap::{Args, Subcommand};
use crosswalk_accounts::{Actor, AuditRecord, Environment, MasterKey, Store};
use crosswalk_model::Instant;
use serde_json::{Value, json};

use crate::cli::Global;
use crate::failure::Failed;
use crate::key::key;
use crate::output::done::{print_done, print_made};
use crate::output::records::{Look, Member, Records};
use crate::output::{Format, OutputArg};

#[derive(Debug, Subcommand)]
pub(crate) enum EnvsCommand {
    /// List the environments.
    #[command(after_help = "Examples:\n  \
                  crosswalk envs list\n  \
                  crosswalk envs list --output json")]
    List(OutputArg),
    /// Make an environment, and print its id.
    Create(CreateArgs),
    /// Remove an environment with its tokens and all that is in it.
    Remove(RemoveArgs),
    /// List and change where browsers may be sent after an account is connected.
    #[command(subcommand)]
    RedirectUris(redirect_uris::RedirectUrisCommand),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk envs create staging\n  \
                  crosswalk token create --environment staging --name tests")]
pub(crate) struct CreateArgs {
    /// Its name, of at most 100 characters; no two have the same.
    name: String,
    #[command(flatten)]
    output: OutputArg,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk envs remove staging\n  \
                  crosswalk envs remove staging --with-accounts")]
pub(crate) struct RemoveArgs {
    /// Its name.
    name: String,
    /// Remove it even if there are accounts in it: they go too, with their credentials.
    #[arg(long)]
    with_accounts: bool,
    #[command(flatten)]
    output: OutputArg,
}

pub(crate) async fn run(global: &Global, command: EnvsCommand) -> Result<(), Failed> {
    let command = match command {
        EnvsCommand::RedirectUris(command) => return redirect_uris::run(global, command).await,
        other => other,
    };
    if !matches!(command, EnvsCommand::Create { .. }) {
        global.require_data()?;
    }
    let key = MasterKey::load(&global.data, key()?.as_ref())?;
    let store = Store::open(&global.data, &key).await?;
    let outcome = match command {
        EnvsCommand::List(output) => list(&store, output).await,
        EnvsCommand::Create(args) => create(&store, &args).await,
        EnvsCommand::Remove(args) => remove(&store, &args).await,
        EnvsCommand::RedirectUris(_) => Ok(()),
    };
    store.close().await;
    outcome
}

fn view(environment: &Environment) -> Value {
    json!({
        "id": environment.id.as_str(),
        "name": environment.name,
        "created_at": Instant(environment.created_at).to_string(),
    })
}

async fn list(store: &Store, output: OutputArg) -> Result<(), Failed> {
    let environments = store.environments().await?;
    let values: Vec<_> = environments.iter().map(view).collect();
    let members = [
        ("id", Look::Id),
        ("name", Look::Text),
        ("created_at", Look::Instant),
    ];
    let members = members.map(|(name, look)| Member::new(name, look)).to_vec();
    Records::print_all(output.output.unwrap_or(Format::Table), members, &values)
}

async fn create(store: &Store, args: &CreateArgs) -> Result<(), Failed> {
    let made = make(store, args.name.trim()).await?;
    print_made(args.output, "", Some(made.id.as_str()), &view(&made))
}

/// Makes an environment and says so in the audit log.
pub(super) async fn make(store: &Store, name: &str) -> Result<Environment, Failed> {
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Failed::usage(
            "an environment needs a name of 1 to 100 characters",
        ));
    }
    let made = store.create_environment(name).await?;
    note(store, "environment.create", &made).await?;
    Ok(made)
}

async fn remove(store: &Store, args: &RemoveArgs) -> Result<(), Failed> {
    let name = args.name.as_str();
    let known = store.environments().await?;
    let Some(found) = known.iter().find(|environment| environment.name == name) else {
        let names: Vec<&str> = known
            .iter()
            .map(|environment| environment.name.as_str())
            .collect();
        return Err(Failed::new(format!(
            "there is no environment `{name}`; there is {}",
            names.join(", ")
        )));
    };
    match store.remove_environment(&found.id, args.with_accounts).await {
        Ok(()) => {}
        Err(error @ crosswalk_accounts::StoreError::InUse(_)) if known.len() > 1 => {
            return Err(Failed::from(error).with_hint("Say --with-accounts if that is what you want."));
        }
        Err(error) => return Err(error.into()),
    }
    note(store, "environment.remove", found).await?;
    let words = format!("removed the environment `{name}`");
    let record = json!({ "id": found.id.as_str(), "name": name, "removed": true });
    print_done(args.output, &words, &record)
}

async fn note(store: &Store, action: &str, environment: &Environment) -> Result<(), Failed> {
    let record = AuditRecord {
        environment_id: None,
        actor: Actor::CommandLine,
        action: action.to_owned(),
        target: Some(environment.id.as_str().to_owned()),
        status: None,
        detail: Some(json!({ "name": environment.name })),
    };
    Ok(store.record(&record).await?)
}
