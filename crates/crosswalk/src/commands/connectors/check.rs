//! `crosswalk connectors check`

use std::path::PathBuf;

use clap::Args;
use crosswalk_connector::{Connector, Diagnostic};
use crosswalk_model::UnifiedModel;
use serde_json::{Value, json};

use crate::failure::Failed;
use crate::output::records::{Look, Member, Records};
use crate::output::style::Style;
use crate::output::{Format, OutputArg, print};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk connectors check my-connectors/copper/connector.yaml\n  \
                  crosswalk connectors check */connector.yaml --output json\n\n\
                  It exits with 1 when a file is wrong. For programs, each mistake is a record of its own, \
                  and a file without one is a record that says `good`.")]
pub(crate) struct CheckArgs {
    /// The files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    output: OutputArg,
}

/// A file that is right, by its connector's label, or what is wrong with it.
type Checked = Result<String, Vec<Diagnostic>>;

pub(super) fn run(args: &CheckArgs) -> Result<(), Failed> {
    let models = crosswalk_model::builtin();
    let checked: Vec<(String, Checked)> = args
        .files
        .iter()
        .map(|path| {
            let name = path.display().to_string();
            let found = check(path, &name, &models);
            (name, found)
        })
        .collect();
    match args.output.output {
        None | Some(Format::Table) => tell(&checked)?,
        Some(format) => {
            let members = ["file", "state", "line", "column", "message"];
            let members = members.map(|name| Member::new(name, Look::Text)).to_vec();
            let records: Vec<Value> = checked
                .iter()
                .flat_map(|(name, found)| records(name, found))
                .collect();
            Records::print_all(format, members, &records)?;
        }
    }
    match checked.iter().filter(|(_, found)| found.is_err()).count() {
        0 => Ok(()),
        1 if checked.len() == 1 => Err(Failed::new("the file is wrong")),
        wrong => Err(Failed::new(format!(
            "{wrong} of {} files are wrong",
            checked.len()
        ))),
    }
}

fn check(path: &PathBuf, name: &str, models: &[UnifiedModel]) -> Checked {
    let text = std::fs::read_to_string(path).map_err(|error| {
        vec![Diagnostic {
            file: name.to_owned(),
            line: 0,
            column: 0,
            message: format!("can't be read: {error}"),
            source_line: None,
        }]
    })?;
    match Connector::load(name, &text, models) {
        Ok(connector) => Ok(connector.label().to_owned()),
        Err(found) => Err(found.0),
    }
}

fn tell(checked: &[(String, Checked)]) -> Result<(), Failed> {
    let style = Style::for_output();
    for (name, found) in checked {
        match found {
            Ok(label) => print(&format!(
                "{name}: {} {}\n",
                style.good("good"),
                style.dim(format!("({label})"))
            ))?,
            Err(found) => {
                for one in found {
                    print(&format!("{one}\n"))?;
                }
            }
        }
    }
    Ok(())
}

fn records(name: &str, found: &Checked) -> Vec<Value> {
    match found {
        Ok(label) => {
            vec![json!({ "file": name, "state": "good", "line": null, "column": null, "message": label })]
        }
        Err(found) => found
            .iter()
            .map(|one| {
                let place = |number: u64| Some(number).filter(|number| *number > 0);
                json!({
                    "file": name,
                    "state": "wrong",
                    "line": place(one.line),
                    "column": place(one.column),
                    "message": one.message,
                })
            })
            .collect(),
    }
}
