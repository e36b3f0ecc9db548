//! Capsule users: e-mail and dates in an embedded record that has to be asked for, paging in headers alone.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{SandboxAccount, TruthUser, Vendor, iso, whole_seconds};
use crate::call::{Call, Reply, first};
use crate::consent::{Consent, Pkce};
use crate::oauth::{self, Client};
use crate::people::{Person, some};
use crate::tokens::{Rotation, Tokens};

pub(super) struct Capsule {
    users: usize,
    tokens: Tokens,
}

/// How long an access token is good.
const LIFE: Duration = Duration::from_secs(604_799);
const API_KEY: &str = "capsule-personal-access-token";
const FIRST_ID: usize = 412_016;

impl Capsule {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("capsule", Rotation::Single),
        }
    }

    /// Whether the contact record of the user is to be seen.
    fn has_party(person: &Person) -> bool {
        person.index % 19 != 7
    }

    /// Some have no name of their own, but their contact record has one.
    fn name(person: &Person) -> Option<String> {
        match person.index % 8 {
            2 => None,
            6 => Some(String::new()),
            _ => person.full_name(),
        }
    }

    fn status(person: &Person) -> (&'static str, Option<bool>) {
        match (person.active, person.index % 4) {
            (true, 0) => ("ACTIVE", None),
            (true, _) => ("ACTIVE", Some(false)),
            (false, 0) => ("ACTIVE", Some(true)),
            (false, 1) => ("INVITED", Some(false)),
            (false, 2) => ("LOCKED", None),
            (false, _) => ("DEACTIVATED", Some(true)),
        }
    }

    fn party(person: &Person, whole: bool) -> Value {
        if !Self::has_party(person) {
            return Value::Null;
        }
        let mut party = Map::new();
        let mut set = |name: &str, value: Value| party.insert(name.to_owned(), value);
        set("id", (254_600_145 + person.index).into());
        set("type", "person".into());
        set("firstName", json!(person.first));
        set("lastName", json!(person.last));
        set("pictureURL", json!(person.picture));
        if whole {
            let addresses = match &person.email {
                None => json!([]),
                Some(email) => json!([
                    {"id": 568_700_055, "type": "Home", "address": email},
                    {"id": 568_700_056, "type": "Work", "address": "another@example.org"},
                ]),
            };
            set("jobTitle", Value::Null);
            set("createdAt", iso(person.created, 0, "Z").into());
            set("updatedAt", iso(person.updated, 0, "Z").into());
            set("phoneNumbers", json!([]));
            set("emailAddresses", addresses);
        }
        Value::Object(party)
    }

    fn record(person: &Person, embeds: bool) -> Value {
        let (status, deleted) = Self::status(person);
        let mut record = json!({
            "id": FIRST_ID + person.index, "username": format!("user{}", person.index), "name": Self::name(person),
            "status": status, "loggedIn": false, "locale": "en_US", "currency": "EUR", "timezone": "Europe/Madrid",
            "taskReminder": false, "preferredEmailFromAddress": "preferred@example.org", "pictureURL": person.picture,
            "party": Self::party(person, embeds),
        });
        if let (Some(deleted), Value::Object(members)) = (deleted, &mut record) {
            members.insert("deleted".into(), deleted.into());
        }
        record
    }

    fn message(status: u16, message: &str) -> Reply {
        Reply::json(status, &json!({ "message": message }))
    }

    fn embeds(call: &Call) -> bool {
        call.param("embed")
            .is_some_and(|names| names.split(',').any(|name| name == "party"))
    }

    fn list(&self, call: &Call) -> Reply {
        let number = |name: &str, otherwise: usize| match call.param(name) {
            None => Some(otherwise),
            Some(text) => text.parse::<usize>().ok().filter(|number| *number >= 1),
        };
        let (Some(page), Some(size)) = (
            number("page", 1),
            number("perPage", 50).filter(|size| *size <= 100),
        ) else {
            return Self::message(400, "Invalid paging parameter");
        };
        let (found, more) = some(self.users, (page - 1) * size, size, |_| true);
        let embeds = Self::embeds(call);
        let written: Vec<String> = found
            .iter()
            .map(|person| Self::record(person, embeds).to_string())
            .collect();
        let reply = Reply::written(200, format!(r#"{{"users":[{}]}}"#, written.join(",")))
            .with("x-pagination-has-more", more);
        let embed = if embeds { "&embed=party" } else { "" };
        let link = |page: usize, relation: &str| {
            format!(
                r#"<https://api.capsulecrm.com/api/v2/users?page={page}&perPage={size}{embed}>; rel="{relation}""#
            )
        };
        let mut links = Vec::new();
        if page > 1 {
            links.push(link(page - 1, "prev"));
        }
        if more {
            links.push(link(page + 1, "next"));
        }
        if links.is_empty() {
            reply
        } else {
            reply.with("link", links.join(", "))
        }
    }

    fn get(&self, call: &Call, id: &str) -> Reply {
        let Ok(number) = id.parse::<usize>() else {
            return Self::message(404, "Could not find resource");
        };
        match number.checked_sub(FIRST_ID).filter(|index| *index < self.users) {
            Some(index) => Reply::json(
                200,
                &json!({"user": Self::record(&Person::nth(index), Self::embeds(call))}),
            ),
            None => Self::message(404, "user not found"),
        }
    }

    fn token(&self, call: &Call) -> Reply {
        let fields = call.fields();
        if !Client::Either.is_proven(call, &fields) {
            return oauth::error(401, "invalid_client", "The client is not known.");
        }
        if call.path.ends_with("/revoke") {
            self.tokens.revoke_one(first(&fields, "token"));
            return Reply::json(200, &json!({}));
        }
        match self.tokens.grant(|name| first(&fields, name), LIFE) {
            Some(issued) => {
                let further = [("scope", "read".into()), ("subdomain", "harborlight".into())];
                oauth::granted(&issued, "bearer", LIFE, further)
            }
            None => oauth::error(400, "invalid_grant", "The grant is not valid."),
        }
    }
}

impl Vendor for Capsule {
    fn name(&self) -> &'static str {
        "capsule"
    }

    fn serves(&self, host: &str) -> bool {
        host == "api.capsulecrm.com"
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::connected("capsule", &self.tokens, &[])
    }

    fn truth(&self) -> Vec<TruthUser> {
        (0..self.users)
            .map(Person::nth)
            .map(|person| {
                let id = (FIRST_ID + person.index).to_string();
                let whole = TruthUser::of(&person, id);
                if Self::has_party(&person) {
                    return TruthUser {
                        created_at: Some(whole_seconds(person.created)),
                        updated_at: Some(whole_seconds(person.updated)),
                        ..whole
                    };
                }
                TruthUser {
                    name: Self::name(&person).filter(|name| !name.is_empty()),
                    first_name: None,
                    last_name: None,
                    email: None,
                    created_at: None,
                    updated_at: None,
                    ..whole
                }
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.path == "/oauth/token"
    }

    fn answer(&self, call: &Call) -> Reply {
        if self.is_token_call(call) || call.path == "/oauth/revoke" {
            return self.token(call);
        }
        if !call
            .bearer()
            .is_some_and(|token| token == API_KEY || self.tokens.accepts(token))
        {
            return oauth::error(401, "invalid_token", "The access token is not valid.")
                .with("www-authenticate", "Bearer error=\"invalid_token\"");
        }
        if call.method != http::Method::GET {
            return Self::message(405, "Method not allowed");
        }
        let reply = match call.path.as_str() {
            "/api/v2/users" => self.list(call),
            "/api/v2/users/current" => self.get(call, &FIRST_ID.to_string()),
            _ => match call.below("/api/v2/users/") {
                Some(id) => self.get(call, &id),
                None => Self::message(404, "Could not find resource"),
            },
        };
        reply
            .with("x-ratelimit-limit", 4000)
            .with("x-ratelimit-remaining", 3999)
    }

    fn consent(&self, call: &Call) -> Option<Consent> {
        (call.path == "/oauth/authorise").then(|| Consent {
            title: "Capsule",
            pkce: Pkce::Optional,
            required: &[("response_type", Some("code")), ("scope", None)],
            extra: Vec::new(),
        })
    }

    fn throttled(&self) -> Reply {
        let reset = jiff::Timestamp::now().as_second() + 1;
        Reply::json(429, &json!({"error": "rate limit reached"}))
            .with("x-ratelimit-remaining", 0)
            .with("x-ratelimit-reset", reset)
    }

    fn forbidden(&self) -> Reply {
        oauth::error(403, "insufficient_scope", "The token lacks the scope read.")
    }
}
