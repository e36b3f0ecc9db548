//! The law of the list, as three lines that every faster way is tested against.

use crate::query::Query;
use crate::schema::{FieldKind, UnifiedModel};
use crate::value::{Row, Value};

/// What following the cursor of `query` to its end yields, of `all` users in the vendor's order.
pub fn list<'a>(model: &UnifiedModel, query: &Query, all: Vec<Row<'a>>) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'a>> = all
        .into_iter()
        .filter(|row| query.predicates.iter().all(|predicate| predicate.matches(row)))
        .collect();
    if let Some(sort) = query.sort {
        rows.sort_by(|a, b| sort.compare(&sort.key(a), id(model, a), &sort.key(b), id(model, b)));
    }
    rows
}

fn id<'r>(model: &UnifiedModel, row: &'r Row<'_>) -> &'r str {
    let field = model.fields().find(|(_, field)| field.kind == FieldKind::Id);
    match field.and_then(|(id, _)| row.values.get(usize::from(id.0))) {
        Some(Value::Text(id)) => id,
        _ => "",
    }
}
