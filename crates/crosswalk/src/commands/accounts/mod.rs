//! `crosswalk accounts`

mod add;
mod check;
mod connect;
mod context;
mod import;
mod list;
mod refresh;
mod remove;
mod show;
mod update;

use clap::{Args, Subcommand};

use crate::cli::Global;
use crate::failure::Failed;
use crate::local::{EnvironmentArg, Local};
use crate::output::OutputArg;
use crate::output::records::{Look, Member};

#[derive(Debug, Subcommand)]
pub(crate) enum AccountsCommand {
    /// Connect an account of a CRM, and print its id.
    Add(add::AddArgs),
    /// Connect an account in a browser: print the link, wait, and print the account's id.
    Connect(connect::ConnectArgs),
    /// Connect an account again in a browser, under its id.
    Reconnect(connect::ReconnectArgs),
    /// List the accounts.
    List(list::ListArgs),
    /// Show one account.
    #[command(after_help = "Examples:\n  \
                  crosswalk accounts show ID\n  \
                  crosswalk accounts show ID -o json | jq .status")]
    Show(One),
    /// Ask the CRM whether an account's credentials are good, and use it again if they are.
    Check(check::CheckArgs),
    /// Refresh an account's access token now, also of one that was given up.
    #[command(after_help = "Examples:\n  \
                  crosswalk accounts refresh ID\n\n\
                  Nobody has to do this: tokens are refreshed before they end. It tries at once what a \
                  call would try, and takes an account back that was given up.")]
    Refresh(One),
    /// Change an account's tenant, settings or credentials.
    Update(update::UpdateArgs),
    /// Bring in existing connections from a file.
    Import(import::ImportArgs),
    /// Remove an account and its credentials, or all of a tenant; the CRM is told to end the tokens.
    Remove(remove::RemoveArgs),
}

#[derive(Debug, Args)]
pub(crate) struct One {
    /// The account's id, from `crosswalk accounts list`.
    id: String,
    #[command(flatten)]
    environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

pub(crate) async fn run(global: &Global, command: AccountsCommand) -> Result<(), Failed> {
    match command {
        AccountsCommand::Add(args) => add::run(global, args).await,
        AccountsCommand::Connect(args) => connect::run(global, args).await,
        AccountsCommand::Reconnect(args) => connect::again(global, args).await,
        AccountsCommand::List(args) => {
            let local = open(global, &args.environment).await?;
            local.finish(list::run(&local, &args)).await
        }
        AccountsCommand::Show(args) => {
            let local = open(global, &args.environment).await?;
            local.finish(show::run(&local, &args)).await
        }
        AccountsCommand::Check(args) => {
            let local = open(global, &args.environment).await?;
            local.finish(check::run(&local, &args)).await
        }
        AccountsCommand::Refresh(args) => {
            let local = open(global, &args.environment).await?;
            local.finish(refresh::run(&local, &args)).await
        }
        AccountsCommand::Update(args) => {
            let context = args.context().await?;
            let local = open(global, &args.environment).await?;
            local.finish(update::run(&local, &args, &context)).await
        }
        AccountsCommand::Import(args) => {
            let local = Local::open(global, &args.environment).await?;
            local.finish(import::run(&local, &args)).await
        }
        AccountsCommand::Remove(args) => {
            let local = open(global, &args.environment).await?;
            local.finish(remove::run(&local, &args)).await
        }
    }
}

async fn open(global: &Global, environment: &EnvironmentArg) -> Result<Local, Failed> {
    global.require_data()?;
    Local::open(global, environment).await
}

/// The members of an account, as tables show them.
fn members() -> Vec<Member> {
    [
        ("id", Look::Id),
        ("integration", Look::Text),
        ("authentication_method", Look::Hidden),
        ("tenant_id", Look::Text),
        ("status", Look::State),
        ("last_error", Look::Text),
        ("created_at", Look::Hidden),
        ("updated_at", Look::Hidden),
        ("last_used_at", Look::Instant),
    ]
    .map(|(name, look)| Member::new(name, look))
    .to_vec()
}
