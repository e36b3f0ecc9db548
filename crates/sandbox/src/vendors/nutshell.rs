//! Nutshell users by JSON-RPC: page numbers in the body, no end marker, errors in a 200, stubs that lack the
//! parts of a name.

use serde_json::{Map, Value, json};

use super::{SandboxAccount, TruthUser, Vendor, iso, whole_seconds};
use crate::call::{Call, Reply};
use crate::people::{Person, some};
use crate::tokens::{Rotation, Tokens};

pub(super) struct Nutshell {
    users: usize,
    tokens: Tokens,
}

const HOST: &str = "app.nutshell.com";
const USER: &str = "ops@northlight.example.com";
const API_KEY: &str = "nutshell-api-key";
const FIRST_ID: usize = 41;
/// No maximum is published, so a larger page may be cut to the usual size without a word.
const MOST: usize = 50;

/// An error of JSON-RPC.
type Refusal = (i64, String);

fn bad_params(message: &str) -> Refusal {
    (-32602, message.to_owned())
}

impl Nutshell {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("nutshell", Rotation::Stays),
        }
    }

    /// Odd numbers.
    fn id(index: usize) -> usize {
        FIRST_ID + index * 4
    }

    fn name(person: &Person) -> Option<String> {
        match (person.full_name(), person.index % 2) {
            (None, 0) => Some(String::new()),
            (name, _) => name,
        }
    }

    /// Zones as they are seen, and as they are documented.
    fn date(person: &Person, millis: i64) -> String {
        iso(millis, 0, ["+0000", "+0000", "+00:00", "Z"][person.index % 4])
    }

    fn created(person: &Person) -> Option<i64> {
        (person.index % 31 != 12).then(|| whole_seconds(person.created))
    }

    fn updated(person: &Person) -> Option<i64> {
        (person.index % 19 != 4).then(|| whole_seconds(person.updated))
    }

    fn stub(person: &Person) -> Map<String, Value> {
        let mut stub = Map::new();
        stub.insert("stub".into(), true.into());
        stub.insert("id".into(), Self::id(person.index).into());
        stub.insert("rev".into(), (person.index % 90).to_string().into());
        stub.insert("entityType".into(), "Users".into());
        let mut date = |name: &str, at: Option<i64>| {
            if let Some(at) = at {
                stub.insert(name.to_owned(), Self::date(person, at).into());
            } else if person.index.is_multiple_of(2) {
                stub.insert(name.to_owned(), Value::Null);
            }
        };
        date("modifiedTime", Self::updated(person));
        date("createdTime", Self::created(person));
        stub.insert("name".into(), json!(Self::name(person)));
        match (&person.email, person.index % 3) {
            (None, 0) => {}
            (None, _) => {
                stub.insert("emails".into(), json!([]));
            }
            (Some(email), 0) => {
                let second = format!("second.{}@example.org", person.index);
                stub.insert("emails".into(), json!([email, second]));
            }
            (Some(email), _) => {
                stub.insert("emails".into(), json!([email]));
            }
        }
        if person.active || !person.index.is_multiple_of(3) {
            stub.insert("isEnabled".into(), person.active.into());
        }
        stub.insert("isAdministrator".into(), (person.index == 0).into());
        stub
    }

    /// One user alone is no stub. Its name may be left to its parts.
    fn full(person: &Person) -> Value {
        let mut record = Self::stub(person);
        record.shift_remove("stub");
        if person.index % 5 == 3 {
            record.shift_remove("name");
        }
        record.insert("firstName".into(), json!(person.first));
        record.insert("lastName".into(), json!(person.last));
        record.insert("teams".into(), json!([]));
        Value::Object(record)
    }

    /// Parameters by name; an empty list stands for none.
    fn params(request: &Value, known: &[&str]) -> Result<Map<String, Value>, Refusal> {
        match request.get("params") {
            None => Ok(Map::new()),
            Some(Value::Array(items)) if items.is_empty() => Ok(Map::new()),
            Some(Value::Object(members)) => match members.keys().find(|name| !known.contains(&name.as_str()))
            {
                Some(name) => Err(bad_params(&format!("unknown parameter: {name}"))),
                None => Ok(members.clone()),
            },
            Some(_) => Err(bad_params("params must be an object")),
        }
    }

    fn list(&self, request: &Value) -> Result<Value, Refusal> {
        let params = Self::params(request, &["query", "orderBy", "orderDirection", "limit", "page"])?;
        // The keys that a query could have are documented nowhere.
        match params.get("query") {
            None | Some(Value::Null) => {}
            Some(Value::Object(members)) if members.is_empty() => {}
            Some(_) => return Err(bad_params("query is not understood")),
        }
        let number = |name: &str, otherwise: usize| match params.get(name) {
            None => Ok(otherwise),
            Some(value) => value
                .as_u64()
                .and_then(|number| usize::try_from(number).ok())
                .filter(|number| *number >= 1)
                .ok_or_else(|| bad_params(&format!("{name} must be a number from 1 on"))),
        };
        let limit = number("limit", MOST)?.min(MOST);
        let page = number("page", 1)?;
        let text = |name: &str, otherwise: &'static str| match params.get(name) {
            None => Ok(otherwise.to_owned()),
            Some(value) => value
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| bad_params(&format!("{name} must be a string"))),
        };
        let descending = match text("orderDirection", "ASC")?.as_str() {
            "ASC" => false,
            "DESC" => true,
            _ => return Err(bad_params("orderDirection must be ASC or DESC")),
        };
        let start = (page - 1).saturating_mul(limit);
        let order_by = text("orderBy", "last_name")?;
        let found = match order_by.as_str() {
            "id" if !descending => some(self.users, start, limit, |_| true).0,
            "id" | "last_name" | "lastName" | "name" => {
                let mut all: Vec<Person> = (0..self.users).map(Person::nth).collect();
                if order_by != "id" {
                    // Namesakes stand in another order on every other page: only `id` gives a stable walk.
                    if page % 2 == 0 {
                        all.reverse();
                    }
                    all.sort_by_key(|person| match order_by.as_str() {
                        "name" => Self::name(person).unwrap_or_default().to_lowercase(),
                        _ => person.last.unwrap_or_default().to_lowercase(),
                    });
                }
                if descending {
                    all.reverse();
                }
                all.into_iter().skip(start).take(limit).collect()
            }
            _ => return Err(bad_params("orderBy is not understood")),
        };
        Ok(found
            .iter()
            .map(|person| Value::Object(Self::stub(person)))
            .collect())
    }

    fn get(&self, request: &Value) -> Result<Value, Refusal> {
        let params = Self::params(request, &["userId", "rev"])?;
        let id = match params.get("userId") {
            // The caller.
            None => FIRST_ID,
            Some(id) => id
                .as_u64()
                .and_then(|id| usize::try_from(id).ok())
                .ok_or_else(|| bad_params("userId must be a number"))?,
        };
        let index = id
            .checked_sub(FIRST_ID)
            .filter(|offset| offset % 4 == 0)
            .map(|offset| offset / 4)
            .filter(|index| *index < self.users);
        match index {
            Some(index) => Ok(Self::full(&Person::nth(index))),
            // Neither code nor text are documented.
            None => Err(([0, 404, -1][id % 3], "user not found".to_owned())),
        }
    }

    /// Both envelopes that are recorded, by turns: with `jsonrpc` and no `error`, and the other way round.
    fn envelope(id: &Value, turn: usize, outcome: Result<Value, Refusal>) -> Reply {
        let body = match (outcome, turn % 2) {
            (Ok(result), 0) => json!({"result": result, "id": id, "jsonrpc": "2.0"}),
            (Ok(result), _) => json!({"result": result, "id": id, "error": null}),
            (Err((code, message)), 0) => json!({
                "result": null, "error": {"code": code, "message": message, "data": null}, "id": id
            }),
            (Err((code, message)), _) => json!({"error": {"code": code, "message": message}, "id": id}),
        };
        Reply::json(200, &body)
    }

    fn rpc(&self, call: &Call) -> Reply {
        if call.method != http::Method::POST {
            return Reply::text(405, "text/plain", "\"Internal Error\"");
        }
        let failed =
            |code: i64, message: &str| Self::envelope(&Value::Null, 0, Err((code, message.to_owned())));
        if !call.is_kind("application/json") {
            return failed(-32600, "the content type must be application/json");
        }
        let Some(request) = call.json() else {
            return failed(-32700, "parse error");
        };
        let (Some(method), Some(id)) = (
            request.get("method").and_then(Value::as_str),
            request.get("id").filter(|id| id.is_string()),
        ) else {
            return failed(-32600, "a request has a method and an id");
        };
        let outcome = match method {
            "findUsers" => self.list(&request),
            "getUser" => self.get(&request),
            _ => Err((-32601, format!("unknown method: {method}"))),
        };
        let number = |name: &str| {
            request
                .get("params")
                .and_then(|params| params.get(name))
                .and_then(Value::as_u64)
                .unwrap_or_default()
        };
        let turn = number("page") + number("userId") / 4;
        Self::envelope(id, usize::try_from(turn).unwrap_or_default(), outcome)
    }

    /// Where a user's data lies, said to anybody.
    fn discovery(call: &Call) -> Reply {
        match call.json() {
            Some(request) if request["method"] == "getApiForUsername" => {
                Self::envelope(&request["id"], 1, Ok(json!({"api": HOST})))
            }
            _ => Self::envelope(&Value::Null, 0, Err((-32601, "unknown method".to_owned()))),
        }
    }

    fn page(status: u16, title: &str) -> Reply {
        let page = format!(
            "<!DOCTYPE html><html><head><title>An Error Occurred: {title}</title></head>\
             <body><h1>Oops! An Error Occurred</h1></body></html>"
        );
        Reply::text(status, "text/html; charset=UTF-8", &page)
    }
}

