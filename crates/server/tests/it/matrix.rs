//! The support matrix, cell by cell, through HTTP: what is in the answer, what can be filtered and sorted by, and
//! that each gives what the vendors' own truth says. The reference here is written out by itself, so that it
//! shares no mistake with the model's.

use std::cmp::Ordering;

use crosswalk_sandbox::TruthUser;
use serde_json::{Value, json};

use crate::house::{Answer, House};

/// Enough for several pages of most vendors.
const USERS: usize = 130;

type Keep<'a> = Box<dyn Fn(&TruthUser) -> bool + 'a>;

fn matrix() -> Value {
    serde_json::from_str(include_str!("../../../../models/crm/users.matrix.json")).unwrap()
}

fn names(value: &Value) -> Vec<&str> {
    let names = value.as_array().map(Vec::as_slice).unwrap_or_default();
    names.iter().map(|name| name.as_str().unwrap()).collect()
}

fn text<'a>(user: &'a TruthUser, field: &str) -> Option<&'a str> {
    match field {
        "id" => Some(&user.id),
        "name" => user.name.as_deref(),
        "email" => user.email.as_deref(),
        "first_name" => user.first_name.as_deref(),
        "last_name" => user.last_name.as_deref(),
        _ => None,
    }
}

fn instant(user: &TruthUser, field: &str) -> Option<i64> {
    match field {
        "created_at" => user.created_at,
        "updated_at" => user.updated_at,
        _ => None,
    }
}

fn shown(millis: i64) -> String {
    let at = jiff::Timestamp::from_millisecond(millis).unwrap();
    let below = millis.rem_euclid(1000);
    format!("{}.{below:03}Z", at.strftime("%Y-%m-%dT%H:%M:%S"))
}

/// The user as the contract has it, of the fields that the matrix gives the vendor.
fn expected(user: &TruthUser, given: &[&str]) -> Value {
    let mut members = serde_json::Map::new();
    for field in given {
        let value = match *field {
            "is_active" => json!(user.is_active),
            "urls" => user
                .urls
                .iter()
                .map(|(kind, url)| json!({"type": kind, "url": url}))
                .collect(),
            "created_at" | "updated_at" => json!(instant(user, field).map(shown)),
            field => json!(text(user, field)),
        };
        members.insert((*field).to_owned(), value);
    }
    Value::Object(members)
}

/// The answer's user without `remote_data`, which has to come last and be an object.
fn without_remote(user: &Value) -> Result<Value, String> {
    let mut members = user.as_object().ok_or("it is no object")?.clone();
    match members.keys().next_back().map(String::as_str) {
        Some("remote_data") => {}
        other => return Err(format!("its last member is {other:?}")),
    }
    match members.shift_remove("remote_data") {
        Some(Value::Object(_)) => Ok(Value::Object(members)),
        other => Err(format!("its remote_data is {other:?}")),
    }
}

/// One vendor's row of the matrix.
struct Row<'a> {
    house: &'a House,
    vendor: &'a str,
    /// The fields of the answer, in the contract's order.
    given: Vec<&'a str>,
    truth: Vec<TruthUser>,
    cells: usize,
    wrong: Vec<String>,
}

