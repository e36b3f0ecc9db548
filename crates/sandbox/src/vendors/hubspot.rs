//! HubSpot owners: live and archived in walks of their own, an opaque cursor.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{SandboxAccount, TruthUser, Vendor, iso};
use crate::call::{Call, Reply, first};
use crate::consent::{Consent, Pkce};
use crate::oauth;
use crate::people::Person;
use crate::tokens::{CLIENT_ID, CLIENT_SECRET, Rotation, Tokens};

pub(super) struct HubSpot {
    users: usize,
    tokens: Tokens,
}

/// How long an access token is good.
const LIFE: Duration = Duration::from_secs(1800);
const API_KEY: &str = "pat-na1-sandbox";

impl HubSpot {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("hubspot", Rotation::Stays),
        }
    }

    fn id(index: usize) -> String {
        (31_018_411 + index * 7).to_string()
    }

    fn person(&self, id: &str) -> Option<Person> {
        let number: usize = id.parse().ok()?;
        let index = number.checked_sub(31_018_411).filter(|offset| offset % 7 == 0)? / 7;
        (index < self.users).then(|| Person::nth(index))
    }

    /// The fraction of a second is missing when it is zero.
    fn instant(millis: i64) -> String {
        iso(millis, if millis % 1000 == 0 { 0 } else { 3 }, "Z")
    }

    fn record(person: &Person) -> Value {
        let user_id = 9_107_022 + person.index;
        let mut record = json!({
            "id": Self::id(person.index),
            "email": person.email.clone().unwrap_or_default(),
            "type": if person.first.is_none() && person.last.is_none() { "QUEUE" } else { "PERSON" },
            "userId": if person.active { json!(user_id) } else { Value::Null },
            "userIdIncludingInactive": user_id,
            "createdAt": Self::instant(person.created),
            "updatedAt": Self::instant(person.updated),
            "archived": !person.active,
        });
        if let Value::Object(members) = &mut record {
            for (name, part) in [("firstName", person.first), ("lastName", person.last)] {
                if let Some(part) = part {
                    members.insert(name.into(), part.into());
                }
            }
            if person.index.is_multiple_of(3) {
                members.insert(
                    "teams".into(),
                    json!([{"id": "1839204", "name": "Northern Sales", "primary": true}]),
                );
            }
        }
        record
    }

    fn error(status: u16, category: &str, message: &str) -> Reply {
        Reply::json(
            status,
            &json!({"status": "error", "message": message, "correlationId": "5f0c7d21-9a3e-4b86-8c15-e2704db9f361", "category": category}),
        )
    }

    fn list(&self, call: &Call) -> Reply {
        let limit = match call.param("limit").unwrap_or("100").parse::<usize>() {
            Ok(limit) if (1..=500).contains(&limit) => limit,
            Ok(_) => return Self::error(400, "VALIDATION_ERROR", "limit must be between 1 and 500"),
            Err(_) => return Self::error(400, "VALIDATION_ERROR", "limit must be a number"),
        };
        let archived = match call.param("archived").unwrap_or("false") {
            "true" => true,
            "false" => false,
            _ => return Self::error(400, "VALIDATION_ERROR", "archived must be true or false"),
        };
        let start = match call.param("after") {
            None => 0,
            Some(after) => match STANDARD.decode(after).ok().and_then(|bytes| {
                String::from_utf8(bytes)
                    .ok()?
                    .strip_prefix("owners:")?
                    .parse::<usize>()
                    .ok()
            }) {
                Some(start) => start,
                None => return Self::error(400, "VALIDATION_ERROR", "after is not a cursor"),
            },
        };
        let email = call.param("email");
        let mut found = Vec::new();
        let mut next = None;
        for index in start..self.users {
            let person = Person::nth(index);
            // The e-mail filter compares as it is written.
            if person.active == archived || email.is_some_and(|email| person.email.as_deref() != Some(email))
            {
                continue;
            }
            if found.len() == limit {
                next = Some(STANDARD.encode(format!("owners:{index}")));
                break;
            }
            found.push(Self::record(&person).to_string());
        }
        let paging = next.map_or_else(String::new, |after| {
            format!(r#","paging":{{"next":{{"after":"{after}","link":"https://api.hubapi.com/crm/v3/owners?after={after}"}}}}"#)
        });
        Reply::written(200, format!(r#"{{"results":[{}]{paging}}}"#, found.join(",")))
    }

    fn get(&self, call: &Call, id: &str) -> Reply {
        let archived = call.param("archived") == Some("true");
        // The path parameter is a 32-bit number.
        if id.parse::<i32>().is_err() {
            return Self::error(400, "VALIDATION_ERROR", "ownerId must be an integer");
        }
        match self.person(id) {
            Some(person) if person.active != archived => Reply::json(200, &Self::record(&person)),
            _ => Self::error(404, "OBJECT_NOT_FOUND", &format!("owner {id} was not found")),
        }
    }

    fn token(&self, call: &Call) -> Reply {
        let form = call.form();
        let given = |name: &str| first(&form, name);
        if call.header("authorization").is_some()
            || given("client_id") != CLIENT_ID
            || given("client_secret") != CLIENT_SECRET
        {
            return Reply::json(
                400,
                &json!({"error": "invalid_client", "status": "BAD_CLIENT_ID", "message": "missing or unknown client"}),
            );
        }
        match self.tokens.grant(given, LIFE) {
            Some(issued) => oauth::granted(&issued, "bearer", LIFE, [("hub_id", 47_703_401.into())]),
            None => Reply::json(
                400,
                &json!({
                    "error": "invalid_grant", "error_description": "refresh token is invalid, expired or revoked",
                    "status": "BAD_REFRESH_TOKEN", "message": "missing or invalid refresh token"
                }),
            ),
        }
    }
}

impl Vendor for HubSpot {
    fn name(&self) -> &'static str {
        "hubspot"
    }

    fn serves(&self, host: &str) -> bool {
        matches!(host, "api.hubapi.com" | "api.hubspot.com" | "app.hubspot.com")
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::connected("hubspot", &self.tokens, &[])
    }

    fn truth(&self) -> Vec<TruthUser> {
        let people: Vec<Person> = (0..self.users).map(Person::nth).collect();
        // Live owners first, then archived ones.
        let (live, archived): (Vec<Person>, Vec<Person>) =
            people.into_iter().partition(|person| person.active);
        let part = |part: Option<&str>| part.filter(|part| !part.is_empty()).map(str::to_owned);
        live.into_iter()
            .chain(archived)
            .map(|person| TruthUser {
                id: Self::id(person.index),
                name: person.full_name(),
                first_name: part(person.first),
                last_name: part(person.last),
                email: person.address(),
                is_active: Some(person.active),
                created_at: Some(person.created),
                updated_at: Some(person.updated),
                urls: Vec::new(),
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.path == "/oauth/v3/token"
    }

    fn answer(&self, call: &Call) -> Reply {
        if self.is_token_call(call) {
            return self.token(call);
        }
        match call.bearer() {
            Some(token) if token == API_KEY || self.tokens.accepts(token) => {}
            Some(_) => {
                return Self::error(
                    401,
                    "EXPIRED_AUTHENTICATION",
                    "The OAuth token used to make this call expired.",
                );
            }
            None => {
                return Self::error(
                    401,
                    "INVALID_AUTHENTICATION",
                    "Authentication credentials not found.",
                );
            }
        }
        let reply = match call.path.trim_end_matches('/') {
            "/crm/v3/owners" => self.list(call),
            "/account-info/v3/details" => {
                Reply::json(200, &json!({"portalId": 47703401, "accountType": "STANDARD"}))
            }
            path => match call.below("/crm/v3/owners/") {
                Some(id) => self.get(call, &id),
                None => Reply::text(
                    404,
                    "text/html",
                    &format!("<html><body>{} not found</body></html>", path.len()),
                ),
            },
        };
        reply
            .with("x-hubspot-ratelimit-max", 110)
            .with("x-hubspot-ratelimit-remaining", 109)
            .with("x-hubspot-ratelimit-interval-milliseconds", 10_000)
    }

    fn consent(&self, call: &Call) -> Option<Consent> {
        (call.host == "app.hubspot.com" && call.path == "/oauth/authorize").then(|| Consent {
            title: "HubSpot",
            pkce: Pkce::Optional,
            required: &[("scope", None)],
            extra: Vec::new(),
        })
    }

    fn forbidden(&self) -> Reply {
        Reply::json(
            403,
            &json!({
                "status": "error", "category": "MISSING_SCOPES", "correlationId": "5f0c7d21-9a3e-4b86-8c15-e2704db9f361",
                "message": "This app hasn't been granted all required scopes to make this call.",
                "errors": [{"message": "One or more of the following scopes are required.", "context": {"requiredGranularScopes": ["crm.objects.owners.read"]}}]
            }),
        )
    }

    fn throttled(&self) -> Reply {
        Reply::json(
            429,
            &json!({
                "status": "error", "message": "You have reached your ten_secondly_rolling limit.", "errorType": "RATE_LIMIT",
                "policyName": "TEN_SECONDLY_ROLLING"
            }),
        )
    }
}
