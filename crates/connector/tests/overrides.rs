//! What overrides may say, and what they are told when they say something else.

#![allow(clippy::unwrap_used)]

use crosswalk_connector::{Layer, LayerOverride, Overridden, OverriddenCall, Registry};
use crosswalk_model::{FieldKind, builtin};
use serde_json::{Value, json};

fn build(integration: &str, layers: &[(Layer, OverriddenCall, Value)]) -> Result<Overridden, Vec<String>> {
    let models = builtin();
    let registry = Registry::bundled(&models).unwrap();
    let layers: Vec<LayerOverride<'_>> = layers
        .iter()
        .map(|(layer, call, value)| LayerOverride {
            layer: *layer,
            call: *call,
            value,
            path: "o".into(),
        })
        .collect();
    Overridden::build(
        registry.get(integration).unwrap(),
        &models[0],
        OverriddenCall::Get,
        &layers,
    )
    .map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn list(integration: &str, value: Value) -> Result<Overridden, Vec<String>> {
    build(integration, &[(Layer::Account, OverriddenCall::List, value)])
}

#[test]
fn mistakes_name_the_member_and_the_place() {
    for (value, said) in [
        (
            json!({ "response_mapping": { "tier": "custom fields" } }),
            "`o.response_mapping.tier`, at character 8: ",
        ),
        (
            json!({ "response_mapping": "{ \"tier\": custom fields }" }),
            "`o.response_mapping`, at character 18: ",
        ),
        (
            json!({ "response_mapping": { "tier": { "value": "a", "kind": "number" } } }),
            "`o.response_mapping.tier.kind`: is no kind of field; there is `text`, `boolean`, `instant`, `links`, `json`",
        ),
        (
            json!({ "response_mapping": { "is_active": { "value": "a", "kind": "text" } } }),
            "`o.response_mapping.is_active.value`: `is_active` is a boolean, which no override changes; leave `kind` out",
        ),
        (
            json!({ "response_mapping": { "is_active": "'yes'" } }),
            "`o.response_mapping.is_active`: gives the text `yes` and not true or false, which `is_active` has to be",
        ),
        (
            json!({ "response_mapping": { "id": "email" } }),
            "`o.response_mapping.id`: `id` can not be overridden: cursors, sorting and the call for one record rest on it",
        ),
        (
            json!({ "response_mapping": { "remote_data": "a" } }),
            "`o.response_mapping.remote_data`: `remote_data` has a meaning of its own in every call; take another name",
        ),
        (
            json!({ "response_mapping": { "a b": "a" } }),
            "`o.response_mapping.a b`: is no name for a field: up to 64 letters, digits and `_`, with no digit first",
        ),
        (
            json!({ "response_mapping": { "x": "($f := function($x) { $f($x + 1) }; $f(0))" } }),
            "`o.response_mapping.x`: functions of one's own are not taken in overrides",
        ),
        (
            json!({ "response_mapping": { "x": "[1..1000000]" } }),
            "`o.response_mapping.x`: a range in an override",
        ),
        (
            json!({ "mapping": {} }),
            "`o.mapping`: is nothing that can be overridden; there is `response_mapping`, `query_mapping`, `query`, `headers`, `body`",
        ),
        (
            json!({ "query_mapping": { "emial": false } }),
            "`o.query_mapping.emial`: `emial` is no filter; there is id, name, email,",
        ),
        (
            json!({ "query_mapping": { "email": { "from": { "query": {} } } } }),
            "`o.query_mapping.email`: can be pushed down with `eq`, `in`, `contains`, `starts_with` only",
        ),
        (
            json!({ "query_mapping": { "email": { "eq": { "query": { "q": "{$string(value)}" } } } } }),
            "`o.query_mapping.email`: `{$string(value)}` is no hole of an override",
        ),
        (
            json!({ "query_mapping": { "email": { "eq": { "quer": {} } } } }),
            "`o.query_mapping.email`: ",
        ),
        (
            json!({ "query_mapping": "{ \"q\": query.email & 'x' }" }),
            "`o.query_mapping`: `q` must be the value of one filter, as `query.name`",
        ),
        (
            json!({ "query": { "limit": 5 } }),
            "`o.query.limit`: `limit` is filled by the connector itself (pages and filters rest on it)",
        ),
        (
            json!({ "query": { "access_token": "x" } }),
            "`o.query.access_token`: `access_token` holds a credential",
        ),
        (
            json!({ "headers": { "Authorization": "Bearer x" } }),
            "`o.headers.Authorization`: `Authorization` holds a credential",
        ),
        (
            json!({ "headers": { "Host": "evil" } }),
            "`o.headers.Host`: `Host` belongs to the transport; leave it out",
        ),
        (
            json!({ "headers": { "x-view": "a\r\nb" } }),
            "`o.headers.x-view`: has signs that no header can hold",
        ),
        (
            json!({ "body": { "a": 1 } }),
            "`o.body`: HubSpot is not asked with a JSON body here",
        ),
        (json!([]), "`o`: must be an object with"),
    ] {
        let problems = list("hubspot", value.clone()).err().unwrap_or_default();
        assert!(
            problems.iter().any(|problem| problem.starts_with(said)),
            "{value}: {problems:?}"
        );
    }
    let get = build(
        "zohocrm",
        &[(
            Layer::Account,
            OverriddenCall::Get,
            json!({ "query_mapping": {} , "query": { "limit": 1 } }),
        )],
    );
    assert!(get.is_ok());
    let body = list(
        "teamleader",
        json!({ "body": { "page": { "size": 3 }, "include": "x" } }),
    )
    .unwrap_err();
    assert_eq!(
        body,
        ["`o.body.page.size`: `size` is filled by the connector itself (pages and filters rest on it)"]
    );
}

#[test]
fn later_layers_win_member_by_member() {
    use {Layer::Account, Layer::Environment, OverriddenCall::Get, OverriddenCall::List};
    let built = build(
        "hubspot",
        &[
            (
                Account,
                List,
                json!({ "response_mapping": { "tier": "b", "team": null }, "query": { "b": "2", "c": null } }),
            ),
            (
                Environment,
                List,
                json!({ "response_mapping": { "tier": "a", "team": "t", "region": "r" }, "query": { "a": "1", "b": "1", "c": "1" } }),
            ),
            (Account, Get, json!({ "response_mapping": { "region": "q" }, "query": { "d": true } })),
        ],
    )
    .unwrap();
    let fields: Vec<(&str, &str, Layer)> = built
        .fields
        .iter()
        .map(|(name, origin)| (name.as_str(), origin.expression.as_str(), origin.layer))
        .collect();
    assert_eq!(fields, [("tier", "b", Account), ("region", "q", Account)]);
    assert_eq!(built.list.to_json(), json!({ "query": { "a": "1", "b": "2" } }));
    assert_eq!(built.get.to_json(), json!({ "query": { "d": "true" } }));
    let names: Vec<&str> = built
        .model
        .fields
        .iter()
        .map(|field| field.name.as_str())
        .collect();
    assert_eq!(names[names.len() - 2..], ["tier", "region"]);
    assert_eq!(built.model.fields.last().unwrap().kind, FieldKind::Json);
}

#[test]
fn a_push_of_another_mapping_is_switched_off_unless_restated() {
    let pushes = |value: Value| -> Vec<String> {
        let built = list("zendesksell", value).unwrap();
        built.unified.push.keys().cloned().collect()
    };
    assert_eq!(pushes(json!({})), ["id", "is_active"]);
    assert_eq!(
        pushes(json!({ "response_mapping": { "is_active": "role = 'admin'" } })),
        ["id"]
    );
    assert_eq!(pushes(json!({ "query_mapping": { "is_active": false } })), ["id"]);
    assert_eq!(
        pushes(json!({
            "response_mapping": { "is_active": "role = 'admin'" },
            "query_mapping": { "is_active": { "true": { "query": { "role": "admin" } } } },
        })),
        ["id", "is_active"]
    );
    assert_eq!(
        pushes(json!({ "query_mapping": "{ \"fullName\": query.name }" })),
        ["id", "is_active", "name"]
    );
}

#[test]
fn the_published_form_reads_the_record_under_its_name() {
    let built = list(
        "hubspot",
        json!({ "response_mapping": "{ \"tier\": response.custom.tier, \"all\": response }" }),
    )
    .unwrap();
    let row = built
        .compiled
        .mapping
        .project(br#"{"id":"1","custom":{"tier":"gold"}}"#)
        .unwrap();
    let value = |name: &str| {
        let mut out = Vec::new();
        let id = built.model.field_id(name).unwrap();
        crosswalk_mapping::write::write_value(&mut out, &row.values[usize::from(id.0)]);
        String::from_utf8(out).unwrap()
    };
    assert_eq!(value("tier"), "\"gold\"");
    assert_eq!(value("all"), r#"{"id":"1","custom":{"tier":"gold"}}"#);
}
