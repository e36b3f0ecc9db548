//! Outreach users: JSON:API with numbers for ids, a media type on every request, cursors in absolute links that
//! the only page lacks, a gateway whose errors look otherwise, a minute between two tokens.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::outreach_filter::{Filter, Refusal};
use super::{SandboxAccount, TruthUser, Vendor, iso, whole_seconds};
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
const FIRST_ID: usize = 5213;
const UNRESERVED: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
/// What a record has beside its type, id and links; some of it is missing from the published schema.
const ATTRIBUTES: &[&str] = &[
    "accountsViewId",
    "activityNotificationsDisabled",
    "bounceWarningEmailEnabled",
    "callsViewId",
    "createdAt",
    "currentSignInAt",
    "custom1",
    "dailyDigestEmailEnabled",
    "duties",
    "email",
    "enableVoiceRecordings",
    "firstName",
    "globalId",
    "inboundCallBehavior",
    "lastName",
    "lastSignInAt",
    "locked",
    "name",
    "notificationsEnabled",
    "onboardedAt",
    "passwordExpiresAt",
    "phoneNumber",
    "phoneType",
    "primaryTimezone",
    "scimExternalId",
    "title",
    "updatedAt",
    "userGuid",
    "username",
    "weeklyDigestEmailEnabled",
];
const RELATIONSHIPS: &[&str] = &[
    "batches",
    "calendar",
    "creator",
    "mailbox",
    "mailboxes",
    "phones",
    "profile",
    "role",
    "teams",
    "updater",
];
const SORTED: &[&str] = &[
    "createdAt",
    "currentSignInAt",
    "email",
    "firstName",
    "id",
    "lastName",
    "locked",
    "updatedAt",
    "username",
];

