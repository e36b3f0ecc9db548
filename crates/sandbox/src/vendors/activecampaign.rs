//! ActiveCampaign users: everything is a string, 403 stands for a wrong key, nothing can be filtered but by
//! another address.

use serde_json::{Value, json};

use super::{SandboxAccount, TruthUser, Vendor, iso_east};
use crate::call::{Call, Reply};
use crate::people::{Person, some};
use crate::tokens::{Rotation, Tokens};

pub(super) struct ActiveCampaign {
    users: usize,
    tokens: Tokens,
}

const API_KEY: &str = "9c1d4f6a7b8e2035d1c4f6a7b8e2035d9c1d4f6a7b8e2035d1c4f6a7b8e2035d9c1d4f6a";
const HOST: &str = "lindenworks1714.api-us1.com";

impl ActiveCampaign {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("activecampaign", Rotation::Stays),
        }
    }

    fn record(person: &Person) -> Value {
        let id = (person.index + 1).to_string();
        let mut record = json!({
            "username": format!("user{}", person.index), "firstName": person.first.unwrap_or_default(),
            "lastName": person.last, "email": person.email, "phone": "", "signature": "NULL",
            "links": {"lists": format!("https://{HOST}/api/3/users/{id}/lists")}, "id": id,
        });
        if let (true, Value::Object(members)) = (person.index % 3 != 1, &mut record) {
            members.insert("lang".into(), "english".into());
            members.insert("cdate".into(), iso_east(person.created, -360).into());
            members.insert("udate".into(), "0000-00-00 00:00:00".into());
            members.insert("mfaEnabled".into(), "0".into());
        }
        record
    }

    fn message(status: u16, message: &str) -> Reply {
        Reply::json(status, &json!({ "message": message }))
    }

    fn list(&self, call: &Call) -> Reply {
        // What is no number counts as not given.
        let number = |name: &str, otherwise: usize| {
            call.param(name)
                .and_then(|text| text.parse::<usize>().ok())
                .unwrap_or(otherwise)
        };
        let (limit, offset) = (number("limit", 20).min(100), number("offset", 0));
        let (found, _) = some(self.users, offset, limit, |_| true);
        let written: Vec<String> = found
            .iter()
            .map(|person| Self::record(person).to_string())
            .collect();
        // The total is not always there.
        let meta = match (offset / limit.max(1)) % 3 {
            1 => String::new(),
            _ => format!(r#","meta":{{"total":"{}"}}"#, self.users),
        };
        Reply::written(200, format!(r#"{{"users":[{}]{meta}}}"#, written.join(",")))
    }

    fn one(&self, found: Option<usize>, wanted: &str) -> Reply {
        match found.filter(|index| *index < self.users) {
            Some(index) => Reply::json(200, &json!({"user": Self::record(&Person::nth(index))})),
            None => Self::message(404, &format!("No Result found for User with id {wanted}")),
        }
    }
}

impl Vendor for ActiveCampaign {
    fn name(&self) -> &'static str {
        "activecampaign"
    }

    fn serves(&self, host: &str) -> bool {
        host.ends_with(".api-us1.com") || host.ends_with(".activehosted.com")
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::new(
            "activecampaign",
            "api_key",
            &[("api_url", &format!("https://{HOST}")), ("api_key", API_KEY)],
        )
    }

    fn truth(&self) -> Vec<TruthUser> {
        (0..self.users)
            .map(Person::nth)
            .map(|person| TruthUser {
                is_active: Some(true),
                created_at: None,
                updated_at: None,
                ..TruthUser::of(&person, (person.index + 1).to_string())
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
        if call.host != HOST || call.header("api-token") != Some(API_KEY) {
            return Self::message(403, "Forbidden");
        }
        if call.method != http::Method::GET {
            return Self::message(405, "Method not allowed");
        }
        let path = call.path.trim_end_matches('/');
        let reply = if path == "/api/3/users" {
            self.list(call)
        } else if path == "/api/3/users/me" {
            self.one(Some(0), "me")
        } else if let Some(email) = call.below("/api/3/users/email/") {
            let found = (0..self.users).find(|index| Person::nth(*index).email.as_deref() == Some(&email));
            self.one(found, &email)
        } else if let Some(id) = call.below("/api/3/users/") {
            let index = id.parse::<usize>().ok().and_then(|id| id.checked_sub(1));
            self.one(index, &id)
        } else {
            Self::message(404, "Resource not found")
        };
        reply.with("ratelimit-limit", 5).with("ratelimit-remaining", 4)
    }

    fn throttled(&self) -> Reply {
        Self::message(429, "Too Many Requests").with("retry-after", 1)
    }

    fn forbidden(&self) -> Reply {
        let error = json!({"status": 403, "title": "Forbidden", "detail": "You do not have permission to view users"});
        Reply::json(403, &json!({ "errors": [error] }))
    }
}
