//! Planhat users: an array at the root, offsets without a total, errors that are plain text, an opaque mix of
//! old and new documents.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{SandboxAccount, TruthUser, Vendor, iso};
use crate::call::{Call, Reply, first};
use crate::consent::{Consent, Pkce};
use crate::oauth::{self, Client};
use crate::people::{Person, some};
use crate::tokens::{Rotation, Tokens};

pub(super) struct Planhat {
    users: usize,
    tokens: Tokens,
}

/// How long an access token is good.
const LIFE: Duration = Duration::from_secs(3600);
const API_KEY: &str = "planhat-api-token";
const FIRST_ID: u64 = 0x5df0_c011;

impl Planhat {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("planhat", Rotation::Single),
        }
    }

    /// 24 hexadecimal digits, in the order of the list.
    fn id(index: usize) -> String {
        format!("{FIRST_ID:08x}a7c2e80b{:08x}", index + 0x10)
    }

    /// Old documents lack what newer ones have.
    fn is_old(person: &Person) -> bool {
        person.index % 5 == 4
    }

    /// A deactivated user has the one flag, the other, or both.
    fn flags(person: &Person) -> (Option<bool>, Option<bool>) {
        match (person.active, person.index % 4) {
            (true, 0) => (None, None),
            (true, _) => (Some(false), Some(false)),
            (false, 0) => (Some(false), Some(true)),
            (false, 1) => (None, Some(true)),
            (false, _) => (Some(true), None),
        }
    }

    fn updated(person: &Person) -> Option<i64> {
        (!Self::is_old(person)).then_some(person.updated)
    }

    fn record(person: &Person) -> Map<String, Value> {
        let mut record = Map::new();
        record.insert("_id".into(), Self::id(person.index).into());
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                record.insert(name.to_owned(), value);
            }
        };
        set("email", Some(json!(person.email)));
        set("nickName", Some("Nick".into()));
        set(
            "firstName",
            person
                .first
                .map(Value::from)
                .or(person.index.is_multiple_of(2).then_some(Value::Null)),
        );
        set("lastName", person.last.map(Value::from));
        set("roles", Some(json!(["000000020000000000000000"])));
        let (inactive, removed) = Self::flags(person);
        set("inactive", inactive.map(Value::from));
        set("removed", removed.map(Value::from));
        set("isHidden", Some(person.index.is_multiple_of(9).into()));
        set(
            "image",
            Some(json!({"path": person.picture.clone().unwrap_or_default()})),
        );
        let created = iso(person.created, 3, "Z");
        set("createDate", Some(created.clone().into()));
        set("createdAt", (!Self::is_old(person)).then(|| created.into()));
        set(
            "updatedAt",
            match Self::updated(person) {
                Some(at) => Some(iso(at, 3, "Z").into()),
                None => person.index.is_multiple_of(2).then_some(Value::Null),
            },
        );
        set(
            "permissions",
            Some(if Self::is_old(person) {
                json!({})
            } else {
                json!([])
            }),
        );
        set("healthAvg", Some(json!(7.41)));
        set("__v", Some(0.into()));
        record
    }

    fn bad(message: &str) -> Reply {
        Reply::text(400, "text/plain", message)
    }

    fn list(&self, call: &Call) -> Reply {
        let number = |name: &str, otherwise: usize| match call.param(name) {
            None => Some(otherwise),
            Some(text) => text.parse::<usize>().ok(),
        };
        let (Some(limit), Some(offset)) = (number("limit", 10_000), number("offset", 0)) else {
            return Self::bad("limit and offset are numbers");
        };
        let limit = limit.min(10_000);
        let keep = |person: &Person| {
            call.param("email")
                .is_none_or(|email| person.email.as_deref() == Some(email))
        };
        let found = match call.param("sort") {
            None | Some("_id") => some(self.users, offset, limit, keep).0,
            Some(sort) => {
                let (field, descending) = match sort.strip_prefix('-') {
                    Some(field) => (field, true),
                    None => (sort, false),
                };
                let mut all: Vec<Person> = (0..self.users).map(Person::nth).filter(keep).collect();
                match field {
                    "createDate" => all.sort_by_key(|person| person.created),
                    // Nothing comes before everything.
                    "updatedAt" => all.sort_by_key(Self::updated),
                    "email" => all.sort_by(|a, b| a.email.cmp(&b.email)),
                    _ => {}
                }
                if descending {
                    all.reverse();
                }
                all.into_iter().skip(offset).take(limit).collect()
            }
        };
        let select: Option<Vec<&str>> = call.param("select").map(|names| names.split(',').collect());
        let written: Vec<String> = found
            .iter()
            .map(|person| {
                let mut record = Self::record(person);
                if let Some(names) = &select {
                    record.retain(|name, _| name == "_id" || names.contains(&name.as_str()));
                }
                Value::Object(record).to_string()
            })
            .collect();
        Reply::written(200, format!("[{}]", written.join(",")))
    }

    fn get(&self, id: &str) -> Reply {
        if id.len() != 24 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Self::bad("Cast to ObjectId failed");
        }
        let index = id
            .get(16..)
            .and_then(|digits| usize::from_str_radix(digits, 16).ok()?.checked_sub(0x10))
            .filter(|index| *index < self.users && Self::id(*index) == id);
        match index {
            Some(index) => Reply::json(200, &Value::Object(Self::record(&Person::nth(index)))),
            None => Reply::text(404, "text/plain", "Not Found"),
        }
    }

    fn token(&self, call: &Call) -> Reply {
        let fields = call.form();
        // Where the client proves itself is not published; this is the less likely of the two ways.
        if !call.is_kind("application/x-www-form-urlencoded") || !Client::Body.is_proven(call, &fields) {
            return oauth::error(401, "invalid_client", "");
        }
        match self.tokens.grant(|name| first(&fields, name), LIFE) {
            Some(issued) => oauth::granted(&issued, "Bearer", LIFE, []),
            None => oauth::error(400, "invalid_grant", ""),
        }
    }

    fn is_let_in(&self, call: &Call) -> bool {
        call.bearer()
            .is_some_and(|token| token == API_KEY || self.tokens.accepts(token))
            || call.basic() == Some((API_KEY.to_owned(), String::new()))
    }
}

