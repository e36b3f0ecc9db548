//! Pipedrive users: all of them in one answer, deleted ones too, dates without a zone, a token endpoint that
//! answers every mistake with 400.

use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Value, json};

use super::{SandboxAccount, TruthUser, Vendor, spaced, whole_seconds};
use crate::call::{Call, Reply, first};
use crate::consent::{Consent, Pkce};
use crate::oauth::{self, Client};
use crate::people::Person;
use crate::tokens::{Rotation, Tokens};

pub(super) struct Pipedrive {
    users: usize,
    tokens: Tokens,
    /// The one answer of the list, the same for every caller: both kinds of credentials are the first user's.
    list: OnceLock<String>,
}

const HOST: &str = "northlight.pipedrive.com";
/// How long an access token is good.
const LIFE: Duration = Duration::from_secs(3599);
const API_KEY: &str = "pipedrive-personal-api-token";
const FIRST_ID: usize = 20_900_017;
const HELP: &str = "Please check developers.pipedrive.com";

impl Pipedrive {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            // Whether the refresh token changes each time is not known; one that was replaced is spent.
            tokens: Tokens::new("pipedrive", Rotation::Sometimes),
            list: OnceLock::new(),
        }
    }

    fn id(index: usize) -> usize {
        FIRST_ID + index * 41
    }

    fn index_of(&self, id: usize) -> Option<usize> {
        let offset = id.checked_sub(FIRST_ID)?;
        (offset % 41 == 0)
            .then_some(offset / 41)
            .filter(|index| *index < self.users)
    }

    /// `active_flag` and `is_deleted`. Who is gone is deactivated, deleted, or both.
    fn flags(person: &Person) -> (Option<bool>, Option<bool>) {
        match (person.active, person.index % 4) {
            (true, 0) => (Some(true), None),
            (true, _) => (Some(true), Some(false)),
            (false, 0) => (Some(true), Some(true)),
            (false, 1) => (Some(false), Some(true)),
            (false, 2) => (None, Some(false)),
            (false, _) => (Some(false), Some(false)),
        }
    }

    fn name(person: &Person) -> Option<String> {
        match (person.full_name(), person.index % 2) {
            (None, 0) => Some(String::new()),
            (name, _) => name,
        }
    }

    fn created(person: &Person) -> Option<i64> {
        (person.index % 37 != 9).then(|| whole_seconds(person.created))
    }

    fn updated(person: &Person) -> Option<i64> {
        (!person.index.is_multiple_of(6)).then(|| whole_seconds(person.updated))
    }

    /// Pictures are often missing, empty, or no address.
    fn icon(person: &Person) -> Option<String> {
        match (&person.picture, person.index % 5) {
            (Some(_), 1) => Some("/avatars/default.png".to_owned()),
            (None, 2) => Some(String::new()),
            (picture, _) => picture.clone(),
        }
    }

    fn record(person: &Person) -> Value {
        let mut record = json!({
            "id": Self::id(person.index), "name": Self::name(person), "email": person.email, "lang": 1, "locale": "et_EE",
            "timezone_name": "Europe/Tallinn", "timezone_offset": "+03:00", "default_currency": "EUR",
            "icon_url": Self::icon(person), "is_admin": u8::from(person.index == 0), "role_id": 1,
            "created": Self::created(person).map(spaced), "has_created_company": person.index == 0,
            "is_you": person.index == 0, "access": [], "phone": null, "last_login": null,
        });
        if person.index == 0 {
            record["access"] = json!([
                {"app": "sales", "admin": true, "permission_set_id": "0d5b1c1e-7f43-4a52-9a70-3f6f1f8f2c11"}
            ]);
        }
        let (active, deleted) = Self::flags(person);
        if let Some(active) = active {
            record["active_flag"] = active.into();
        }
        if let Some(deleted) = deleted {
            record["is_deleted"] = deleted.into();
        }
        if person.index.is_multiple_of(3) {
            record["activated"] = true.into();
        }
        match (Self::updated(person), person.index % 4) {
            (Some(at), _) => record["modified"] = spaced(at).into(),
            (None, 0) => record["modified"] = Value::Null,
            (None, _) => {}
        }
        record
    }

    fn success(data: &str) -> Reply {
        Reply::written(
            200,
            format!(r#"{{"success":true,"data":{data},"additional_data":{{"company_id":14027731}}}}"#),
        )
    }

    fn error(status: u16, message: &str) -> Reply {
        Reply::json(
            status,
            &json!({
                "success": false, "error": message, "error_info": HELP, "errorCode": status,
                "data": null, "additional_data": null
            }),
        )
    }

    /// An array, or null where there is nothing.
    fn array(people: impl Iterator<Item = Person>) -> String {
        let written: Vec<String> = people.map(|person| Self::record(&person).to_string()).collect();
        if written.is_empty() {
            "null".to_owned()
        } else {
            format!("[{}]", written.join(","))
        }
    }

    /// Its parameters change nothing.
    fn list(&self) -> Reply {
        let data = self
            .list
            .get_or_init(|| Self::array((0..self.users).map(Person::nth)));
        Self::success(data)
    }

    /// Only those who are active are found.
    fn find(&self, call: &Call) -> Reply {
        let by_email = match call.param("search_by_email") {
            None | Some("0") => false,
            Some("1") => true,
            Some(_) => return Self::error(400, "Bad request"),
        };
        let Some(term) = call.param("term").filter(|term| !term.is_empty()) else {
            return Self::error(400, "Bad request");
        };
        let term = term.to_lowercase();
        let found = (0..self.users).map(Person::nth).filter(|person| {
            let text = if by_email {
                person.address()
            } else {
                Self::name(person)
            };
            person.active && text.is_some_and(|text| text.to_lowercase().contains(&term))
        });
        Self::success(&Self::array(found))
    }

    fn get(&self, id: &str) -> Reply {
        let Ok(id) = id.parse::<usize>() else {
            return Self::error(400, "Bad request");
        };
        match self.index_of(id) {
            Some(index) => Self::success(&Self::record(&Person::nth(index)).to_string()),
            None => Reply::json(
                404,
                &json!({"success": false, "error": "User not found or not accessible."}),
            ),
        }
    }

    fn me() -> Reply {
        let mut me = Self::record(&Person::nth(0));
        me["company_id"] = 14_027_731.into();
        me["company_name"] = "Northlight".into();
        me["company_domain"] = "northlight".into();
        Self::success(&me.to_string())
    }

    /// What is wrong with a caller's credentials, if anything is.
    fn refusal(&self, call: &Call) -> Option<Reply> {
        if call.header("authorization").is_some() {
            let Some(token) = call.bearer() else {
                return Some(Self::error(
                    400,
                    "Invalid request: malformed authorization header",
                ));
            };
            // An access token is known at its company's own host alone.
            let known = call.host == HOST && self.tokens.accepts(token);
            return (!known).then(|| Self::error(401, "Invalid token: access token is invalid"));
        }
        let key = call.header("x-api-token").or_else(|| call.param("api_token"));
        (key != Some(API_KEY)).then(|| Self::error(401, "unauthorized access"))
    }

    fn api(&self, call: &Call) -> Reply {
        let path = match call.host.as_str() {
            HOST => call.path.strip_prefix("/api/v1"),
            "api.pipedrive.com" => call.path.strip_prefix("/v1"),
            _ => None,
        };
        if let Some(reply) = self.refusal(call) {
            return reply;
        }
        let id = |path: &str| {
            path.strip_prefix("/users/")
                .filter(|id| !id.is_empty() && !id.contains('/'))
                .map(str::to_owned)
        };
        match path {
            Some("/users" | "/users/find" | "/users/me") if call.method != http::Method::GET => {
                Self::error(405, "Method not allowed")
            }
            Some("/users") => self.list(),
            Some("/users/find") => self.find(call),
            Some("/users/me") => Self::me(),
            _ => match path.and_then(id) {
                Some(_) if call.method != http::Method::GET => Self::error(405, "Method not allowed"),
                Some(id) => self.get(&id),
                None => Self::error(404, "Unknown method ."),
            },
        }
    }

    fn token(&self, call: &Call) -> Reply {
        let refuse = |code: &str, message: &str| {
            Reply::json(400, &json!({"success": false, "message": message, "error": code}))
        };
        if call.method != http::Method::POST || !call.is_kind("application/x-www-form-urlencoded") {
            return refuse(
                "invalid_request",
                "Invalid request: content must be application/x-www-form-urlencoded",
            );
        }
        let form = call.form();
        let given = |name: &str| first(&form, name);
        if call.basic().is_none() && (given("client_id").is_empty() || given("client_secret").is_empty()) {
            return refuse(
                "invalid_client",
                "Invalid client: cannot retrieve client credentials",
            );
        }
        if !Client::Either.is_proven(call, &form) {
            return refuse("invalid_client", "Invalid client: client is invalid");
        }
        let kind = match given("grant_type") {
            "" => return refuse("invalid_request", "Missing parameter: grant_type"),
            "refresh_token" => "refresh_token",
            "authorization_code" => "authorization code",
            other => {
                return refuse(
                    "unsupported_grant_type",
                    &format!("Unsupported grant type: {other}"),
                );
            }
        };
        match self.tokens.grant(given, LIFE) {
            Some(issued) => {
                let further = [
                    ("scope", "base,users:read".into()),
                    ("api_domain", format!("https://{HOST}").into()),
                ];
                oauth::granted(&issued, "Bearer", LIFE, further)
            }
            None => refuse("invalid_grant", &format!("Invalid grant: {kind} is invalid")),
        }
    }
}

