//! The walks of a connector that can hold a match.

use crosswalk_connector::TemplateError;
use crosswalk_connector::file::{UnifiedUse, Walk};
use crosswalk_model::{Query, Test, UnifiedModel};
use serde_json::{Map, Value};

pub(super) type Walks = (Vec<usize>, Vec<Value>, Vec<String>);

/// The walks that can hold a match, every walk's scope, and the predicates that picked them.
pub(super) fn walks(
    model: &UnifiedModel,
    unified: &UnifiedUse,
    query: &Query,
    scope: &Value,
) -> Result<Walks, TemplateError> {
    if unified.walks.is_empty() {
        return Ok((vec![0], Vec::new(), Vec::new()));
    }
    let scopes = unified
        .walks
        .iter()
        .map(|walk| walk_scope(walk, scope))
        .collect::<Result<_, _>>()?;
    let mut kept: Vec<usize> = (0..unified.walks.len()).collect();
    let mut pickers = Vec::new();
    for predicate in &query.predicates {
        let ([field], Some(wanted)) = (predicate.fields.as_slice(), wanted_boolean(&predicate.test)) else {
            continue;
        };
        let name = &model.field(*field).name;
        if unified.walks.iter().all(|walk| walk.holds.contains_key(name)) {
            pickers.push(predicate.parameter.clone());
            kept.retain(|index| unified.walks[*index].holds.get(name) == Some(&wanted));
        }
    }
    Ok((kept, scopes, pickers))
}

pub(super) fn walk_scope(walk: &Walk, scope: &Value) -> Result<Value, TemplateError> {
    let mut members = Map::new();
    for (name, template) in &walk.with {
        if let Some(value) = template.render(scope)? {
            members.insert(name.clone(), value);
        }
    }
    Ok(Value::Object(members))
}

fn wanted_boolean(test: &Test) -> Option<bool> {
    match test {
        Test::Is(wanted) => Some(*wanted),
        _ => None,
    }
}
