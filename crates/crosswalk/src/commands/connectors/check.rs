//! `crosswalk connectors check`

use std::path::PathBuf;

use crosswalk_connector::Connector;

use crate::failure::Failed;
use crate::output::print;
use crate::output::style::Style;

pub(super) fn run(files: &[PathBuf]) -> Result<(), Failed> {
    let models = crosswalk_model::builtin();
    let style = Style::for_output();
    let mut wrong = 0;
    for path in files {
        let name = path.display().to_string();
        let found = match std::fs::read_to_string(path) {
            Ok(text) => Connector::load(&name, &text, &models).map_err(|found| found.to_string()),
            Err(error) => Err(format!("{name}: can't be read: {error}")),
        };
        match found {
            Ok(connector) => print(&format!(
                "{name}: {} {}\n",
                style.good("good"),
                style.dim(format!("({})", connector.label()))
            ))?,
            Err(found) => {
                wrong += 1;
                print(&format!("{found}\n"))?;
            }
        }
    }
    match wrong {
        0 => Ok(()),
        1 if files.len() == 1 => Err(Failed::new("the file is wrong")),
        _ => Err(Failed::new(format!("{wrong} of {} files are wrong", files.len()))),
    }
}
