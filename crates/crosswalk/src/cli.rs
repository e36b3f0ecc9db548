//! The command line's words. What one command takes stands beside that command.

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};
use crosswalk_engine::EngineConfig;
use crosswalk_server::AppConfig;

use crate::commands::{
    accounts, apps, audit, backup, connectors, demo, doctor, envs, health, keys, logs, man, mcp, overrides,
    sandbox, serve, token, users, webhooks,
};
use crate::failure::{Failed, exit_codes};
use crate::key::key;
use crate::telemetry::Purpose;

/// An open, self-hosted unified CRM API: one shape for the users of many CRMs.
#[derive(Debug, Parser)]
#[command(
    name = "crosswalk",
    version,
    arg_required_else_help = true,
    subcommand_required = true,
    after_help = after_help()
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

fn after_help() -> String {
    format!(
        "Examples:\n  \
         crosswalk demo                          # everything, nothing to set up\n  \
         crosswalk token create --name my-app    # an API token, once\n  \
         crosswalk serve                         # the API on 127.0.0.1:8080\n  \
         crosswalk accounts connect --integration hubspot\n  \
         crosswalk users list --account ID --limit 5\n  \
         crosswalk doctor                        # what is wrong, and what to do\n\n\
         {}\n\n\
         Colours and tables fit the terminal; NO_COLOR turns colours off, CLICOLOR_FORCE=1 on, COLUMNS sets the width.",
        exit_codes()
    )
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The folder where state lives.
    #[arg(
        long,
        global = true,
        env = "CROSSWALK_DATA",
        hide_env_values = true,
        default_value = "./crosswalk-data",
        value_name = "DIR"
    )]
    pub(crate) data: PathBuf,
    /// A folder of connectors, laid over the built-in ones.
    #[arg(
        long,
        global = true,
        env = "CROSSWALK_CONNECTORS",
        hide_env_values = true,
        value_name = "DIR"
    )]
    pub(crate) connectors: Option<PathBuf>,
    /// A postgres:// URL; comes later, and is refused until then.
    #[arg(
        long,
        global = true,
        env = "CROSSWALK_DATABASE",
        hide_env_values = true,
        hide_short_help = true,
        value_name = "URL"
    )]
    pub(crate) database: Option<String>,
    /// Let connectors ask plain http:// and private addresses.
    #[arg(long, global = true, hide_short_help = true)]
    pub(crate) allow_private: bool,
    /// What is logged: error, warn, info, debug, trace, off, or a filter such as crosswalk_engine=debug.
    #[arg(
        long,
        global = true,
        env = "RUST_LOG",
        hide_env_values = true,
        hide_short_help = true,
        value_name = "LEVEL"
    )]
    pub(crate) log_level: Option<String>,
    /// How log lines are written, on standard error.
    #[arg(
        long,
        global = true,
        default_value = "text",
        value_parser = ["text", "json"],
        hide_short_help = true,
        value_name = "FORMAT"
    )]
    pub(crate) log_format: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Try everything with stand-ins of the CRMs: nothing to set up.
    Demo(demo::DemoArgs),
    /// Run the API.
    Serve(serve::ServeArgs),
    /// Ask a server whether it serves.
    Health(health::HealthArgs),
    /// Run the stand-ins of the CRMs alone.
    Sandbox(sandbox::SandboxArgs),
    /// Make, list and revoke API tokens.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Connect, import, list, check, change and remove accounts of CRMs.
    #[command(subcommand)]
    Accounts(accounts::AccountsCommand),
    /// Set the OAuth apps that accounts are connected with.
    #[command(subcommand)]
    Apps(apps::AppsCommand),
    /// Make, list and remove environments: separate worlds of accounts and tokens.
    #[command(subcommand)]
    Envs(envs::EnvsCommand),
    /// Send what happens to accounts to addresses of your own.
    #[command(subcommand)]
    Webhooks(webhooks::WebhooksCommand),
    /// Show and change the key that seals credentials.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Write the database into one file, while servers run.
    Backup(backup::BackupArgs),
    /// Show who changed what.
    Audit(audit::AuditArgs),
    /// List and show users of an account.
    // Made from the unified model: see `users::command`.
    Users,
    /// Show the calls that were made, and the vendor's requests behind them.
    Logs(logs::LogsArgs),
    /// Serve an agent over standard input and output (the Model Context Protocol).
    Mcp(mcp::McpArgs),
    /// List, show and check connectors.
    #[command(subcommand)]
    Connectors(connectors::ConnectorsCommand),
    /// Test, set, list and remove overrides of mappings.
    #[command(subcommand)]
    Overrides(overrides::OverridesCommand),
    /// Look at everything that a server needs, and say what to do about what is wrong.
    Doctor(doctor::DoctorArgs),
    /// Print manual pages, or write those of all commands into a folder.
    Man(man::ManArgs),
    /// Print the completions of a shell.
    #[command(after_help = "Examples:\n  \
                      crosswalk completions bash > /etc/bash_completion.d/crosswalk\n  \
                      crosswalk completions zsh > \"${fpath[1]}/_crosswalk\"\n  \
                      crosswalk completions fish > ~/.config/fish/completions/crosswalk.fish")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