impl Vendor for Nutshell {
    fn name(&self) -> &'static str {
        "nutshell"
    }

    fn serves(&self, host: &str) -> bool {
        host == HOST || host == "api.nutshell.com"
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::new("nutshell", "basic", &[("username", USER), ("password", API_KEY)])
    }

    fn truth(&self) -> Vec<TruthUser> {
        (0..self.users)
            .map(Person::nth)
            .map(|person| TruthUser {
                first_name: None,
                last_name: None,
                created_at: Self::created(&person),
                updated_at: Self::updated(&person),
                ..TruthUser::of(&person, Self::id(person.index).to_string())
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// There is no token endpoint.
    fn is_token_call(&self, _: &Call) -> bool {
        false
    }

    fn answer(&self, call: &Call) -> Reply {
        if call.host != HOST && call.path == "/v1/json" {
            return Self::discovery(call);
        }
        let reply = if call.basic() != Some((USER.to_owned(), API_KEY.to_owned())) {
            Self::page(401, "Unauthorized")
        } else if call.host == HOST && call.path == "/api/v1/json" {
            self.rpc(call)
        } else if call.path.starts_with("/rest/") {
            Self::page(404, "Not Found")
        } else {
            Reply::json(404, &json!({"message": "We couldn’t find that page"}))
        };
        reply.with("x-nutshell-request-id", "6f1d7a0c2b")
    }

    /// Not documented; there is no header that says how long to wait.
    fn throttled(&self) -> Reply {
        Self::page(429, "Too Many Requests")
    }

    fn forbidden(&self) -> Reply {
        Self::page(403, "Forbidden")
    }
}
