//! Lowered and interpreted give the same answer, whatever the record looks like.

#![allow(clippy::unwrap_used)]

use crosswalk_mapping::{Layout, Lowering, Mapping, Origin, Path, Reading, Source, read_page};
use crosswalk_model::{FieldKind, UnifiedModel, Value, builtin};
use proptest::prelude::*;

/// The forms that connectors use: each has to be lowered.
const TEXTS: &[&str] = &[
    "a",
    "a.b",
    "a.b.c",
    "`a-b`",
    "$string(a)",
    "$string(a.b)",
    "a & b",
    "a & \" \" & b",
    "$join([a, b][$ != null and $ != \"\"], \" \")",
    "$join([a.b, b, c][$ != \"\" and $ != null], \", \")",
    "a ? b : c",
    "a ? b",
    "a != null and a != \"\" ? a : b",
    "$exists(a[$ != \"\"]) and a != null ? a : $join([b, c][$ != null and $ != \"\"], \" \")",
    "a[0]",
    "a[1].b",
    "a.b[0]",
    "a.b[0].c",
    "a ?: b",
    "$lowercase(a)",
    "$substring(a, 1)",
    "$substring(a, 0, 2)",
    "$lookup({\"x\": \"one\", \"y\": \"two\"}, a)",
    "\"constant\"",
    "a[$ != \"x\"]",
    "[a[b = \"x\"].c, a.c][$ != null and $ != \"\"][0]",
    "$join([a.b, a.c][$ != null and $ != \"\"], \" \") ?: b",
    "$exists(a[$ != \"\"]) and a != null ? a : ($exists(b[$ != \"\"]) and b != null ? b : c)",
];

const BOOLEANS: &[&str] = &[
    "a",
    "$not(a)",
    "a = \"x\"",
    "a != \"x\"",
    "a = true",
    "a = 1",
    "a = b",
    "a = null",
    "$exists(a)",
    "a = \"x\" and $not(b)",
    "a = \"x\" or b = \"y\"",
    "a in [\"x\", \"y\", null]",
    "a = \"x\" and b != true",
    "$not(a) and $not(b)",
    "true",
    "a ? true : false",
    "$lookup({\"x\": true, \"y\": false}, a)",
    "$not(a = true)",
    "a = true and $not(b = true)",
];

const LINKS: &[&str] = &[
    "[]",
    "[{\"type\": \"avatar\", \"url\": a}]",
    "[{\"type\": \"avatar\", \"url\": a.b}, {\"type\": \"profile\", \"url\": b}]",
];

fn model() -> UnifiedModel {
    builtin()
        .into_iter()
        .find(|model| model.name == "crm/users")
        .unwrap()
}

fn mapping(kind: FieldKind, expression: &str) -> Mapping {
    let model = model();
    let (field, _) = model.fields().find(|(_, field)| field.kind == kind).unwrap();
    let source = Source {
        expression: expression.to_owned(),
        reading: Reading::Auto,
        origin: Origin::Connector,
    };
    Mapping::compile(&model, vec![(field, source)]).unwrap()
}

fn corpus() -> Vec<(FieldKind, &'static str)> {
    let of = |kind: FieldKind, list: &'static [&'static str]| {
        list.iter().map(move |expression| (kind, *expression))
    };
    of(FieldKind::Text, TEXTS)
        .chain(of(FieldKind::Boolean, BOOLEANS))
        .chain(of(FieldKind::Links, LINKS))
        .collect()
}

/// A record of the names that the corpus reads, in any shape.
fn records() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => prop_oneof!["\"x\"", "\"y\"", "\"\"", "\"Zoë\"", "\" a  b \"", "\"https:\\\\/\\\\/e\\\\u0078\"", "\"http://e\""],
        1 => Just("null".to_owned()),
        1 => prop_oneof![Just("true".to_owned()), Just("false".to_owned())],
        1 => prop_oneof!["0", "1", "-3", "17", "1\\.5", "1e2", "9007199254740993", "12345678901234567890"],
    ];
    let value = leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            1 => proptest::collection::vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
            2 => proptest::collection::vec(("[abc]", inner), 0..3).prop_map(|members| object(&members)),
        ]
    });
    let name = prop_oneof![
        Just("a".to_owned()),
        Just("b".to_owned()),
        Just("c".to_owned()),
        Just("a-b".to_owned()),
        Just("\\u0061".to_owned()),
        Just("z".to_owned())
    ];
    proptest::collection::vec((name, value), 0..6).prop_map(|members| object(&members))
}

fn object(members: &[(String, String)]) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("\"{name}\": {value}"))
        .collect();
    format!("{{{}}}", members.join(", "))
}

