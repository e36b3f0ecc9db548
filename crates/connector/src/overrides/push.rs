//! Overridden pushes: off, or in other words.

use crosswalk_model::{FieldKind, ParameterKind, UnifiedModel};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::parse::{PushSaid, Said};
use super::request::{forbidden_header, forbidden_parameter};
use super::{Layer, OverrideProblem};
use crate::check::{fits, fragments};
use crate::connector::Connector;
use crate::file::{Fragment, ListCall, Push, UnifiedUse};
use crate::located::Located;

/// What a hole of a push may name.
const HOLES: [&str; 4] = ["value", "values", "contains", "starts_with"];
const WORDS: [&str; 8] = [
    "eq",
    "in",
    "contains",
    "starts_with",
    "true",
    "false",
    "from",
    "to",
];

/// Lays what the layers say of pushes over the connector's. `mapped` tells which layer maps a field last, where
/// it is not the connector: a push of an earlier layer was written for another mapping and is switched off.
pub(super) fn lay(
    connector: &Connector,
    model: &UnifiedModel,
    unified: &mut UnifiedUse,
    layers: &[&Said],
    mapped: &dyn Fn(&str) -> Option<Layer>,
    problems: &mut Vec<OverrideProblem>,
) -> IndexMap<String, (Layer, Value)> {
    switch_off(model, unified, mapped);
    let mut overridden: IndexMap<String, (Layer, Value)> = IndexMap::new();
    for said in layers {
        for (name, push) in &said.pushes {
            let path = format!("{}.query_mapping.{name}", said.path);
            let Some(kind) = pushable(model, name) else {
                problems.push(OverrideProblem::new(
                    path,
                    format!("`{name}` is no filter; there is {}", filters(model).join(", ")),
                ));
                continue;
            };
            // A push that an earlier layer wrote for another mapping of the field does not count.
            let stale = mapped(name).is_some_and(|field| field > said.layer);
            match push {
                PushSaid::Back => drop(overridden.shift_remove(name)),
                PushSaid::Off => drop(overridden.insert(name.clone(), (said.layer, Value::Bool(false)))),
                PushSaid::With(words) => match parse(connector, unified, kind, words, &path) {
                    Ok(_) if stale => {}
                    Ok(_) => {
                        let mut merged = match overridden.shift_remove(name) {
                            Some((_, Value::Object(earlier))) if mapped(name) != Some(said.layer) => earlier,
                            // What was switched off comes back word by word.
                            Some((_, Value::Bool(_))) => WORDS
                                .iter()
                                .map(|word| ((*word).to_owned(), Value::Null))
                                .collect(),
                            _ => Map::new(),
                        };
                        merged.extend(words.clone());
                        overridden.insert(name.clone(), (said.layer, Value::Object(merged)));
                    }
                    Err(problem) => problems.push(problem),
                },
            }
        }
    }
    for (name, (_, value)) in &overridden {
        let Some(kind) = pushable(model, name) else {
            continue;
        };
        let below = unified.push.shift_remove(name).map(|push| push.get().clone());
        if let Value::Object(words) = value {
            match parse(connector, unified, kind, words, "query_mapping") {
                Ok(over) => {
                    let push = merge(below.unwrap_or_default(), over, words);
                    unified.push.insert(name.clone(), Located::of(push));
                }
                Err(problem) => problems.push(problem),
            }
        }
    }
    overridden
}

/// Takes away what the connector says of the vendor's filtering and sorting by overridden fields.
fn switch_off(model: &UnifiedModel, unified: &mut UnifiedUse, mapped: &dyn Fn(&str) -> Option<Layer>) {
    unified.push.retain(|name, _| {
        let searched = model.parameters.iter().find(|parameter| parameter.name == *name);
        let over = searched.map_or(&[][..], |parameter| parameter.over.as_slice());
        mapped(name).is_none() && !over.iter().any(|field| mapped(field).is_some())
    });
    unified.sort.retain(|name, _| mapped(name).is_none());
    for walk in &mut unified.walks {
        walk.holds.retain(|name, _| mapped(name).is_none());
    }
}

/// What is filtered by that name: the kind of the field, or a text for a search.
fn pushable(model: &UnifiedModel, name: &str) -> Option<FieldKind> {
    if let Some(field) = model.field_id(name) {
        let kind = model.field(field).kind;
        return (!kind.operators().is_empty()).then_some(kind);
    }
    let mut parameters = model.parameters.iter();
    parameters
        .any(|parameter| parameter.name == name && parameter.kind == ParameterKind::Search)
        .then_some(FieldKind::Text)
}

