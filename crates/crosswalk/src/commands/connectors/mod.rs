//! `crosswalk connectors`

mod check;
mod list;
mod show;
mod view;

use clap::Subcommand;
use crosswalk_connector::{Connector, Registry, json_schema};

use crate::cli::Global;
use crate::failure::Failed;
use crate::output::{OutputArg, print};

#[derive(Debug, Subcommand)]
pub(crate) enum ConnectorsCommand {
    /// List the connectors: how accounts prove themselves, and what the CRM filters and sorts itself.
    #[command(after_help = "Examples:\n  \
                  crosswalk connectors list\n  \
                  crosswalk --connectors my-connectors connectors list --output json")]
    List(OutputArg),
    /// Show the whole story of one: credentials, settings, fields, filters, limits.
    Show(show::ShowArgs),
    /// Check connector files; every mistake is shown with its line and column.
    Check(check::CheckArgs),
    /// Print the JSON Schema of connector files, for editors.
    #[command(after_help = "Examples:\n  \
                  crosswalk connectors schema > connector.schema.json\n\n\
                  A file whose first line is `# yaml-language-server: $schema=connector.schema.json` is \
                  then completed and checked while it is written.")]
    Schema,
}

pub(crate) fn run(global: &Global, command: ConnectorsCommand) -> Result<(), Failed> {
    match command {
        ConnectorsCommand::List(output) => list::run(&registry(global)?, output),
        ConnectorsCommand::Show(args) => show::run(&registry(global)?, &args),
        ConnectorsCommand::Check(args) => check::run(&args),
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
