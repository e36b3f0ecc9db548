//! The document's schemas: those of each unified model, from its data, and those of what the server itself
//! shows (`crate::views`), which a test holds to what is really shown.

mod accounts;
mod answers;
mod connecting;
mod integrations;
mod model;

use serde_json::Value;

pub(crate) use self::model::{of_model, record_example, record_name};

/// The schemas that are the same whatever the models.
pub(crate) fn own(connectors: &[&str]) -> Vec<(String, Value)> {
    let mut schemas: Vec<(String, Value)> = [
        answers::schemas(),
        accounts::schemas(connectors),
        connecting::schemas(connectors),
        integrations::schemas(),
    ]
    .into_iter()
    .flatten()
    .map(|(name, schema)| (name.to_owned(), schema))
    .collect();
    schemas.extend(super::callers::schemas());
    schemas.extend(super::changes::schemas());
    schemas.extend(super::overriding::schemas());
    schemas
}
