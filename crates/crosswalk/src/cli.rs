//! The command line's words.

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand};
use crosswalk_engine::EngineConfig;
use crosswalk_server::AppConfig;
use secrecy::SecretString;

use crate::commands::users;
use crate::failure::Failed;

/// An open, self-hosted unified CRM API: one shape for the users of many CRMs.
#[derive(Debug, Parser)]
#[command(
    name = "crosswalk",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
#[command(
    after_help = "Examples:\n  crosswalk demo                                   try it with five sandbox CRMs\n  crosswalk serve                                  run the API on 127.0.0.1:8080\n  crosswalk token create --name ci                 make an API token\n  crosswalk users list --account ID --is-active true"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The folder where state lives.
    #[arg(
        long,
        global = true,
        env = "CROSSWALK_DATA",
        default_value = "./crosswalk-data",
        value_name = "DIR"
    )]
    pub(crate) data: PathBuf,
    /// A folder of connectors, laid over the bundled ones.
    #[arg(long, global = true, env = "CROSSWALK_CONNECTORS", value_name = "DIR")]
    pub(crate) connectors: Option<PathBuf>,
    /// Kept for PostgreSQL, which comes later.
    #[arg(
        long,
        global = true,
        env = "CROSSWALK_DATABASE",
        value_name = "URL",
        hide_env_values = true
    )]
    pub(crate) database: Option<String>,
    /// How much is logged: error, warn, info, debug, or a filter such as crosswalk=debug.
    #[arg(long, global = true, env = "RUST_LOG", value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,
    /// How logs are written.
    #[arg(long, global = true, default_value = "text", value_parser = ["text", "json"], value_name = "FORMAT")]
    pub(crate) log_format: String,
    /// Sends every outbound request to this address instead, the real host first in its path.
    #[arg(long, global = true, env = "CROSSWALK_EGRESS_URL", value_name = "URL")]
    pub(crate) egress: Option<String>,
    /// Allows plain http and private addresses on the way out.
    #[arg(long, global = true)]
    pub(crate) allow_private: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything with sandbox CRMs: nothing to set up.
    Demo(DemoArgs),
    /// Run the API.
    Serve(ServeArgs),
    /// Run the stand-ins of the vendors' APIs alone.
    Sandbox(SandboxArgs),
    /// Make, list and revoke API tokens.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Connect, show, check and remove accounts.
    #[command(subcommand)]
    Accounts(AccountsCommand),
    /// List and show users.
    #[command(disable_help_subcommand = true)]
    Users,
    /// List, show and check connectors.
    #[command(subcommand)]
    Connectors(ConnectorsCommand),
    /// Print shell completions.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The address to listen on.
    #[arg(
        long,
        env = "CROSSWALK_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "ADDR"
    )]
    pub(crate) listen: String,
    /// The address that customers' browsers see.
    #[arg(long, env = "CROSSWALK_PUBLIC_URL", value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// An origin that browsers may call from; may be given several times.
    #[arg(long, value_name = "ORIGIN")]
    pub(crate) cors_origin: Vec<String>,
    /// Requests a minute that one API token may make.
    #[arg(long, value_name = "N")]
    pub(crate) token_rate: Option<u32>,
    /// Requests a minute that one account may get.
    #[arg(long, value_name = "N")]
    pub(crate) account_rate: Option<u32>,
    /// Seconds within which a call answers.
    #[arg(long, default_value_t = 25, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=300))]
    pub(crate) deadline: u64,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// The address to listen on.
    #[arg(
        long,
        env = "CROSSWALK_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "ADDR"
    )]
    pub(crate) listen: String,
    /// How many users each sandbox CRM has.
    #[arg(long, default_value_t = 250, value_name = "N")]
    pub(crate) users: usize,
}

#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:9000", value_name = "ADDR")]
    pub(crate) listen: String,
    /// How many users each CRM has.
    #[arg(long, default_value_t = 250, value_name = "N")]
    pub(crate) users: usize,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token and print it, alone on one line.
    Create {
        /// What it is for.
        #[arg(long, default_value = "")]
        name: String,
    },
    /// List tokens, without their secrets.
    List,
    /// Revoke a token by its id.
    Revoke {
        /// The id, from `token list`.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountsCommand {
    /// Connect an account of a CRM.
    #[command(
        after_help = "Values of --set may be @FILE to read a file or @- to read standard input, so that no secret stands\non the command line:\n  crosswalk accounts add --integration hubspot --method api_key --set api_key=@token.txt"
    )]
    Add(AddArgs),
    /// List accounts.
    List,
    /// Show one account.
    Show {
        /// The account's id.
        id: String,
    },
    /// Ask the vendor whether an account lives.
    Check {
        /// The account's id.
        #[arg(required_unless_present = "all")]
        id: Option<String>,
        /// Check every account.
        #[arg(long)]
        all: bool,
    },
    /// Remove an account.
    Remove {
        /// The account's id.
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// The connector, from `connectors list`.
    #[arg(long)]
    pub(crate) integration: String,
    /// How it proves itself: oauth2, oauth2_client_credentials, api_key or basic.
    #[arg(long)]
    pub(crate) method: Option<String>,
    /// Whose account it is.
    #[arg(long, default_value = "")]
    pub(crate) tenant: String,
    /// A credential or setting; VALUE may be @FILE or @- (standard input).
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) values: Vec<String>,
    /// A JSON file with the whole context; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) context_file: Option<PathBuf>,
    /// Don't ask the vendor whether the credentials are good.
    #[arg(long)]
    pub(crate) no_validate: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConnectorsCommand {
    /// List the connectors.
    List,
    /// Show the whole story of one.
    Show {
        /// Its name.
        name: String,
    },
    /// Check connector files.
    Check {
        /// The files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Print the JSON Schema of connector files.
    Schema,
}

impl Global {
    /// Refuses what does not work yet.
    pub(crate) fn check(&self) -> Result<(), Failed> {
        match self
            .database
            .as_deref()
            .map(str::trim)
            .filter(|url| !url.is_empty())
        {
            None => Ok(()),
            Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Err(Failed::usage(
                    "--database: PostgreSQL comes later; until then leave it out, and state lives in SQLite under --data",
                ))
            }
            Some(_) => Err(Failed::usage(
                "--database takes a postgres:// URL (which comes later); for the embedded SQLite leave it out and use --data DIR",
            )),
        }
    }

    pub(crate) fn workers(&self) -> usize {
        std::thread::available_parallelism()
            .map_or(2, std::num::NonZero::get)
            .clamp(2, 16)
    }

    /// A server over this data folder.
    pub(crate) fn app_config(&self) -> AppConfig {
        AppConfig {
            data_dir: self.data.clone(),
            key: std::env::var("CROSSWALK_KEY")
                .ok()
                .filter(|key| !key.is_empty())
                .map(SecretString::from),
            connectors: self.connectors.clone(),
            egress: self.egress.clone(),
            allow_private: self.allow_private,
            engine: EngineConfig::default(),
            ..AppConfig::default()
        }
    }
}

/// The command line with the filters of the unified models, which are read from them.
pub(crate) fn command() -> clap::Command {
    Cli::command().mut_subcommand("users", |_| users::command())
}
