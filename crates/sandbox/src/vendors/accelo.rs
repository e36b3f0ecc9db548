//! Accelo staff: values that are all strings, `_fields` without which most is missing, 400 for not found.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{SandboxAccount, TruthUser, Vendor};
use crate::call::{Call, Reply, first, pairs};
use crate::consent::{Consent, Pkce};
use crate::oauth;
use crate::people::Person;
use crate::tokens::{CLIENT_ID, CLIENT_SECRET, Rotation, Tokens};

pub(super) struct Accelo {
    users: usize,
    tokens: Tokens,
}

impl Accelo {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("accelo", Rotation::Single),
        }
    }

    fn standing(person: &Person) -> &'static str {
        match (person.active, person.index % 2) {
            (true, _) => "active",
            (false, 0) => "inactive",
            (false, _) => "lockout",
        }
    }

    /// Whole seconds in a string; some records have none, in three spellings.
    fn instant(person: &Person, millis: i64) -> Value {
        match person.index % 17 {
            3 => Value::Null,
            5 => json!(""),
            7 => json!("0"),
            _ => json!(millis.div_euclid(1000).to_string()),
        }
    }

    fn seconds(person: &Person, millis: i64) -> Option<i64> {
        match person.index % 17 {
            3 | 5 | 7 => None,
            _ => Some(millis.div_euclid(1000) * 1000).filter(|millis| *millis != 0),
        }
    }

    fn record(person: &Person, fields: &str) -> Value {
        let mut all = Map::new();
        all.insert("id".into(), (person.index + 1).to_string().into());
        all.insert("firstname".into(), json!(person.first));
        all.insert("surname".into(), json!(person.last));
        let base = all.clone();
        all.insert("standing".into(), Self::standing(person).into());
        all.insert("email".into(), json!(person.email));
        all.insert("title".into(), Value::Null);
        all.insert("username".into(), format!("user{}", person.index).into());
        if person.index % 17 != 9 {
            all.insert("date_created".into(), Self::instant(person, person.created));
            all.insert("date_modified".into(), Self::instant(person, person.updated));
        }
        if fields == "_ALL" {
            return Value::Object(all);
        }
        let wanted: Vec<&str> = fields.split(',').map(str::trim).collect();
        let extra = all
            .into_iter()
            .filter(|(name, _)| wanted.contains(&name.as_str()));
        Value::Object(base.into_iter().chain(extra).collect())
    }

    fn answer_with(status: u16, word: &str, message: &str, response: &str) -> Reply {
        let meta = json!({"status": word, "message": message, "more_info": "https://api.accelo.com/docs/#status-codes"});
        Reply::written(status, format!(r#"{{"meta":{meta},"response":{response}}}"#))
    }

    fn error(status: u16, word: &str, message: &str) -> Reply {
        Self::answer_with(status, word, message, "null")
    }

    fn ok(response: &str) -> Reply {
        Self::answer_with(200, "ok", "Everything executed as expected.", response)
    }

    /// Query and body together, for a GET or a POST that says it is one.
    fn arguments(call: &Call) -> Map<String, Value> {
        let mut arguments: Map<String, Value> = call
            .query
            .iter()
            .map(|(name, value)| (name.clone(), json!(value)))
            .collect();
        match call.json() {
            Some(Value::Object(body)) => arguments.extend(body),
            _ => arguments.extend(
                pairs(std::str::from_utf8(&call.body).unwrap_or_default())
                    .into_iter()
                    .map(|(name, value)| (name, json!(value))),
            ),
        }
        arguments
    }

    fn list(&self, call: &Call) -> Reply {
        let arguments = Self::arguments(call);
        let number = |name: &str, otherwise: usize| match arguments.get(name) {
            None => Some(otherwise),
            Some(Value::Number(number)) => number.as_u64().map(|number| number as usize),
            Some(Value::String(text)) => text.parse().ok(),
            _ => None,
        };
        let (Some(page), Some(limit)) = (number("_page", 0), number("_limit", 10)) else {
            return Self::error(400, "invalid_request", "a paging parameter is not a number");
        };
        let limit = limit.clamp(1, 100);
        let fields = arguments
            .get("_fields")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let filters = filters(arguments.get("_filters"));
        let found: Vec<String> = (0..self.users)
            .map(Person::nth)
            .filter(|person| {
                filters.iter().all(|(name, values)| {
                    let any = |text: String| values.contains(&text);
                    match name.as_str() {
                        "id" => any((person.index + 1).to_string()),
                        "standing" => any(Self::standing(person).to_owned()),
                        "standing_not" => !any(Self::standing(person).to_owned()),
                        "email" => any(person.email.clone().unwrap_or_default()),
                        // What staff does not list is ignored, and everything comes back.
                        _ => true,
                    }
                })
            })
            .skip(page * limit)
            .take(limit)
            .map(|person| Self::record(&person, fields).to_string())
            .collect();
        Self::ok(&format!("[{}]", found.join(",")))
    }

    fn token(&self, call: &Call) -> Reply {
        let form = call.form();
        let given = |name: &str| first(&form, name);
        if call.basic() != Some((CLIENT_ID.to_owned(), CLIENT_SECRET.to_owned())) {
            return oauth::error(401, "invalid_client", "Client is not known.");
        }
        let answer = |access: &str, refresh: Option<&str>| {
            Reply::json(
                200,
                &json!({
                    "access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": "2592000",
                    "deployment": "northbridge", "account_id": "77120"
                }),
            )
        };
        let life = Duration::from_secs(2_592_000);
        match given("grant_type") {
            "refresh_token" | "authorization_code" => match self.tokens.grant(given, life) {
                Some(issued) => answer(&issued.access, Some(&issued.refresh)),
                None => oauth::error(400, "invalid_grant", "Grant was not found (possibly expired)."),
            },
            "client_credentials" if given("scope").contains("read(") => answer(&self.tokens.mint(life), None),
            _ => oauth::error(400, "unsupported_grant_type", ""),
        }
    }
}

/// `{"name": ["value"]}`, or `name(value,value),other(value)`; the last of equal names counts.
fn filters(given: Option<&Value>) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    match given {
        Some(Value::Object(members)) => {
            for (name, values) in members {
                let values = values.as_array().map(|values| {
                    values
                        .iter()
                        .filter_map(|value| value.as_str().map(str::to_owned))
                        .collect()
                });
                found.push((name.clone(), values.unwrap_or_default()));
            }
        }
        Some(Value::String(text)) => {
            for part in text.split("),") {
                if let Some((name, values)) = part.trim_end_matches(')').split_once('(') {
                    found.retain(|(known, _)| known != name);
                    found.push((name.to_owned(), values.split(',').map(str::to_owned).collect()));
                }
            }
        }
        _ => {}
    }
    found
}

