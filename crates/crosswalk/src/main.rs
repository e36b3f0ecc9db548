//! One binary: an open, self-hosted unified CRM API.

mod cli;
mod commands;
mod failure;
mod output;
mod telemetry;

use std::process::ExitCode;

use clap::FromArgMatches;

use crate::cli::{Cli, Command};
use crate::failure::Failed;

fn main() -> ExitCode {
    let matches = cli::command().get_matches();
    let outcome = Cli::from_arg_matches(&matches)
        .map_err(|error| Failed::usage(error.to_string()))
        .and_then(|cli| {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .worker_threads(cli.global.workers())
                .build()
                .map_err(|error| Failed::new(format!("the runtime could not start: {error}")))?;
            runtime.block_on(run(cli, &matches))
        });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => failed.report(),
    }
}

async fn run(cli: Cli, matches: &clap::ArgMatches) -> Result<(), Failed> {
    let global = &cli.global;
    global.check()?;
    let telemetry = telemetry::start(global, matches!(cli.command, Command::Serve(_)))?;
    let outcome = match cli.command {
        Command::Demo(args) => commands::demo::run(global, args).await,
        Command::Serve(args) => commands::serve::run(global, args).await,
        Command::Sandbox(args) => commands::sandbox::run(args).await,
        Command::Token(command) => commands::token::run(global, command).await,
        Command::Accounts(command) => commands::accounts::run(global, command).await,
        Command::Users => commands::users::run(global, matches).await,
        Command::Connectors(command) => commands::connectors::run(global, command),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut cli::command(), "crosswalk", &mut std::io::stdout());
            Ok(())
        }
    };
    telemetry.stop();
    outcome
}
