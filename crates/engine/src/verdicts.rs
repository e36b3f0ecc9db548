//! What vendors' answers mean by the words of their connector files, from the vendors' documentation: the tables
//! beside this file.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use crosswalk_connector::file::{ErrorClass, Method};
use crosswalk_connector::{Connector, Registry};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error, StrDeserializer};

use crate::fault::{Call, answer_scope, classify, retry_after, shows_life, words};
use crate::wait;

/// A table's lines, each in its parts.
fn rows(table: &str) -> impl Iterator<Item = Vec<&str>> {
    table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split(" | ").collect())
}

/// The headers and the body that follow a row's first part.
fn answer<'a>(rest: &[&'a str]) -> (HeaderMap, &'a [u8]) {
    let (body, headers) = rest.split_last().unwrap_or((&"", &[]));
    let headers = headers.iter().map(|header| {
        let (name, value) = header.split_once(": ").unwrap();
        (
            HeaderName::try_from(name).unwrap(),
            HeaderValue::try_from(value).unwrap(),
        )
    });
    (headers.collect(), body.as_bytes())
}

fn registry() -> Registry {
    Registry::bundled(&crosswalk_model::builtin()).unwrap()
}

fn class_of(connector: &Connector, call: Call, status: u16, rest: &[&str]) -> ErrorClass {
    let (headers, body) = answer(rest);
    let resource = connector.file.unified["crm/users"].resource.get();
    let layout = match call {
        Call::List => connector.list_call(resource).map(|(_, layout)| layout),
        _ => None,
    };
    classify(&connector.file.errors, call, status, &headers, body, layout)
}

#[test]
fn every_documented_answer_is_understood() {
    let registry = registry();
    let mut wrong = Vec::new();
    for row in rows(include_str!("verdicts/answers.txt")) {
        let &[vendor, call, status, expected] = row[0].split(' ').collect::<Vec<_>>().as_slice() else {
            wrong.push(format!("not a row: {}", row[0]));
            continue;
        };
        let call = match call {
            "get" => Call::Get,
            "check" => Call::Check,
            "token" => Call::Token,
            _ => Call::List,
        };
        let expected: StrDeserializer<'_, Error> = expected.into_deserializer();
        let expected = ErrorClass::deserialize(expected).unwrap();
        let connector: &Arc<Connector> = registry.get(vendor).unwrap();
        let class = class_of(connector, call, status.parse().unwrap(), &row[1..]);
        if class != expected {
            wrong.push(format!("{}: {class:?}", row.join(" | ")));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn living_credentials_are_told_from_dead_ones() {
    let registry = registry();
    for row in rows(include_str!("verdicts/lives.txt")) {
        let &[vendor, method, status, expected] = row[0].split(' ').collect::<Vec<_>>().as_slice() else {
            panic!("not a row: {}", row[0]);
        };
        let connector: &Arc<Connector> = registry.get(vendor).unwrap();
        let auth = &connector.file.auth;
        let method = Method::from_name(method).unwrap();
        let check = auth.schemes[&method].check.as_ref().unwrap_or(&auth.check);
        let (headers, body) = answer(&row[1..]);
        let status = status.parse().unwrap();
        let class = classify(&connector.file.errors, Call::Check, status, &headers, body, None);
        let scope = answer_scope(Call::Check, status, &headers, body);
        let is_alive = shows_life(check, &scope, class);
        assert_eq!(is_alive, expected == "alive", "{}", row.join(" | "));
    }
}

#[test]
fn every_documented_wait_is_read() {
    let now: Timestamp = "2026-03-03T10:20:00Z".parse().unwrap();
    let registry = registry();
    for row in rows(include_str!("verdicts/waits.txt")) {
        let (vendor, millis) = row[0].split_once(' ').unwrap();
        let (headers, body) = answer(&row[1..]);
        let scope = answer_scope(Call::List, 429, &headers, body);
        let limits = &registry.get(vendor).unwrap().file.rate_limit;
        let wait = wait::asked(limits, &scope, now).map(|wait| wait.time);
        let expected = millis.parse().ok().map(Duration::from_millis);
        assert_eq!(wait, expected, "{}", row.join(" | "));
    }
}

#[test]
fn a_spent_day_is_not_over_in_ten_seconds() {
    let registry = registry();
    let limits = &registry.get("hubspot").unwrap().file.rate_limit;
    let rest = [
        "x-hubspot-ratelimit-interval-milliseconds: 10000",
        r#"{"policyName":"DAILY"}"#,
    ];
    let (headers, body) = answer(&rest);
    let scope = answer_scope(Call::List, 429, &headers, body);
    let wait = wait::asked(limits, &scope, Timestamp::UNIX_EPOCH);
    assert!(wait.as_ref().is_none_or(|wait| wait.spelling.is_none()));
    assert_eq!(retry_after(ErrorClass::QuotaExceeded, wait.as_ref()), 3600);
}

#[test]
fn vendors_words_are_found() {
    let registry = registry();
    for row in rows(include_str!("verdicts/words.txt")) {
        let errors = &registry.get(row[0]).unwrap().file.errors;
        assert_eq!(
            words(errors, row[2].as_bytes()).as_deref(),
            Some(row[1]),
            "{}",
            row[2]
        );
    }
}
