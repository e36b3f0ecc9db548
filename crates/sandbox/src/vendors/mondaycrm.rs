//! monday.com users by GraphQL: 200 for most errors, inactive users hidden unless asked for.

mod document;

use std::time::Duration;

use serde_json::{Map, Value, json};

use self::document::{Document, check_type};
use super::{SandboxAccount, TruthUser, Vendor, iso};
use crate::call::{Call, Reply, first};
use crate::consent::{Consent, Pkce};
use crate::oauth;
use crate::people::Person;
use crate::tokens::{CLIENT_ID, CLIENT_SECRET, Rotation, Tokens};

pub(super) struct Monday {
    users: usize,
    tokens: Tokens,
}

const API_KEY: &str = "monday-sandbox-key";
const FIELDS: &[&str] = &[
    "id",
    "account_id",
    "name",
    "email",
    "created_at",
    "became_active_at",
    "last_activity",
    "status",
    "kind",
    "is_deleted",
    "is_email_confirmed",
    "url",
    "photo_url",
    "title",
    "phone",
    "mobile_phone",
    "location",
    "birthday",
];
const PHOTOS: &[&str] = &["original", "small", "thumb", "thumb_small", "tiny"];
/// Arguments of `users` and the types their variables must have.
const ARGUMENTS: &[(&str, &str)] = &[
    ("limit", "Int"),
    ("page", "Int"),
    ("status", "[UserStatus!]"),
    ("ids", "[ID!]"),
    ("emails", "[String!]"),
    ("name", "String"),
];

