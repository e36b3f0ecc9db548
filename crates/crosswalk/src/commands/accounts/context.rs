//! Credentials and settings as command lines give them.

use std::path::Path;

use serde_json::{Map, Value};

use crate::failure::Failed;
use crate::input::Inputs;

/// What `--context-file` and `--set` give, together.
pub(super) async fn given(file: Option<&Path>, pairs: &[String]) -> Result<Map<String, Value>, Failed> {
    let mut inputs = Inputs::default();
    let mut context = match file {
        None => Map::new(),
        Some(path) => match serde_json::from_str(&inputs.text(&path.display().to_string())?) {
            Ok(Value::Object(members)) => members,
            Ok(_) => return Err(Failed::usage("--context-file must hold one JSON object")),
            // Serde's own words could repeat what stands there.
            Err(error) => {
                return Err(Failed::usage(format!(
                    "--context-file is not JSON, at line {} column {}",
                    error.line(),
                    error.column()
                )));
            }
        },
    };
    for pair in pairs {
        let Some((name, value)) = pair.split_once('=').filter(|(name, _)| !name.trim().is_empty()) else {
            return Err(Failed::usage(
                "--set takes NAME=VALUE, where VALUE may be @- (standard input), @FILE or @env:NAME",
            ));
        };
        let value = inputs.value(name, value).await?;
        context.insert(name.trim().to_owned(), value.into());
    }
    Ok(context)
}