impl Row<'_> {
    fn judge(&mut self, cell: &str, verdict: Result<(), String>) {
        self.cells += 1;
        if let Err(reason) = verdict {
            let reason: String = reason.chars().take(600).collect();
            self.wrong.push(format!("{}: {cell}: {reason}", self.vendor));
        }
    }

    /// A list has to hold exactly these users, in this order.
    async fn list(&mut self, query: &[(&str, &str)], users: Vec<&TruthUser>) {
        let cell = format!("{query:?}");
        let expected: Vec<Value> = users.iter().map(|user| expected(user, &self.given)).collect();
        let verdict = match self.house.walk(self.vendor, query).await {
            Err(answer) => Err(refused(&answer)),
            Ok(found) => found
                .iter()
                .map(without_remote)
                .collect::<Result<Vec<Value>, String>>()
                .and_then(|found| same(&found, &expected)),
        };
        self.judge(&cell, verdict);
    }

    async fn filter(&mut self, query: &[(&str, &str)], keep: Keep<'_>) {
        let truth = self.truth.clone();
        self.list(query, truth.iter().filter(|user| keep(user)).collect())
            .await;
    }

    /// Text filters on one field, in every operator, with values that occur and one that does not.
    async fn texts(&mut self, field: &'static str) {
        let known: Vec<String> = self
            .truth
            .iter()
            .filter_map(|user| text(user, field).map(str::to_owned))
            .step_by(41)
            .take(2)
            .collect();
        let value = known.first().cloned().unwrap_or_default();
        let (low, other) = (value.to_lowercase(), value.to_uppercase());
        let head: String = low.chars().take(4).collect();
        let middle: String = low.chars().skip(1).take(3).collect();
        // What was given is trimmed, so a part must not start or end with a space.
        let (head, middle) = (head.trim().to_owned(), middle.trim().to_owned());
        let is = |user: &TruthUser, wanted: &str| {
            text(user, field).is_some_and(|text| text.to_lowercase() == wanted)
        };
        self.filter(&[(field, &value)], Box::new(|user| is(user, &low)))
            .await;
        self.filter(
            &[(field, &other)],
            Box::new(|user| is(user, &other.to_lowercase())),
        )
        .await;
        self.filter(
            &[(field, &format!("  {value} "))],
            Box::new(|user| is(user, &low)),
        )
        .await;
        self.filter(&[(field, "nobody at all")], Box::new(|_| false))
            .await;
        let named = |operator: &str| format!("{field}[{operator}]");
        self.filter(&[(&named("eq"), &low)], Box::new(|user| is(user, &low)))
            .await;
        self.filter(&[(&named("ne"), &value)], Box::new(|user| !is(user, &low)))
            .await;
        self.filter(
            &[(&named("contains"), &middle)],
            Box::new(|user| text(user, field).is_some_and(|text| text.to_lowercase().contains(&middle))),
        )
        .await;
        self.filter(
            &[(&named("starts_with"), &head)],
            Box::new(|user| text(user, field).is_some_and(|text| text.to_lowercase().starts_with(&head))),
        )
        .await;
        let any: Vec<(String, &str)> = known
            .iter()
            .map(|known| (format!("{field}[in][]"), known.as_str()))
            .collect();
        let any: Vec<(&str, &str)> = any.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        self.filter(
            &any,
            Box::new(|user| known.iter().any(|known| is(user, &known.to_lowercase()))),
        )
        .await;
    }

    /// Filters on an instant, in every operator, at an instant that occurs.
    async fn instants(&mut self, field: &'static str) {
        let Some(at) = self.truth.iter().filter_map(|user| instant(user, field)).nth(17) else {
            self.judge(field, Err("the sandbox has none".into()));
            return;
        };
        let written = shown(at);
        // The same instant, said from a zone.
        let east = shown(at + 5_400_000).replace('Z', "+01:30");
        for (operator, value, wanted) in [
            ("", &written, &[Ordering::Equal][..]),
            ("[eq]", &east, &[Ordering::Equal]),
            ("[gt]", &written, &[Ordering::Greater]),
            ("[gte]", &east, &[Ordering::Greater, Ordering::Equal]),
            ("[lt]", &written, &[Ordering::Less]),
            ("[lte]", &written, &[Ordering::Less, Ordering::Equal]),
        ] {
            let keep =
                |user: &TruthUser| instant(user, field).is_some_and(|it| wanted.contains(&it.cmp(&at)));
            self.filter(&[(&format!("{field}{operator}"), value)], Box::new(keep))
                .await;
        }
    }

    /// Both orders by a field: ties by id, nothing last, texts lower-cased.
    async fn sorts(&mut self, field: &'static str) {
        for (name, descending) in [("sort_by".to_owned(), false), (format!("sort_by[{field}]"), true)] {
            let value = match (name.as_str(), descending) {
                ("sort_by", _) => field,
                (_, true) => "desc",
                (_, false) => "asc",
            };
            let truth = self.truth.clone();
            let mut users: Vec<&TruthUser> = truth.iter().collect();
            users.sort_by(|a, b| {
                let (key_a, key_b) = (sort_key(a, field), sort_key(b, field));
                let by_key = match (&key_a, &key_b) {
                    (Some(a), Some(b)) if descending => b.cmp(a),
                    (Some(a), Some(b)) => a.cmp(b),
                    (None, None) => Ordering::Equal,
                    (None, Some(_)) => Ordering::Greater,
                    (Some(_), None) => Ordering::Less,
                };
                by_key.then_with(|| a.id.cmp(&b.id))
            });
            self.list(&[(&name, value), ("limit", "47")], users).await;
        }
    }

    async fn gets(&mut self) {
        let users: Vec<TruthUser> = self.truth.iter().step_by(37).cloned().collect();
        for user in users {
            let answer = self.house.user(self.vendor, &user.id).await;
            let verdict = match answer.status {
                200 => without_remote(&answer.json())
                    .and_then(|found| same(&[found], &[expected(&user, &self.given)])),
                _ => Err(refused(&answer)),
            };
            self.judge(&format!("get {}", user.id), verdict);
        }
        for nobody in [
            "me",
            "self",
            "count",
            "999999999999",
            "00000000-0000-4000-8000-000000000000",
            "a/b",
            "%",
        ] {
            let answer = self.house.user(self.vendor, nobody).await;
            let verdict = if answer.status == 404 {
                Ok(())
            } else {
                Err(refused(&answer))
            };
            self.judge(&format!("get {nobody}"), verdict);
        }
    }

    /// A query that has to be refused with a message that names its parameter.
    async fn refuses(&mut self, query: &[(&str, &str)], name: &str) {
        let answer = self.house.users(self.vendor, query).await;
        let verdict = if answer.status == 400 && answer.message().contains(name) {
            Ok(())
        } else {
            Err(refused(&answer))
        };
        self.judge(&format!("refuses {query:?}"), verdict);
    }
}

