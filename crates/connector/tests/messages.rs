//! A wrong file is told by line and column, and what to write instead.

#![allow(clippy::unwrap_used)]

use crosswalk_connector::Connector;

const GOOD: &str = include_str!("../../../connectors/hubspot/connector.yaml");

/// The message for the good file with one text replaced by another.
fn message(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "the file has no `{from}`");
    let text = GOOD.replacen(from, to, 1);
    Connector::load("hubspot.yaml", &text, &crosswalk_model::builtin())
        .unwrap_err()
        .to_string()
}

/// The line of the good file on which `text` stands.
fn line_of(text: &str) -> usize {
    GOOD.lines().position(|line| line.contains(text)).unwrap() + 1
}

#[test]
fn unknown_words_are_named_where_they_stand() {
    let message = message("      records: results", "      record: results");
    assert!(
        message.starts_with(&format!("hubspot.yaml:{}:", line_of("records: results"))),
        "{message}"
    );
    assert!(message.contains("record"), "{message}");
}

#[test]
fn wrong_expressions_are_named_where_they_stand() {
    let message = message(
        "next: { cursor: paging.next.after }",
        "next: { cursor: \"paging..\" }",
    );
    assert!(
        message.contains(&format!("hubspot.yaml:{}:", line_of("next: { cursor"))),
        "{message}"
    );
    assert!(message.contains("JSONata"), "{message}");
}

#[test]
fn wrong_mappings_name_their_field() {
    let message = message("email: email", "email: \"$join(\"");
    assert!(message.contains("`email`"), "{message}");
    assert!(
        message.contains(&format!(":{}:", line_of("      email: email"))),
        "{message}"
    );
}

#[test]
fn unknown_fields_list_the_known_ones() {
    let message = message("email: email", "e_mail: email");
    assert!(
        message.contains("`e_mail`") && message.contains("is_active"),
        "{message}"
    );
}

#[test]
fn unknown_resources_list_the_known_ones() {
    let message = message("resource: owners", "resource: owner");
    assert!(
        message.contains("no resource `owner`; there is owners"),
        "{message}"
    );
}

#[test]
fn a_cursor_that_is_never_sent_is_found() {
    let message = message("          after: \"{page.cursor}\"\n", "");
    assert!(message.contains("page.cursor"), "{message}");
}

#[test]
fn a_setting_in_a_url_needs_a_pattern() {
    let text = GOOD.replacen(
        "  base_url: https://api.hubapi.com",
        "  base_url: https://{settings.region}.hubapi.com\nsettings:\n  region: { label: Region, example: eu }",
        1,
    );
    let message = Connector::load("x.yaml", &text, &crosswalk_model::builtin())
        .unwrap_err()
        .to_string();
    assert!(message.contains("needs a `pattern`"), "{message}");
}

#[test]
fn a_setting_that_another_does_for_is_not_missed() {
    let models = crosswalk_model::builtin();
    let text = include_str!("../../../connectors/pipeliner/connector.yaml");
    let connector = Connector::load("pipeliner.yaml", text, &models).unwrap();
    let check = |given: &[(&str, &str)]| {
        let given = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), serde_json::Value::from(*value)))
            .collect();
        connector.check_settings(crosswalk_connector::file::Method::Basic, &given)
    };
    let base = |settings| {
        connector
            .base_url(&serde_json::json!({ "settings": settings }))
            .unwrap()
    };
    let by_region = check(&[("region", "EU-central"), ("space_id", "nv3_X")]).unwrap();
    assert_eq!(
        base(by_region),
        "https://eu-central.api.pipelinersales.com/api/v100/rest/spaces/nv3_X"
    );
    let by_address = check(&[
        ("service_url", "us-east.pipelinersales.com/x"),
        ("space_id", "nv3_X"),
    ])
    .unwrap();
    assert_eq!(
        base(by_address),
        "https://us-east.pipelinersales.com/api/v100/rest/spaces/nv3_X"
    );
    let missing = check(&[("region", " "), ("space_id", "nv3_X")]).unwrap_err();
    assert_eq!(missing[0].name, "service_url");
    assert!(
        missing[0].message.contains("`region` does as well"),
        "{missing:?}"
    );
    let unknown = text.replacen("unless: [region]", "unless: [zone]", 1);
    let message = Connector::load("x.yaml", &unknown, &models)
        .unwrap_err()
        .to_string();
    assert!(message.contains("`zone`"), "{message}");
}

#[test]
fn broken_yaml_has_a_place() {
    let message = message("api:\n", "api: [\n");
    assert!(message.starts_with("hubspot.yaml:"), "{message}");
}

#[test]
fn walks_hold_only_what_is_mapped() {
    let line = GOOD
        .lines()
        .find(|line| line.trim_start().starts_with("is_active:"))
        .unwrap();
    let message = message(&format!("{line}\n"), "");
    assert!(
        message.contains("`is_active`, which `fields` does not map"),
        "{message}"
    );
}