impl Vendor for Accelo {
    fn name(&self) -> &'static str {
        "accelo"
    }

    fn serves(&self, host: &str) -> bool {
        host.ends_with(".api.accelo.com")
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::connected("accelo", &self.tokens, &[("deployment", "northbridge")])
    }

    fn truth(&self) -> Vec<TruthUser> {
        let part = |part: Option<&str>| part.filter(|part| !part.is_empty()).map(str::to_owned);
        (0..self.users)
            .map(Person::nth)
            .map(|person| {
                let dated = person.index % 17 != 9;
                TruthUser {
                    id: (person.index + 1).to_string(),
                    name: person.full_name(),
                    first_name: part(person.first),
                    last_name: part(person.last),
                    email: person.address(),
                    is_active: Some(person.active),
                    created_at: Self::seconds(&person, person.created).filter(|_| dated),
                    updated_at: Self::seconds(&person, person.updated).filter(|_| dated),
                    urls: Vec::new(),
                }
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.path == "/oauth2/v0/token"
    }

    fn answer(&self, call: &Call) -> Reply {
        if call.host != "northbridge.api.accelo.com" {
            return Self::error(500, "server_error", "The deployment is not known.");
        }
        if self.is_token_call(call) {
            return self.token(call);
        }
        if !call.bearer().is_some_and(|token| self.tokens.accepts(token)) {
            return Self::error(401, "invalid_client", "The access token is not valid.");
        }
        let reads = call.method == http::Method::GET
            || (call.method == http::Method::POST
                && Self::arguments(call).get("_method").and_then(Value::as_str) == Some("get"));
        if !reads {
            return Self::error(400, "invalid_request", "This object can not be written.");
        }
        let reply = match call.path.as_str() {
            "/api/v0/staff" => self.list(call),
            "/api/v0/tokeninfo" | "/api/v0/staff/whoami" => {
                Self::ok(r#"{"deployment":"northbridge","staff_id":"23"}"#)
            }
            _ => {
                let index = call
                    .below("/api/v0/staff/")
                    .and_then(|id| id.parse::<usize>().ok()?.checked_sub(1));
                match index.filter(|index| *index < self.users) {
                    Some(index) => {
                        let fields = call.param("_fields").unwrap_or_default();
                        Self::ok(&Self::record(&Person::nth(index), fields).to_string())
                    }
                    None => Self::error(400, "invalid_request", "The resource could not be found."),
                }
            }
        };
        reply
            .with("x-ratelimit-limit", 5000)
            .with("x-ratelimit-remaining", 4999)
    }

    fn consent(&self, call: &Call) -> Option<Consent> {
        (call.path == "/oauth2/v0/authorize").then(|| Consent {
            title: "Accelo",
            pkce: Pkce::Ignored,
            required: &[("response_type", Some("code"))],
            extra: Vec::new(),
        })
    }

    fn forbidden(&self) -> Reply {
        Self::error(403, "invalid_permission", "The application may not read staff.")
    }

    fn throttled(&self) -> Reply {
        let reset = jiff::Timestamp::now().as_second() + 1;
        Self::error(
            429,
            "too_many_requests",
            "Rate limit exceeded for northbridge.api.accelo.com",
        )
        .with("x-ratelimit-reset", reset)
    }
}
