//! The list: its parameters, its order, and its two ways of paging.

use serde_json::{Map, Value, json};

use super::filter::{Filter, Refusal};
use super::{Outreach, ROOT, record};
use crate::call::{Call, Reply};
use crate::people::Person;

const UNRESERVED: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
const SORTED: &[&str] = &[
    "createdAt",
    "currentSignInAt",
    "email",
    "firstName",
    "id",
    "lastName",
    "locked",
    "updatedAt",
    "username",
];

impl Outreach {
    /// What `sort` asks for: attributes, and whether they fall.
    fn sort(call: &Call) -> Result<Vec<(&str, bool)>, Refusal> {
        let mut keys = Vec::new();
        for key in call.param("sort").unwrap_or("id").split(',') {
            let (name, falls) = match key.strip_prefix('-') {
                Some(name) => (name, true),
                None => (key, false),
            };
            if !SORTED.contains(&name) {
                return Err(Refusal::new(
                    "sortParameter.invalid",
                    format!("users can not be sorted by '{name}'"),
                ));
            }
            keys.push((name, falls));
        }
        Ok(keys)
    }

    /// All that a request is about, in its order.
    fn found(&self, filter: &Filter, keys: &[(&str, bool)]) -> Vec<Person> {
        let mut found: Vec<Person> = (0..self.users)
            .map(Person::nth)
            .filter(|person| filter.holds(person))
            .collect();
        if keys == [("id", false)] {
            return found;
        }
        // Nothing is said about equals.
        found.reverse();
        for (name, falls) in keys.iter().rev() {
            found.sort_by_cached_key(|person| Self::sort_key(person, name));
            if *falls {
                found.reverse();
            }
        }
        found
    }

    /// Nothing comes last, and texts stand as a dictionary has them: signs and case do not count.
    fn sort_key(person: &Person, name: &str) -> (bool, i64, String) {
        match Self::attribute(person, name) {
            Value::Null => (true, 0, String::new()),
            Value::Bool(truth) => (false, i64::from(truth), String::new()),
            Value::Number(number) => (false, number.as_i64().unwrap_or_default(), String::new()),
            _ if name.ends_with("At") => (
                false,
                Self::instant_of(person, name).unwrap_or_default(),
                String::new(),
            ),
            value => {
                let text = value.as_str().unwrap_or_default().to_lowercase();
                (false, 0, text.chars().filter(|c| c.is_alphanumeric()).collect())
            }
        }
    }

    fn cursor(person: &Person) -> String {
        use base64::Engine as _;
        let text = format!(r#"{{"id":{}}}"#, Self::id(person.index));
        base64::engine::general_purpose::STANDARD.encode(text)
    }

    /// Where the record of a cursor stands.
    fn place(found: &[Person], cursor: &str) -> Result<usize, Refusal> {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD
            .decode(cursor)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
            .and_then(|cursor| cursor["id"].as_u64())
            .and_then(|id| {
                found
                    .iter()
                    .position(|person| Self::id(person.index) as u64 == id)
            })
            .ok_or_else(|| {
                Refusal::new(
                    "pageParameter.invalidCursor",
                    "the cursor is not valid".to_owned(),
                )
            })
    }

    /// This list with other page parameters.
    fn link(call: &Call, page: &[(&str, String)]) -> String {
        let mut pairs: Vec<(&str, &str)> = call
            .query
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| !matches!(*name, "page[after]" | "page[before]" | "page[offset]"))
            .chain(page.iter().map(|(name, value)| (*name, value.as_str())))
            .collect();
        pairs.sort_by_key(|(name, _)| *name);
        let encode = |text: &str| percent_encoding::utf8_percent_encode(text, UNRESERVED).to_string();
        let query: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        format!("{ROOT}/users?{}", query.join("&"))
    }

