//! Freshsales owners: everybody at once whatever page is asked for, a key with a scheme of its own, and an
//! organisation's host for OAuth that is not the account's.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{SandboxAccount, TruthUser, Vendor};
use crate::call::{Call, Reply, first};
use crate::consent::{Consent, Pkce};
use crate::oauth::{self, Client};
use crate::people::Person;
use crate::tokens::{Rotation, Tokens};

pub(super) struct Freshsales {
    users: usize,
    tokens: Tokens,
}

const API_KEY: &str = "Fr3shs4lesApiKey_Xq";
/// The account, on the suite's host.
const BUNDLE: &str = "harbour-34.myfreshworks.com";
/// The same account from before the suite.
const CLASSIC: &str = "harbour-34.freshsales.io";
/// The organisation that it belongs to.
const ORGANISATION: &str = "harbour.myfreshworks.com";
const LIFE: u64 = 1799;

impl Freshsales {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("freshsales", Rotation::Sometimes),
        }
    }

    /// Some ids are beyond what a double holds exactly.
    fn id(index: usize) -> u64 {
        let base = match index % 3 {
            0 => 9_007_199_254_740_993,
            _ => 402_000_183_311,
        };
        base + index as u64 * 2
    }

    fn record(person: &Person) -> Value {
        let mut record = Map::new();
        let mut set = |name: &str, value: Value| record.insert(name.to_owned(), value);
        set("id", Self::id(person.index).into());
        match (person.full_name(), person.index % 2) {
            (None, 0) => set("display_name", "".into()),
            (name, _) => set("display_name", json!(name)),
        };
        set("email", json!(person.email));
        // Anything but true is false.
        match (person.active, person.index % 3) {
            (true, _) => set("is_active", true.into()),
            (false, 0) => set("is_active", Value::Null),
            (false, 1) => None,
            (false, _) => set("is_active", false.into()),
        };
        set("work_number", Value::Null);
        set("mobile_number", "+49 30 5550100".into());
        // Seen by some, missing for others.
        if person.index.is_multiple_of(2) {
            set("avatar", json!(person.picture));
            set("type", "user".into());
        }
        Value::Object(record)
    }

    /// `errors` is an object, and its texts are in the user's language.
    fn error(status: u16, message: &str) -> Reply {
        Reply::json(status, &json!({"errors": {"code": status, "message": [message]}}))
    }

    fn nothing_here() -> Reply {
        Reply::text(
            404,
            "text/html; charset=utf-8",
            "<!doctype html><title>The page you were looking for doesn't exist (404)</title>",
        )
    }

    /// The list ignores all parameters, those of paging too.
    fn list(&self) -> Reply {
        let written: Vec<String> = (0..self.users)
            .map(|index| Self::record(&Person::nth(index)).to_string())
            .collect();
        Reply::written(200, format!(r#"{{"users":[{}]}}"#, written.join(",")))
    }

    fn token(&self, call: &Call) -> Reply {
        let fields = call.form();
        if call.method != http::Method::POST || !call.is_kind("application/x-www-form-urlencoded") {
            return oauth::error(400, "invalid_request", "");
        }
        if !Client::Basic.is_proven(call, &fields) {
            return oauth::error(401, "invalid_client", "");
        }
        let given = |name: &str| first(&fields, name);
        let Some(issued) = self.tokens.grant(given, Duration::from_secs(LIFE)) else {
            return oauth::error(400, "invalid_grant", "");
        };
        let mut body = json!({
            "access_token": issued.access, "token_type": "bearer", "expires_in": LIFE,
            "scope": "freshsales.selectors.view"
        });
        // A refresh token that stays is not sent again.
        if issued.refresh != given("refresh_token") {
            body["refresh_token"] = issued.refresh.into();
        }
        Reply::json(200, &body)
    }

    fn is_let_in(&self, call: &Call) -> bool {
        match call
            .header("authorization")
            .and_then(|header| header.split_once(' '))
        {
            Some(("Token", key)) => key.strip_prefix("token=") == Some(API_KEY),
            Some(("Bearer", token)) => self.tokens.accepts(token),
            _ => false,
        }
    }
}

impl Vendor for Freshsales {
    fn name(&self) -> &'static str {
        "freshsales"
    }

    fn serves(&self, host: &str) -> bool {
        host.ends_with(".myfreshworks.com") || host.ends_with(".freshsales.io")
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::new(
            "freshsales",
            "api_key",
            &[("subdomain", "harbour-34"), ("api_key", API_KEY)],
        )
    }

    fn truth(&self) -> Vec<TruthUser> {
        (0..self.users)
            .map(Person::nth)
            .map(|person| TruthUser {
                first_name: None,
                last_name: None,
                created_at: None,
                updated_at: None,
                ..TruthUser::of(&person, Self::id(person.index).to_string())
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.host == ORGANISATION && call.path == "/org/oauth/v2/token"
    }

    fn answer(&self, call: &Call) -> Reply {
        if self.is_token_call(call) {
            return self.token(call);
        }
        let prefix = match call.host.as_str() {
            BUNDLE => "/crm/sales/api",
            CLASSIC => "/api",
            _ => return Self::nothing_here(),
        };
        let Some(path) = call.path.strip_prefix(prefix) else {
            return Self::nothing_here();
        };
        if !self.is_let_in(call) {
            return Self::error(401, "Anmeldung fehlgeschlagen");
        }
        match path {
            "/selector/owners" if call.method == http::Method::GET => self.list(),
            _ => Self::error(404, "Nicht gefunden"),
        }
    }

    fn consent(&self, call: &Call) -> Option<Consent> {
        (call.host == ORGANISATION && call.path == "/org/oauth/v2/authorize").then(|| Consent {
            title: "Freshworks",
            pkce: Pkce::Ignored,
            required: &[("response_type", Some("code")), ("scope", None)],
            extra: Vec::new(),
        })
    }

    fn throttled(&self) -> Reply {
        Reply::text(429, "text/plain", "Too many requests")
    }

    fn forbidden(&self) -> Reply {
        Self::error(403, "Sie haben keine Berechtigung für diese Aktion")
    }
}
