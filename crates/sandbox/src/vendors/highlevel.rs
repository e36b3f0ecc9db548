//! Highlevel users: an agency's people in its sub-accounts, a 401 for most that can go wrong, a default order in
//! which equal names move between pages, and no parameter that the vendor does not know.

mod search;
mod token;

use serde_json::{Map, Value, json};

use self::search::Search;
use super::{SandboxAccount, TruthUser, Vendor, iso};
use crate::call::{Call, Reply};
use crate::consent::{Consent, Pkce};
use crate::people::Person;
use crate::tokens::{Rotation, Tokens};

pub(super) struct Highlevel {
    users: usize,
    tokens: Tokens,
}

const HOST: &str = "services.leadconnectorhq.com";
const CONSENT_HOSTS: &[&str] = &["marketplace.gohighlevel.com", "marketplace.leadconnectorhq.com"];
const COMPANY: &str = "Qb7YtVw3LmXc90RsKdEj";
/// The sub-account that was connected.
const LOCATION: &str = "h3ZpTn6WvB1xLqSyUo8A";
/// Another one of the same agency.
const OTHER_LOCATION: &str = "Vn2KdR7mGfYq4sXeJ0Lw";
/// A private token of the agency, good for both.
const AGENCY_KEY: &str = "pit-7c1e2f0a-5d3b-4c6e-9f80-1a2b3c4d5e6f";
/// A private token of the sub-account.
const LOCATION_KEY: &str = "pit-0b9d8c7e-6f5a-4e3d-8c2b-a1908f7e6d5c";
const VERSIONS: &[&str] = &["2021-04-15", "2021-07-28", "2023-02-21", "v3"];
const ID_START: &str = "h2Vd8KqLw0ZrTn";
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What a token may see.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Agency,
    Location,
}

impl Highlevel {
    pub(super) fn new(users: usize) -> Self {
        Self {
            users,
            tokens: Tokens::new("highlevel", Rotation::Single),
        }
    }

    /// Letters and digits whose case matters.
    fn id(index: usize) -> String {
        let mut rest = index * 31 + 7;
        let mut end = [b'0'; 6];
        for place in end.iter_mut().rev() {
            *place = DIGITS[rest % 62];
            rest /= 62;
        }
        format!("{ID_START}{}", String::from_utf8_lossy(&end))
    }

    fn index(&self, id: &str) -> Option<usize> {
        let mut number = 0;
        for byte in id.strip_prefix(ID_START)?.bytes() {
            number = number * 62 + DIGITS.iter().position(|digit| *digit == byte)?;
        }
        let index = number.checked_sub(7)? / 31;
        (index < self.everybody() && Self::id(index) == id).then_some(index)
    }

    /// The people of the sub-account, and after them those of the other one.
    fn everybody(&self) -> usize {
        self.users + self.users / 8 + 1
    }

