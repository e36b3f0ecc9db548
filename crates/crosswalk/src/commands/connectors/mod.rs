//! `crosswalk connectors`

mod check;
mod list;
mod show;

use std::path::PathBuf;

use clap::Subcommand;
use crosswalk_connector::{Connector, Registry, json_schema};

use crate::cli::Global;
use crate::failure::Failed;
use crate::output::{OutputArg, print};

#[derive(Debug, Subcommand)]
pub(crate) enum ConnectorsCommand {
    /// List the connectors: how accounts prove themselves, and what the CRM filters and sorts itself.
    List(OutputArg),
    /// Show the whole story of one: credentials, settings, fields, filters, limits.
    Show {
        /// Its name.
        name: String,
    },
    /// Check connector files; every mistake is shown with its line and column.
    Check {
        /// The files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Print the JSON Schema of connector files, for editors.
    Schema,
}

pub(crate) fn run(global: &Global, command: ConnectorsCommand) -> Result<(), Failed> {
    match command {
        ConnectorsCommand::List(output) => list::run(&registry(global)?, output),
        ConnectorsCommand::Show { name } => show::run(find(&registry(global)?, &name)?),
        ConnectorsCommand::Check { files } => check::run(&files),
        ConnectorsCommand::Schema => print(&format!("{:#}\n", json_schema())),
    }
}

/// The connectors of this command line: the built-in ones, and those of `--connectors`.
pub(crate) fn registry(global: &Global) -> Result<Registry, Failed> {
    let models = crosswalk_model::builtin();
    let mut registry = Registry::bundled(&models)?;
    if let Some(directory) = &global.connectors {
        registry.add_directory(directory, &models)?;
    }
    Ok(registry)
}

/// The connector of that name.
pub(crate) fn find<'a>(registry: &'a Registry, name: &str) -> Result<&'a Connector, Failed> {
    let lowered = name.to_lowercase();
    let found = registry.get(name).or_else(|| {
        registry
            .iter()
            .find(|known| known.label().to_lowercase() == lowered)
    });
    found.map(AsRef::as_ref).ok_or_else(|| {
        let known: Vec<&str> = registry.iter().map(|connector| connector.name()).collect();
        Failed::usage(format!(
            "there is no connector `{name}`; there is {}",
            known.join(", ")
        ))
    })
}
