//! Salesforce users by SOQL: batches that may be short, locators, 403 for a spent quota.

use std::cmp::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use super::soql::{Condition, Literal, Select, like, parse};
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

    fn holds(person: &Person, condition: &Condition) -> Result<bool, String> {
        Ok(match condition {
            Condition::And(terms) => {
                let mut all = true;
                for term in terms {
                    all &= Self::holds(person, term)?;
                }
                all
            }
            Condition::Or(terms) => {
                let mut any = false;
                for term in terms {
                    any |= Self::holds(person, term)?;
                }
                any
            }
            Condition::Not(term) => !Self::holds(person, term)?,
            Condition::In { column, values } => {
                let mut any = false;
                for value in values {
                    any |= Self::compare(person, column, "=", value)?;
                }
                any
            }
            Condition::Compare {
                column,
                operator,
                value,
            } => Self::compare(person, column, operator, value)?,
        })
    }

    fn compare(person: &Person, column: &str, operator: &str, literal: &Literal) -> Result<bool, String> {
        let value = Self::value(person, column);
        let is_date = matches!(
            column.to_ascii_lowercase().as_str(),
            "createddate" | "lastmodifieddate" | "systemmodstamp"
        );
        match literal {
            Literal::Null => Ok((operator == "=") == value.is_null()),
            Literal::Bool(wanted) => match value {
                Value::Bool(truth) => Ok((operator == "=") == (truth == *wanted)),
                _ => Err(format!(
                    "value of filter criterion for field '{column}' must not be a boolean"
                )),
            },
            Literal::Date(wanted) if is_date => {
                let millis = if column.eq_ignore_ascii_case("createddate") {
                    person.created
                } else {
                    person.updated
                };
                let order = Self::instant(millis).cmp(wanted);
                Ok(match operator {
                    "=" => order.is_eq(),
                    "!=" => order.is_ne(),
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    ">" => order.is_gt(),
                    _ => order.is_ge(),
                })
            }
            Literal::Date(_) => Err(format!(
                "value of filter criterion for field '{column}' must not be a dateTime"
            )),
            Literal::Text(_) if is_date || column.eq_ignore_ascii_case("isactive") => Err(format!(
                "value of filter criterion for field '{column}' must be of another type and should not be enclosed in quotes"
            )),
            Literal::Text(wanted) => {
                let Some(text) = value.as_str() else {
                    return Ok(operator == "!=");
                };
                let plain = wanted.replace("\\%", "%").replace("\\_", "_");
                let order = text.to_lowercase().cmp(&plain.to_lowercase());
                Ok(match operator {
                    "=" => order.is_eq(),
                    "!=" => order.is_ne(),
                    "LIKE" => like(text, wanted),
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    ">" => order.is_gt(),
                    _ => order.is_ge(),
                })
            }
        }
    }

    fn query(&self, select: &Select) -> Result<Vec<Person>, (&'static str, String)> {
        let named = select
            .columns
            .iter()
            .chain(select.order.iter().map(|order| &order.column));
        let known = |column: &str| COLUMNS.iter().any(|known| known.eq_ignore_ascii_case(column));
        let mut seen = Vec::new();
        for column in named.clone() {
            if !known(column) {
                return Err((
                    "INVALID_FIELD",
                    format!("No such column '{column}' on entity 'User'."),
                ));
            }
        }
        for column in &select.columns {
            if seen.contains(&column.to_lowercase()) {
                return Err(("MALFORMED_QUERY", format!("duplicate field selected: {column}")));
            }
            seen.push(column.to_lowercase());
        }
        let mut found = Vec::new();
        for person in (0..self.users).map(Person::nth) {
            let holds = match &select.condition {
                Some(condition) => {
                    Self::holds(&person, condition).map_err(|message| ("INVALID_FIELD", message))?
                }
                None => true,
            };
            if holds {
                found.push(person);
            }
        }
        for key in select.order.iter().rev() {
            found.sort_by(|a, b| {
                let (a, b) = (Self::value(a, &key.column), Self::value(b, &key.column));
                let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                match (a.is_null(), b.is_null()) {
                    (true, true) => Ordering::Equal,
                    (true, false) => {
                        if key.nulls_last {
                            Ordering::Greater
                        } else {
                            Ordering::Less
                        }
                    }
                    (false, true) => {
                        if key.nulls_last {
                            Ordering::Less
                        } else {
                            Ordering::Greater
                        }
                    }
                    (false, false) => {
                        let order = text(&a).cmp(&text(&b));
                        if key.descending { order.reverse() } else { order }
                    }
                }
            });
        }
        if let Some(limit) = select.limit {
            found.truncate(limit);
        }
        Ok(found)
    }

    fn batch(&self, call: &Call, text: &str, start: usize) -> Reply {
        let size = match call
            .header("sforce-query-options")
            .and_then(|options| options.strip_prefix("batchSize="))
        {
            None => 2000,
            Some(size) => match size.parse::<usize>() {
                Ok(size) if (200..=2000).contains(&size) => size,
                _ => {
                    return Self::error(
                        400,
                        "INVALID_QUERY_FILTER_OPERATOR",
                        "batchSize must be 200 to 2000",
                    );
                }
            },
        };
        // The platform may always send fewer rows than asked.
        let size = if start == 0 {
            size
        } else {
            size.div_ceil(2).max(100)
        };
        let select = match parse(text) {
            Ok(select) => select,
            Err(message) if message.contains("sObject type") => {
                return Self::error(400, "INVALID_TYPE", &message);
            }
            Err(message) => return Self::error(400, "MALFORMED_QUERY", &message),
        };
        let found = match self.query(&select) {
            Ok(found) => found,
            Err((code, message)) => return Self::error(400, code, &message),
        };
        let page: Vec<String> = found
            .iter()
            .skip(start)
            .take(size)
            .map(|person| Self::record(person, &select.columns).to_string())
            .collect();
        let end = start + page.len();
        let next = if end < found.len() {
            use base64::Engine as _;
            let locator = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("{end}|{text}"));
            format!(r#","done":false,"nextRecordsUrl":"/services/data/v60.0/query/{locator}""#)
        } else {
            r#","done":true"#.to_owned()
        };
        Reply::written(
            200,
            format!(
                r#"{{"totalSize":{}{next},"records":[{}]}}"#,
                found.len(),
                page.join(",")
            ),
        )
    }

    fn next_batch(&self, call: &Call, locator: &str) -> Reply {
        use base64::Engine as _;
        let decoded = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(locator)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        match decoded.as_deref().and_then(|text| text.split_once('|')) {
            Some((start, text)) if call.raw_query.is_empty() => {
                self.batch(call, text, start.parse().unwrap_or(usize::MAX))
            }
            _ => Self::error(400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
        }
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
        host == "login.salesforce.com" || host.ends_with(".my.salesforce.com")
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
