//! A tool's arguments as a query string, objects and arrays in brackets.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

/// `{"created_at": {"gte": "2024-01-01"}}` is `created_at[gte]=2024-01-01`. What is null is left out.
pub(super) fn of(arguments: &Map<String, Value>) -> String {
    let mut pairs = Vec::new();
    for (name, value) in arguments {
        write(&mut pairs, name, value);
    }
    pairs.join("&")
}

/// A text as a part of a path.
pub(super) fn part(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn write(pairs: &mut Vec<String>, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (member, value) in members {
                write(pairs, &format!("{name}[{member}]"), value);
            }
        }
        Value::Array(items) => {
            for item in items {
                write(pairs, &format!("{name}[]"), item);
            }
        }
        Value::String(text) => pairs.push(format!("{}={}", part(name), part(text))),
        Value::Bool(_) | Value::Number(_) => {
            pairs.push(format!("{}={}", part(name), part(&value.to_string())));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::of;

    #[test]
    fn objects_and_arrays_stand_in_brackets() {
        let arguments = json!({ "name": "a b&c", "limit": 5, "id": { "in": ["1", "2"] }, "none": null, "is_active": true });
        let text = arguments.as_object().map(of).unwrap_or_default();
        let mut pairs: Vec<_> = text.split('&').collect();
        pairs.sort_unstable();
        assert_eq!(
            pairs,
            [
                "id%5Bin%5D%5B%5D=1",
                "id%5Bin%5D%5B%5D=2",
                "is%5Factive=true",
                "limit=5",
                "name=a%20b%26c"
            ]
        );
    }
}