/// The text fields' values stand for themselves; problems for their words.
fn outcome(mapping: &Mapping, record: &str) -> Result<Vec<Value<'static>>, String> {
    match mapping.project(record.as_bytes()) {
        Ok(row) => Ok(row
            .values
            .into_iter()
            .map(|value| match value {
                Value::Null => Value::Null,
                Value::Bool(truth) => Value::Bool(truth),
                Value::Text(text) => Value::Text(text.into_owned().into()),
                Value::Instant(at) => Value::Instant(at),
                Value::Json(json) => Value::Json(json.into_owned().into()),
            })
            .collect()),
        Err(problem) => Err(problem.to_string()),
    }
}

#[test]
fn the_whole_corpus_is_lowered() {
    for (kind, expression) in corpus() {
        for (_, lowering) in mapping(kind, expression).lowering() {
            assert_eq!(lowering, Lowering::Lowered, "{expression}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn lowered_and_interpreted_agree(record in records()) {
        for (kind, expression) in corpus() {
            let lowered = mapping(kind, expression);
            let interpreted = lowered.clone().interpreted();
            prop_assert_eq!(outcome(&lowered, &record), outcome(&interpreted, &record), "{} over {}", expression, record);
        }
    }

    #[test]
    fn pages_are_read_as_serde_json_reads_them(records in proptest::collection::vec(records(), 0..5), before: bool) {
        let list = format!("[ {} ]", records.join(" ,\n"));
        let body = if before { format!("{{\"n\": 1, \"data\": {{\"list\": {list}}}, \"next\": \"x\"}}") } else { list };
        let path = if before { "data.list" } else { "" };
        let layout = Layout { records: Path::parse(path).unwrap(), unwrap: Path::default() };
        let mut raw = Vec::new();
        let end = read_page(&layout, &Mapping::raw_only(), body.as_bytes(), &mut |row| raw.push(String::from_utf8(row.raw.to_vec()).unwrap())).unwrap();
        prop_assert_eq!(&raw, &records);
        prop_assert_eq!(end.count, records.len());
        let residue: serde_json::Value = serde_json::from_slice(&end.residue).unwrap();
        let expected = if before { serde_json::json!({"n": 1, "data": {"list": []}, "next": "x"}) } else { serde_json::json!([]) };
        prop_assert_eq!(residue, expected);
    }

    #[test]
    fn no_page_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..80), text in "[\\[\\]{}\",:a-c0-9 ]{0,60}") {
        let layout = Layout { records: Path::parse("a").unwrap(), unwrap: Path::parse("b").unwrap() };
        for body in [body.as_slice(), text.as_bytes()] {
            let _ = read_page(&layout, &mapping(FieldKind::Text, "a.b"), body, &mut |_| {});
        }
    }
}

#[test]
fn what_is_wrong_with_a_page_is_told_with_its_place() {
    let model = model();
    let id = model.field_id("id").unwrap();
    let source = Source {
        expression: "id".into(),
        reading: Reading::Auto,
        origin: Origin::Connector,
    };
    let mapping = Mapping::compile(&model, vec![(id, source)]).unwrap();
    let layout = Layout {
        records: Path::parse("results").unwrap(),
        unwrap: Path::default(),
    };
    let problem = |body: &str| {
        read_page(&layout, &mapping, body.as_bytes(), &mut |_| {})
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        problem(r#"{"results":[{"id":"1"},{"x":1}]}"#),
        "record 2 of the page can not be read: it has no id"
    );
    assert_eq!(
        problem(r#"{"results":[{"id":""}]}"#),
        "record 1 of the page can not be read: it has no id"
    );
    assert!(problem(r#"{"results":[{"id":"1"},7]}"#).contains("record 2 of the page"));
    assert!(problem(r#"{"results":[{"id":"1"}"#).contains("not JSON"));
    assert!(problem("<html>").contains("not JSON"));
    assert!(problem(r#"{"results":[],"results":[]}"#).contains("twice"));
    assert!(problem(&format!("{{\"results\":[{}]}}", "[".repeat(20_000))).contains("deeply"));
    let utf8 = read_page(&layout, &mapping, b"{\"results\":[\"\xff\"]}", &mut |_| {})
        .unwrap_err()
        .to_string();
    assert!(utf8.contains("not UTF-8, at byte 13"), "{utf8}");
}

#[test]
fn big_ids_keep_their_digits_on_either_path() {
    let model = model();
    let id = model.field_id("id").unwrap();
    for expression in ["id", "$string(id)"] {
        let source = Source {
            expression: expression.into(),
            reading: Reading::Auto,
            origin: Origin::Connector,
        };
        let lowered = Mapping::compile(&model, vec![(id, source)]).unwrap();
        for mapping in [lowered.clone(), lowered.interpreted()] {
            let row = mapping.project(br#"{"id": 9007199254740993}"#).unwrap();
            assert_eq!(
                row.values[usize::from(id.0)],
                Value::Text("9007199254740993".into())
            );
        }
    }
}
