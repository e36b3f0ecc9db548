//! Zoho CRM users: data centres, errors of the token endpoint in a 200, empty lists without a body, dates in as
//! many zones as there are records.

use std::time::Duration;

use serde_json::{Value, json};

use super::{SandboxAccount, TruthUser, Vendor, instant, iso_east, whole_seconds};
use crate::call::{Call, Reply, first};
use crate::consent::{Consent, Pkce};
use crate::oauth::Client;
use crate::people::{Person, some};
use crate::tokens::{Rotation, Tokens};

pub(super) struct Zoho {
    users: usize,
    tokens: Tokens,
}

const API: &str = "www.zohoapis.eu";
const ACCOUNTS: &str = "accounts.zoho.eu";
const FIRST_ID: u64 = 5_725_767_000_000_411_014;
const TYPES: &[&str] = &[
    "AllUsers",
    "ActiveUsers",
    "DeactiveUsers",
    "ConfirmedUsers",
    "NotConfirmedUsers",
    "DeletedUsers",
    "ActiveConfirmedUsers",
    "AdminUsers",
    "ActiveConfirmedAdmins",
    "CurrentUser",
];

impl Zoho {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("zohocrm", Rotation::Stays),
        }
    }

    fn id(index: usize) -> String {
        (FIRST_ID + index as u64 * 13).to_string()
    }

    fn status(person: &Person) -> &'static str {
        match (person.active, person.index % 4) {
            (true, _) => "active",
            (false, 0) => "deleted",
            (false, 1) => "disabled",
            (false, 2) => "closed",
            (false, _) => "inactive",
        }
    }

    fn is_of(person: &Person, kind: &str) -> bool {
        let confirmed = Self::is_confirmed(person);
        match kind {
            "ActiveUsers" => person.active,
            "DeactiveUsers" => !person.active && Self::status(person) != "deleted",
            "DeletedUsers" => Self::status(person) == "deleted",
            "ConfirmedUsers" => confirmed,
            "NotConfirmedUsers" => !confirmed,
            "ActiveConfirmedUsers" => person.active && confirmed,
            "AdminUsers" | "ActiveConfirmedAdmins" | "CurrentUser" => person.index == 0,
            _ => true,
        }
    }

    fn is_confirmed(person: &Person) -> bool {
        person.index % 6 != 5
    }

    /// Websites are often no addresses.
    fn website(person: &Person) -> Option<String> {
        match person.index % 4 {
            0 => Some(format!("https://www.example.com/team/{}", person.index)),
            1 => Some("www.example.com".to_owned()),
            _ => None,
        }
    }

    /// A full name of the vendor's own, where it is more than the parts.
    fn full_name(person: &Person) -> Option<String> {
        match person.index % 7 {
            3 => None,
            5 => Some(String::new()),
            _ => person.full_name(),
        }
    }

    fn dated(person: &Person) -> bool {
        person.index % 23 != 11
    }

    fn record(person: &Person) -> Value {
        let zone = [330, 120, -420, 0, -480][person.index % 5];
        let mut record = json!({
            "country": null, "language": "en_US", "id": Self::id(person.index), "state": null,
            "created_time": iso_east(person.created, zone), "time_format": "HH:mm", "offset": zone * 60_000,
            "profile": {"name": "Standard", "id": "5725767000000026014"}, "zuid": null,
            "full_name": Self::full_name(person), "status": Self::status(person), "type__s": "Regular User",
            "role": {"name": "Marketing", "id": "5725767000000448013"}, "Isonline": false, "alias": null,
            "first_name": person.first, "last_name": person.last, "email": person.email,
            "website": Self::website(person), "confirm": Self::is_confirmed(person),
            "Modified_Time": if Self::dated(person) { json!(iso_east(person.updated, -zone)) } else { Value::Null },
        });
        if let (Some(picture), Value::Object(members)) = (&person.picture, &mut record) {
            members.insert("image_link".into(), picture.clone().into());
        }
        record
    }

    fn error(status: u16, code: &str, message: &str) -> Reply {
        Reply::json(
            status,
            &json!({"code": code, "details": {}, "message": message, "status": "error"}),
        )
    }

    fn list(&self, call: &Call) -> Reply {
        let invalid = |name: &str| {
            let body = json!({"code": "INVALID_DATA", "details": {"param_name": name}, "message": "invalid data", "status": "error"});
            Reply::json(400, &body)
        };
        let number = |name: &str, otherwise: usize| match call.param(name) {
            None => Some(otherwise),
            Some(text) => text.parse::<usize>().ok().filter(|number| *number >= 1),
        };
        let Some(page) = number("page", 1) else {
            return invalid("page");
        };
        let Some(size) = number("per_page", 200).filter(|size| *size <= 200) else {
            return invalid("per_page");
        };
        let kind = call.param("type").unwrap_or("AllUsers");
        if !TYPES.contains(&kind) {
            return invalid("type");
        }
        let ids: Option<Vec<&str>> = call.param("ids").map(|ids| ids.split(',').collect());
        if ids.as_ref().is_some_and(|ids| ids.len() > 100) {
            return invalid("ids");
        }
        let since = match call.header("if-modified-since") {
            None => None,
            Some(text) => match instant(text) {
                Some(since) => Some(since),
                None => return invalid("If-Modified-Since"),
            },
        };
        let keep = |person: &Person| {
            Self::is_of(person, kind)
                && ids
                    .as_ref()
                    .is_none_or(|ids| ids.contains(&Self::id(person.index).as_str()))
                && since.is_none_or(|since| Self::dated(person) && whole_seconds(person.updated) >= since)
        };
        let (found, more) = some(self.users, (page - 1) * size, size, keep);
        if found.is_empty() {
            return Reply::text(if since.is_some() { 304 } else { 204 }, "application/json", "");
        }
        let written: Vec<String> = found
            .iter()
            .map(|person| Self::record(person).to_string())
            .collect();
        let info = json!({"per_page": size, "count": found.len(), "page": page, "more_records": more});
        Reply::written(
            200,
            format!(r#"{{"users":[{}],"info":{info}}}"#, written.join(",")),
        )
    }

    fn get(&self, id: &str) -> Reply {
        let Ok(number) = id.parse::<u64>() else {
            return Self::error(400, "INVALID_DATA", "the id given seems to be invalid");
        };
        let index = number
            .checked_sub(FIRST_ID)
            .filter(|offset| offset % 13 == 0)
            .map(|offset| (offset / 13) as usize);
        match index.filter(|index| *index < self.users) {
            Some(index) => Reply::json(200, &json!({"users": [Self::record(&Person::nth(index))]})),
            None => Reply::text(204, "application/json", ""),
        }
    }

    fn token(&self, call: &Call) -> Reply {
        let mut fields = call.form();
        fields.extend(call.query.iter().cloned());
        if call.host != ACCOUNTS || !Client::Either.is_proven(call, &fields) {
            return Reply::json(200, &json!({"error": "invalid_client"}));
        }
        let given = |name: &str| first(&fields, name);
        match self.tokens.grant(given, Duration::from_secs(3600)) {
            Some(issued) => {
                let mut body = json!({
                    "access_token": issued.access, "scope": "ZohoCRM.users.READ", "api_domain": format!("https://{API}"),
                    "token_type": "Bearer", "expires_in": 3600
                });
                if given("grant_type") == "authorization_code" {
                    body["refresh_token"] = issued.refresh.into();
                }
                Reply::json(200, &body)
            }
            None => Reply::json(200, &json!({"error": "invalid_code"})),
        }
    }
}

