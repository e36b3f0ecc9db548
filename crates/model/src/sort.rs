//! The order of a sorted list.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::instant::Instant;
use crate::schema::FieldId;
use crate::value::{Row, Value};

/// A field and a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// Which.
    pub field: FieldId,
    /// Whether the greatest comes first.
    pub descending: bool,
}

/// What a record is sorted by. It travels in cursors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SortKey {
    /// An instant, in milliseconds.
    #[serde(rename = "i")]
    Instant(i64),
    /// A text in lower case.
    #[serde(rename = "t")]
    Text(String),
    /// Nothing, which comes last either way.
    #[serde(rename = "n")]
    Null,
}

impl Sort {
    /// The key of a row.
    pub fn key(&self, row: &Row<'_>) -> SortKey {
        match row.values.get(usize::from(self.field.0)) {
            Some(Value::Instant(Instant(millis))) => SortKey::Instant(*millis),
            Some(Value::Text(text)) => SortKey::Text(text.to_lowercase()),
            _ => SortKey::Null,
        }
    }

    /// The order of two records: by key, nulls last either way, ties by id, code point by code point.
    pub fn compare(&self, key: &SortKey, id: &str, other_key: &SortKey, other_id: &str) -> Ordering {
        let directed = |order: Ordering| if self.descending { order.reverse() } else { order };
        let by_key = match (key, other_key) {
            (SortKey::Null, SortKey::Null) => Ordering::Equal,
            (SortKey::Null, _) => Ordering::Greater,
            (_, SortKey::Null) => Ordering::Less,
            (SortKey::Instant(a), SortKey::Instant(b)) => directed(a.cmp(b)),
            (SortKey::Text(a), SortKey::Text(b)) => directed(a.cmp(b)),
            (SortKey::Instant(_), SortKey::Text(_)) => Ordering::Less,
            (SortKey::Text(_), SortKey::Instant(_)) => Ordering::Greater,
        };
        by_key.then_with(|| id.cmp(other_id))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys() -> impl Strategy<Value = (SortKey, String)> {
        let key = prop_oneof![
            Just(SortKey::Null),
            (0_i64..3).prop_map(SortKey::Instant),
            "[a-bà]{0,2}".prop_map(SortKey::Text),
        ];
        (key, "[a-c]{1,2}")
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in keys(), b in keys(), c in keys(), descending: bool) {
            let sort = Sort { field: FieldId(0), descending };
            let compare = |x: &(SortKey, String), y: &(SortKey, String)| sort.compare(&x.0, &x.1, &y.0, &y.1);
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
                prop_assert!(compare(&a, &c).is_le());
            }
            prop_assert_eq!(compare(&a, &b).is_eq(), a == b);
        }

        #[test]
        fn nulls_come_last_either_way((key, id) in keys(), descending: bool) {
            let sort = Sort { field: FieldId(0), descending };
            if key != SortKey::Null {
                prop_assert!(sort.compare(&SortKey::Null, "", &key, &id).is_gt());
            }
        }

        #[test]
        fn descending_turns_the_keys_around_and_not_the_ids((a, id) in keys(), (b, other_id) in keys()) {
            let [up, down] = [false, true].map(|descending| {
                Sort { field: FieldId(0), descending }.compare(&a, &id, &b, &other_id)
            });
            if a == b {
                prop_assert_eq!((up, down), (id.cmp(&other_id), id.cmp(&other_id)));
            } else if a != SortKey::Null && b != SortKey::Null && matches!(a, SortKey::Text(_)) == matches!(b, SortKey::Text(_)) {
                prop_assert_eq!(up, down.reverse());
            }
        }

        #[test]
        fn keys_survive_the_way_through_a_cursor((key, _) in keys()) {
            let text = serde_json::to_string(&key)?;
            prop_assert_eq!(serde_json::from_str::<SortKey>(&text)?, key);
        }
    }

    #[test]
    fn texts_are_ordered_in_lower_case_and_what_is_missing_is_null() {
        let sort = Sort {
            field: FieldId(0),
            descending: false,
        };
        let key = |values: &[Value<'static>]| {
            sort.key(&Row {
                values: values.iter().cloned().collect(),
                raw: b"{}",
            })
        };
        assert_eq!(key(&[Value::Text("Åsa".into())]), SortKey::Text("åsa".into()));
        assert_eq!(key(&[Value::Instant(Instant(7))]), SortKey::Instant(7));
        assert_eq!(key(&[Value::Null]), SortKey::Null);
        assert_eq!(key(&[]), SortKey::Null);
    }
}