    fn locations(&self, person: &Person) -> &'static [&'static str] {
        match (person.index < self.users, Self::is_agency(person)) {
            (true, true) => &[OTHER_LOCATION, LOCATION],
            (true, false) => &[LOCATION],
            (false, _) => &[OTHER_LOCATION],
        }
    }

    fn is_agency(person: &Person) -> bool {
        person.index % 10 == 3
    }

    fn kind(person: &Person) -> &'static str {
        if Self::is_agency(person) {
            "agency"
        } else {
            "account"
        }
    }

    fn role(person: &Person) -> &'static str {
        if person.index % 7 == 2 { "admin" } else { "user" }
    }

    /// A name of its own, which need not be what its parts say.
    fn own_name(person: &Person) -> Option<String> {
        match person.index % 8 {
            1 => None,
            3 => Some(String::new()),
            5 => person.full_name().map(|name| format!("Dr. {name}")),
            _ => person.full_name(),
        }
    }

    fn name(person: &Person) -> Option<String> {
        Self::own_name(person)
            .filter(|name| !name.is_empty())
            .or_else(|| person.full_name())
    }

    fn phone(person: &Person) -> String {
        format!("+1415555{:04}", person.index % 10_000)
    }

    /// The search leaves out some keys, the older list others; keys without a value are null, empty or missing.
    fn record(&self, person: &Person, searched: bool) -> Map<String, Value> {
        let mut record = Map::new();
        let mut set = |name: &str, value: Value| {
            if !(value.is_null() && person.index % 3 == 1) {
                record.insert(name.to_owned(), value);
            }
        };
        set("id", Self::id(person.index).into());
        set("name", json!(Self::own_name(person)));
        set("firstName", json!(person.first));
        set("lastName", json!(person.last));
        set("email", json!(person.email));
        set("phone", Self::phone(person).into());
        set("extension", "".into());
        match (person.active, person.index % 2) {
            (true, 0) => set("deleted", Value::Null),
            (active, _) => set("deleted", (!active).into()),
        }
        set(
            "roles",
            json!({
                "type": Self::kind(person), "role": Self::role(person), "locationIds": self.locations(person),
                "restrictSubAccount": false
            }),
        );
        set("profilePhoto", json!(person.picture));
        set("platformLanguage", "en_US".into());
        if searched {
            set(
                "permissions",
                json!({"contactsEnabled": true, "assignedDataOnly": false}),
            );
            set("dateAdded", iso(person.created, 3, "Z").into());
            set("dateUpdated", iso(person.updated, 3, "Z").into());
        } else {
            set("scopes", json!(["contacts.write"]));
            set("lcPhone", json!({}));
        }
        record
    }

    /// An answer with its `traceId`, which stands beside the data; not in every error.
    fn error(status: u16, error: &str, message: impl Into<Value>) -> Reply {
        let message = message.into();
        let mut body = json!({"statusCode": status, "message": message, "error": error});
        if status != 401 {
            body["traceId"] = TRACE.into();
        }
        Reply::json(status, &body)
    }

    fn unauthorized(message: &str) -> Reply {
        Self::error(401, "Unauthorized", message)
    }

    fn elsewhere() -> Reply {
        let message = "The token does not have access to this location.";
        Self::error(403, "Forbidden", message)
    }

    fn unprocessable(message: &str) -> Reply {
        Self::error(422, "Unprocessable Entity", json!([message]))
    }

    fn not_found(call: &Call) -> Reply {
        Self::error(404, "Not Found", format!("Cannot {} {}", call.method, call.path))
    }

    /// Whose token it is, or why it is none.
    fn reach(&self, call: &Call) -> Result<Reach, Reply> {
        let Some(token) = call.bearer() else {
            return Err(Self::unauthorized("Invalid JWT"));
        };
        match token {
            AGENCY_KEY => Ok(Reach::Agency),
            LOCATION_KEY => Ok(Reach::Location),
            _ if self.tokens.accepts(token) => Ok(Reach::Location),
            _ if token.starts_with("pit-") => Err(Self::unauthorized("Invalid Private Integration token")),
            _ if token.len().is_multiple_of(2) => Err(Self::unauthorized("Invalid JWT")),
            _ => Err(Self::unauthorized("Invalid token: access token is invalid")),
        }
    }

    fn search(&self, call: &Call, reach: Reach) -> Reply {
        let search = match Search::read(call) {
            Ok(search) => search,
            Err(problem) => return Self::unprocessable(&problem),
        };
        if search.company != COMPANY || search.location.is_some_and(|location| !reach.sees(location)) {
            return Self::elsewhere();
        }
        let found = search.run((0..self.everybody()).map(Person::nth), |person| {
            self.locations(person)
        });
        let records: Vec<String> = found
            .iter()
            .skip(search.skip)
            .take(search.limit)
            .map(|person| Value::Object(self.record(person, true)).to_string())
            .collect();
        let (records, count) = (records.join(","), found.len());
        let body = format!(r#"{{"users":[{records}],"count":{count},"traceId":"{TRACE}"}}"#);
        Self::limited(Reply::written(200, body), search.skip)
    }

    /// The rate limit's headers, which some answers lack.
    fn limited(reply: Reply, skip: usize) -> Reply {
        if !skip.is_multiple_of(200) {
            return reply;
        }
        reply
            .with("x-ratelimit-limit-daily", 200_000)
            .with("x-ratelimit-daily-remaining", 199_999)
            .with("x-ratelimit-interval-milliseconds", 10_000)
            .with("x-ratelimit-max", 100)
            .with("x-ratelimit-remaining", 99)
    }

    /// The older list: everybody of a location, no paging.
    fn list(&self, call: &Call, reach: Reach) -> Reply {
        let location = match call.param("locationId") {
            None | Some("") => return Self::unprocessable("locationId must be a string"),
            Some(location) if !reach.sees(location) => return Self::elsewhere(),
            Some(location) => location,
        };
        if call.query.len() > 1 {
            return Self::unprocessable("property should not exist");
        }
        let records: Vec<String> = (0..self.everybody())
            .map(Person::nth)
            .filter(|person| self.locations(person).contains(&location))
            .map(|person| Value::Object(self.record(&person, false)).to_string())
            .collect();
        Reply::written(
            200,
            format!(r#"{{"users":[{}],"traceId":"{TRACE}"}}"#, records.join(",")),
        )
    }

    /// Nobody with that id is a 401.
    fn get(&self, id: &str, reach: Reach) -> Reply {
        let Some(index) = self.index(id) else {
            return Self::unauthorized("The user does not exist.");
        };
        let person = Person::nth(index);
        if reach == Reach::Location && !self.locations(&person).contains(&LOCATION) {
            return Self::elsewhere();
        }
        let mut record = self.record(&person, true);
        record.insert("scopesAssignedToOnly".into(), json!([]));
        record.insert("totpEnabled".into(), false.into());
        record.insert("traceId".into(), TRACE.into());
        Reply::json(200, &Value::Object(record))
    }

    fn location(id: &str, reach: Reach) -> Reply {
        if !reach.sees(id) {
            return Self::elsewhere();
        }
        let location = json!({"id": id, "companyId": COMPANY, "name": "Harbour & Finch"});
        Reply::json(200, &json!({"location": location, "traceId": TRACE}))
    }

    fn company(id: &str, reach: Reach) -> Reply {
        match (id, reach) {
            (_, Reach::Location) => Self::unauthorized(NO_SCOPE),
            (COMPANY, Reach::Agency) => {
                let company = json!({"id": COMPANY, "name": "Finch Agency"});
                Reply::json(200, &json!({"company": company, "traceId": TRACE}))
            }
            _ => Self::error(
                403,
                "Forbidden",
                "The token does not have access to this company.",
            ),
        }
    }
}

const TRACE: &str = "0c6f1b0e-5c7d-4f43-9a51-2f6f0a6f9b1d";
const NO_SCOPE: &str = "The token is not authorized for this scope.";

impl Reach {
    fn sees(self, location: &str) -> bool {
        location == LOCATION || (self == Self::Agency && location == OTHER_LOCATION)
    }
}

impl Vendor for Highlevel {
    fn name(&self) -> &'static str {
        "highlevel"
    }

    fn serves(&self, host: &str) -> bool {
        host == HOST || CONSENT_HOSTS.contains(&host)
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::connected(
            "highlevel",
            &self.tokens,
            &[("company_id", COMPANY), ("location_id", LOCATION)],
        )
    }

    /// In the order of `sort=dateAdded`, the only steady one.
    fn truth(&self) -> Vec<TruthUser> {
        let mut all: Vec<Person> = (0..self.users).map(Person::nth).collect();
        all.sort_by_key(|person| person.created);
        all.iter()
            .map(|person| TruthUser {
                name: Self::name(person),
                ..TruthUser::of(person, Self::id(person.index))
            })
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, call: &Call) -> bool {
        call.host == HOST && call.path == "/oauth/token"
    }

    fn answer(&self, call: &Call) -> Reply {
        if self.is_token_call(call) {
            return self.token(call);
        }
        if call.host != HOST || call.method != http::Method::GET {
            return Self::not_found(call);
        }
        match call.header("version") {
            None => return Self::unauthorized("version header was not found."),
            Some(version) if !VERSIONS.contains(&version) => {
                return Self::unauthorized("version header is invalid");
            }
            Some(_) => {}
        }
        let reach = match self.reach(call) {
            Ok(reach) => reach,
            Err(refusal) => return refusal,
        };
        match call.path.as_str() {
            "/users/search" => self.search(call, reach),
            "/users/" => self.list(call, reach),
            _ => match (
                call.below("/users/"),
                call.below("/locations/"),
                call.below("/companies/"),
            ) {
                (Some(id), _, _) => self.get(&id, reach),
                (_, Some(id), _) => Self::location(&id, reach),
                (_, _, Some(id)) => Self::company(&id, reach),
                _ => Self::not_found(call),
            },
        }
    }

    fn consent(&self, call: &Call) -> Option<Consent> {
        let is_page = matches!(
            call.path.as_str(),
            "/v2/oauth/chooselocation" | "/oauth/chooselocation"
        );
        (CONSENT_HOSTS.contains(&call.host.as_str()) && is_page).then(|| Consent {
            title: "HighLevel",
            pkce: Pkce::Ignored,
            required: &[("response_type", Some("code")), ("scope", None)],
            extra: Vec::new(),
        })
    }

    fn throttled(&self) -> Reply {
        Self::error(429, "Too Many Requests", "Too Many Requests")
            .with("x-ratelimit-remaining", 0)
            .with("x-ratelimit-interval-milliseconds", 1000)
    }

    fn forbidden(&self) -> Reply {
        Self::unauthorized(NO_SCOPE)
    }
}