impl Command {
    /// What it is run for, which decides what is logged when nobody says.
    pub(crate) fn purpose(&self) -> Purpose {
        match self {
            Self::Serve(_) => Purpose::Serving,
            Self::Demo(_) => Purpose::Showing,
            _ => Purpose::Answering,
        }
    }
}

impl Global {
    /// `--database` is kept for what comes later.
    pub(crate) fn refuse_what_comes_later(&self) -> Result<(), Failed> {
        let Some(url) = self
            .database
            .as_deref()
            .map(str::trim)
            .filter(|url| !url.is_empty())
        else {
            return Ok(());
        };
        // The URL may hold a password: it is not repeated.
        let scheme = url
            .split_once("://")
            .map(|(scheme, _)| scheme.to_ascii_lowercase());
        Err(match scheme.as_deref() {
            Some("postgres" | "postgresql") => Failed::usage(
                "PostgreSQL comes later: leave out --database (and CROSSWALK_DATABASE), and state lives in SQLite in the folder of --data",
            ),
            Some("sqlite") => Failed::usage(
                "SQLite needs no --database: name the folder with --data DIR (or CROSSWALK_DATA)",
            ),
            _ => Failed::usage(
                "--database is for a postgres:// URL, which comes later: leave it out, and name the folder of state with --data DIR",
            ),
        })
    }

    /// Refuses a folder that is not there, so that asking in the wrong place makes no new one.
    pub(crate) fn require_data(&self) -> Result<(), Failed> {
        if self.data.exists() {
            return Ok(());
        }
        let missing = format!("there is no data folder {}", self.data.display());
        Err(Failed::new(missing).with_hint(
            "Name the right one with --data DIR (or CROSSWALK_DATA); `crosswalk serve`, `crosswalk token create`\n\
             and `crosswalk accounts add` start a new one.",
        ))
    }

    /// A server over the data folder.
    pub(crate) fn app_config(&self) -> Result<AppConfig, Failed> {
        Ok(AppConfig {
            key: key()?,
            ..self.app_config_without_key()
        })
    }

    /// The same, whatever key the surroundings give.
    pub(crate) fn app_config_without_key(&self) -> AppConfig {
        AppConfig {
            data_dir: self.data.clone(),
            connectors: self.connectors.clone(),
            egress: egress(),
            allow_private: self.allow_private,
            engine: EngineConfig::default(),
            ..AppConfig::default()
        }
    }
}

/// Where every outbound request goes instead, if anywhere.
pub(crate) fn egress() -> Option<String> {
    std::env::var("CROSSWALK_EGRESS_URL")
        .ok()
        .filter(|url| !url.trim().is_empty())
}

/// The command line, with the flags that are read from the unified models.
pub(crate) fn command() -> clap::Command {
    // What is replaced goes to the end of the list; it is to stand where it stood.
    let order: Vec<String> = Cli::command()
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .collect();
    Cli::command()
        .mut_subcommand("users", |_| users::command())
        .mut_subcommands(|command| {
            let place = order.iter().position(|name| name == command.get_name());
            command.display_order(place.unwrap_or(order.len()))
        })
}

#[cfg(test)]
mod tests;
