//! Close users: offsets with a flag, timestamps that lose their fraction when it is zero, two orders and no
//! filter, refresh tokens that work once.

use std::time::Duration;

use serde_json::{Value, json};

use super::{SandboxAccount, TruthUser, Vendor, iso};
use crate::call::{Call, Reply, first};
use crate::consent::{Consent, Pkce};
use crate::oauth::{self, Client};
use crate::people::{Person, some};
use crate::tokens::{Rotation, Tokens};

pub(super) struct Close {
    users: usize,
    tokens: Tokens,
}

/// How long an access token is good.
const LIFE: Duration = Duration::from_secs(3600);
const API_KEY: &str = "api_sandbox.close";
const MAX_LIMIT: usize = 200;
const MAX_SKIP: usize = 100_000;
const ORGANIZATION: &str = "orga_Qm7RtXc2VbNk9LsPd1Yw4ZhGf3JuEa8KxCoTi5DyBzW";

impl Close {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("close", Rotation::Single),
        }
    }

    /// `user_` and 43 characters.
    fn id(index: usize) -> String {
        format!("user_A49X8tDjN1i6T9YPyRSIPDmfVHZ4JZkLMP6{index:08}")
    }

    /// Six digits of a second, or none when they are zero.
    fn instant(millis: i64) -> String {
        match millis.rem_euclid(1000) {
            0 => iso(millis, 0, "+00:00"),
            _ => iso(millis, 6, "+00:00"),
        }
    }

    fn record(person: &Person, fields: Option<&[&str]>) -> Value {
        let mut record = json!({
            "date_created": Self::instant(person.created),
            "date_updated": Self::instant(person.updated),
            "email": person.email,
            "email_verified_at": if person.active { json!(Self::instant(person.created)) } else { Value::Null },
            "first_name": person.first.unwrap_or_default(),
            "google_profile_image_url": null,
            "id": Self::id(person.index),
            "image": person.picture,
            "last_name": person.last.unwrap_or_default(),
            "last_used_timezone": if person.index.is_multiple_of(2) { json!("America/Sao_Paulo") } else { Value::Null },
            "organizations": [ORGANIZATION],
        });
        if let (Some(fields), Value::Object(members)) = (fields, &mut record)
            && !fields.contains(&"_all")
        {
            members.retain(|name, _| fields.contains(&name.as_str()));
        }
        record
    }

    fn error(status: u16, message: &str) -> Reply {
        Reply::json(status, &json!({ "error": message }))
    }

    fn list(&self, call: &Call) -> Reply {
        let number = |name: &str, otherwise: usize| match call.param(name) {
            None => Ok(otherwise),
            Some(text) => text.parse::<usize>().map_err(|_| {
                Self::error(
                    400,
                    &format!("{name} must be an integer (got \"{text}\" instead)."),
                )
            }),
        };
        let (limit, skip) = match (number("_limit", 100), number("_skip", 0)) {
            (Ok(limit), Ok(skip)) => (limit, skip),
            (Err(reply), _) | (_, Err(reply)) => return reply,
        };
        if limit > MAX_LIMIT {
            let message = format!(
                "The limit you set is larger than the maximum limit for this resource (max_limit = {MAX_LIMIT})."
            );
            return Self::error(400, &message);
        }
        if skip > MAX_SKIP {
            let message = format!(
                "The skip you set is larger than the maximum skip for this resource (max_skip = {MAX_SKIP})."
            );
            return Self::error(400, &message);
        }
        let by = |person: &Person| {
            let (first, last) = (person.first.unwrap_or_default(), person.last.unwrap_or_default());
            match call.param("_order_by") {
                Some("last_name,first_name") => Some((last, first)),
                Some("first_name,last_name") => Some((first, last)),
                _ => None,
            }
        };
        let (found, more) = if by(&Person::nth(0)).is_some() {
            let mut all: Vec<Person> = (0..self.users).map(Person::nth).collect();
            all.sort_by_key(by);
            let more = all.len() > skip + limit;
            (all.into_iter().skip(skip).take(limit).collect(), more)
        } else {
            some(self.users, skip, limit, |_| true)
        };
        let fields: Option<Vec<&str>> = call.param("_fields").map(|fields| fields.split(',').collect());
        let written: Vec<String> = found
            .iter()
            .map(|person| Self::record(person, fields.as_deref()).to_string())
            .collect();
        Reply::written(
            200,
            format!(r#"{{"data":[{}],"has_more":{more}}}"#, written.join(",")),
        )
    }

    fn get(&self, id: &str) -> Reply {
        let index = id
            .get(id.len().saturating_sub(8)..)
            .and_then(|digits| digits.parse::<usize>().ok())
            .filter(|index| *index < self.users && Self::id(*index) == id);
        match index {
            Some(index) => Reply::json(200, &Self::record(&Person::nth(index), None)),
            None => Self::error(404, "Empty query: {}"),
        }
    }

    fn token(&self, call: &Call) -> Reply {
        let fields = call.form();
        if !call.is_kind("application/x-www-form-urlencoded") || !Client::Body.is_proven(call, &fields) {
            return oauth::error(401, "invalid_client", "");
        }
        if call.path.contains("revoke") {
            self.tokens.revoke_one(first(&fields, "token"));
            return Reply::json(200, &json!({}));
        }
        match self.tokens.grant(|name| first(&fields, name), LIFE) {
            Some(issued) => {
                let further = [
                    ("scope", "all.full_access offline_access".into()),
                    ("organization_id", ORGANIZATION.into()),
                    ("user_id", Self::id(0).into()),
                ];
                oauth::granted(&issued, "Bearer", LIFE, further)
            }
            None => oauth::error(400, "invalid_grant", ""),
        }
    }
}