impl Monday {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("monday", Rotation::Single),
        }
    }

    fn id(index: usize) -> String {
        (83_120_457 + index * 3).to_string()
    }

    fn status(person: &Person) -> &'static str {
        match (person.active, person.index % 5) {
            (false, _) => "INACTIVE",
            (true, 4) => "PENDING",
            (true, _) => "ACTIVE",
        }
    }

    fn name(person: &Person) -> String {
        person.full_name().unwrap_or_default()
    }

    fn page(person: &Person) -> String {
        format!("https://northlane.monday.com/users/{}", Self::id(person.index))
    }

    fn value(person: &Person, field: &str) -> Value {
        match field {
            "id" => json!(Self::id(person.index)),
            "name" => json!(Self::name(person)),
            "email" => json!(person.email.clone().unwrap_or_default()),
            "created_at" => json!(iso(person.created.div_euclid(1000) * 1000, 0, "Z")),
            "status" => json!(Self::status(person)),
            "kind" => json!("member"),
            "is_deleted" => json!(false),
            "url" => json!(Self::page(person)),
            "photo_url" => match &person.picture {
                Some(url) => {
                    json!({"original": url, "small": url, "thumb": url, "thumb_small": url, "tiny": null})
                }
                None => Value::Null,
            },
            "title" => json!(""),
            _ => Value::Null,
        }
    }

    fn errors(message: &str, code: &str) -> Reply {
        Reply::json(
            200,
            &json!({"errors": [{"message": message, "extensions": {"code": code}}], "extensions": {"request_id": "0f9c3a52"}}),
        )
    }

    fn query(&self, body: &Value) -> Result<Value, (String, &'static str)> {
        let invalid = |message: String| (message, "GRAPHQL_VALIDATION_FAILED");
        let text = body["query"].as_str().unwrap_or_default();
        let document = Document::parse(text)
            .map_err(|message| (format!("Parse error on {message}"), "GRAPHQL_PARSE_FAILED"))?;
        let variables = body["variables"].as_object().cloned().unwrap_or_default();
        if document.field == "me" {
            return Ok(json!({"me": {"id": Self::id(0), "name": "Noor de Wit"}}));
        }
        if document.field != "users" {
            return Err(invalid(format!(
                "Cannot query field \"{}\" on type \"Query\".",
                document.field
            )));
        }
        for (field, inner) in &document.selection {
            if !FIELDS.contains(&field.as_str()) {
                return Err(invalid(format!(
                    "Cannot query field \"{field}\" on type \"User\"."
                )));
            }
            if (field == "photo_url") == inner.is_empty()
                || inner.iter().any(|photo| !PHOTOS.contains(&photo.as_str()))
            {
                return Err(invalid(format!("Field \"{field}\" has a wrong selection.")));
            }
        }
        let mut arguments = Map::new();
        for (name, variable) in &document.arguments {
            let Some((_, wanted)) = ARGUMENTS.iter().find(|(known, _)| known == name) else {
                return Err(invalid(format!(
                    "Unknown argument \"{name}\" on field \"Query.users\"."
                )));
            };
            match document.variables.get(variable) {
                None => return Err(invalid(format!("Variable \"${variable}\" is not defined."))),
                Some(kind) if kind != wanted => {
                    return Err(invalid(format!(
                        "Variable \"${variable}\" of type \"{kind}\" used in position expecting type \"{wanted}\"."
                    )));
                }
                Some(_) => {}
            }
            if let Some(value) = variables.get(variable) {
                check_type(variable, wanted, value).map_err(invalid)?;
                arguments.insert(name.clone(), value.clone());
            }
        }
        for variable in document.variables.keys() {
            if !document.arguments.iter().any(|(_, used)| used == variable) {
                return Err(invalid(format!("Variable \"${variable}\" is never used.")));
            }
        }
        self.users(&document, &arguments)
            .map(|users| json!({"users": users}))
            .map_err(invalid)
    }

    fn users(&self, document: &Document, arguments: &Map<String, Value>) -> Result<Vec<Value>, String> {
        let number =
            |name: &str, otherwise: u64| arguments.get(name).and_then(Value::as_u64).unwrap_or(otherwise);
        let (limit, page) = (number("limit", 200), number("page", 1));
        if limit == 0 || limit > 1000 || page == 0 {
            return Err("limit must be 1 to 1000, page at least 1".to_owned());
        }
        let texts = |name: &str| -> Option<Vec<String>> {
            Some(
                arguments
                    .get(name)?
                    .as_array()?
                    .iter()
                    .filter_map(|item| item.as_str().map(str::to_owned))
                    .collect(),
            )
        };
        let statuses = texts("status").unwrap_or_else(|| vec!["ACTIVE".into(), "PENDING".into()]);
        let (ids, emails) = (texts("ids"), texts("emails"));
        let name = arguments
            .get("name")
            .and_then(Value::as_str)
            .map(str::to_lowercase);
        Ok((0..self.users)
            .map(Person::nth)
            .filter(|person| statuses.iter().any(|status| status == Self::status(person)))
            .filter(|person| {
                ids.as_ref()
                    .is_none_or(|ids| ids.contains(&Self::id(person.index)))
            })
            .filter(|person| {
                emails
                    .as_ref()
                    .is_none_or(|emails| person.email.as_ref().is_some_and(|email| emails.contains(email)))
            })
            .filter(|person| {
                name.as_ref()
                    .is_none_or(|name| Self::name(person).to_lowercase().starts_with(name))
            })
            .skip(((page - 1) * limit) as usize)
            .take(limit as usize)
            .map(|person| {
                let members = document.selection.iter().map(|(field, inner)| {
                    let value = Self::value(&person, field);
                    let value = match value {
                        Value::Object(photos) => Value::Object(
                            photos
                                .into_iter()
                                .filter(|(name, _)| inner.contains(name))
                                .collect(),
                        ),
                        other => other,
                    };
                    (field.clone(), value)
                });
                Value::Object(members.collect())
            })
            .collect())
    }

    fn token(&self, call: &Call) -> Reply {
        let fields = call.fields();
        let given = |name: &str| first(&fields, name);
        let client = call
            .basic()
            .unwrap_or_else(|| (given("client_id").to_owned(), given("client_secret").to_owned()));
        if client != (CLIENT_ID.to_owned(), CLIENT_SECRET.to_owned()) {
            return oauth::error(401, "invalid_client", "");
        }
        match self.tokens.grant(given, Duration::from_secs(3600)) {
            Some(issued) => Reply::json(
                200,
                &json!({
                    "access_token": issued.access, "refresh_token": issued.refresh, "token_type": "Bearer", "scope": "users:read me:read"
                }),
            ),
            None => oauth::error(400, "invalid_grant", ""),
        }
    }
}

