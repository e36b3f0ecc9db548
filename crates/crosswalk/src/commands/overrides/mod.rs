//! `crosswalk overrides`

mod show;
mod test;

use clap::Subcommand;

use crate::cli::Global;
use crate::failure::Failed;
use crate::local::Local;

#[derive(Debug, Subcommand)]
pub(crate) enum OverridesCommand {
    /// Check a file of overrides, and show a record's user before and after.
    Test(test::TestArgs),
    /// Show an account's mapping, and which layer each part of it comes from.
    Show(show::ShowArgs),
}

pub(crate) async fn run(global: &Global, command: OverridesCommand) -> Result<(), Failed> {
    match command {
        OverridesCommand::Test(args) => test::run(global, &args),
        OverridesCommand::Show(args) => {
            global.require_data()?;
            let local = Local::open(global, &args.environment).await?;
            local.finish(show::run(&local, &args)).await
        }
    }
}
