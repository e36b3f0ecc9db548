//! Outreach users: JSON:API with numbers for ids, a media type on every request, cursors in absolute links that
//! the only page lacks, a gateway whose errors look otherwise, a minute between two tokens.

mod filter;
mod list;
mod record;

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use self::filter::Refusal;
use super::{SandboxAccount, TruthUser, Vendor};
use crate::call::{Call, Reply, first};
use crate::consent::{Consent, Pkce};
use crate::oauth::{self, Client};
use crate::people::Person;
use crate::tokens::{Rotation, Tokens};

pub(super) struct Outreach {
    users: usize,
    tokens: Tokens,
    /// The last refresh, and what it brought.
    minted: Mutex<Option<(Instant, String)>>,
}

const ROOT: &str = "https://api.outreach.io/api/v2";
const MEDIA: &str = "application/vnd.api+json";
/// How long an access token is good.
const LIFE: Duration = Duration::from_secs(7200);
impl Outreach {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("outreach", Rotation::Single),
            minted: Mutex::default(),
        }
    }

    fn error(status: u16, id: &str, title: &str, detail: &str) -> Reply {
        let body = json!({"errors": [{"id": id, "title": title, "detail": detail}]});
        Self::typed(Reply::json(status, &body))
    }

    fn refused(refusal: &Refusal) -> Reply {
        Self::error(422, refusal.id, "Invalid Query Parameter", &refusal.detail)
    }

    fn typed(reply: Reply) -> Reply {
        Reply { kind: MEDIA, ..reply }
    }

    fn get(&self, call: &Call, id: &str) -> Result<Reply, Refusal> {
        let fields = Self::fields(call)?;
        Ok(match id.parse().ok().and_then(|id| self.index_of(id)) {
            Some(index) => {
                let record = Self::record(&Person::nth(index), fields.as_deref());
                Self::typed(Reply::json(200, &json!({ "data": record })))
            }
            None => Self::error(
                404,
                "resourceNotFound",
                "Resource Not Found",
                &format!("Could not find 'user' with ID '{id}'."),
            ),
        })
    }

    fn api(&self, call: &Call) -> Reply {
        if !call.bearer().is_some_and(|token| self.tokens.accepts(token)) {
            return Reply::json(
                401,
                &json!({"error": "Invalid JWT token.", "description": "The JWT token could not be decoded."}),
            );
        }
        let Some(path) = call.path.strip_prefix("/api/v2") else {
            return Reply::json(
                404,
                &json!({"error": "404", "error_description": "route not found"}),
            );
        };
        if call.header("content-type") != Some(MEDIA) {
            let body = json!({"errors": [{
                "id": "unsupportedMediaType", "title": "Unsupported Media Type",
                "details": format!("A request's Content-Type is {MEDIA}.")
            }]});
            return Self::typed(Reply::json(415, &body));
        }
        let answer = match path {
            _ if call.method != http::Method::GET => None,
            "/users" => Some(self.list(call)),
            _ => call
                .below("/api/v2/users/")
                .filter(|id| !id.is_empty() && !id.contains('/'))
                .map(|id| self.get(call, &id)),
        };
        match answer {
            Some(Ok(reply)) => reply,
            Some(Err(refusal)) => Self::refused(&refusal),
            None => Self::error(
                404,
                "routeNotFound",
                "Route Not Found",
                &format!("No route matches '{path}'."),
            ),
        }
    }

    fn token(&self, call: &Call) -> Reply {
        let is_read = call.is_kind("application/x-www-form-urlencoded") || call.is_kind("application/json");
        if call.method != http::Method::POST || !is_read {
            return oauth::error(
                400,
                "invalid_request",
                "The request is missing a required parameter.",
            );
        }
        let fields = call.fields();
        if !Client::Body.is_proven(call, &fields) {
            return oauth::error(401, "invalid_client", "Client authentication failed.");
        }
        let given = |name: &str| first(&fields, name);
        let mut minted = self.minted.lock().unwrap_or_else(PoisonError::into_inner);
        let is_hasty = minted
            .as_ref()
            .is_some_and(|(at, token)| at.elapsed() < Duration::from_secs(60) && self.tokens.accepts(token));
        if is_hasty && given("grant_type") == "refresh_token" {
            return self.throttled();
        }
        match self.tokens.grant(given, LIFE) {
            Some(issued) => {
                if given("grant_type") == "refresh_token" {
                    *minted = Some((Instant::now(), issued.access.clone()));
                }
                let further = [
                    ("scope", "users.read".into()),
                    ("created_at", jiff::Timestamp::now().as_second().into()),
                ];
                oauth::granted(&issued, "Bearer", LIFE, further)
            }
            None => oauth::error(
                400,
                "invalid_grant",
                "The provided authorization grant is invalid, expired, or revoked.",
            ),
        }
    }
}

impl Vendor for Outreach {
    fn name(&self) -> &'static str {
        "outreach"
    }

    fn serves(&self, host: &str) -> bool {
        host == "api.outreach.io"
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::connected("outreach", &self.tokens, &[])
    }

    fn truth(&self) -> Vec<TruthUser> {
        (0..self.users)
            .map(Person::nth)
            .map(|person| TruthUser {
                is_active: None,
                created_at: Self::created(&person),
                updated_at: Self::updated(&person),
                ..TruthUser::of(&person, Self::id(person.index).to_string())
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
        if self.is_token_call(call) {
            return self.token(call);
        }
        self.api(call)
            .with("x-ratelimit-limit", 10_000)
            .with("x-ratelimit-remaining", "9999, 19988")
            .with("x-ratelimit-reset", jiff::Timestamp::now().as_second() + 3600)
    }

    fn consent(&self, call: &Call) -> Option<Consent> {
        (call.path == "/oauth/authorize").then(|| Consent {
            title: "Outreach",
            pkce: Pkce::Ignored,
            required: &[("response_type", Some("code")), ("scope", None)],
            extra: Vec::new(),
        })
    }

    /// The end of the wait is a time, no delay.
    fn throttled(&self) -> Reply {
        let end = jiff::Timestamp::now().as_second() + 1;
        Self::error(
            429,
            "rateLimitExceeded",
            "Rate Limit Exceeded",
            "You have exceeded your permitted rate limit of 10,000; please try again later.",
        )
        .with("x-ratelimit-limit", 10_000)
        .with("x-ratelimit-remaining", 0)
        .with("x-ratelimit-reset", end)
        .with("retry-after", end)
    }

    fn forbidden(&self) -> Reply {
        Self::error(
            403,
            "unauthorizedOauthScope",
            "Unauthorized OAuth Scope",
            "Your authorization does not include the required scope 'users.read'.",
        )
    }
}
