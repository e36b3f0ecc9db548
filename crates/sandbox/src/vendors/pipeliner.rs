//! Pipeliner clients: deleted users hidden unless asked for, a cursor that is there even on the last page, one
//! condition per field, dates with a space and six digits.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{SandboxAccount, TruthUser, Vendor, instant, iso};
use crate::call::{Call, Reply};
use crate::people::Person;
use crate::tokens::{Rotation, Tokens};

pub(super) struct Pipeliner {
    users: usize,
    tokens: Tokens,
}

const HOST: &str = "us-east.api.pipelinersales.com";
const ROOT: &str = "/api/v100/rest/spaces/us_NorthPeak/entities";
const USERNAME: &str = "us_NorthPeak_9QZ2X1V0";
const PASSWORD: &str = "sandbox:pass+word";

impl Pipeliner {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("pipeliner", Rotation::Stays),
        }
    }

    fn id(index: usize) -> String {
        format!("00000000-0000-0000-0000-{:012x}", 0x9a01 + index * 14)
    }

    /// Six digits of a second, none when they are zero.
    fn date(millis: i64) -> String {
        let digits = if millis.rem_euclid(1000) == 0 { 0 } else { 6 };
        iso(millis, digits, "+00:00").replace('T', " ")
    }

    /// In the user's own format, which may have the last name first.
    fn name(person: &Person) -> Option<String> {
        match (person.index % 9, person.first, person.last) {
            (4, Some(first), Some(last)) if !first.is_empty() && !last.is_empty() => {
                Some(format!("{last} {first}"))
            }
            _ => person.full_name(),
        }
    }

    fn record(person: &Person) -> Value {
        let name = Self::name(person);
        // The computed name is missing now and then; the formatted one is always there.
        let computed = name.clone().filter(|_| person.index % 6 != 1);
        json!({
            "is_delete_protected": person.index == 0, "id": Self::id(person.index), "is_deleted": !person.active,
            "modified": Self::date(person.updated), "created": Self::date(person.created),
            "default_unit_id": "7b1e2a90-4c3d-0f51-8a22-90bd17ac3e05", "email": person.email.clone().unwrap_or_default(),
            "first_name": person.first, "last_name": person.last, "last_active": null, "middle_name": null,
            "phone": null, "picture_url": person.picture, "region": "US", "type": i32::from(person.index % 40 == 39),
            "revision": 640, "unit_membership": [], "timezone_name": "Europe/Madrid", "name": computed,
            "formatted_name": name.unwrap_or_default(), "unit_manager_ids": [], "unit_member_ids": [],
        })
    }

    fn error(status: u16, code: u32, name: &str, message: &str) -> Reply {
        Reply::json(
            status,
            &json!({"code": code, "name": name, "message": message, "http_status": status, "success": false}),
        )
    }

    fn invalid(message: &str) -> Reply {
        Self::error(400, 117, "ERROR_PARAMETER_INVALID", message)
    }

    /// Whether a person meets the condition on a field.
    fn meets(person: &Person, field: &str, operator: &str, wanted: &str) -> Option<bool> {
        if let "created" | "modified" = field {
            let at = if field == "created" {
                person.created
            } else {
                person.updated
            };
            let bound = |text: &str| instant(text);
            return Some(match operator {
                "eq" => at == bound(wanted)?,
                "gt" => at > bound(wanted)?,
                "gte" => at >= bound(wanted)?,
                "lt" => at < bound(wanted)?,
                "lte" => at <= bound(wanted)?,
                "between" => {
                    let (from, to) = wanted.split_once(',')?;
                    (bound(from)?..=bound(to)?).contains(&at)
                }
                _ => return None,
            });
        }
        let record = Self::record(person);
        let value = match &record[field] {
            Value::String(text) => text.clone(),
            Value::Bool(truth) => truth.to_string(),
            Value::Null => String::new(),
            _ => return None,
        };
        let (folded, searched) = (value.to_lowercase(), wanted.to_lowercase());
        Some(match operator {
            "eq" => value == wanted,
            "ieq" => folded == searched,
            "not-eq" => value != wanted,
            "contains" => value.contains(wanted),
            "icontains" => folded.contains(&searched),
            "starts" => value.starts_with(wanted),
            "istarts" => folded.starts_with(&searched),
            _ => return None,
        })
    }

    fn list(&self, call: &Call) -> Reply {
        let mut conditions: Vec<(String, String, String)> = Vec::new();
        for (name, value) in &call.query {
            let inside = |prefix: &str| name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(']'));
            if let Some(field) = inside("filter[") {
                if conditions.iter().any(|(known, ..)| known == field) {
                    return Self::invalid("A field has two filters.");
                }
                let operator = call.param(&format!("filter-op[{field}]")).unwrap_or("eq");
                conditions.push((field.to_owned(), operator.to_owned(), value.clone()));
            } else if inside("filter-op[").is_none()
                && !matches!(
                    name.as_str(),
                    "first" | "after" | "include-deleted" | "order-by" | "load-only" | "expand"
                )
            {
                return Self::invalid("A parameter is not known.");
            }
        }
        for (field, operator, value) in &conditions {
            let known = matches!(
                field.as_str(),
                "created" | "modified" | "email" | "name" | "first_name" | "last_name" | "is_deleted"
            );
            if !known || Self::meets(&Person::nth(0), field, operator, value).is_none() {
                return Self::invalid("A filter is not valid.");
            }
        }
        let Ok(size) = call.param("first").unwrap_or("30").parse::<usize>() else {
            return Self::invalid("first is not a number.");
        };
        let size = size.clamp(1, 100);
        let deleted = call.param("include-deleted") == Some("true");
        let mut all: Vec<Person> = (0..self.users)
            .map(Person::nth)
            .filter(|person| deleted || person.active)
            .filter(|person| {
                conditions
                    .iter()
                    .all(|(field, operator, value)| Self::meets(person, field, operator, value) == Some(true))
            })
            .collect();
        for key in call.param("order-by").unwrap_or_default().split(',').rev() {
            let (field, descending) = match key.strip_prefix('-') {
                Some(field) => (field, true),
                None => (key, false),
            };
            let text = |person: &Person| match &Self::record(person)[field] {
                Value::String(text) => Some(text.clone()),
                _ => None,
            };
            match field {
                "" => continue,
                "created" => all.sort_by_key(|person| person.created),
                "modified" => all.sort_by_key(|person| person.updated),
                "id" => all.sort_by_key(|person| person.index),
                // Nothing comes last.
                "email" | "name" => all.sort_by_cached_key(|person| (text(person).is_none(), text(person))),
                _ => return Self::invalid("order-by is not valid."),
            }
            if descending {
                all.reverse();
            }
        }
        let start = match call.param("after") {
            None => 0,
            Some(cursor) => {
                let id = STANDARD
                    .decode(cursor)
                    .ok()
                    .and_then(|bytes| serde_json::from_slice::<Vec<String>>(&bytes).ok())
                    .and_then(|values| values.last().cloned());
                let place = id.and_then(|id| all.iter().position(|person| Self::id(person.index) == id));
                match place {
                    Some(place) => place + 1,
                    None => return Self::invalid("The cursor is not valid."),
                }
            }
        };
        let total = all.len();
        let page: Vec<&Person> = all.iter().skip(start).take(size).collect();
        let cursor = |person: Option<&&Person>| {
            person.map(|person| STANDARD.encode(json!([Self::id(person.index)]).to_string()))
        };
        let info = json!({
            "start_cursor": cursor(page.first()), "end_cursor": cursor(page.last()),
            "has_previous_page": start > 0, "has_next_page": start + page.len() < total
        });
        let written: Vec<String> = page
            .iter()
            .map(|person| Self::record(person).to_string())
            .collect();
        Reply::written(
            200,
            format!(
                r#"{{"success":true,"total":{total},"page_info":{info},"data":[{}]}}"#,
                written.join(",")
            ),
        )
    }

    fn get(&self, call: &Call, id: &str) -> Reply {
        let deleted = call.param("include-deleted") == Some("true");
        let found = (0..self.users)
            .find(|index| Self::id(*index) == id)
            .map(Person::nth)
            .filter(|person| deleted || person.active);
        match found {
            Some(person) => Reply::json(200, &json!({"success": true, "data": Self::record(&person)})),
            None => Self::error(404, 2007, "ERROR_ENTITY_NOT_FOUND", "Entity was not found."),
        }
    }
}

