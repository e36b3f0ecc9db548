//! Every connector over its vendor's recorded answers, `fixtures/*.json` beside it: what they map to is a snapshot
//! there too, and each record travels on byte for byte.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crosswalk_connector::{Connector, Registry};
use crosswalk_mapping::{Found, read_page, write::write_value};
use crosswalk_model::UnifiedModel;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

const MODEL: &str = "crm/users";

/// What `fixtures.yaml` says about one answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Origin {
    /// The call that it answers.
    answers: String,
    /// Where its shape was seen.
    source: String,
}

#[test]
fn fixtures_map_to_their_snapshots() {
    let models = crosswalk_model::builtin();
    let model = models.iter().find(|model| model.name == MODEL).unwrap();
    let registry = Registry::bundled(&models).unwrap();
    let mut problems = Vec::new();
    for connector in registry.iter() {
        let folder = folder(connector);
        if let Err(problem) = check(connector, model, &folder) {
            problems.push(format!("{}: {problem}", connector.name()));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn folder(connector: &Connector) -> PathBuf {
    let connectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../../connectors");
    PathBuf::from(connectors).join(connector.name()).join("fixtures")
}

fn check(connector: &Connector, model: &UnifiedModel, folder: &std::path::Path) -> Result<(), String> {
    let origins = fs::read_to_string(folder.join("fixtures.yaml"))
        .map_err(|error| format!("no recorded answer: fixtures/fixtures.yaml: {error}"))?;
    let origins: BTreeMap<String, Origin> =
        serde_saphyr::from_str(&origins).map_err(|error| error.to_string())?;
    let mut files: Vec<String> = fs::read_dir(folder)
        .map_err(|error| error.to_string())?
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".json"))
        .collect();
    files.sort();
    if files.is_empty() || !files.iter().eq(origins.keys()) {
        return Err(format!(
            "fixtures.yaml does not name just what is there: {files:?}"
        ));
    }
    for (name, origin) in &origins {
        if origin.answers.trim().is_empty() || origin.source.trim().is_empty() {
            return Err(format!("{name}: which call, and where seen?"));
        }
        let body = fs::read(folder.join(name)).map_err(|error| error.to_string())?;
        let users = map(connector, model, &body).map_err(|problem| format!("{name}: {problem}"))?;
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_description(origin.answers.clone());
        settings.bind(|| insta::assert_json_snapshot!(name.trim_end_matches(".json"), users));
    }
    Ok(())
}

/// The records of an answer as unified users, one per record, without `remote_data`.
fn map(connector: &Connector, model: &UnifiedModel, body: &[u8]) -> Result<Vec<Value>, String> {
    let (unified, compiled) = connector.unified(MODEL).ok_or("does not serve users")?;
    let (list, layout) = connector
        .list_call(unified.resource.get())
        .ok_or("has no list call")?;
    let mut users = Vec::new();
    let mut raw = Vec::new();
    let end = read_page(layout, &compiled.mapping, body, &mut |row| {
        raw.push(row.raw.to_vec());
        let mut user = Map::new();
        for (field, value) in model.fields.iter().zip(&row.values) {
            if compiled.fields.contains(model.field_id(&field.name).unwrap()) {
                let mut json = Vec::new();
                write_value(&mut json, value);
                user.insert(field.name.clone(), serde_json::from_slice(&json).unwrap());
            }
        }
        users.push(Value::Object(user));
    })
    .map_err(|problem| problem.to_string())?;
    if end.found != Found::Array || users.is_empty() {
        return Err(format!("{:?} in place of the records", end.found));
    }
    let expected = records(body, &list.records, &list.unwrap);
    if raw != expected {
        return Err("remote_data is not what the vendor sent".to_owned());
    }
    Ok(users)
}

/// The bytes of each record, found by another reader than the one that is tested.
fn records(body: &[u8], place: &str, unwrap: &str) -> Vec<Vec<u8>> {
    let body: &RawValue = serde_json::from_slice(body).unwrap();
    let array: Vec<&RawValue> = serde_json::from_str(inner(body, place).get()).unwrap();
    array
        .into_iter()
        .map(|element| inner(element, unwrap).get().as_bytes().to_vec())
        .collect()
}

fn inner<'a>(mut value: &'a RawValue, path: &str) -> &'a RawValue {
    for name in path.split('.').filter(|name| !name.is_empty()) {
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(value.get()).unwrap();
        value = members[name];
    }
    value
}