impl Vendor for Pipedrive {
    fn name(&self) -> &'static str {
        "pipedrive"
    }

    fn serves(&self, host: &str) -> bool {
        host.ends_with(".pipedrive.com")
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::connected(
            "pipedrive",
            &self.tokens,
            &[("api_domain", &format!("https://{HOST}"))],
        )
    }

    fn truth(&self) -> Vec<TruthUser> {
        (0..self.users)
            .map(Person::nth)
            .map(|person| TruthUser {
                first_name: None,
                last_name: None,
                created_at: Self::created(&person),
                updated_at: Self::updated(&person),
                urls: Self::icon(&person)
                    .filter(|url| url.starts_with("https://"))
                    .map(|url| ("avatar", url))
                    .into_iter()
                    .collect(),
                ..TruthUser::of(&person, Self::id(person.index).to_string())
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.host == "oauth.pipedrive.com" && call.path == "/oauth/token"
    }

    fn answer(&self, call: &Call) -> Reply {
        if self.is_token_call(call) {
            return self.token(call);
        }
        self.api(call)
            .with("x-ratelimit-limit", 80)
            .with("x-ratelimit-remaining", 79)
            .with("x-ratelimit-reset", 2)
            .with("x-daily-ratelimit-token-limit", 30_000)
            .with("x-daily-ratelimit-token-remaining", 29_980)
    }

    fn consent(&self, call: &Call) -> Option<Consent> {
        (call.host == "oauth.pipedrive.com" && call.path == "/oauth/authorize").then(|| Consent {
            title: "Pipedrive",
            pkce: Pkce::Ignored,
            required: &[],
            extra: Vec::new(),
        })
    }

    /// There is no `Retry-After`: the wait stands in a header of its own.
    fn throttled(&self) -> Reply {
        Reply::json(429, &json!({"success": false, "error": "Request over limit"}))
            .with("x-ratelimit-limit", 80)
            .with("x-ratelimit-remaining", 0)
            .with("x-ratelimit-reset", 1)
    }

    fn forbidden(&self) -> Reply {
        let body = json!({
            "success": false, "error": "Scope and URL mismatch", "errorCode": 403, "error_info": HELP
        });
        Reply::json(403, &body)
    }
}