    pub(super) fn list(&self, call: &Call) -> Result<Reply, Refusal> {
        let unknown = |name: &str| {
            Refusal::new(
                "queryParameter.unknown",
                format!("'{name}' is no parameter of this list"),
            )
        };
        for (name, value) in &call.query {
            match name.as_str() {
                "page[size]" | "page[after]" | "page[before]" | "page[limit]" | "page[offset]" | "sort"
                | "fields[user]" => {}
                "count" | "newFilterSyntax" if matches!(value.as_str(), "true" | "false") => {}
                "include" => {
                    if let Some(name) = value
                        .split(',')
                        .find(|name| !record::RELATIONSHIPS.contains(name))
                    {
                        return Err(unknown(name));
                    }
                }
                name if name.starts_with("filter[") => {}
                name => return Err(unknown(name)),
            }
        }
        let filter = Filter::read(call)?;
        let fields = Self::fields(call)?;
        let keys = Self::sort(call)?;
        let number = |name: &str, otherwise: usize, most: usize| match call.param(name) {
            None => Ok(otherwise),
            Some(text) => text
                .parse::<usize>()
                .ok()
                .filter(|number| *number <= most)
                .ok_or_else(|| Refusal::new("pageParameter.invalid", format!("{name} is at most {most}"))),
        };
        let by_cursor = call.param("page[size]").is_some();
        let by_offset = call.param("page[limit]").is_some() || call.param("page[offset]").is_some();
        let has_cursor = call.param("page[after]").is_some() || call.param("page[before]").is_some();
        if (by_offset && by_cursor) || (has_cursor && !by_cursor) {
            return Err(Refusal::new(
                "pageParameter.invalid",
                "page[size] goes with page[after] and page[before] alone".to_owned(),
            ));
        }
        let size = number(if by_cursor { "page[size]" } else { "page[limit]" }, 50, 1000)?.max(1);
        let found = self.found(&filter, &keys);
        let start = match (call.param("page[after]"), call.param("page[before]")) {
            (Some(after), _) => Self::place(&found, after)? + 1,
            (None, Some(before)) => Self::place(&found, before)?.saturating_sub(size),
            (None, None) => number("page[offset]", 0, 10_000)?,
        };
        let start = start.min(found.len());
        let end = (start + size).min(found.len());
        let page = &found[start..end];
        let mut links = Map::new();
        if start > 0 || end < found.len() {
            links.insert("first".into(), Self::link(call, &[]).into());
            let (prev, next) = if by_cursor {
                (
                    page.first().map(|person| ("page[before]", Self::cursor(person))),
                    page.last().map(|person| ("page[after]", Self::cursor(person))),
                )
            } else {
                links.insert(
                    "last".into(),
                    Self::link(call, &[("page[offset]", (found.len() - 1).to_string())]).into(),
                );
                (
                    Some(("page[offset]", start.saturating_sub(size).to_string())),
                    Some(("page[offset]", end.to_string())),
                )
            };
            if let Some(prev) = prev.filter(|_| start > 0) {
                links.insert("prev".into(), Self::link(call, &[prev]).into());
            }
            if let Some(next) = next.filter(|_| end < found.len()) {
                links.insert("next".into(), Self::link(call, &[next]).into());
            }
        }
        // Not counted is told in either of two ways.
        let meta = match (call.param("count"), start % 2) {
            (Some("true"), _) => json!({"count": found.len(), "count_truncated": false}),
            (_, 0) => json!({"count": null, "count_truncated": false}),
            _ => json!({"count": 0, "count_truncated": true}),
        };
        let written: Vec<String> = page
            .iter()
            .map(|person| Self::record(person, fields.as_deref()).to_string())
            .collect();
        let mut body = format!(r#"{{"data":[{}],"meta":{meta}"#, written.join(","));
        if call.param("include").is_some() {
            body.push_str(r#","included":[]"#);
        }
        // Where one page holds all, the links are empty or missing.
        if !links.is_empty() || page.len() % 2 == 1 {
            body.push_str(&format!(r#","links":{}"#, Value::Object(links)));
        }
        body.push('}');
        Ok(Self::typed(Reply::written(200, body)))
    }
}