impl Vendor for Monday {
    fn name(&self) -> &'static str {
        "mondaycrm"
    }

    fn serves(&self, host: &str) -> bool {
        matches!(host, "api.monday.com" | "auth.monday.com")
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::new("mondaycrm", "api_key", &[("api_key", API_KEY)])
    }

    fn truth(&self) -> Vec<TruthUser> {
        (0..self.users)
            .map(Person::nth)
            .map(|person| {
                let picture = person.picture.clone().map(|url| ("avatar", url));
                TruthUser {
                    id: Self::id(person.index),
                    name: person.full_name(),
                    first_name: None,
                    last_name: None,
                    email: person.address(),
                    is_active: None,
                    created_at: Some(person.created.div_euclid(1000) * 1000),
                    updated_at: None,
                    urls: picture
                        .into_iter()
                        .chain([("profile", Self::page(&person))])
                        .collect(),
                }
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.host == "auth.monday.com" && call.path == "/oauth_ms/oauth/token"
    }

    fn answer(&self, call: &Call) -> Reply {
        if self.is_token_call(call) {
            return self.token(call);
        }
        let token = call.bearer().or_else(|| call.header("authorization"));
        if !token.is_some_and(|token| token == API_KEY || self.tokens.accepts(token)) {
            return Reply::json(
                401,
                &json!({"errors": [{"message": "Not Authenticated", "extensions": {"code": "NOT_AUTHENTICATED"}}]}),
            );
        }
        if call.path.trim_end_matches('/') != "/v2" {
            return Reply::text(404, "text/html", "<html>not found</html>");
        }
        let no_query = || {
            Reply::json(
                400,
                &json!({"errors": [{"message": "Request body must be a JSON with query."}]}),
            )
        };
        if call.method != http::Method::POST || !call.is_kind("application/json") {
            return no_query();
        }
        let Some(body) = call.json() else {
            return Reply::json(
                400,
                &json!({"errors": [{"message": "bad JSON", "extensions": {"code": "JsonParseException"}}]}),
            );
        };
        if !body["query"].is_string() {
            return no_query();
        }
        match call.header("api-version") {
            Some("2026-07" | "2026-10" | "2027-01") => {}
            _ => return Self::errors("The API version is not supported", "InvalidVersionException"),
        }
        let reply = match self.query(&body) {
            Ok(data) => Reply::json(
                200,
                &json!({"data": data, "extensions": {"request_id": "0f9c3a52"}}),
            ),
            Err((message, code)) => Self::errors(&message, code),
        };
        reply
            .with("ratelimit", "\"minute\";r=249;t=60")
            .with("ratelimit-policy", "\"minute\";q=250;w=60")
    }

    fn consent(&self, call: &Call) -> Option<Consent> {
        (call.host == "auth.monday.com" && call.path == "/oauth2/authorize").then(|| Consent {
            title: "monday.com",
            pkce: Pkce::Required,
            required: &[
                ("response_type", Some("code")),
                ("scope", None),
                ("code_challenge_method", Some("S256")),
            ],
            extra: Vec::new(),
        })
    }

    fn forbidden(&self) -> Reply {
        Self::errors(
            "Missing required permissions: users:read",
            "missingRequiredPermissions",
        )
    }

    fn throttled(&self) -> Reply {
        Reply::json(
            429,
            &json!({
                "errors": [{"message": "Minute rate limit exceeded", "extensions": {"code": "MINUTE_RATE_LIMIT_EXCEEDED", "retry_in_seconds": 1}}]
            }),
        )
    }
}
