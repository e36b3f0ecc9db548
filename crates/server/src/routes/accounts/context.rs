//! An account's `context`: one flat object that holds settings and secrets.

use crosswalk_accounts::{SecretValues, Settings, parse_expires_at};
use crosswalk_connector::Connector;
use crosswalk_connector::file::Method;
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::error::Failure;
use crate::views::credentials_of;

/// A context, taken apart.
pub(crate) struct Context {
    pub(crate) settings: Settings,
    pub(crate) credentials: SecretValues,
    pub(crate) expires_at: Option<i64>,
}

/// How much of a context has to be there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Some of it: a change.
    Part,
    /// All that is needed.
    Whole,
    /// All that is needed but the OAuth client, for which the environment's own app stands in.
    WithoutClient,
}

/// The names of an OAuth client's two parts.
const CLIENT: [&str; 2] = ["client_id", "client_secret"];

/// The method that is meant, which the connector has to have.
pub(crate) fn method(connector: &Connector, named: Option<String>) -> Result<Method, Failure> {
    let known = || {
        let names: Vec<&str> = connector
            .file
            .auth
            .schemes
            .keys()
            .map(|method| method.as_str())
            .collect();
        names.join(", ")
    };
    let method = match named {
        None => connector.default_method(),
        Some(name) => Method::from_name(&name),
    };
    method
        .filter(|method| connector.scheme(*method).is_some())
        .ok_or_else(|| {
            Failure::new(
                400,
                format!(
                    "`authentication_method` for {} must be one of: {}",
                    connector.label(),
                    known()
                ),
            )
        })
}

/// Splits a context: what the connector declares as settings is plain, everything else is sealed.
pub(crate) fn split(
    connector: &Connector,
    method: Method,
    context: &Map<String, Value>,
    extent: Extent,
) -> Result<Context, Failure> {
    let mut given = Map::new();
    let mut credentials = SecretValues::new();
    let mut expires_at = None;
    for (name, value) in context {
        if connector.file.settings.contains_key(name) {
            given.insert(name.clone(), value.clone());
        } else if name == "expires_at" {
            expires_at = parse_expires_at(value)
                .map_err(|problem| Failure::new(400, format!("`context.expires_at`: {problem}")))?;
        } else {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text.trim().to_owned(),
                other => other.to_string(),
            };
            if !text.is_empty() {
                credentials.insert(name.clone(), SecretString::from(text));
            }
        }
    }
    let mut problems = Vec::new();
    let settings = if extent == Extent::Part {
        part_of(connector, given, &mut problems)
    } else {
        connector.check_settings(method, &given).unwrap_or_else(|found| {
            problems.extend(
                found
                    .into_iter()
                    .map(|problem| format!("`context.{}` {}", problem.name, problem.message)),
            );
            Map::new()
        })
    };
    if extent != Extent::Part
        && let Some(scheme) = connector.scheme(method)
    {
        let has_app =
            extent == Extent::WithoutClient && !CLIENT.iter().any(|name| credentials.contains_key(*name));
        let missing = credentials_of(method, scheme)
            .into_iter()
            .filter(|(name, required)| *required && !credentials.contains_key(*name))
            .filter(|(name, _)| !(has_app && CLIENT.contains(name)));
        problems.extend(missing.map(|(name, _)| {
            let label = scheme
                .credentials
                .get(name)
                .map(|label| format!(" ({label})"))
                .unwrap_or_default();
            let elsewhere = if CLIENT.contains(&name) {
                "; or give the environment an app for all its accounts, with POST /environment-integration"
            } else {
                ""
            };
            format!("`context.{name}` is missing{label}{elsewhere}")
        }));
    }
    if problems.is_empty() {
        Ok(Context {
            settings,
            credentials,
            expires_at,
        })
    } else {
        Err(Failure::new(400, problems.join("; ")))
    }
}

/// Checks the settings that are there; null takes one away.
fn part_of(connector: &Connector, given: Map<String, Value>, problems: &mut Vec<String>) -> Settings {
    let mut kept = Map::new();
    for (name, value) in given {
        match &value {
            Value::String(text) => match connector.check_setting(&name, text) {
                Ok(tidied) => drop(kept.insert(name, tidied.into())),
                Err(problem) => problems.push(format!("`context.{}` {}", problem.name, problem.message)),
            },
            Value::Null => drop(kept.insert(name, Value::Null)),
            _ => problems.push(format!("`context.{name}` must be a text")),
        }
    }
    kept
}
