//! Salesflare users: a bare array with offsets, parameters checked against a schema, orders with a space in
//! them.

use std::cmp::Reverse;

use serde_json::{Value, json};

use super::{SandboxAccount, TruthUser, Vendor, iso};
use crate::call::{Call, Reply};
use crate::people::{Person, some};
use crate::tokens::{Rotation, Tokens};

pub(super) struct Salesflare {
    users: usize,
    tokens: Tokens,
}

const API_KEY: &str = "salesflare-sandbox-key";
const FIRST_ID: usize = 40_217;

impl Salesflare {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("salesflare", Rotation::Stays),
        }
    }

    fn name(person: &Person) -> Option<String> {
        match (person.full_name(), person.index % 2) {
            (None, 0) => Some(String::new()),
            (name, _) => name,
        }
    }

    fn modified(person: &Person) -> Option<i64> {
        (person.index % 13 != 4).then_some(person.updated)
    }

    fn record(person: &Person) -> Value {
        let id = FIRST_ID + person.index;
        let mut record = json!({
            "id": id, "type": "user", "name": Self::name(person), "email": person.email, "domain": "example.com",
            "picture": person.picture, "disabled": !person.active, "creation_date": iso(person.created, 3, "Z"),
            "modification_date": Self::modified(person).map(|at| iso(at, 3, "Z")),
            "team": {"id": 5127, "name": "Fjord & Vale Consulting"}, "phone_numbers": [], "positions": [],
            "tags": [{"id": 12, "name": "Field sales"}], "data_sources": [],
        });
        if let (true, Value::Object(members)) = (person.active && person.index.is_multiple_of(5), &mut record)
        {
            members.insert("disabled".into(), Value::Null);
        }
        record
    }

    fn error(status: u16, word: &str, message: &str) -> Reply {
        Reply::json(
            status,
            &json!({"statusCode": status, "error": word, "message": message}),
        )
    }

    fn invalid(name: &str) -> Reply {
        let body = json!({
            "statusCode": 400, "error": "Bad Request", "message": format!("\"{name}\" is not allowed"),
            "validation": {"source": "query", "errors": [{"path": name}]}
        });
        Reply::json(400, &body)
    }

    fn list(&self, call: &Call) -> Reply {
        let (mut limit, mut offset, mut enabled, mut ids) = (usize::MAX, 0, false, Vec::new());
        let mut order: Vec<(&str, bool)> = Vec::new();
        for (name, value) in &call.query {
            match (name.as_str(), value.parse::<usize>()) {
                ("limit", Ok(number)) if number >= 1 => limit = number,
                ("offset", Ok(number)) => offset = number,
                ("id", Ok(number)) => ids.push(number),
                ("onlyEnabled", _) if matches!(value.as_str(), "true" | "false") => enabled = value == "true",
                ("name" | "email" | "search", _) if !value.is_empty() => {}
                ("order_by", _) => {
                    let (key, descending) = match value.strip_suffix(" desc") {
                        Some(key) => (key, true),
                        None => (value.as_str(), false),
                    };
                    if !matches!(
                        key,
                        "id" | "name" | "email" | "creation_date" | "modification_date"
                    ) {
                        return Self::invalid("order_by");
                    }
                    order.push((key, descending));
                }
                (other, _) => return Self::invalid(other),
            }
        }
        let lower = |name: &str| call.param(name).map(str::to_lowercase);
        let (named, mailed, term) = (lower("name"), lower("email"), lower("search"));
        let keep = |person: &Person| {
            let name = Self::name(person).unwrap_or_default().to_lowercase();
            let email = person.email.clone().unwrap_or_default().to_lowercase();
            (!enabled || person.active)
                && (ids.is_empty() || ids.contains(&(FIRST_ID + person.index)))
                && named.as_ref().is_none_or(|part| name.contains(part))
                && mailed.as_ref().is_none_or(|whole| email == *whole)
                && term
                    .as_ref()
                    .is_none_or(|part| name.contains(part) || email.contains(part))
        };
        let limit = limit.min(self.users);
        let found = if order.is_empty() || order == [("id", false)] {
            some(self.users, offset, limit, keep).0
        } else {
            let mut all: Vec<Person> = (0..self.users).map(Person::nth).filter(keep).collect();
            // Nothing is greater than everything.
            for (key, descending) in order.iter().rev() {
                let text = |person: &Person| match *key {
                    "name" => Self::name(person),
                    "email" => person.email.clone(),
                    _ => None,
                };
                let number = |person: &Person| match *key {
                    "creation_date" => Some(person.created),
                    "modification_date" => Self::modified(person),
                    _ => Some(person.index as i64),
                };
                let by = |person: &Person| match *key {
                    "name" | "email" => (text(person).is_none(), text(person), 0),
                    _ => (number(person).is_none(), None, number(person).unwrap_or(0)),
                };
                if *descending {
                    all.sort_by_key(|person| Reverse(by(person)));
                } else {
                    all.sort_by_key(by);
                }
            }
            all.into_iter().skip(offset).take(limit).collect()
        };
        let written: Vec<String> = found
            .iter()
            .map(|person| Self::record(person).to_string())
            .collect();
        Reply::written(200, format!("[{}]", written.join(",")))
    }

    fn get(&self, id: &str) -> Reply {
        let Ok(number) = id.parse::<usize>() else {
            return Self::invalid("id");
        };
        match number.checked_sub(FIRST_ID).filter(|index| *index < self.users) {
            Some(index) => Reply::json(200, &Self::record(&Person::nth(index))),
            None => Self::error(404, "Not Found", "Not Found"),
        }
    }
}

impl Vendor for Salesflare {
    fn name(&self) -> &'static str {
        "salesflare"
    }

    fn serves(&self, host: &str) -> bool {
        host == "api.salesflare.com"
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::new("salesflare", "api_key", &[("api_key", API_KEY)])
    }

    fn truth(&self) -> Vec<TruthUser> {
        (0..self.users)
            .map(Person::nth)
            .map(|person| TruthUser {
                first_name: None,
                last_name: None,
                updated_at: Self::modified(&person),
                ..TruthUser::of(&person, (FIRST_ID + person.index).to_string())
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, _: &Call) -> bool {
        false
    }

    fn answer(&self, call: &Call) -> Reply {
        let id = call.below("/users/");
        if call.path != "/users" && call.path != "/me" && id.is_none() {
            return Self::error(404, "Not Found", "Not Found");
        }
        if call.bearer() != Some(API_KEY) {
            return Self::error(401, "Unauthorized", "Unauthorized").with("www-authenticate", "bearerAuth");
        }
        if call.method != http::Method::GET {
            return Self::error(404, "Not Found", "Not Found");
        }
        match (call.path.as_str(), id) {
            ("/users", _) => self.list(call),
            ("/me", _) => Reply::json(200, &json!({"id": FIRST_ID, "email": "me@example.org"})),
            (_, id) => self.get(&id.unwrap_or_default()),
        }
    }

    fn throttled(&self) -> Reply {
        Self::error(429, "Too Many Requests", "Too Many Requests")
    }

    fn forbidden(&self) -> Reply {
        Self::error(403, "Forbidden", "Forbidden")
    }
}
