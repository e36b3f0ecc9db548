//! Keap users: a gateway that asks for the credential before anything else, HTML among the errors, filter clauses
//! without which the inactive and the partners are hidden, and tokens that are links now and then.

mod ask;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use self::ask::Ask;
use super::{SandboxAccount, TruthUser, Vendor, iso, whole_seconds};
use crate::call::{Call, Reply, first};
use crate::consent::{Consent, Pkce};
use crate::oauth::{self, Client};
use crate::people::{Person, some};
use crate::tokens::{Rotation, Tokens};

pub(super) struct Keap {
    users: usize,
    tokens: Tokens,
}

const API_KEY: &str = "KeapAK-5b1f0c77e2d94a3c8e6f";
const PAGE: usize = 50;

impl Keap {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("keap", Rotation::Single),
        }
    }

    fn id(index: usize) -> String {
        (index * 3 + 1).to_string()
    }

    fn is_partner(person: &Person) -> bool {
        person.index % 11 == 5
    }

    fn status(person: &Person) -> &'static str {
        match (person.active, person.index % 3) {
            (true, _) => "ACTIVE",
            (false, 0) => "INVITED",
            (false, 1) => "INACTIVE",
            (false, _) => "NOT_A_USER",
        }
    }

    /// Somebody who is invited is not hidden.
    fn is_hidden(person: &Person) -> bool {
        matches!(Self::status(person), "INACTIVE" | "NOT_A_USER")
    }

    fn created(person: &Person) -> Option<i64> {
        (person.index % 21 != 8).then(|| whole_seconds(person.created))
    }

    fn updated(person: &Person) -> Option<i64> {
        (person.index % 13 != 9).then(|| whole_seconds(person.updated))
    }

    /// Up to three addresses with their fields, in no order.
    fn addresses(person: &Person) -> Option<Vec<(&'static str, Option<String>)>> {
        let email = person.email.clone();
        let spare = || Some(format!("spare.{}@example.org", person.index));
        let Some(real) = email.clone().filter(|email| !email.is_empty()) else {
            return match person.index % 3 {
                0 => None,
                1 => Some(Vec::new()),
                _ => Some(vec![("EMAIL2", None), ("EMAIL1", email)]),
            };
        };
        Some(match person.index % 6 {
            0 => vec![("EMAIL2", spare()), ("EMAIL1", email)],
            1 => vec![("EMAIL3", Some(String::new())), ("EMAIL2", email)],
            2 => vec![
                ("EMAIL1", Some(String::new())),
                ("EMAIL3", email),
                ("EMAIL2", spare()),
            ],
            3 => vec![
                ("EMAIL1", Some(real)),
                ("EMAIL2", spare()),
                ("EMAIL3", Some(String::new())),
            ],
            _ => vec![("EMAIL1", Some(real))],
        })
    }

    /// Empty members are null for some and missing for others.
    fn record(person: &Person) -> Value {
        let mut record = Map::new();
        let whole = person.index.is_multiple_of(2);
        let mut set = |name: &str, value: Value| {
            if whole || !value.is_null() {
                record.insert(name.to_owned(), value);
            }
        };
        set("id", Self::id(person.index).into());
        set("global_user_id", Value::Null);
        set("keap_id", json!(person.email));
        set("status", Self::status(person).into());
        set("admin", (person.index == 0).into());
        set("partner", Self::is_partner(person).into());
        set("given_name", json!(person.first));
        set("family_name", json!(person.last));
        set("middle_name", "Middle".into());
        set("nickname", Value::Null);
        set("title", Value::Null);
        set("company_name", "Copper Canyon Coaching".into());
        set("website", Value::Null);
        let addresses = Self::addresses(person).map(|addresses| {
            let written = addresses.into_iter().map(|(field, email)| {
                json!({"email": email, "field": field, "opt_in_reason": null, "is_opt_in": false})
            });
            Value::Array(written.collect())
        });
        set("email_addresses", addresses.unwrap_or_default());
        set("phone_numbers", json!([]));
        set("fax_numbers", json!([]));
        set("social_accounts", json!([{"name": "@name", "type": "LINKED_IN"}]));
        set(
            "address",
            json!({"line1": "118 Mesquite Way", "field": "BILLING"}),
        );
        set("created_by", 1.into());
        set(
            "create_time",
            json!(Self::created(person).map(|at| iso(at, 0, "Z"))),
        );
        set("updated_by", 9_007_199_254_740_993_u64.into());
        set(
            "update_time",
            json!(Self::updated(person).map(|at| iso(at, 0, "Z"))),
        );
        Value::Object(record)
    }

    /// The gateway's errors.
    fn fault(code: &str) -> Reply {
        let body = json!({"fault": {"faultstring": "Invalid Access Token", "detail": {"errorcode": code}}});
        Reply::json(401, &body)
    }

    /// The API's own errors.
    fn error(status: u16, kind: &str, message: &str) -> Reply {
        let details = json!([{"domain": "users", "resource": "User"}]);
        let body = json!({"code": status, "message": message, "status": kind, "details": details});
        Reply::json(status, &body)
    }

    fn bad(message: &str) -> Reply {
        Self::error(400, "INVALID_ARGUMENT", message)
    }

    fn page_not_found() -> Reply {
        Reply::text(
            404,
            "text/html; charset=utf-8",
            "<!doctype html><title>Keap - Page Not Found</title>",
        )
    }

    /// Where the token leads; some of them are links that hold it.
    fn start(token: &str) -> Option<usize> {
        let bytes = STANDARD.decode(token).ok()?;
        std::str::from_utf8(&bytes).ok()?.strip_prefix("u:")?.parse().ok()
    }

    fn next(call: &Call, start: usize, size: usize) -> String {
        let token = STANDARD.encode(format!("u:{start}"));
        if (start / size).is_multiple_of(2) {
            let token = token.replace('=', "%3D");
            format!(
                "https://{}{}?page_size={size}&page_token={token}",
                call.host, call.path
            )
        } else {
            token
        }
    }

    fn list(&self, call: &Call) -> Reply {
        let size = match call.param("page_size") {
            None => PAGE,
            Some(text) => match text.parse::<usize>() {
                Ok(size) if (1..=100).contains(&size) => size,
                _ => return Self::bad("page_size has to be between 1 and 100"),
            },
        };
        let start = match call.param("page_token") {
            None | Some("") => 0,
            Some(token) => match Self::start(token) {
                Some(start) => start,
                None => return Self::bad("page_token is not valid"),
            },
        };
        let ask = match Ask::read(call) {
            Ok(ask) => ask,
            Err(problem) => return Self::bad(&problem),
        };
        let (found, more) = match ask.is_ordered() {
            false => some(self.users, start, size, |person| ask.keeps(person)),
            true => {
                let mut all: Vec<Person> = (0..self.users).map(Person::nth).collect();
                all.retain(|person| ask.keeps(person));
                ask.sort(&mut all);
                let more = all.len() > start + size;
                (all.into_iter().skip(start).take(size).collect(), more)
            }
        };
        let written: Vec<String> = found
            .iter()
            .map(|person| Self::record(person).to_string())
            .collect();
        let records = written.join(",");
        // The last page's token is empty, null or not there.
        let next = match (more, (start / size) % 3) {
            (true, _) => format!(r#","next_page_token":"{}""#, Self::next(call, start + size, size)),
            (false, 0) => r#","next_page_token":"""#.to_owned(),
            (false, 1) => r#","next_page_token":null"#.to_owned(),
            (false, _) => String::new(),
        };
        Reply::written(200, format!(r#"{{"users":[{records}]{next}}}"#))
    }

    /// Of those that the list hides, some are not found here either.
    fn get(&self, id: &str) -> Reply {
        let person = id
            .parse::<usize>()
            .ok()
            .filter(|id| id % 3 == 1 && id / 3 < self.users)
            .map(|id| Person::nth(id / 3))
            .filter(|person| Self::id(person.index) == id)
            .filter(|person| !Self::is_hidden(person) || person.index.is_multiple_of(2));
        match person {
            Some(person) => Reply::json(200, &Self::record(&person)),
            None => Self::error(404, "NOT_FOUND", "User not found"),
        }
    }

    /// A code comes with the client in the form, a refresh token with the client in the header.
    fn token(&self, call: &Call) -> Reply {
        let fields = call.form();
        let given = |name: &str| first(&fields, name);
        if call.method != http::Method::POST || !call.is_kind("application/x-www-form-urlencoded") {
            return oauth::error(400, "invalid_request", "Invalid content type");
        }
        let (client, life) = match given("grant_type") {
            "authorization_code" => (Client::Body, Duration::from_secs(86_400)),
            "refresh_token" => (Client::Basic, Duration::from_secs(86_399)),
            _ => return oauth::error(400, "unsupported_grant_type", ""),
        };
        if !client.is_proven(call, &fields) {
            return oauth::error(401, "invalid_client", "");
        }
        match self.tokens.grant(given, life) {
            Some(issued) => {
                let scope = ("scope", "full|qv417.infusionsoft.com".into());
                oauth::granted(&issued, "bearer", life, [scope])
            }
            None if given("grant_type") == "refresh_token" => {
                oauth::error(400, "invalid_request", "Invalid Refresh Token")
            }
            None => oauth::error(400, "invalid_request", "Invalid Authorization Code"),
        }
    }

    /// What the gateway says about a request's credential; `None` lets it in.
    fn gate(&self, call: &Call) -> Option<Reply> {
        let token = match (call.header("x-keap-api-key"), call.bearer()) {
            (Some(key), _) => return (key != API_KEY).then(|| Self::fault(WRONG_TOKEN)),
            (None, Some(token)) => token,
            (None, None) => return Some(Self::fault("oauth.v2.InvalidAccessToken")),
        };
        (token != API_KEY && !self.tokens.accepts(token)).then(|| Self::fault(WRONG_TOKEN))
    }

    fn user_info(whole: bool) -> Reply {
        let mut body = json!({
            "email": "vera.dahl@example.com", "sub": "1", "id": "4100000", "keap_id": "vera.dahl@example.com",
            "family_name": "Dahl", "given_name": "Vera", "is_admin": true
        });
        if whole {
            body["middle_name"] = Value::Null;
            body["tenant_id"] = "qv417".into();
        }
        Reply::json(200, &body)
    }
}

const WRONG_TOKEN: &str = "keymanagement.service.invalid_access_token";

impl Vendor for Keap {
    fn name(&self) -> &'static str {
        "keap"
    }

    fn serves(&self, host: &str) -> bool {
        matches!(
            host,
            "api.infusionsoft.com" | "api.keap.com" | "accounts.infusionsoft.com"
        )
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::connected("keap", &self.tokens, &[])
    }

    fn truth(&self) -> Vec<TruthUser> {
        (0..self.users)
            .map(Person::nth)
            .map(|person| TruthUser {
                created_at: Self::created(&person),
                updated_at: Self::updated(&person),
                ..TruthUser::of(&person, Self::id(person.index))
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.host == "api.infusionsoft.com" && call.path == "/token"
    }

    fn answer(&self, call: &Call) -> Reply {
        if self.is_token_call(call) {
            return self.token(call);
        }
        let has_body = ["content-length", "transfer-encoding"].map(|name| call.header(name).is_some());
        if call.method == http::Method::GET && has_body.contains(&true) {
            let body = "<!doctype html><title>400</title><p>Your client has issued a malformed or illegal request.</p>";
            return Reply::text(400, "text/html; charset=utf-8", body);
        }
        if let Some(refusal) = self.gate(call) {
            return refusal;
        }
        if call.method != http::Method::GET || call.host == "accounts.infusionsoft.com" {
            return Self::page_not_found();
        }
        let reply = match call.path.as_str() {
            "/crm/rest/v2/users" => self.list(call),
            "/crm/rest/v2/oauth/connect/userinfo" => Self::user_info(true),
            // Whether keys are answered here is not known.
            "/crm/rest/v1/oauth/connect/userinfo" if call.bearer().is_some_and(|token| token != API_KEY) => {
                Self::user_info(false)
            }
            _ => match call.below("/crm/rest/v2/users/") {
                Some(id) => self.get(&id),
                None => Self::page_not_found(),
            },
        };
        reply
            .with("x-keap-product-quota-available", 149_999)
            .with("x-keap-product-throttle-available", 1499)
            .with("x-keap-tenant-throttle-available", "9999|249999")
    }

    fn consent(&self, call: &Call) -> Option<Consent> {
        (call.host == "accounts.infusionsoft.com" && call.path == "/app/oauth/authorize").then(|| Consent {
            title: "Keap",
            pkce: Pkce::Ignored,
            required: &[("response_type", Some("code")), ("scope", Some("full"))],
            extra: Vec::new(),
        })
    }

    fn throttled(&self) -> Reply {
        let body = json!({"code": "429", "message": "Quota Exceeded", "status": "Request Throttled", "details": null});
        Reply::json(429, &body).with("x-keap-product-throttle-available", 0)
    }

    fn forbidden(&self) -> Reply {
        Self::error(403, "PERMISSION_DENIED", "The user may not view users")
    }
}
