//! Teamleader Focus: RPC over POST, deactivated users hidden unless asked for, refresh tokens that work once.

use std::time::Duration;

use serde_json::{Value, json};

use super::{SandboxAccount, TruthUser, Vendor};
use crate::call::{Call, Reply, first};
use crate::consent::{Consent, Pkce};
use crate::oauth;
use crate::people::{Person, uuid};
use crate::tokens::{CLIENT_ID, CLIENT_SECRET, Rotation, Tokens};

pub(super) struct Teamleader {
    users: usize,
    tokens: Tokens,
}

/// How long an access token is good.
const LIFE: Duration = Duration::from_secs(3600);
const KIND: u64 = 0x7ea3;

impl Teamleader {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("teamleader", Rotation::Single),
        }
    }

    fn record(person: &Person) -> Value {
        json!({
            "id": uuid(KIND, person.index),
            "account": {"type": "account", "id": "b04c6a1e-3d28-0f95-8e71-52c9d6f0a837"},
            "first_name": person.first,
            "last_name": person.last,
            "email": person.email,
            "telephones": [],
            "language": "nl-BE",
            "function": if person.index.is_multiple_of(2) { json!("Account manager") } else { Value::Null },
            "status": if person.active { "active" } else { "deactivated" },
            "teams": [],
        })
    }

    fn error(status: u16, title: &str) -> Reply {
        Reply::json(status, &json!({"errors": [{"title": title}]}))
    }

    fn list(&self, call: &Call) -> Reply {
        let body = if call.body.is_empty() {
            json!({})
        } else {
            match call.json() {
                Some(body) => body,
                None => return Self::error(400, "malformed JSON"),
            }
        };
        let number = |value: &Value, otherwise: usize| match value {
            Value::Null => Some(otherwise),
            Value::Number(number) => number.as_u64().map(|number| number as usize),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        let (Some(size), Some(page)) = (
            number(&body["page"]["size"], 20),
            number(&body["page"]["number"], 1),
        ) else {
            return Self::error(400, "page is not valid");
        };
        if !(1..=100).contains(&size) || page == 0 {
            return Self::error(400, "page is not valid");
        }
        let texts = |value: &Value| -> Option<Vec<String>> {
            value
                .as_array()?
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect()
        };
        let filter = &body["filter"];
        let statuses = match &filter["status"] {
            Value::Null => vec!["active".to_owned()],
            given => match texts(given) {
                Some(given)
                    if given
                        .iter()
                        .all(|status| matches!(status.as_str(), "active" | "deactivated")) =>
                {
                    given
                }
                _ => return Self::error(400, "filter.status is not valid"),
            },
        };
        let ids = match &filter["ids"] {
            Value::Null => None,
            given => match texts(given) {
                Some(given) => Some(given),
                None => return Self::error(400, "filter.ids is not valid"),
            },
        };
        let term = filter["term"].as_str().map(str::to_lowercase);
        let found: Vec<String> = (0..self.users)
            .map(Person::nth)
            .filter(|person| {
                statuses
                    .iter()
                    .any(|status| (status == "active") == person.active)
            })
            .filter(|person| {
                ids.as_ref()
                    .is_none_or(|ids| ids.contains(&uuid(KIND, person.index)))
            })
            .filter(|person| {
                term.as_ref().is_none_or(|term| {
                    let email = person.email.as_deref();
                    [person.first, person.last, email]
                        .into_iter()
                        .flatten()
                        .any(|text| text.to_lowercase().contains(term))
                })
            })
            .skip((page - 1) * size)
            .take(size)
            .map(|person| Self::record(&person).to_string())
            .collect();
        Reply::written(200, format!(r#"{{"data":[{}]}}"#, found.join(",")))
    }

    fn info(&self, call: &Call) -> Reply {
        let Some(id) = call
            .json()
            .and_then(|body| body["id"].as_str().map(str::to_owned))
        else {
            return Self::error(400, "id is missing");
        };
        match (0..self.users).find(|index| uuid(KIND, *index) == id) {
            Some(index) => Reply::json(200, &json!({"data": Self::record(&Person::nth(index))})),
            None => Self::error(404, "User not found"),
        }
    }

    fn token(&self, call: &Call) -> Reply {
        let fields = call.fields();
        let given = |name: &str| first(&fields, name);
        if given("client_id") != CLIENT_ID || given("client_secret") != CLIENT_SECRET {
            return oauth::error(401, "invalid_client", "Client authentication failed");
        }
        match self.tokens.grant(given, LIFE) {
            Some(issued) => oauth::granted(&issued, "Bearer", LIFE, []),
            None => oauth::error(400, "invalid_grant", "The refresh token is invalid."),
        }
    }
}

impl Vendor for Teamleader {
    fn name(&self) -> &'static str {
        "teamleader"
    }

    fn serves(&self, host: &str) -> bool {
        matches!(host, "api.focus.teamleader.eu" | "focus.teamleader.eu")
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::connected("teamleader", &self.tokens, &[])
    }

    fn truth(&self) -> Vec<TruthUser> {
        let part = |part: Option<&str>| part.filter(|part| !part.is_empty()).map(str::to_owned);
        (0..self.users)
            .map(Person::nth)
            .map(|person| TruthUser {
                id: uuid(KIND, person.index),
                name: person.full_name(),
                first_name: part(person.first),
                last_name: part(person.last),
                email: person.address(),
                is_active: Some(person.active),
                created_at: None,
                updated_at: None,
                urls: Vec::new(),
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.host == "focus.teamleader.eu" && call.path == "/oauth2/access_token"
    }

    fn answer(&self, call: &Call) -> Reply {
        if self.is_token_call(call) {
            return self.token(call);
        }
        if !call.bearer().is_some_and(|token| self.tokens.accepts(token)) {
            return Self::error(401, "Invalid access token");
        }
        if call.method != http::Method::POST {
            return Self::error(405, "Method not allowed");
        }
        let reply = match call.path.as_str() {
            "/users.list" => self.list(call),
            "/users.info" => self.info(call),
            "/users.me" => Reply::json(200, &json!({"data": {"id": uuid(KIND, 0)}})),
            _ => Self::error(404, "Unknown action"),
        };
        reply
            .with("x-ratelimit-limit", 200)
            .with("x-ratelimit-remaining", 78)
            .with("x-api-version", "2023-09-26")
    }

    fn consent(&self, call: &Call) -> Option<Consent> {
        (call.host == "focus.teamleader.eu" && call.path == "/oauth2/authorize").then(|| Consent {
            title: "Teamleader",
            pkce: Pkce::Ignored,
            required: &[("response_type", Some("code"))],
            extra: Vec::new(),
        })
    }

    fn forbidden(&self) -> Reply {
        Self::error(403, "The scope users is not granted")
    }

    fn throttled(&self) -> Reply {
        let reset = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(1);
        Self::error(429, "Too many requests")
            .with("x-ratelimit-remaining", 0)
            .with("x-ratelimit-reset", reset.strftime("%Y-%m-%dT%H:%M:%S.000+0000"))
    }
}