impl Vendor for Close {
    fn name(&self) -> &'static str {
        "close"
    }

    fn serves(&self, host: &str) -> bool {
        matches!(host, "api.close.com" | "app.close.com")
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::connected("close", &self.tokens, &[])
    }

    fn truth(&self) -> Vec<TruthUser> {
        (0..self.users)
            .map(Person::nth)
            .map(|person| TruthUser {
                is_active: None,
                ..TruthUser::of(&person, Self::id(person.index))
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.host == "api.close.com" && call.path.trim_end_matches('/') == "/oauth2/token"
    }

    fn answer(&self, call: &Call) -> Reply {
        let path = call.path.trim_end_matches('/');
        if self.is_token_call(call) || path == "/oauth2/revoke" {
            return self.token(call);
        }
        let key = call.basic() == Some((API_KEY.to_owned(), String::new()));
        if !key && !call.bearer().is_some_and(|token| self.tokens.accepts(token)) {
            return Self::error(401, "Unauthorized");
        }
        if call.method != http::Method::GET {
            return Self::error(405, "The method is not allowed for the requested URL.");
        }
        // Without its slash a path is redirected, and credentials should not follow redirects.
        if path == call.path {
            return Reply::text(308, "text/html", "").with(
                "location",
                format!("https://{}{path}/?{}", call.host, call.raw_query),
            );
        }
        let reply = match path {
            "/api/v1/user" => self.list(call),
            "/api/v1/me" => Reply::json(200, &json!({"id": Self::id(0), "email": "me@example.org"})),
            path => match path.strip_prefix("/api/v1/user/") {
                Some(id) => self.get(id),
                None => Self::error(404, "The requested URL was not found on the server."),
            },
        };
        reply.with("ratelimit", "limit=240; remaining=239; reset=8")
    }

    fn consent(&self, call: &Call) -> Option<Consent> {
        let here = call.host == "app.close.com" && call.path.trim_end_matches('/') == "/oauth2/authorize";
        here.then(|| Consent {
            title: "Close",
            pkce: Pkce::Ignored,
            required: &[("response_type", Some("code"))],
            extra: Vec::new(),
        })
    }

    fn throttled(&self) -> Reply {
        Self::error(429, "API call count exceeded for this 15 second window")
            .with("ratelimit", "limit=240, remaining=0, reset=0.6")
            .with("retry-after", 1)
    }

    fn forbidden(&self) -> Reply {
        Self::error(403, "You are not permitted to perform this action.")
    }
}