fn filters(model: &UnifiedModel) -> Vec<&str> {
    let fields = model.fields.iter().map(|field| field.name.as_str());
    let searches = model.parameters.iter().map(|parameter| parameter.name.as_str());
    fields
        .chain(searches)
        .filter(|name| pushable(model, name).is_some())
        .collect()
}

/// Reads a push in the words of the connector format.
fn parse(
    connector: &Connector,
    unified: &UnifiedUse,
    kind: FieldKind,
    words: &Map<String, Value>,
    path: &str,
) -> Result<Push, OverrideProblem> {
    let problem = |message: String| OverrideProblem::new(path, message);
    let given: Map<String, Value> = words
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    // JSON is YAML, and the format's types are read with their places.
    let push: Push = serde_saphyr::from_str(&Value::Object(given.clone()).to_string()).map_err(|error| {
        let text = error.without_snippet().to_string();
        let line = text.lines().next().unwrap_or_default().trim();
        let line = line.strip_prefix("error: ").unwrap_or(line);
        problem(line.split(" at line ").next().unwrap_or(line).to_owned())
    })?;
    if given.keys().any(|name| WORDS.contains(&name.as_str())) {
        fits(kind, &push).map_err(|known| problem(format!("can be pushed down with {known} only")))?;
    }
    let Some((list, _)) = connector.list_call(unified.resource.get()) else {
        return Ok(push);
    };
    for fragment in fragments(&push) {
        check(connector, list, fragment).map_err(problem)?;
    }
    Ok(push)
}

fn check(connector: &Connector, list: &ListCall, fragment: &Fragment) -> Result<(), String> {
    if fragment.only_if.is_some() || fragment.order.is_some() {
        return Err("`only_if` and `order` are words of connector files only".to_owned());
    }
    for name in fragment.query.keys() {
        if let Some(why) = forbidden_parameter(connector, name) {
            return Err(why);
        }
    }
    for name in fragment.headers.keys() {
        if let Some(why) = forbidden_header(connector, name) {
            return Err(why);
        }
    }
    if !fragment.variables.is_empty() && list.request.graphql.is_none() {
        return Err("`variables` needs a vendor that is asked in GraphQL".to_owned());
    }
    if fragment.json.is_some() && list.request.json.is_none() {
        return Err("`json` needs a vendor that is asked with a JSON body".to_owned());
    }
    let mut holes = Vec::new();
    let query = fragment.query.values().flatten();
    for template in query.chain(fragment.headers.values()).chain(&fragment.clause) {
        holes.extend(template.holes());
    }
    for json in fragment.json.iter().chain(fragment.variables.values()) {
        json.templates(&mut |template| holes.extend(template.holes()));
    }
    for hole in holes {
        let known = match hole.as_path() {
            Some([name]) => HOLES.contains(&name.as_str()),
            Some([first, _]) => first == "settings",
            _ => false,
        };
        if !known {
            return Err(format!(
                "`{{{}}}` is no hole of an override; there is `{{value}}`, `{{values}}` (for `in`), \
                 `{{contains}}` and `{{starts_with}}` (in a `clause`), `{{settings.name}}`",
                hole.source()
            ));
        }
    }
    if let Some(clause) = &fragment.clause {
        let rules = list.clauses.as_ref().map(|clauses| clauses.literals.as_ref());
        let Some(rules) = rules else {
            return Err("`clause` needs a vendor that is asked in a query language".to_owned());
        };
        if !clause.is_constant() && rules.is_none_or(|rules| rules.quote.is_none()) {
            return Err("this vendor's query language has no quotes, so no value is put into it".to_owned());
        }
    }
    Ok(())
}

/// Lays the words that were given over a push; null takes one away.
fn merge(mut below: Push, over: Push, words: &Map<String, Value>) -> Push {
    let Push {
        eq,
        any,
        contains,
        starts_with,
        folds_unicode,
        is_true,
        is_false,
        from,
        to,
        precision,
        exclusive,
        format,
    } = over;
    for name in words.keys() {
        match name.as_str() {
            "eq" => below.eq.clone_from(&eq),
            "in" => below.any.clone_from(&any),
            "contains" => below.contains.clone_from(&contains),
            "starts_with" => below.starts_with.clone_from(&starts_with),
            "folds_unicode" => below.folds_unicode = folds_unicode,
            "true" => below.is_true.clone_from(&is_true),
            "false" => below.is_false.clone_from(&is_false),
            "from" => below.from.clone_from(&from),
            "to" => below.to.clone_from(&to),
            "precision" => below.precision = precision,
            "exclusive" => below.exclusive = exclusive,
            "format" => below.format = format,
            _ => {}
        }
    }
    below
}
