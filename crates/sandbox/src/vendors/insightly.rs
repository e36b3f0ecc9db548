//! Insightly users: a bare array, pages cut to 500 without a word, one filter at most, text instead of JSON in
//! errors, dates without a zone.

use serde_json::{Value, json};

use super::{SandboxAccount, TruthUser, Vendor, instant, spaced, whole_seconds};
use crate::call::{Call, Reply};
use crate::people::{Person, some};
use crate::tokens::{Rotation, Tokens};

pub(super) struct Insightly {
    users: usize,
    tokens: Tokens,
}

const API_KEY: &str = "6f9b2c31-5d0e-4a77-9c18-2e3f4a5b6c7d";
const HOST: &str = "api.na1.insightly.com";
/// Beyond what a double holds exactly.
const FIRST_ID: u64 = 9_007_199_254_740_993;

impl Insightly {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("insightly", Rotation::Stays),
        }
    }

    fn id(index: usize) -> u64 {
        FIRST_ID + index as u64 * 2
    }

    fn created(person: &Person) -> Option<i64> {
        (person.index % 19 != 6).then(|| whole_seconds(person.created))
    }

    fn record(person: &Person) -> Value {
        let mut record = json!({
            "USER_ID": Self::id(person.index), "CONTACT_ID": null, "FIRST_NAME": person.first, "LAST_NAME": person.last,
            "TIMEZONE_ID": "W. Europe Standard Time", "EMAIL_ADDRESS": person.email,
            "EMAIL_DROPBOX_IDENTIFIER": "K7Q2XM", "ADMINISTRATOR": person.index == 0, "ACCOUNT_OWNER": false,
            // Of those who can not sign in, some have no flag at all.
            "ACTIVE": match (person.active, person.index % 3) { (true, _) => json!(true), (false, 0) => Value::Null, (false, _) => json!(false) },
            "DATE_CREATED_UTC": Self::created(person).map(spaced), "DATE_UPDATED_UTC": spaced(person.updated),
            "USER_CURRENCY": "EUR", "CONTACT_DISPLAY": "FirstLast", "TASK_WEEK_START": 2, "INSTANCE_ID": 482_917,
        });
        if let (true, Value::Object(members)) = (person.index.is_multiple_of(2), &mut record) {
            members.insert("PROFILE_ID".into(), 71_231.into());
            members.insert("ROLE_ID".into(), Value::Null);
        }
        record
    }

    fn message(status: u16, message: &str) -> Reply {
        Reply::json(status, &json!({ "Message": message }))
    }

    fn list(&self, call: &Call, search: bool) -> Reply {
        // Parameter names ignore case.
        let given = |name: &str| {
            call.query
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.as_str())
        };
        let number = |name: &str, otherwise: usize| match given(name) {
            None => Some(otherwise),
            Some(text) => text.parse::<usize>().ok(),
        };
        let (Some(skip), Some(top)) = (number("skip", 0), number("top", 100)) else {
            return Self::message(400, "The request is invalid.");
        };
        let top = top.min(500);
        let field = given("field_name").filter(|_| search);
        let value = given("field_value").filter(|_| search);
        let since = match given("updated_after_utc").filter(|_| search) {
            None => None,
            Some(text) => match instant(text) {
                Some(since) => Some(since),
                None => return Self::message(400, "The request is invalid."),
            },
        };
        if field.is_some() != value.is_some() || (field.is_some() && since.is_some()) {
            return Reply::text(400, "text/plain", "Only one optional parameter is allowed.");
        }
        if let Some(field) = field
            && !matches!(
                field,
                "EMAIL_ADDRESS" | "ACTIVE" | "FIRST_NAME" | "LAST_NAME" | "USER_ID"
            )
        {
            return Reply::text(400, "text/plain", "Invalid field name");
        }
        let keep = |person: &Person| {
            let record = |field: &str| match &Self::record(person)[field] {
                Value::String(text) => text.to_lowercase(),
                Value::Null if field == "ACTIVE" => "false".to_owned(),
                other => other.to_string(),
            };
            since.is_none_or(|since| whole_seconds(person.updated) > since)
                && field.is_none_or(|field| record(field) == value.unwrap_or_default().to_lowercase())
        };
        let (found, _) = some(self.users, skip, top, keep);
        let written: Vec<String> = found
            .iter()
            .map(|person| Self::record(person).to_string())
            .collect();
        let reply = Reply::written(200, format!("[{}]", written.join(",")));
        if given("count_total").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            let total = (0..self.users).map(Person::nth).filter(keep).count();
            return reply.with("x-total-count", total);
        }
        reply
    }

    fn get(&self, id: &str) -> Reply {
        let index = id
            .parse::<u64>()
            .ok()
            .and_then(|id| id.checked_sub(FIRST_ID))
            .filter(|offset| offset % 2 == 0)
            .map(|offset| (offset / 2) as usize);
        if id != "me" && id.parse::<i64>().is_err() {
            return Self::message(400, "The request is invalid.");
        }
        match index.filter(|index| *index < self.users) {
            Some(index) => Reply::json(200, &Self::record(&Person::nth(index))),
            None if id == "me" => Reply::json(200, &Self::record(&Person::nth(0))),
            None => Reply::text(404, "text/plain", &format!("No User with ID = {id}")),
        }
    }
}

impl Vendor for Insightly {
    fn name(&self) -> &'static str {
        "insightly"
    }

    fn serves(&self, host: &str) -> bool {
        host == HOST || host == "api.insightly.com"
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::new("insightly", "api_key", &[("pod", "na1"), ("api_key", API_KEY)])
    }

    fn truth(&self) -> Vec<TruthUser> {
        (0..self.users)
            .map(Person::nth)
            .map(|person| TruthUser {
                created_at: Self::created(&person),
                updated_at: Some(whole_seconds(person.updated)),
                ..TruthUser::of(&person, Self::id(person.index).to_string())
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
        let path = call.path.to_ascii_lowercase();
        if call.host != HOST {
            return Self::message(404, "No HTTP resource was found that matches the request URI.");
        }
        // The password does not matter.
        if call.basic().is_none_or(|(user, _)| user != API_KEY) {
            return Self::message(401, "Authorization has been denied for this request.");
        }
        if call.method != http::Method::GET {
            return Self::message(405, "The requested resource does not support http method.");
        }
        let reply = match path.as_str() {
            "/v3.1/users" => self.list(call, false),
            "/v3.1/users/search" => self.list(call, true),
            "/v3.1/instance" => Reply::json(200, &json!({"INSTANCE_NAME": "Harbour & Finch"})),
            path => match path.strip_prefix("/v3.1/users/") {
                Some(id) => self.get(id),
                None => Self::message(404, "No HTTP resource was found that matches the request URI."),
            },
        };
        reply
            .with("x-ratelimit-limit", 60_000)
            .with("x-ratelimit-remaining", 59_999)
    }

    fn throttled(&self) -> Reply {
        Reply::text(429, "text/plain", "API rate limit exceeded").with("retry-after", 1)
    }

    fn forbidden(&self) -> Reply {
        Reply::text(403, "text/plain", "API User does not have access to User.")
    }
}
