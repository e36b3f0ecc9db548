//! What the caller gives along: parameters of the call, and the vendor's own.

use std::collections::BTreeMap;

use crosswalk_connector::Connector;
use crosswalk_connector::file::{ListCall, UnifiedUse};
use crosswalk_model::{ApiError, Insight, Query};
use serde_json::{Map, Value, json};

/// The parameters of a call (`workspace`) with the connector's defaults, for the request's scope.
pub(crate) fn parameters(
    connector: &Connector,
    unified: &UnifiedUse,
    query: &Query,
    scope: &Value,
) -> Result<Value, ApiError> {
    let mut found = Map::new();
    for (name, rule) in &unified.parameters {
        let given: Option<&BTreeMap<String, String>> = query.parameters.get(name);
        let value = match given {
            Some(members) => {
                for (member, value) in members {
                    if let Some(pattern) = &rule.pattern
                        && !connector.matches(pattern, value)
                    {
                        return Err(ApiError::bad_request(format!(
                            "`{name}[{member}]` is not of the form that {} uses ({})",
                            connector.label(),
                            pattern.get()
                        )));
                    }
                }
                Some(json!(members))
            }
            None => match &rule.default {
                Some(default) => default
                    .evaluate(scope)
                    .ok()
                    .flatten()
                    .filter(|value| !is_blank(value)),
                None => None,
            },
        };
        match value {
            Some(value) => drop(found.insert(name.clone(), value)),
            None if rule.required => {
                return Err(ApiError::bad_request(format!(
                    "{} needs `{name}[id]`: add it to the query, or give the account a default",
                    connector.label()
                ))
                .with_insight(Insight::new(
                    "missing_required_query_parameters",
                    "The account's CRM can not answer without these parameters.",
                    json!([format!("{name}[id]")]),
                )));
            }
            None => {}
        }
    }
    Ok(Value::Object(found))
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.values().all(is_blank),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// The caller's own parameters, which may replace the connector's and never a credential.
pub(super) fn remote_query(connector: &Connector, query: &Query) -> Result<Vec<(String, String)>, ApiError> {
    let secret = connector
        .file
        .auth
        .schemes
        .values()
        .flat_map(|scheme| scheme.query.keys());
    for name in secret {
        // Brackets make no other name of it to vendors that read `key[]` as `key`.
        let replaces = |given: &str| given.split('[').next() == Some(name.as_str());
        if query.remote_query.iter().any(|(given, _)| replaces(given)) {
            return Err(ApiError::bad_request(format!(
                "`remote_query[{name}]` would replace the account's credentials"
            )));
        }
    }
    Ok(query.remote_query.clone())
}

/// Whether the caller's own parameters replace one that carries the page size.
pub(super) fn sized_by_caller(list: &ListCall, query: &Query) -> bool {
    let carries_limit = |name: &str| {
        let template = list.request.get().query.get(name);
        template.is_some_and(|template| template.holes().any(|hole| hole.source().contains("limit")))
    };
    query.remote_query.iter().any(|(name, _)| carries_limit(name))
}
