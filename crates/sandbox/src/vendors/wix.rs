//! Wix members: a query in a POST body, fieldsets without which everybody looks inactive, tokens that are
//! minted, keys without a scheme.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{SandboxAccount, TruthUser, Vendor, iso};
use crate::call::{Call, Reply, first};
use crate::consent::{Consent, Pkce};
use crate::people::{Person, some, uuid};
use crate::tokens::{CLIENT_ID, CLIENT_SECRET, Rotation, Tokens};

pub(super) struct Wix {
    users: usize,
    tokens: Tokens,
}

const API_KEY: &str = "IST.wix-sandbox-key";
const SITE: &str = "0f3e9c1a-5b7d-4c28-9e46-a1d2c3b4e5f6";
const INSTANCE: &str = "7b1f2c3d-8e9a-4b5c-a6d7-e8f901234567";
const KIND: u64 = 0x0715;

impl Wix {
    /// The installer: a consent page whose parameters have names of their own. The way back carries the
    /// installation's id.
    fn install(&self, call: &Call) -> Reply {
        if call.path != "/installer/install" {
            return Reply::text(404, "text/html", "<h1>404</h1>");
        }
        let mut call = call.clone();
        call.query
            .retain(|(name, _)| name != "client_id" && name != "redirect_uri");
        for (name, _) in &mut call.query {
            match name.as_str() {
                "appId" => "client_id".clone_into(name),
                "redirectUrl" => "redirect_uri".clone_into(name),
                _ => {}
            }
        }
        let consent = Consent {
            title: "Wix",
            pkce: Pkce::Ignored,
            required: &[],
            extra: vec![("instanceId", INSTANCE.to_owned())],
        };
        consent.answer(&call, &self.tokens)
    }

    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("wix", Rotation::Stays),
        }
    }

    fn instant(millis: i64) -> String {
        iso(millis, if millis % 1000 == 0 { 0 } else { 3 }, "Z")
    }

    fn status(person: &Person) -> &'static str {
        match (person.active, person.index % 4) {
            (true, _) => "APPROVED",
            (false, 0) => "PENDING",
            (false, 1) => "BLOCKED",
            (false, 2) => "OFFLINE",
            (false, _) => "UNKNOWN",
        }
    }

    /// The public name, which stands in where the contact has none.
    fn nickname(person: &Person) -> Option<String> {
        (person.index % 3 != 2).then(|| format!("Member {}", person.index))
    }

    fn record(person: &Person, fieldset: &str) -> Value {
        let mut record = Map::new();
        let mut set = |name: &str, value: Value| record.insert(name.to_owned(), value);
        set("id", uuid(KIND, person.index).into());
        let known = fieldset != "PUBLIC";
        // What is not set is left out.
        if let (true, Some(email)) = (known, person.email.as_ref()) {
            set("loginEmail", email.clone().into());
        }
        set(
            "status",
            if known { Self::status(person) } else { "UNKNOWN" }.into(),
        );
        set("contactId", uuid(KIND + 1, person.index).into());
        if fieldset == "FULL" {
            let mut contact = Map::new();
            for (name, part) in [("firstName", person.first), ("lastName", person.last)] {
                if let Some(part) = part {
                    contact.insert(name.to_owned(), part.into());
                }
            }
            if !contact.is_empty() {
                set("contact", Value::Object(contact));
            }
        }
        let mut profile = json!({"slug": format!("member{}", person.index), "photo": {"id": "", "url": "", "height": 0, "width": 0}});
        if let Some(nickname) = Self::nickname(person) {
            profile["nickname"] = nickname.into();
        }
        set("profile", profile);
        set("privacyStatus", "PRIVATE".into());
        set("createdDate", Self::instant(person.created).into());
        set("updatedDate", Self::instant(person.updated).into());
        Value::Object(record)
    }

    fn invalid(description: &str) -> Reply {
        let violation = json!({"field": "value", "description": description});
        Reply::json(
            400,
            &json!({"message": description, "details": {"validationError": {"fieldViolations": [violation]}}}),
        )
    }

    fn problem(status: u16, code: &str) -> Reply {
        Reply::json(
            status,
            &json!({"message": code, "details": {"applicationError": {"code": code, "description": code, "data": {}}}}),
        )
    }

    fn fieldset<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        let names: Vec<&str> = names.into_iter().collect();
        if names
            .iter()
            .any(|name| !matches!(*name, "PUBLIC" | "EXTENDED" | "FULL"))
        {
            return None;
        }
        ["FULL", "EXTENDED"]
            .into_iter()
            .find(|known| names.contains(known))
            .or(Some("PUBLIC"))
    }

    /// Whether a person meets a filter.
    fn meets(person: &Person, filter: &Value) -> Result<bool, String> {
        let Value::Object(members) = filter else {
            return Err("Expected an object".into());
        };
        let record = Self::record(person, "FULL");
        for (name, test) in members {
            let met = match (name.as_str(), test) {
                ("$and" | "$or", Value::Array(parts)) => {
                    let met: Vec<bool> = parts
                        .iter()
                        .map(|part| Self::meets(person, part))
                        .collect::<Result<_, _>>()?;
                    if name == "$and" {
                        met.iter().all(|met| *met)
                    } else {
                        met.contains(&true)
                    }
                }
                ("$not", part) => !Self::meets(person, part)?,
                (
                    "id" | "loginEmail" | "contactId" | "contact.firstName" | "contact.lastName"
                    | "profile.nickname" | "profile.slug" | "status" | "privacyStatus",
                    test,
                ) => {
                    let value = name.split('.').fold(&record, |value, step| &value[step]);
                    Self::test(value, test)?
                }
                (name, _) => return Err(format!("Field '{name}' is not declared as filterable")),
            };
            if !met {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn test(value: &Value, test: &Value) -> Result<bool, String> {
        let Value::Object(operators) = test else {
            return Ok(value == test);
        };
        let mut met = true;
        for (operator, wanted) in operators {
            let lower = |value: &Value| value.as_str().map(str::to_lowercase);
            met &= match operator.as_str() {
                "$eq" => value == wanted,
                "$ne" => value != wanted,
                "$in" => wanted.as_array().is_some_and(|list| list.contains(value)),
                "$nin" => !wanted.as_array().is_some_and(|list| list.contains(value)),
                "$exists" => wanted.as_bool() == Some(!value.is_null()),
                "$startsWith" => match (lower(value), lower(wanted)) {
                    (Some(value), Some(wanted)) => value.starts_with(&wanted),
                    _ => false,
                },
                operator => return Err(format!("Unknown operator '{operator}'")),
            };
        }
        Ok(met)
    }

    fn page(&self, fieldset: &str, limit: usize, offset: usize, keep: impl Fn(&Person) -> bool) -> Reply {
        if !(1..=100).contains(&limit) {
            return Self::invalid("limit must be between 1 and 100");
        }
        let (found, _) = some(self.users, offset, limit, &keep);
        let total = (0..self.users).map(Person::nth).filter(keep).count();
        let written: Vec<String> = found
            .iter()
            .map(|person| Self::record(person, fieldset).to_string())
            .collect();
        let meta = json!({"count": found.len(), "offset": offset, "total": total, "tooManyToCount": false});
        Reply::written(
            200,
            format!(r#"{{"members":[{}],"metadata":{meta}}}"#, written.join(",")),
        )
    }

    fn query(&self, call: &Call) -> Reply {
        if !call.is_kind("application/json") {
            return Reply::json(415, &json!({"message": "Unsupported media type"}));
        }
        let Some(body) = call.json() else {
            return Self::invalid("Expected an object");
        };
        let names = body["fieldsets"].as_array().cloned().unwrap_or_default();
        let Some(fieldset) = Self::fieldset(names.iter().filter_map(Value::as_str)) else {
            return Self::invalid("fieldsets is not valid");
        };
        let query = &body["query"];
        if query.get("sorting").or_else(|| query.get("sort")).is_some() {
            return Self::invalid("The sandbox sorts no members");
        }
        let number = |name: &str, otherwise: u64| match &query["paging"][name] {
            Value::Null => Some(otherwise),
            value => value.as_u64(),
        };
        let (Some(limit), Some(offset)) = (number("limit", 50), number("offset", 0)) else {
            return Self::invalid("paging is not valid");
        };
        let none = json!({});
        let filter = query.get("filter").unwrap_or(&none);
        if let Err(problem) = Self::meets(&Person::nth(0), filter) {
            return Self::invalid(&problem);
        }
        self.page(fieldset, limit as usize, offset as usize, |person| {
            Self::meets(person, filter).unwrap_or(false)
        })
    }

    fn list(&self, call: &Call) -> Reply {
        let names = call.query.iter().filter(|(name, _)| name == "fieldsets");
        let Some(fieldset) = Self::fieldset(names.map(|(_, value)| value.as_str())) else {
            return Self::invalid("fieldsets is not valid");
        };
        let number = |name: &str, otherwise: usize| match call.param(name) {
            None => Some(otherwise),
            Some(text) => text.parse::<usize>().ok(),
        };
        match (number("paging.limit", 50), number("paging.offset", 0)) {
            (Some(limit), Some(offset)) => self.page(fieldset, limit, offset, |_| true),
            _ => Self::invalid("paging is not valid"),
        }
    }

    fn get(&self, call: &Call, id: &str) -> Reply {
        if id.len() != 36 {
            return Self::invalid("id is not a GUID");
        }
        let names = call.query.iter().filter(|(name, _)| name == "fieldsets");
        let fieldset = Self::fieldset(names.map(|(_, value)| value.as_str())).unwrap_or("PUBLIC");
        match (0..self.users).find(|index| uuid(KIND, *index) == id) {
            Some(index) => Reply::json(
                200,
                &json!({"member": Self::record(&Person::nth(index), fieldset)}),
            ),
            None => Self::problem(404, "NOT_FOUND"),
        }
    }

    fn token(&self, call: &Call) -> Reply {
        let fields = call.fields();
        let given = |name: &str| first(&fields, name);
        let client = given("client_id") == CLIENT_ID && given("client_secret") == CLIENT_SECRET;
        if !call.is_kind("application/json") || !client {
            return Self::problem(401, "UNAUTHENTICATED");
        }
        if call.path == "/oauth/access" {
            return match self.tokens.grant(given, Duration::from_secs(300)) {
                Some(issued) => Reply::json(
                    200,
                    &json!({"access_token": issued.access, "refresh_token": issued.refresh}),
                ),
                None => Self::problem(400, "INVALID_GRANT"),
            };
        }
        if given("grant_type") != "client_credentials" || given("instance_id") != INSTANCE {
            return Self::problem(400, "INVALID_ARGUMENT");
        }
        let access = self.tokens.mint(Duration::from_secs(14_400));
        Reply::json(
            200,
            &json!({"access_token": access, "token_type": "Bearer", "expires_in": 14_400}),
        )
    }
}

impl Vendor for Wix {
    fn name(&self) -> &'static str {
        "wix"
    }

    fn serves(&self, host: &str) -> bool {
        host == "www.wixapis.com" || host == "www.wix.com"
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::new(
            "wix",
            "oauth2_client_credentials",
            &[
                ("instance_id", INSTANCE),
                ("client_id", CLIENT_ID),
                ("client_secret", CLIENT_SECRET),
            ],
        )
    }

    fn truth(&self) -> Vec<TruthUser> {
        (0..self.users)
            .map(Person::nth)
            .map(|person| TruthUser {
                name: person.full_name().or_else(|| Self::nickname(&person)),
                ..TruthUser::of(&person, uuid(KIND, person.index))
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, call: &Call) -> bool {
        matches!(call.path.as_str(), "/oauth2/token" | "/oauth/access")
    }

    fn answer(&self, call: &Call) -> Reply {
        if call.host == "www.wix.com" {
            return self.install(call);
        }
        if self.is_token_call(call) {
            return self.token(call);
        }
        let Some(header) = call.header("authorization") else {
            return Reply::text(403, "application/json", "");
        };
        let is_key = header == API_KEY;
        let token = header.strip_prefix("Bearer ").unwrap_or(header);
        if !is_key && !self.tokens.accepts(token) {
            return Self::problem(401, "UNAUTHENTICATED");
        }
        // A token names its site; a key does not.
        if is_key && call.header("wix-site-id") != Some(SITE) {
            return Reply::text(403, "application/json", "");
        }
        match (call.method.as_str(), call.path.as_str()) {
            ("POST", "/members/v1/members/query") => self.query(call),
            ("GET", "/members/v1/members") => self.list(call),
            ("GET", "/apps/v1/instance") if !is_key => Reply::json(
                200,
                &json!({"instance": {"instanceId": INSTANCE}, "site": {"siteId": SITE}}),
            ),
            ("GET", _) => match call.below("/members/v1/members/") {
                Some(id) => self.get(call, &id),
                None => Self::problem(404, "NOT_FOUND"),
            },
            _ => Self::problem(404, "NOT_FOUND"),
        }
    }

    fn throttled(&self) -> Reply {
        Self::problem(429, "RESOURCE_EXHAUSTED")
    }

    fn forbidden(&self) -> Reply {
        Self::problem(403, "PERMISSION_DENIED")
    }
}
