//! One owner record, from the vendor's bytes to the answer's: ours against `jsonata-core`.
//!
//! Both write the same bytes, instants and escapes included; that is asserted before anything is measured.

#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use crosswalk_mapping::write::write_value;
use crosswalk_mapping::{Layout, Mapping, Origin, Path, Reading, Source, read_page};
use crosswalk_model::{Row, UnifiedModel, builtin};
use jsonata_core::Expression;
use jsonata_core::value::JValue;

const RECORD: &str = r#"{"id":"31018411","email":"zoe.lindqvist@example.com","type":"PERSON","firstName":"Zoë \"Z\"","lastName":"Lindqvist","userId":9107022,"userIdIncludingInactive":9107022,"createdAt":"2021-04-17T09:31:05.118Z","updatedAt":"2023-11-02T16:44:50Z","archived":false,"teams":[{"id":"1839204","name":"Northern Sales","primary":true}]}"#;

const FIELDS: &[(&str, &str)] = &[
    ("id", "id"),
    (
        "name",
        "$join([firstName, lastName][$ != null and $ != \"\"], \" \")",
    ),
    ("email", "email"),
    ("is_active", "$not(archived)"),
    ("created_at", "createdAt"),
    ("updated_at", "updatedAt"),
];

/// The same answer as one JSONata object. An instant without a fraction gets its zeros.
const WHOLE: &str = r#"{
    "id": id,
    "name": $join([firstName, lastName][$ != null and $ != ""], " "),
    "email": email,
    "is_active": $not(archived),
    "created_at": $length(createdAt) = 20 ? $substring(createdAt, 0, 19) & ".000Z" : createdAt,
    "updated_at": $length(updatedAt) = 20 ? $substring(updatedAt, 0, 19) & ".000Z" : updatedAt,
    "remote_data": $
}"#;

fn model() -> UnifiedModel {
    builtin()
        .into_iter()
        .find(|model| model.name == "crm/users")
        .unwrap()
}

fn mapping(model: &UnifiedModel) -> Mapping {
    let source = |expression: &str| Source {
        expression: expression.to_owned(),
        reading: Reading::Auto,
        origin: Origin::Connector,
    };
    let fields = FIELDS
        .iter()
        .map(|(name, expression)| (model.field_id(name).unwrap(), source(expression)));
    Mapping::compile(model, fields.collect()).unwrap()
}

fn columns(model: &UnifiedModel) -> Vec<(usize, String)> {
    FIELDS
        .iter()
        .map(|(name, _)| {
            (
                usize::from(model.field_id(name).unwrap().0),
                format!("\"{name}\":"),
            )
        })
        .collect()
}

fn write(out: &mut Vec<u8>, columns: &[(usize, String)], row: &Row<'_>) {
    out.push(b'{');
    for (field, key) in columns {
        out.extend_from_slice(key.as_bytes());
        write_value(out, &row.values[*field]);
        out.push(b',');
    }
    out.extend_from_slice(b"\"remote_data\":");
    out.extend_from_slice(row.raw);
    out.push(b'}');
}

fn ours(mapping: &Mapping, columns: &[(usize, String)], out: &mut Vec<u8>) {
    let row = mapping.project(black_box(RECORD.as_bytes())).unwrap();
    write(out, columns, &row);
}

fn theirs(expression: &Expression, out: &mut Vec<u8>) {
    let record = JValue::from_json_str(black_box(RECORD)).unwrap();
    out.extend_from_slice(
        expression
            .evaluate(&record)
            .unwrap()
            .to_json_string()
            .unwrap()
            .as_bytes(),
    );
}

fn projection(criterion: &mut Criterion) {
    let model = model();
    let (mapping, columns) = (mapping(&model), columns(&model));
    let expression = Expression::compile(WHOLE).unwrap();
    let (mut a, mut b) = (Vec::new(), Vec::new());
    ours(&mapping, &columns, &mut a);
    theirs(&expression, &mut b);
    assert_eq!(String::from_utf8(a).unwrap(), String::from_utf8(b).unwrap());

    let mut group = criterion.benchmark_group("record");
    group.throughput(Throughput::Bytes(RECORD.len() as u64));
    let mut out = Vec::with_capacity(4096);
    group.bench_function("crosswalk", |bencher| {
        bencher.iter(|| {
            out.clear();
            ours(&mapping, &columns, &mut out);
        });
    });
    group.bench_function("jsonata-core", |bencher| {
        bencher.iter(|| {
            out.clear();
            theirs(&expression, &mut out);
        });
    });
    group.finish();

    let page = format!("{{\"results\":[{}]}}", vec![RECORD; 100].join(","));
    let layout = Layout {
        records: Path::parse("results").unwrap(),
        unwrap: Path::default(),
    };
    let mut group = criterion.benchmark_group("page of 100");
    group.throughput(Throughput::Bytes(page.len() as u64));
    let mut out = Vec::with_capacity(2 * page.len());
    group.bench_function("crosswalk", |bencher| {
        bencher.iter(|| {
            out.clear();
            read_page(&layout, &mapping, black_box(page.as_bytes()), &mut |row| {
                write(&mut out, &columns, row);
            })
            .unwrap()
            .count
        });
    });
    group.finish();
}

criterion_group!(benches, projection);
criterion_main!(benches);