impl Vendor for Pipeliner {
    fn name(&self) -> &'static str {
        "pipeliner"
    }

    fn serves(&self, host: &str) -> bool {
        host.ends_with(".pipelinersales.com")
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::new(
            "pipeliner",
            "basic",
            &[
                ("service_url", &format!("https://{HOST}")),
                ("space_id", "us_NorthPeak"),
                ("username", USERNAME),
                ("password", PASSWORD),
            ],
        )
    }

    fn truth(&self) -> Vec<TruthUser> {
        (0..self.users)
            .map(Person::nth)
            .map(|person| TruthUser {
                name: Self::name(&person),
                ..TruthUser::of(&person, Self::id(person.index))
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, _: &Call) -> bool {
        false
    }

    fn answer(&self, call: &Call) -> Reply {
        let Some(path) = call.path.strip_prefix(ROOT).filter(|_| call.host == HOST) else {
            let body = json!({"status": 404, "message": "The requested URL was not found on the server.", "errorcode": null, "traceback": null});
            return Reply::json(404, &body);
        };
        if call.basic() != Some((USERNAME.to_owned(), PASSWORD.to_owned())) {
            return Reply::text(401, "text/html", "<html>Unauthorized</html>")
                .with("www-authenticate", "Basic realm=\"restapi\"");
        }
        if call.header("timezone").is_some() || call.method != http::Method::GET {
            return Self::invalid("The sandbox takes reads in UTC only.");
        }
        match path {
            "/Clients" => self.list(call),
            path => match path.strip_prefix("/Clients/") {
                Some(id) => self.get(call, id),
                None => Self::error(404, 2006, "ERROR_UNKNOWN_TYPE", "Unknown entity type."),
            },
        }
    }

    fn throttled(&self) -> Reply {
        Self::error(429, 429, "ERROR_TOO_MANY_REQUESTS", "Too many requests.").with("retry-after", 1)
    }

    fn forbidden(&self) -> Reply {
        Self::error(
            403,
            403,
            "ERROR_ACCESS_DENIED",
            "The application may not read clients.",
        )
    }
}