impl Vendor for Zoho {
    fn name(&self) -> &'static str {
        "zohocrm"
    }

    fn serves(&self, host: &str) -> bool {
        host.contains("zohoapis.") || host.starts_with("accounts.zoho")
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::connected(
            "zohocrm",
            &self.tokens,
            &[("api_domain", &format!("https://{API}"))],
        )
    }

    fn truth(&self) -> Vec<TruthUser> {
        (0..self.users)
            .map(Person::nth)
            .map(|person| {
                let avatar = person.picture.clone().map(|url| ("avatar", url));
                let profile = Self::website(&person)
                    .filter(|url| url.starts_with("https://"))
                    .map(|url| ("profile", url));
                TruthUser {
                    created_at: Some(whole_seconds(person.created)),
                    updated_at: Self::dated(&person).then(|| whole_seconds(person.updated)),
                    urls: avatar.into_iter().chain(profile).collect(),
                    ..TruthUser::of(&person, Self::id(person.index))
                }
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.path == "/oauth/v2/token"
    }

    fn answer(&self, call: &Call) -> Reply {
        if self.is_token_call(call) {
            return self.token(call);
        }
        if call.path == "/oauth/v2/token/revoke" {
            let mut fields = call.form();
            fields.extend(call.query.iter().cloned());
            self.tokens.revoke_one(first(&fields, "token"));
            return Reply::json(200, &json!({"status": "success"}));
        }
        let Some(header) = call.header("authorization") else {
            return Self::error(401, "AUTHENTICATION_FAILURE", "Authentication failed");
        };
        let token = header
            .strip_prefix("Zoho-oauthtoken ")
            .or_else(|| header.strip_prefix("Bearer "));
        if call.host != API || !token.is_some_and(|token| self.tokens.accepts(token)) {
            return Self::error(401, "INVALID_TOKEN", "invalid oauth token");
        }
        if call.method != http::Method::GET {
            return Self::error(
                400,
                "INVALID_REQUEST_METHOD",
                "The http request method type is not a valid one",
            );
        }
        match call.path.as_str() {
            "/crm/v8/users" => self.list(call),
            _ => match call.below("/crm/v8/users/") {
                Some(id) => self.get(&id),
                None => Self::error(
                    404,
                    "INVALID_URL_PATTERN",
                    "Please check if the URL trying to access is a correct one",
                ),
            },
        }
    }

    fn consent(&self, call: &Call) -> Option<Consent> {
        (call.path == "/oauth/v2/auth").then(|| Consent {
            title: "Zoho",
            pkce: Pkce::Ignored,
            required: &[
                ("response_type", Some("code")),
                ("scope", None),
                ("access_type", Some("offline")),
            ],
            extra: vec![
                ("location", "eu".to_owned()),
                ("accounts-server", format!("https://{ACCOUNTS}")),
            ],
        })
    }

    fn throttled(&self) -> Reply {
        Self::error(429, "TOO_MANY_REQUESTS", "too many requests fired concurrently")
    }

    fn forbidden(&self) -> Reply {
        let body = json!({
            "code": "NO_PERMISSION", "details": {"permissions": ["Crm_Implied_View_Users"]},
            "message": "permission denied", "status": "error"
        });
        Reply::json(403, &body)
    }
}
