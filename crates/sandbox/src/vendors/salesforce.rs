//! Salesforce users by SOQL: batches that may be short, locators, 403 for a spent quota.

mod query;

use std::time::Duration;

use serde_json::{Value, json};

use super::{SandboxAccount, TruthUser, Vendor, iso};
use crate::call::{Call, Reply, first};
use crate::consent::{Consent, Pkce};
use crate::oauth;
use crate::people::Person;
use crate::tokens::{CLIENT_ID, CLIENT_SECRET, Rotation, Tokens};

pub(super) struct Salesforce {
    users: usize,
    tokens: Tokens,
}

const HOST: &str = "northlight-demo.my.salesforce.com";
const COLUMNS: &[&str] = &[
    "Id",
    "Name",
    "FirstName",
    "LastName",
    "Username",
    "Email",
    "IsActive",
    "UserType",
    "ProfileId",
    "UserRoleId",
    "Title",
    "Department",
    "FullPhotoUrl",
    "SmallPhotoUrl",
    "CreatedDate",
    "LastModifiedDate",
    "SystemModstamp",
];

impl Salesforce {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("salesforce", Rotation::Stays),
        }
    }

    /// Eighteen characters, in which case matters.
    fn id(index: usize) -> String {
        let digits: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
        let mut rest = index;
        let mut text = String::new();
        for _ in 0..8 {
            text.insert(0, digits[rest % 62]);
            rest /= 62;
        }
        format!("005Ws00{text}IAC")
    }

    fn index_of(&self, id: &str) -> Option<usize> {
        (0..self.users).find(|index| Self::id(*index) == id)
    }

    /// Only whole seconds are kept.
    fn instant(millis: i64) -> i64 {
        millis.div_euclid(1000) * 1000
    }

    fn value(person: &Person, column: &str) -> Value {
        let date = |millis: i64| json!(iso(Self::instant(millis), 3, "+0000"));
        match column.to_ascii_lowercase().as_str() {
            "id" => json!(Self::id(person.index)),
            "name" => json!(person.full_name()),
            "firstname" => json!(person.first.filter(|part| !part.is_empty())),
            "lastname" => json!(person.last.filter(|part| !part.is_empty())),
            "username" => json!(format!("user{}@northlight.example.com", person.index)),
            "email" => json!(person.address()),
            "isactive" => json!(person.active),
            "usertype" => json!("Standard"),
            "profileid" => json!("00eWs000001AbCdIAK"),
            "title" => json!("SDR"),
            "fullphotourl" | "smallphotourl" => json!(person.picture),
            "createddate" => date(person.created),
            "lastmodifieddate" | "systemmodstamp" => date(person.updated),
            _ => Value::Null,
        }
    }

    fn record(person: &Person, columns: &[String]) -> Value {
        let mut record = serde_json::Map::new();
        let url = format!("/services/data/v60.0/sobjects/User/{}", Self::id(person.index));
        record.insert("attributes".into(), json!({"type": "User", "url": url}));
        for column in columns {
            let known = COLUMNS
                .iter()
                .find(|known| known.eq_ignore_ascii_case(column))
                .copied()
                .unwrap_or_default();
            record.insert(known.to_owned(), Self::value(person, column));
        }
        Value::Object(record)
    }

    fn get(&self, call: &Call, id: &str) -> Reply {
        let columns: Vec<String> = match call.param("fields") {
            Some(fields) => fields.split(',').map(str::to_owned).collect(),
            None => COLUMNS.iter().map(|column| (*column).to_owned()).collect(),
        };
        match self.index_of(id) {
            Some(index) => Reply::json(200, &Self::record(&Person::nth(index), &columns)),
            None => Self::error(
                404,
                "NOT_FOUND",
                "Provided external ID field does not exist or is not accessible: Id",
            ),
        }
    }

    fn error(status: u16, code: &str, message: &str) -> Reply {
        Reply::json(status, &json!([{"message": message, "errorCode": code}]))
    }

    fn token(&self, call: &Call) -> Reply {
        let form = call.form();
        let given = |name: &str| first(&form, name);
        let client = call
            .basic()
            .unwrap_or_else(|| (given("client_id").to_owned(), given("client_secret").to_owned()));
        if client != (CLIENT_ID.to_owned(), CLIENT_SECRET.to_owned()) {
            return oauth::error(400, "invalid_client", "invalid client credentials");
        }
        // There is no `expires_in`, and a refresh brings no refresh token.
        let answer = |access: &str, refresh: Option<&str>| {
            let mut body = json!({
                "access_token": access, "scope": "refresh_token api", "instance_url": format!("https://{HOST}"),
                "id": "https://login.salesforce.com/id/00D/005", "token_type": "Bearer", "issued_at": "1767225601000"
            });
            if let Some(refresh) = refresh {
                body["refresh_token"] = refresh.into();
            }
            Reply::json(200, &body)
        };
        let life = Duration::from_secs(7200);
        match given("grant_type") {
            grant @ ("refresh_token" | "authorization_code") => match self.tokens.grant(given, life) {
                Some(issued) => answer(
                    &issued.access,
                    (grant == "authorization_code").then_some(issued.refresh.as_str()),
                ),
                None => oauth::error(400, "invalid_grant", "expired access/refresh token"),
            },
            "client_credentials" if call.host == HOST => answer(&self.tokens.mint(life), None),
            _ => oauth::error(400, "unsupported_grant_type", "grant type not supported"),
        }
    }
}

