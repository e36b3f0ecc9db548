//! Attio workspace members: one answer without paging, ids inside an object, nine digits of a second, dead
//! tokens told in a 200.

use serde_json::{Value, json};

use super::{SandboxAccount, TruthUser, Vendor, iso};
use crate::call::{Call, Reply, first};
use crate::consent::{Consent, Pkce};
use crate::oauth::{self, Client};
use crate::people::{Person, uuid};
use crate::tokens::{CLIENT_ID, CLIENT_SECRET, Rotation, Tokens};

pub(super) struct Attio {
    users: usize,
    tokens: Tokens,
}

const API_KEY: &str = "attio-workspace-key";
const KIND: u64 = 0xa770;
const WORKSPACE: &str = "a1c7e0d2-5b34-4f6a-9d18-3e2f7b6c4a50";
/// Tokens do not end.
const FOREVER: std::time::Duration = std::time::Duration::from_secs(10 * 365 * 86_400);

impl Attio {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("attio", Rotation::Stays),
        }
    }

    fn access(person: &Person) -> &'static str {
        match (person.active, person.index % 5) {
            (false, _) => "suspended",
            (true, 0) => "admin",
            (true, _) => "member",
        }
    }

    fn record(person: &Person) -> Value {
        json!({
            "id": {"workspace_id": WORKSPACE, "workspace_member_id": uuid(KIND, person.index)},
            "first_name": person.first.unwrap_or_default(), "last_name": person.last.unwrap_or_default(),
            "avatar_url": person.picture, "email_address": person.email.clone().unwrap_or_default(),
            "access_level": Self::access(person),
            "created_at": iso(person.created, 9, "Z"),
        })
    }

    fn error(status: u16, kind: &str, code: &str, message: &str) -> Reply {
        Reply::json(
            status,
            &json!({"status_code": status, "type": kind, "code": code, "message": message}),
        )
    }

    fn get(&self, id: &str) -> Reply {
        if id.len() != 36 {
            return Self::error(400, "invalid_request_error", "validation_type", "Invalid UUID");
        }
        match (0..self.users).find(|index| uuid(KIND, *index) == id) {
            Some(index) => Reply::json(200, &json!({"data": Self::record(&Person::nth(index))})),
            None => Self::error(
                404,
                "invalid_request_error",
                "not_found",
                &format!("Workspace member with ID \"{id}\" not found."),
            ),
        }
    }

    fn token(&self, call: &Call) -> Reply {
        let mut fields = call.form();
        fields.extend(call.query.iter().cloned());
        if !Client::Body.is_proven(call, &fields) {
            return oauth::error(401, "invalid_client", "");
        }
        let given = |name: &str| first(&fields, name);
        if call.path == "/oauth/revoke" {
            self.tokens.revoke_one(given("token"));
            return Reply::json(200, &json!({}));
        }
        // There is no other grant.
        let issued = (given("grant_type") == "authorization_code")
            .then(|| self.tokens.grant(given, FOREVER))
            .flatten();
        match issued {
            Some(issued) => Reply::json(
                200,
                &json!({"access_token": issued.access, "token_type": "Bearer"}),
            ),
            None => oauth::error(400, "invalid_grant", ""),
        }
    }

    fn is_let_in(&self, call: &Call) -> bool {
        let good = |token: &str| token == API_KEY || self.tokens.accepts(token);
        call.bearer().is_some_and(good)
            || call
                .basic()
                .is_some_and(|(user, password)| good(&user) && password.is_empty())
    }
}

impl Vendor for Attio {
    fn name(&self) -> &'static str {
        "attio"
    }

    fn serves(&self, host: &str) -> bool {
        matches!(host, "api.attio.com" | "app.attio.com")
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::new(
            "attio",
            "oauth2",
            &[
                ("access_token", &self.tokens.first_access()),
                ("client_id", CLIENT_ID),
                ("client_secret", CLIENT_SECRET),
            ],
        )
    }

    fn truth(&self) -> Vec<TruthUser> {
        (0..self.users)
            .map(Person::nth)
            .map(|person| TruthUser {
                updated_at: None,
                urls: person.picture.iter().map(|url| ("avatar", url.clone())).collect(),
                ..TruthUser::of(&person, uuid(KIND, person.index))
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.host == "app.attio.com" && call.path == "/oauth/token"
    }

    fn answer(&self, call: &Call) -> Reply {
        if call.host == "app.attio.com" {
            return match call.path.as_str() {
                "/oauth/token" | "/oauth/revoke" => self.token(call),
                _ => Reply::text(404, "text/html", "<html>Not found</html>"),
            };
        }
        let let_in = self.is_let_in(call);
        if call.path == "/v2/self" {
            let body = if let_in {
                json!({"active": true, "scope": "user_management:read", "token_type": "Bearer", "exp": null, "workspace_id": WORKSPACE})
            } else {
                json!({"active": false})
            };
            return Reply::json(200, &body);
        }
        if !let_in {
            return Self::error(
                401,
                "auth_error",
                "unauthorized",
                "The access token is not valid.",
            );
        }
        if call.method != http::Method::GET {
            return Self::error(404, "invalid_request_error", "not_found", "Unknown route.");
        }
        match call.path.as_str() {
            "/v2/workspace_members" => {
                let written: Vec<String> = (0..self.users)
                    .map(|index| Self::record(&Person::nth(index)).to_string())
                    .collect();
                Reply::written(200, format!(r#"{{"data":[{}]}}"#, written.join(",")))
            }
            _ => match call.below("/v2/workspace_members/") {
                Some(id) => self.get(&id),
                None => Self::error(404, "invalid_request_error", "not_found", "Unknown route."),
            },
        }
    }

    fn consent(&self, call: &Call) -> Option<Consent> {
        (call.host == "app.attio.com" && call.path == "/authorize").then(|| Consent {
            title: "Attio",
            pkce: Pkce::Ignored,
            required: &[("response_type", Some("code"))],
            extra: Vec::new(),
        })
    }

    fn throttled(&self) -> Reply {
        let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(1);
        Self::error(
            429,
            "rate_limit_error",
            "rate_limit_exceeded",
            "Rate limit exceeded.",
        )
        .with("retry-after", soon.strftime("%a, %d %b %Y %H:%M:%S GMT"))
    }

    fn forbidden(&self) -> Reply {
        let message = "The token lacks the scope user_management:read.";
        Self::error(403, "auth_error", "unauthorized", message)
    }
}