impl Vendor for Planhat {
    fn name(&self) -> &'static str {
        "planhat"
    }

    fn serves(&self, host: &str) -> bool {
        host == "ws.planhat.com"
            || host == "api.planhat.com"
            || (host.starts_with("api-") && host.ends_with(".planhat.com"))
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::new("planhat", "api_key", &[("api_key", API_KEY), ("region", "us4")])
    }

    fn truth(&self) -> Vec<TruthUser> {
        (0..self.users)
            .map(Person::nth)
            .map(|person| TruthUser {
                updated_at: Self::updated(&person),
                ..TruthUser::of(&person, Self::id(person.index))
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.host == "api.planhat.com" && call.path == "/oauth/token"
    }

    fn answer(&self, call: &Call) -> Reply {
        if self.is_token_call(call) {
            return self.token(call);
        }
        // A good token on the wrong cluster is a stranger there; OAuth is met on the plain host.
        let here = matches!(call.host.as_str(), "api-us4.planhat.com")
            || (call.host == "api.planhat.com"
                && call.bearer().is_some_and(|token| self.tokens.accepts(token)));
        if !here || !self.is_let_in(call) {
            return Reply::text(401, "text/plain", "Unauthorized");
        }
        if call.method != http::Method::GET {
            return Reply::text(400, "text/plain", "Cannot write users");
        }
        let reply = match call.path.as_str() {
            "/users" => self.list(call),
            path => match call.below("/users/") {
                Some(id) => self.get(&id),
                None => Reply::text(404, "text/html", &format!("<pre>Cannot GET {}</pre>", path.len())),
            },
        };
        reply
            .with("x-ratelimit-limit", 200)
            .with("x-ratelimit-remaining", 199)
    }

    fn consent(&self, call: &Call) -> Option<Consent> {
        (call.host == "ws.planhat.com" && call.path == "/oauth/authorize").then(|| Consent {
            title: "Planhat",
            pkce: Pkce::Required,
            required: &[
                ("response_type", Some("code")),
                ("code_challenge_method", Some("S256")),
            ],
            extra: Vec::new(),
        })
    }

    fn throttled(&self) -> Reply {
        Reply::text(429, "text/plain", "Too many requests")
            .with("x-ratelimit-remaining", 0)
            .with("x-ratelimit-reset", 1)
    }

    fn forbidden(&self) -> Reply {
        Reply::text(403, "text/plain", "Forbidden")
    }
}