/// A sort's key, comparable as text; instants are shifted so that their digits are.
fn sort_key(user: &TruthUser, field: &str) -> Option<String> {
    match instant(user, field) {
        Some(at) => Some(format!("{:020}", at + 1_000_000_000_000_000)),
        None => text(user, field).map(str::to_lowercase),
    }
}

fn refused(answer: &Answer) -> String {
    format!("{}: {}", answer.status, answer.json())
}

fn same(found: &[Value], expected: &[Value]) -> Result<(), String> {
    // `Value` compares objects without their order; the contract does not.
    let lines = |users: &[Value]| users.iter().map(Value::to_string).collect::<Vec<_>>();
    let (found, expected) = (lines(found), lines(expected));
    match found
        .iter()
        .zip(&expected)
        .find(|(found, expected)| found != expected)
    {
        Some((found, expected)) => Err(format!("{found} instead of {expected}")),
        None if found.len() != expected.len() => {
            Err(format!("{} users instead of {}", found.len(), expected.len()))
        }
        None => Ok(()),
    }
}

#[tokio::test]
async fn every_cell_is_proven() {
    let matrix = matrix();
    let house = House::build(USERS).await;
    let registry = crosswalk_connector::Registry::bundled(&crosswalk_model::builtin()).unwrap();
    let mut wrong = Vec::new();
    println!("{:18} {:>6}", "CRM", "cells");
    for provider in matrix["providers"].as_array().unwrap() {
        let vendor = provider["slug"].as_str().unwrap();
        if !house.accounts.contains_key(vendor) {
            wrong.push(format!("{vendor}: the sandbox has no stand-in"));
            continue;
        }
        let gives = |field: &str| names(&matrix["response"][field]["supported"]).contains(&vendor);
        let order = [
            "id",
            "name",
            "email",
            "is_active",
            "urls",
            "created_at",
            "updated_at",
        ];
        let mut row = Row {
            house: &house,
            vendor,
            given: order.into_iter().filter(|field| gives(field)).collect(),
            truth: house.sandbox.truth(vendor),
            cells: 0,
            wrong: Vec::new(),
        };
        let given = row.given.clone();
        // Every field of every user, over pages of different sizes.
        for limit in ["1000", "33"] {
            row.filter(&[("limit", limit)], Box::new(|_| true)).await;
        }
        row.cells += given.len() - 1;
        let fields = &registry.get(vendor).unwrap().file.unified["crm/users"].fields;
        for field in ["name", "email", "first_name", "last_name"] {
            if given.contains(&field) || fields.contains_key(field) {
                row.texts(field).await;
            } else {
                row.refuses(&[(field, "x")], field).await;
            }
        }
        for field in ["created_at", "updated_at"] {
            if given.contains(&field) {
                row.instants(field).await;
            } else {
                row.refuses(&[(&format!("{field}[gt]"), "2020-01-01")], field)
                    .await;
            }
        }
        if given.contains(&"is_active") {
            for (value, wanted) in [("true", true), ("False", false), ("1", true), ("0", false)] {
                row.filter(
                    &[("is_active", value)],
                    Box::new(|user| user.is_active == Some(wanted)),
                )
                .await;
            }
        } else {
            row.refuses(&[("is_active", "true")], "is_active").await;
        }
        for part in ["smith", "USER.1", "ø"] {
            let low = part.to_lowercase();
            let has = |text: &Option<String>| {
                text.as_ref()
                    .is_some_and(|text| text.to_lowercase().contains(&low))
            };
            row.filter(
                &[("search_term", part)],
                Box::new(|user| has(&user.name) || has(&user.email)),
            )
            .await;
        }
        let (one, other) = (row.truth[3].id.clone(), row.truth[USERS - 1].id.clone());
        row.filter(&[("id", &one)], Box::new(|user| user.id == one)).await;
        let both = format!("{other},{one}");
        row.filter(
            &[("id[in]", &both)],
            Box::new(|user| user.id == one || user.id == other),
        )
        .await;
        for field in ["created_at", "email", "name", "updated_at"] {
            if given.contains(&field) {
                row.sorts(field).await;
            } else {
                row.refuses(&[("sort_by", field)], field).await;
            }
        }
        row.gets().await;
        row.refuses(&[("colour", "red")], "colour").await;
        if vendor != "highlevel" {
            row.refuses(&[("workspace[id]", "x")], "workspace").await;
        }
        // The matrix's own rows are among these; whoever adds one there has to add it here.
        for (name, cells) in matrix["query"].as_object().unwrap() {
            let known = [
                "email",
                "name",
                "first_name",
                "last_name",
                "is_active",
                "created_at",
                "updated_at",
                "search_term",
                "sort_by",
                "workspace",
            ];
            assert!(known.contains(&name.as_str()), "the matrix has a new row: {name}");
            let sorts = names(&cells["supported"][vendor]);
            assert!(sorts.iter().all(|key| given.contains(key)), "{vendor}: sort_by");
        }
        println!(
            "{vendor:18} {:>6} {}",
            row.cells,
            if row.wrong.is_empty() { "proven" } else { "WRONG" }
        );
        wrong.extend(row.wrong);
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
