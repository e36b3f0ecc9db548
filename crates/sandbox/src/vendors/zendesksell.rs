//! Zendesk Sell users: doubly nested records, a count per page that is no total, no unknown parameters and no
//! request without a `User-Agent`.

use std::time::Duration;

use serde_json::{Value, json};

use super::{SandboxAccount, TruthUser, Vendor, iso, whole_seconds};
use crate::call::{Call, Reply, first};
use crate::consent::{Consent, Pkce};
use crate::oauth::{self, Client};
use crate::people::{Person, some};
use crate::tokens::{Rotation, Tokens};

pub(super) struct ZendeskSell {
    users: usize,
    tokens: Tokens,
}

/// How long an access token is good.
const LIFE: Duration = Duration::from_secs(3600);
const API_KEY: &str = "sell-personal-access-token";
const FIRST_ID: usize = 2_088_117;
const PARAMETERS: &[&str] = &[
    "page",
    "per_page",
    "sort_by",
    "ids",
    "name",
    "email",
    "role",
    "status",
    "confirmed",
    "zendesk_user_ids",
    "includes",
];

impl ZendeskSell {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("zendesksell", Rotation::Single),
        }
    }

    fn id(index: usize) -> usize {
        FIRST_ID + index * 3
    }

    fn name(person: &Person) -> Option<String> {
        match (person.full_name(), person.index % 2) {
            // Nobody's name comes in two spellings.
            (None, 0) => Some(String::new()),
            (name, _) => name,
        }
    }

    fn role(person: &Person) -> &'static str {
        if person.index.is_multiple_of(11) {
            "admin"
        } else {
            "user"
        }
    }

    fn record(person: &Person) -> Value {
        let status = if person.active { "active" } else { "inactive" };
        let instant = |millis| iso(millis, 0, "Z");
        let mut record = json!({
            "id": Self::id(person.index), "name": Self::name(person), "email": person.email, "status": status,
            "invited": true, "confirmed": person.index % 13 != 5, "phone_number": null, "role": Self::role(person),
            "roles": [{"id": 31, "name": "Sales Lead"}], "team_name": null, "group": null, "reports_to": null,
            "timezone": "UTC+01:00", "created_at": instant(person.created), "updated_at": instant(person.updated),
            "deleted_at": if person.active { Value::Null } else { json!(instant(person.updated)) },
        });
        if let (true, Value::Object(members)) = (!person.index.is_multiple_of(3), &mut record) {
            members.insert("detached".into(), (!person.active).into());
            members.insert("sell_login_disabled".into(), (!person.active).into());
            members.insert("zendesk_user_id".into(), "361744200911".into());
            members.insert("system_tags".into(), json!([]));
        }
        json!({"data": record, "meta": {"type": "user"}})
    }

    fn error(status: u16, code: &str, message: &str) -> Reply {
        let body = json!({
            "errors": [{
                "error": {"code": code, "message": message, "details": message},
                "meta": {"type": "error", "links": {"more_info": "https://developers.getbase.com/docs/rest/articles/errors"}}
            }],
            "meta": {"type": "errors", "http_status": status.to_string(), "logref": "6f1d7a"}
        });
        Reply::json(status, &body)
    }

    fn list(&self, call: &Call) -> Reply {
        let invalid = |name: &str| Self::error(400, "invalid_param", &format!("invalid parameter {name}"));
        for (name, _) in &call.query {
            if !PARAMETERS.contains(&name.as_str()) {
                return invalid(name);
            }
        }
        let number = |name: &str, otherwise: usize| match call.param(name) {
            None => Some(otherwise),
            Some(text) => text.parse::<usize>().ok().filter(|number| *number >= 1),
        };
        let Some(page) = number("page", 1) else {
            return invalid("page");
        };
        let Some(per_page) = number("per_page", 25).filter(|size| *size <= 100) else {
            return invalid("per_page");
        };
        let status = match call.param("status") {
            None => None,
            Some("active") => Some(true),
            Some("inactive") => Some(false),
            Some(_) => return invalid("status"),
        };
        let (field, descending) = match call.param("sort_by").unwrap_or("id").split_once(':') {
            None => (call.param("sort_by").unwrap_or("id"), false),
            Some((field, "asc")) => (field, false),
            Some((field, "desc")) => (field, true),
            Some(_) => return invalid("sort_by"),
        };
        let ids: Option<Vec<&str>> = call.param("ids").map(|ids| ids.split(',').collect());
        let keep = |person: &Person| {
            let id = Self::id(person.index).to_string();
            status.is_none_or(|active| person.active == active)
                && ids.as_ref().is_none_or(|ids| ids.contains(&id.as_str()))
                && call.param("role").is_none_or(|role| role == Self::role(person))
                && call
                    .param("email")
                    .is_none_or(|email| person.email.as_deref() == Some(email))
                && call
                    .param("name")
                    .is_none_or(|name| Self::name(person).as_deref() == Some(name))
        };
        let start = (page - 1) * per_page;
        let (found, more) = if field == "id" && !descending {
            some(self.users, start, per_page, keep)
        } else {
            let mut all: Vec<Person> = (0..self.users).map(Person::nth).filter(keep).collect();
            match field {
                "id" => {}
                "created_at" => all.sort_by_key(|person| person.created.div_euclid(1000)),
                "updated_at" => all.sort_by_key(|person| person.updated.div_euclid(1000)),
                "name" => all.sort_by_key(Self::name),
                _ => return invalid("sort_by"),
            }
            if descending {
                all.reverse();
            }
            let more = all.len() > start + per_page;
            (all.into_iter().skip(start).take(per_page).collect(), more)
        };
        let link = |page: usize| format!("https://api.getbase.com/v2/users?page={page}&per_page={per_page}");
        let mut links = json!({"self": link(page), "first_page": link(1)});
        if page > 1 {
            links["prev_page"] = link(page - 1).into();
        }
        if more {
            links["next_page"] = link(page + 1).into();
        }
        let meta = json!({"type": "collection", "count": found.len(), "links": links});
        let items: Vec<String> = found
            .iter()
            .map(|person| Self::record(person).to_string())
            .collect();
        Reply::written(200, format!(r#"{{"items":[{}],"meta":{meta}}}"#, items.join(",")))
    }

    fn get(&self, id: &str) -> Reply {
        let index = id
            .parse::<usize>()
            .ok()
            .and_then(|id| id.checked_sub(FIRST_ID))
            .filter(|offset| offset % 3 == 0)
            .map(|offset| offset / 3);
        match index.filter(|index| *index < self.users) {
            Some(index) => Reply::json(200, &Self::record(&Person::nth(index))),
            None if id == "self" => Reply::json(200, &Self::record(&Person::nth(0))),
            None => Self::error(404, "not_found", "resource not found"),
        }
    }

    fn token(&self, call: &Call) -> Reply {
        let mut fields = call.form();
        fields.extend(call.query.iter().cloned());
        if !Client::Basic.is_proven(call, &fields) {
            return oauth::error(401, "invalid_client", "");
        }
        match self.tokens.grant(|name| first(&fields, name), LIFE) {
            Some(issued) => oauth::granted(&issued, "bearer", LIFE, [("scope", "read profile".into())]),
            None => oauth::error(400, "invalid_grant", ""),
        }
    }
}

impl Vendor for ZendeskSell {
    fn name(&self) -> &'static str {
        "zendesksell"
    }

    fn serves(&self, host: &str) -> bool {
        host == "api.getbase.com"
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::connected("zendesksell", &self.tokens, &[])
    }

    fn truth(&self) -> Vec<TruthUser> {
        (0..self.users)
            .map(Person::nth)
            .map(|person| TruthUser {
                first_name: None,
                last_name: None,
                created_at: Some(whole_seconds(person.created)),
                updated_at: Some(whole_seconds(person.updated)),
                ..TruthUser::of(&person, Self::id(person.index).to_string())
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.path == "/oauth2/token"
    }

    fn answer(&self, call: &Call) -> Reply {
        if call
            .header("user-agent")
            .is_none_or(|agent| agent.trim().is_empty())
        {
            return Self::error(400, "invalid_user_agent", "User-Agent is missing");
        }
        if self.is_token_call(call) {
            return self.token(call);
        }
        if call.path == "/oauth2/revoke" {
            self.tokens.revoke_one(first(&call.form(), "token"));
            return Reply::text(200, "application/json", "{}");
        }
        if !call
            .bearer()
            .is_some_and(|token| token == API_KEY || self.tokens.accepts(token))
        {
            return Self::error(401, "unauthorized", "request is unauthorized");
        }
        if call.method != http::Method::GET {
            return Self::error(405, "method_not_allowed", "users are read only");
        }
        match call.path.as_str() {
            "/v2/users" => self.list(call),
            "/v2/accounts/self" => {
                Reply::json(200, &json!({"data": {"id": 77120}, "meta": {"type": "account"}}))
            }
            _ => match call.below("/v2/users/") {
                Some(id) => self.get(&id),
                None => Self::error(404, "not_found", "unknown path"),
            },
        }
    }

    fn consent(&self, call: &Call) -> Option<Consent> {
        (call.path == "/oauth2/authorize").then(|| Consent {
            title: "Zendesk Sell",
            pkce: Pkce::Ignored,
            required: &[("response_type", Some("code")), ("scope", None)],
            extra: Vec::new(),
        })
    }

    fn throttled(&self) -> Reply {
        Self::error(429, "rate_limit_exceeded", "too many requests")
    }

    fn forbidden(&self) -> Reply {
        Self::error(403, "insufficient_scope", "the token lacks the scope profile")
    }
}
