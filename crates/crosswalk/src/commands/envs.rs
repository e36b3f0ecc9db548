//! `crosswalk envs`: separate worlds of accounts and tokens.

use clap::Subcommand;
use crosswalk_accounts::{Actor, AuditRecord, Environment, MasterKey, Store};
use crosswalk_model::Instant;
use serde_json::json;

use crate::cli::Global;
use crate::failure::Failed;
use crate::key::key;
use crate::output::records::{Look, Member, Records};
use crate::output::{Format, OutputArg, print};

#[derive(Debug, Subcommand)]
pub(crate) enum EnvsCommand {
    /// List the environments.
    List(OutputArg),
    /// Make an environment, and print its id.
    Create {
        /// Its name.
        name: String,
    },
    /// Remove an environment with its tokens and all that is in it.
    Remove {
        /// Its name.
        name: String,
        /// Remove it even if there are accounts in it: they go too, with their credentials.
        #[arg(long)]
        with_accounts: bool,
    },
}

pub(crate) async fn run(global: &Global, command: EnvsCommand) -> Result<(), Failed> {
    if !matches!(command, EnvsCommand::Create { .. }) {
        global.require_data()?;
    }
    let key = MasterKey::load(&global.data, key()?.as_ref())?;
    let store = Store::open(&global.data, &key).await?;
    let outcome = match command {
        EnvsCommand::List(output) => list(&store, output).await,
        EnvsCommand::Create { name } => create(&store, name.trim()).await,
        EnvsCommand::Remove { name, with_accounts } => remove(&store, &name, with_accounts).await,
    };
    store.close().await;
    outcome
}

async fn list(store: &Store, output: OutputArg) -> Result<(), Failed> {
    let environments = store.environments().await?;
    let values: Vec<_> = environments
        .iter()
        .map(|environment| {
            json!({
                "id": environment.id.as_str(),
                "name": environment.name,
                "created_at": Instant(environment.created_at).to_string(),
            })
        })
        .collect();
    let members = [
        ("id", Look::Id),
        ("name", Look::Text),
        ("created_at", Look::Instant),
    ];
    let members = members.map(|(name, look)| Member::new(name, look)).to_vec();
    Records::print_all(output.output.unwrap_or(Format::Table), members, &values)
}

async fn create(store: &Store, name: &str) -> Result<(), Failed> {
    let made = make(store, name).await?;
    print(&format!("{}\n", made.id))
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

async fn remove(store: &Store, name: &str, with_accounts: bool) -> Result<(), Failed> {
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
    match store.remove_environment(&found.id, with_accounts).await {
        Ok(()) => {}
        Err(error @ crosswalk_accounts::StoreError::InUse(_)) if known.len() > 1 => {
            return Err(Failed::from(error).with_hint("Say --with-accounts if that is what you want."));
        }
        Err(error) => return Err(error.into()),
    }
    note(store, "environment.remove", found).await?;
    eprintln!("removed the environment `{name}`");
    Ok(())
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