impl Outreach {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("outreach", Rotation::Single),
            minted: Mutex::default(),
        }
    }

    fn id(index: usize) -> usize {
        FIRST_ID + index * 7
    }

    fn index_of(&self, id: usize) -> Option<usize> {
        let offset = id.checked_sub(FIRST_ID)?;
        (offset % 7 == 0)
            .then_some(offset / 7)
            .filter(|index| *index < self.users)
    }

    /// Computed by the vendor, and sometimes not there although the parts are.
    fn name(person: &Person) -> Option<String> {
        match person.index % 11 {
            6 => None,
            8 => Some(String::new()),
            _ => person.full_name(),
        }
    }

    /// Practically always whole seconds, not quite.
    fn precise(person: &Person, millis: i64) -> i64 {
        if person.index.is_multiple_of(8) {
            millis
        } else {
            whole_seconds(millis)
        }
    }

    fn created(person: &Person) -> Option<i64> {
        (person.index % 41 != 17).then(|| Self::precise(person, person.created))
    }

    fn updated(person: &Person) -> Option<i64> {
        (person.index % 43 != 5).then(|| Self::precise(person, person.updated))
    }

    fn signed_in(person: &Person) -> Option<i64> {
        (person.index % 6 != 4).then_some(whole_seconds(person.updated))
    }

    /// An attribute's value, or the id.
    pub(super) fn attribute(person: &Person, name: &str) -> Value {
        let date = |at: Option<i64>| json!(at.map(|at| iso(at, 3, "Z")));
        match name {
            "id" => json!(Self::id(person.index)),
            "createdAt" => date(Self::created(person)),
            "updatedAt" => date(Self::updated(person)),
            "currentSignInAt" | "lastSignInAt" => date(Self::signed_in(person)),
            "email" => json!(person.email),
            "firstName" => json!(person.first),
            "lastName" => json!(person.last),
            "name" => json!(Self::name(person)),
            "locked" => json!(!person.active),
            "username" => json!(format!("user{}", person.index)),
            "duties" => json!([{"id": 2, "name": "Account Executive", "duty_type": "default"}]),
            "inboundCallBehavior" => json!("inbound_voicemail"),
            "phoneType" => json!("voip"),
            "callsViewId" => json!(314),
            name if name.ends_with("Enabled") || name.ends_with("Disabled") => json!(true),
            _ => Value::Null,
        }
    }

    /// The milliseconds of an attribute that is a date.
    pub(super) fn instant_of(person: &Person, name: &str) -> Option<i64> {
        match name {
            "createdAt" => Self::created(person),
            "updatedAt" => Self::updated(person),
            _ => Self::signed_in(person),
        }
    }

    fn relationship(person: &Person, name: &str) -> Value {
        let id = Self::id(person.index);
        let related = |path: &str| format!("{ROOT}/{path}?filter%5Buser%5D%5Bid%5D={id}");
        match name {
            "batches" => {
                json!({"links": {"related": format!("{ROOT}/batches?filter%5Bcreator%5D%5Bid%5D={id}")}})
            }
            "mailboxes" | "phones" => {
                json!({"data": [], "links": {"related": related(name)}, "meta": {"count": 0}})
            }
            "teams" => {
                json!({"data": [{"type": "team", "id": 2}], "links": {"related": related(name)}, "meta": {"count": 1}})
            }
            "profile" => json!({"data": {"type": "profile", "id": 2}}),
            "role" => json!({"data": {"type": "role", "id": 13}}),
            "creator" => json!({"data": {"type": "user", "id": 1}}),
            _ => json!({"data": null}),
        }
    }

    fn record(person: &Person, fields: Option<&[&str]>) -> Value {
        let is_asked = |name: &&&str| fields.is_none_or(|fields| fields.contains(*name));
        let attributes: Map<String, Value> = ATTRIBUTES
            .iter()
            .filter(is_asked)
            .map(|name| ((*name).to_owned(), Self::attribute(person, name)))
            .collect();
        let relationships: Map<String, Value> = RELATIONSHIPS
            .iter()
            .filter(is_asked)
            .map(|name| ((*name).to_owned(), Self::relationship(person, name)))
            .collect();
        let id = Self::id(person.index);
        json!({
            "type": "user", "id": id, "attributes": attributes, "relationships": relationships,
            "links": {"self": format!("{ROOT}/users/{id}")}
        })
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

    /// The fields asked for, all of them known.
    fn fields(call: &Call) -> Result<Option<Vec<&str>>, Refusal> {
        let Some(text) = call.param("fields[user]") else {
            return Ok(None);
        };
        let names: Vec<&str> = text.split(',').collect();
        match names
            .iter()
            .find(|name| !ATTRIBUTES.contains(name) && !RELATIONSHIPS.contains(name))
        {
            Some(name) => Err(Refusal::new(
                "fieldsParameter.invalid",
                format!("'{name}' is no field of user"),
            )),
            None => Ok(Some(names)),
        }
    }

    /// What `sort` asks for: attributes, and whether they fall.
    fn sort(call: &Call) -> Result<Vec<(&str, bool)>, Refusal> {
        let mut keys = Vec::new();
        for key in call.param("sort").unwrap_or("id").split(',') {
            let (name, falls) = match key.strip_prefix('-') {
                Some(name) => (name, true),
                None => (key, false),
            };
            if !SORTED.contains(&name) {
                return Err(Refusal::new(
                    "sortParameter.invalid",
                    format!("users can not be sorted by '{name}'"),
                ));
            }
            keys.push((name, falls));
        }
        Ok(keys)
    }

    /// All that a request is about, in its order.
    fn found(&self, filter: &Filter, keys: &[(&str, bool)]) -> Vec<Person> {
        let mut found: Vec<Person> = (0..self.users)
            .map(Person::nth)
            .filter(|person| filter.holds(person))
            .collect();
        if keys == [("id", false)] {
            return found;
        }
        // Nothing is said about equals.
        found.reverse();
        for (name, falls) in keys.iter().rev() {
            found.sort_by_cached_key(|person| Self::sort_key(person, name));
            if *falls {
                found.reverse();
            }
        }
        found
    }

    /// Nothing comes last, and texts stand as a dictionary has them: signs and case do not count.
    fn sort_key(person: &Person, name: &str) -> (bool, i64, String) {
        match Self::attribute(person, name) {
            Value::Null => (true, 0, String::new()),
            Value::Bool(truth) => (false, i64::from(truth), String::new()),
            Value::Number(number) => (false, number.as_i64().unwrap_or_default(), String::new()),
            _ if name.ends_with("At") => (
                false,
                Self::instant_of(person, name).unwrap_or_default(),
                String::new(),
            ),
            value => {
                let text = value.as_str().unwrap_or_default().to_lowercase();
                (false, 0, text.chars().filter(|c| c.is_alphanumeric()).collect())
            }
        }
    }

    fn cursor(person: &Person) -> String {
        use base64::Engine as _;
        let text = format!(r#"{{"id":{}}}"#, Self::id(person.index));
        base64::engine::general_purpose::STANDARD.encode(text)
    }

    /// Where the record of a cursor stands.
    fn place(found: &[Person], cursor: &str) -> Result<usize, Refusal> {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD
            .decode(cursor)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
            .and_then(|cursor| cursor["id"].as_u64())
            .and_then(|id| {
                found
                    .iter()
                    .position(|person| Self::id(person.index) as u64 == id)
            })
            .ok_or_else(|| {
                Refusal::new(
                    "pageParameter.invalidCursor",
                    "the cursor is not valid".to_owned(),
                )
            })
    }

    /// This list with other page parameters.
    fn link(call: &Call, page: &[(&str, String)]) -> String {
        let mut pairs: Vec<(&str, &str)> = call
            .query
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| !matches!(*name, "page[after]" | "page[before]" | "page[offset]"))
            .chain(page.iter().map(|(name, value)| (*name, value.as_str())))
            .collect();
        pairs.sort_by_key(|(name, _)| *name);
        let encode = |text: &str| percent_encoding::utf8_percent_encode(text, UNRESERVED).to_string();
        let query: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        format!("{ROOT}/users?{}", query.join("&"))
    }

    fn list(&self, call: &Call) -> Result<Reply, Refusal> {
        let unknown = |name: &str| {
            Refusal::new(
                "queryParameter.unknown",
                format!("'{name}' is no parameter of this list"),
            )
        };
        for (name, value) in &call.query {
            match name.as_str() {
                "page[size]" | "page[after]" | "page[before]" | "page[limit]" | "page[offset]" | "sort"
                | "fields[user]" => {}
                "count" | "newFilterSyntax" if matches!(value.as_str(), "true" | "false") => {}
                "include" => {
                    if let Some(name) = value.split(',').find(|name| !RELATIONSHIPS.contains(name)) {
                        return Err(unknown(name));
                    }
                }
                name if name.starts_with("filter[") => {}
                name => return Err(unknown(name)),
            }
        }
        let filter = Filter::read(call)?;
        let fields = Self::fields(call)?;
        let keys = Self::sort(call)?;
        let number = |name: &str, otherwise: usize, most: usize| match call.param(name) {
            None => Ok(otherwise),
            Some(text) => text
                .parse::<usize>()
                .ok()
                .filter(|number| *number <= most)
                .ok_or_else(|| Refusal::new("pageParameter.invalid", format!("{name} is at most {most}"))),
        };
        let by_cursor = call.param("page[size]").is_some();
        let by_offset = call.param("page[limit]").is_some() || call.param("page[offset]").is_some();
        let has_cursor = call.param("page[after]").is_some() || call.param("page[before]").is_some();
        if (by_offset && by_cursor) || (has_cursor && !by_cursor) {
            return Err(Refusal::new(
                "pageParameter.invalid",
                "page[size] goes with page[after] and page[before] alone".to_owned(),
            ));
        }
        let size = number(if by_cursor { "page[size]" } else { "page[limit]" }, 50, 1000)?.max(1);
        let found = self.found(&filter, &keys);
        let start = match (call.param("page[after]"), call.param("page[before]")) {
            (Some(after), _) => Self::place(&found, after)? + 1,
            (None, Some(before)) => Self::place(&found, before)?.saturating_sub(size),
            (None, None) => number("page[offset]", 0, 10_000)?,
        };
        let start = start.min(found.len());
        let end = (start + size).min(found.len());
        let page = &found[start..end];
        let mut links = Map::new();
        if start > 0 || end < found.len() {
            links.insert("first".into(), Self::link(call, &[]).into());
            let (prev, next) = if by_cursor {
                (
                    page.first().map(|person| ("page[before]", Self::cursor(person))),
                    page.last().map(|person| ("page[after]", Self::cursor(person))),
                )
            } else {
                links.insert(
                    "last".into(),
                    Self::link(call, &[("page[offset]", (found.len() - 1).to_string())]).into(),
                );
                (
                    Some(("page[offset]", start.saturating_sub(size).to_string())),
                    Some(("page[offset]", end.to_string())),
                )
            };
            if let Some(prev) = prev.filter(|_| start > 0) {
                links.insert("prev".into(), Self::link(call, &[prev]).into());
            }
            if let Some(next) = next.filter(|_| end < found.len()) {
                links.insert("next".into(), Self::link(call, &[next]).into());
            }
        }
        // Not counted is told in either of two ways.
        let meta = match (call.param("count"), start % 2) {
            (Some("true"), _) => json!({"count": found.len(), "count_truncated": false}),
            (_, 0) => json!({"count": null, "count_truncated": false}),
            _ => json!({"count": 0, "count_truncated": true}),
        };
        let written: Vec<String> = page
            .iter()
            .map(|person| Self::record(person, fields.as_deref()).to_string())
            .collect();
        let mut body = format!(r#"{{"data":[{}],"meta":{meta}"#, written.join(","));
        if call.param("include").is_some() {
            body.push_str(r#","included":[]"#);
        }
        // Where one page holds all, the links are empty or missing.
        if !links.is_empty() || page.len() % 2 == 1 {
            body.push_str(&format!(r#","links":{}"#, Value::Object(links)));
        }
        body.push('}');
        Ok(Self::typed(Reply::written(200, body)))
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
