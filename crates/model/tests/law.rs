//! The law of the list on random rows: what filters mean together, and what an order is.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeSet;

use crosswalk_model::{FieldKind, Instant, Query, Row, UnifiedModel, Value, reference};
use proptest::prelude::*;
use support::{model, parse};

fn values(kind: FieldKind) -> BoxedStrategy<Value<'static>> {
    let text = |pattern: &'static str| pattern.prop_map(|text: String| Value::Text(text.into()));
    let some = match kind {
        FieldKind::Id => text("[aB1]{1,2}").boxed(),
        FieldKind::Text => text("[abAB ÅåİΣ]{0,3}").boxed(),
        FieldKind::Boolean => any::<bool>().prop_map(Value::Bool).boxed(),
        FieldKind::Instant => (0_i64..4).prop_map(|at| Value::Instant(Instant(at))).boxed(),
        FieldKind::Links => Just(Value::Json(b"[]".as_slice().into())).boxed(),
        FieldKind::Json => Just(Value::Json(b"{\"a\":1}".as_slice().into())).boxed(),
    };
    if kind == FieldKind::Id {
        return some;
    }
    prop_oneof![1 => Just(Value::Null), 3 => some].boxed()
}

fn rows() -> impl Strategy<Value = Vec<Row<'static>>> {
    let model = model();
    let fields: Vec<_> = model.fields.iter().map(|field| values(field.kind)).collect();
    let row = fields.prop_map(|values| Row {
        values: values.into_iter().collect(),
        raw: b"{}",
    });
    // An account has no two users with one id.
    proptest::collection::vec(row, 0..12).prop_map(|rows| {
        let mut seen = BTreeSet::new();
        rows.into_iter().filter(|row| seen.insert(id(row))).collect()
    })
}

fn id(row: &Row<'_>) -> String {
    match &row.values[usize::from(model().field_id("id").unwrap().0)] {
        Value::Text(id) => id.to_string(),
        other => panic!("{other:?}"),
    }
}

fn ids(model: &UnifiedModel, raw: &str, rows: &[Row<'static>]) -> Vec<String> {
    let query: Query = parse(raw).unwrap();
    reference::list(model, &query, rows.to_vec())
        .iter()
        .map(id)
        .collect()
}

fn set(model: &UnifiedModel, raw: &str, rows: &[Row<'static>]) -> BTreeSet<String> {
    ids(model, raw, rows).into_iter().collect()
}

proptest! {
    #[test]
    fn filters_are_joined_by_and(rows in rows(), name in "[abå]{0,2}", at in 0_i64..4) {
        let model = model();
        let filters = [
            format!("name[contains]={name}"),
            format!("created_at[gte]={}", Instant(at)),
            "is_active=true".to_owned(),
        ];
        let together = set(model, &filters.join("&"), &rows);
        let mut one_by_one: BTreeSet<String> = rows.iter().map(id).collect();
        for filter in &filters {
            one_by_one = &one_by_one & &set(model, filter, &rows);
        }
        prop_assert_eq!(together, one_by_one);
    }

    #[test]
    fn not_equal_is_all_but_equal(rows in rows(), value in "[abAB Å]{0,2}") {
        let model = model();
        let all: BTreeSet<String> = rows.iter().map(id).collect();
        for field in ["id", "name", "email", "first_name", "last_name"] {
            let equal = set(model, &format!("{field}={value}"), &rows);
            let others = set(model, &format!("{field}[ne]={value}"), &rows);
            prop_assert_eq!(&all - &equal, others);
        }
    }

    #[test]
    fn one_of_several_is_any_of_them(rows in rows(), a in "[abB]{1,2}", b in "[abB]{1,2}") {
        let model = model();
        for field in ["id", "name"] {
            let either = &set(model, &format!("{field}={a}"), &rows) | &set(model, &format!("{field}={b}"), &rows);
            prop_assert_eq!(set(model, &format!("{field}[in]={a},{b}"), &rows), either);
            let none_of_none = set(model, &format!("{field}[in]="), &rows);
            prop_assert!(none_of_none.is_empty());
        }
    }

    #[test]
    fn a_search_looks_into_each_of_its_fields(rows in rows(), term in "[abÅ]{0,2}") {
        let model = model();
        let either = &set(model, &format!("name[contains]={term}"), &rows)
            | &set(model, &format!("email[contains]={term}"), &rows);
        prop_assert_eq!(set(model, &format!("search_term={term}"), &rows), either);
    }

    #[test]
    fn bounds_part_what_is_not_null(rows in rows(), at in 0_i64..4) {
        let model = model();
        let of = |operator: &str| set(model, &format!("created_at[{operator}]={}", Instant(at)), &rows);
        prop_assert_eq!(&of("gte") & &of("lte"), of("eq"));
        prop_assert_eq!(&of("gt") | &of("eq"), of("gte"));
        prop_assert_eq!(&of("lt") | &of("eq"), of("lte"));
        prop_assert!(of("gt").is_disjoint(&of("lte")));
        let known = rows.iter().filter(|row| {
            row.values[usize::from(model.field_id("created_at").unwrap().0)] != Value::Null
        });
        prop_assert_eq!(&of("gt") | &of("lte"), known.map(id).collect::<BTreeSet<_>>());
    }

    #[test]
    fn a_sorted_list_does_not_depend_on_the_order_of_the_vendor(
        (rows, shuffled) in rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        field in prop::sample::select(vec!["created_at", "email", "name", "updated_at"]),
        direction in prop::sample::select(vec!["asc", "desc"]),
    ) {
        let model = model();
        let raw = format!("sort_by[{field}]={direction}");
        let sorted = ids(model, &raw, &rows);
        prop_assert_eq!(&sorted, &ids(model, &raw, &shuffled));
        // Nulls last, and nobody lost.
        let place = usize::from(model.field_id(field).unwrap().0);
        let nulls: BTreeSet<String> =
            rows.iter().filter(|row| row.values[place] == Value::Null).map(id).collect();
        let last: BTreeSet<String> = sorted[sorted.len() - nulls.len()..].iter().cloned().collect();
        prop_assert_eq!(last, nulls);
        prop_assert_eq!(sorted.len(), rows.len());
    }

    #[test]
    fn without_a_sort_the_order_of_the_vendor_stands(rows in rows()) {
        prop_assert_eq!(ids(model(), "", &rows), rows.iter().map(id).collect::<Vec<_>>());
    }
}

#[test]
fn null_meets_no_filter_but_not_equal() {
    let model = model();
    let row = Row {
        values: model
            .fields
            .iter()
            .map(|field| match field.kind {
                FieldKind::Id => Value::Text("1".into()),
                _ => Value::Null,
            })
            .collect(),
        raw: b"{}",
    };
    for (_, field) in model.fields() {
        for operator in field.kind.operators() {
            let value = match field.kind {
                FieldKind::Boolean => "false",
                FieldKind::Instant => "1970-01-01",
                _ => ",",
            };
            let value = if operator.as_str() == "in" { "x" } else { value };
            let raw = format!("{}[{}]={value}", field.name, operator.as_str());
            let expected = operator.as_str() == "ne";
            if field.kind != FieldKind::Id {
                assert_eq!(
                    !ids(model, &raw, std::slice::from_ref(&row)).is_empty(),
                    expected,
                    "{raw}"
                );
            }
        }
    }
    assert!(ids(model, "email=", std::slice::from_ref(&row)).is_empty());
    assert!(ids(model, "search_term=", &[row]).is_empty());
}
