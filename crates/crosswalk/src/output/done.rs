//! What was done: words for people, one record for programs.

use serde_json::{Map, Value};

use super::records::{Look, Member};
use super::{Format, OutputArg, print, record::print_record};
use crate::failure::Failed;

/// Says on standard error what was done, or prints it as a record where a format is asked for.
pub(crate) fn print_done(output: OutputArg, words: &str, record: &Value) -> Result<(), Failed> {
    print_made(output, words, None, record)
}

/// The same for what has a value that scripts want alone on one line: an id, a token.
pub(crate) fn print_made(
    output: OutputArg,
    words: &str,
    value: Option<&str>,
    record: &Value,
) -> Result<(), Failed> {
    match output.output {
        None | Some(Format::Table) => {
            if !words.is_empty() {
                say!("{words}");
            }
            match value {
                Some(value) => print(&format!("{value}\n")),
                None => Ok(()),
            }
        }
        format => print_record(format, members(record), record.to_string().as_bytes()),
    }
}

fn members(record: &Value) -> Vec<Member> {
    let names = record.as_object().map(Map::keys).into_iter().flatten();
    names.map(|name| Member::new(name, Look::Text)).collect()
}
