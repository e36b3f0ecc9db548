//! `crosswalk overrides`

mod change;
mod show;
mod test;

use clap::Subcommand;

use crate::cli::Global;
use crate::failure::Failed;
use crate::local::{EnvironmentArg, Local};

#[derive(Debug, Subcommand)]
pub(crate) enum OverridesCommand {
    /// Check a file of overrides, and show a record's user before and after.
    Test(test::TestArgs),
    /// Show an account's mapping, and which layer each part of it comes from.
    Show(show::ShowArgs),
    /// List what the environment changes.
    List(change::ListArgs),
    /// Set what an account changes, or the environment for all accounts of a connector.
    Set(change::SetArgs),
    /// Take back what an account or the environment changes.
    Remove(change::RemoveArgs),
}

pub(crate) async fn run(global: &Global, command: OverridesCommand) -> Result<(), Failed> {
    match command {
        OverridesCommand::Test(args) => test::run(global, &args),
        OverridesCommand::Show(args) => {
            let local = open(global, &args.environment).await?;
            local.finish(show::run(&local, &args)).await
        }
        OverridesCommand::List(args) => {
            let local = open(global, &args.environment).await?;
            local.finish(change::list(&local, &args)).await
        }
        OverridesCommand::Set(args) => {
            let local = open(global, &args.environment).await?;
            local.finish(change::set(&local, &args)).await
        }
        OverridesCommand::Remove(args) => {
            let local = open(global, &args.environment).await?;
            local.finish(change::remove(&local, &args)).await
        }
    }
}

async fn open(global: &Global, environment: &EnvironmentArg) -> Result<Local, Failed> {
    global.require_data()?;
    Local::open(global, environment).await
}