impl Vendor for Salesforce {
    fn name(&self) -> &'static str {
        "salesforce"
    }

    fn serves(&self, host: &str) -> bool {
        ["login.salesforce.com", "test.salesforce.com"].contains(&host)
            || host.ends_with(".my.salesforce.com")
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::connected(
            "salesforce",
            &self.tokens,
            &[("instance_url", &format!("https://{HOST}"))],
        )
    }

    fn truth(&self) -> Vec<TruthUser> {
        let part = |part: Option<&str>| part.filter(|part| !part.is_empty()).map(str::to_owned);
        (0..self.users)
            .map(Person::nth)
            .map(|person| TruthUser {
                id: Self::id(person.index),
                name: person.full_name(),
                first_name: part(person.first),
                last_name: part(person.last),
                email: person.address(),
                is_active: Some(person.active),
                created_at: Some(Self::instant(person.created)),
                updated_at: Some(Self::instant(person.updated)),
                urls: person.picture.iter().map(|url| ("avatar", url.clone())).collect(),
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.path == "/services/oauth2/token"
    }

    fn answer(&self, call: &Call) -> Reply {
        if self.is_token_call(call) {
            return self.token(call);
        }
        if call.path == "/services/oauth2/revoke" {
            let form = call.form();
            return match self.tokens.revoke_one(first(&form, "token")) {
                true => Reply::text(200, "text/html", ""),
                false => Reply::json(
                    400,
                    &json!({"error": "unsupported_token_type", "error_description": "this token type is not supported"}),
                ),
            };
        }
        if call.host != HOST || !call.bearer().is_some_and(|token| self.tokens.accepts(token)) {
            return Self::error(401, "INVALID_SESSION_ID", "Session expired or invalid")
                .with("www-authenticate", "Token");
        }
        let path = call.path.trim_end_matches('/');
        let reply = if path == "/services/data/v60.0/query" {
            match call.param("q") {
                Some(text) => self.batch(call, text, 0),
                None => Self::error(400, "MALFORMED_QUERY", "A query string has to be specified"),
            }
        } else if path == "/services/data/v60.0/limits" {
            Reply::json(
                200,
                &json!({"DailyApiRequests": {"Max": 15000, "Remaining": 14076}}),
            )
        } else if let Some(locator) = call.below("/services/data/v60.0/query/") {
            self.next_batch(call, &locator)
        } else if let Some(id) = call.below("/services/data/v60.0/sobjects/User/") {
            self.get(call, &id)
        } else {
            Self::error(404, "NOT_FOUND", "The requested resource does not exist")
        };
        reply.with("sforce-limit-info", "api-usage=924/15000")
    }

    fn consent(&self, call: &Call) -> Option<Consent> {
        (call.path == "/services/oauth2/authorize").then(|| Consent {
            title: "Salesforce",
            pkce: Pkce::Optional,
            required: &[("response_type", Some("code"))],
            extra: Vec::new(),
        })
    }

    fn forbidden(&self) -> Reply {
        Self::error(
            403,
            "API_DISABLED_FOR_ORG",
            "API is not enabled for this Organization or Partner",
        )
    }

    fn throttled(&self) -> Reply {
        Self::error(
            403,
            "REQUEST_LIMIT_EXCEEDED",
            "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
        )
    }
}
