//! One binary: an open, self-hosted unified CRM API.
//!
//! Commands that work on data go through the very handlers that answer HTTP, inside the process, so they
//! need no running server and mind none.

/// Words for people, on standard error. A reader that went away (`2>&1 | head`) is no reason to fail.
macro_rules! say {
    ($($words:tt)*) => {
        drop(std::io::Write::write_fmt(
            &mut std::io::stderr().lock(),
            format_args!("{}\n", format_args!($($words)*)),
        ))
    };
}

mod cli;
mod commands;
mod failure;
mod input;
mod key;
mod local;
mod output;
mod telemetry;

use std::process::ExitCode;

use clap::FromArgMatches;

use crate::cli::{Cli, Command};
use crate::failure::Failed;

/// What an answer is made of is allocated by one thread and freed by another, for which the C library's allocator takes
/// locks. Without huge pages (the feature `no_thp`), which made an idle server nearly twice as large.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let matches = cli::command().get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .worker_threads(workers())
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return Failed::new(format!("the runtime could not start: {error}")).report(),
    };
    let outcome = runtime.block_on(run(cli, &matches));
    // Whatever matters was closed on the way; a thread that waits for a terminal may be left behind.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => failed.report(),
    }
}

/// At least two, so that one slow answer never holds up all others.
fn workers() -> usize {
    std::thread::available_parallelism()
        .map_or(2, std::num::NonZero::get)
        .clamp(2, 16)
}

async fn run(cli: Cli, matches: &clap::ArgMatches) -> Result<(), Failed> {
    let global = &cli.global;
    global.refuse_what_comes_later()?;
    let telemetry = telemetry::start(global, cli.command.purpose())?;
    let outcome = match cli.command {
        Command::Demo(args) => commands::demo::run(global, args).await,
        Command::Serve(args) => commands::serve::run(global, args).await,
        Command::Health(args) => commands::health::run(args).await,
        Command::Sandbox(args) => commands::sandbox::run(args).await,
        Command::Token(command) => commands::token::run(global, command).await,
        Command::Accounts(command) => commands::accounts::run(global, command).await,
        Command::Apps(command) => commands::apps::run(global, command).await,
        Command::Envs(command) => commands::envs::run(global, command).await,
        Command::Webhooks(command) => commands::webhooks::run(global, command).await,
        Command::Keys(command) => commands::keys::run(global, command).await,
        Command::Backup(args) => commands::backup::run(global, args).await,
        Command::Audit(args) => commands::audit::run(global, args).await,
        Command::Logs(args) => commands::logs::run(global, args).await,
        Command::Mcp(args) => commands::mcp::run(global, args).await,
        Command::Users => commands::users::run(global, matches).await,
        Command::Connectors(command) => commands::connectors::run(global, command),
        Command::Overrides(command) => commands::overrides::run(global, command).await,
        Command::Doctor(args) => commands::doctor::run(global, args).await,
        Command::Man(args) => commands::man::run(&args),
        Command::Completions { shell } => commands::completions::run(shell),
    };
    telemetry.stop().await;
    outcome
}
