//! Dynamics 365 Sales users: Dataverse's OData, page sizes in a header, paging cookies that are encoded twice,
//! texts for a 401, the token endpoint of Entra ID.

use std::cmp::Reverse;

use serde_json::{Map, json};

use super::dynamics_columns::{cell, id, kind_of, object_id, record, truth};
use super::dynamics_paging::Place;
use super::entra::Entra;
use super::like::fold;
use super::odata::{Cell, Collation, Condition, is_guid, parse};
use super::{SandboxAccount, TruthUser, Vendor};
use crate::call::{Call, Reply};
use crate::consent::{Consent, Pkce};
use crate::people::Person;
use crate::tokens::{Rotation, Tokens};

pub(super) struct Dynamics {
    /// The people in the order of the key.
    order: Vec<usize>,
    tokens: Tokens,
}

const HOST: &str = "northlight.crm4.dynamics.com";
const SAME_HOST: &str = "northlight.api.crm4.dynamics.com";
const LOGIN: &str = "login.microsoftonline.com";
const TENANT: &str = "6f1d7a0c-2b4e-4c1a-9d53-0e8f7a6b5c4d";
const MOST: usize = 5000;
const OPTIONS: &[&str] = &["$select", "$filter", "$orderby", "$top", "$count", "$skiptoken"];

/// What a request for a list says.
struct Request<'a> {
    select: Option<Vec<&'a str>>,
    filter: Option<Condition>,
    order: Vec<(&'a str, bool)>,
    top: Option<usize>,
    count: bool,
}

impl Dynamics {
    pub(super) fn new(users: usize) -> Self {
        // As SQL Server orders GUIDs: by their last group first.
        let mut order: Vec<usize> = (0..users).collect();
        order.sort_by_cached_key(|index| {
            let id = id(*index);
            (id[24..].to_owned(), id)
        });
        Self {
            order,
            tokens: Tokens::new("dynamics365sales", Rotation::Grows),
        }
    }

    fn error(status: u16, code: &str, message: &str) -> Reply {
        Self::typed(Reply::json(
            status,
            &json!({"error": {"code": code, "message": message}}),
        ))
    }

    fn typed(reply: Reply) -> Reply {
        let kind = "application/json; odata.metadata=minimal";
        Reply { kind, ..reply }.with("odata-version", "4.0")
    }

    /// The page size of `Prefer`. One that is too large is passed over.
    fn preferred(call: &Call) -> Result<Option<usize>, String> {
        let size = call
            .header("prefer")
            .into_iter()
            .flat_map(|header| header.split(','))
            .find_map(|one| one.trim().strip_prefix("odata.maxpagesize="));
        match size.map(|size| (size, size.parse::<usize>())) {
            None => Ok(None),
            Some((_, Ok(size))) if size >= 1 => Ok(Some(size.min(MOST))),
            Some((size, _)) => Err(format!("Invalid value '{size}' for odata.maxpagesize.")),
        }
    }

    fn columns(text: &str) -> Result<Vec<&str>, String> {
        let names: Vec<&str> = text.split(',').map(str::trim).collect();
        match names.iter().find(|name| kind_of(name).is_none()) {
            Some(name) => Err(Self::no_column(name)),
            None => Ok(names),
        }
    }

    fn no_column(name: &str) -> String {
        format!("Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.systemuser'.")
    }

    /// Nothing but the options that there are, each once. `$` has to stand as it is, a space as `%20`, and a
    /// plus as `%2B`.
    fn check(call: &Call, known: &[&str]) -> Result<(), String> {
        if call.raw_query.contains('+') {
            return Err("Syntax error: '+' has to be encoded.".to_owned());
        }
        let mut seen: Vec<&str> = Vec::new();
        for pair in call.raw_query.split('&').filter(|pair| !pair.is_empty()) {
            let name = pair.split_once('=').map_or(pair, |(name, _)| name);
            match name {
                "$skip" => return Err("Skip Clause is not supported in CRM".to_owned()),
                "$expand" => return Err(Self::no_column(call.param("$expand").unwrap_or_default())),
                _ if !known.contains(&name) => {
                    return Err(format!("The query parameter {name} is not supported"));
                }
                _ if seen.contains(&name) => {
                    return Err(format!("Query option '{name}' was specified more than once."));
                }
                _ => seen.push(name),
            }
        }
        Ok(())
    }

    fn read(call: &Call) -> Result<Request<'_>, String> {
        Self::check(call, OPTIONS)?;
        let mut order = Vec::new();
        for key in call
            .param("$orderby")
            .into_iter()
            .flat_map(|keys| keys.split(','))
        {
            let mut words = key.split_whitespace();
            let name = words.next().unwrap_or_default();
            if kind_of(name).is_none() {
                return Err(Self::no_column(name));
            }
            match (words.next(), words.next()) {
                (None | Some("asc"), None) => order.push((name, false)),
                (Some("desc"), None) => order.push((name, true)),
                _ => return Err(format!("Syntax error in $orderby: '{key}'.")),
            }
        }
        let top = match call.param("$top") {
            None => None,
            Some(text) => match text.parse::<usize>() {
                Ok(top) if top <= MOST => Some(top),
                _ => return Err(format!("Invalid value '{text}' for $top. It is at most {MOST}.")),
            },
        };
        let count = match call.param("$count") {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => return Err(format!("Invalid value '{other}' for $count query option found.")),
        };
        Ok(Request {
            select: call.param("$select").map(Self::columns).transpose()?,
            filter: call
                .param("$filter")
                .map(|text| parse(text, &kind_of))
                .transpose()?,
            order,
            top,
            count,
        })
    }

    fn holds(person: &Person, filter: Option<&Condition>) -> bool {
        // What the documentation leaves open differs from one record to the next.
        let collation = Collation {
            is_loose: person.index % 2 == 1,
            cuts_seconds: person.index % 3 == 1,
        };
        filter.is_none_or(|filter| filter.holds(&|name: &str| cell(person, name), collation) == Some(true))
    }

    fn sort(found: &mut [Person], order: &[(&str, bool)]) {
        if order.is_empty() {
            return;
        }
        // Nothing is said about equals.
        found.reverse();
        let key = |person: &Person, name: &str| match cell(person, name) {
            Cell::Text(text) => Cell::Text(fold(&text, true)),
            other => other,
        };
        for (name, falls) in order.iter().rev() {
            if *falls {
                found.sort_by_cached_key(|person| Reverse(key(person, name)));
            } else {
                found.sort_by_cached_key(|person| key(person, name));
            }
        }
    }

    fn people<'a>(&'a self, filter: Option<&'a Condition>) -> impl Iterator<Item = Person> + 'a {
        self.order
            .iter()
            .map(|index| Person::nth(*index))
            .filter(move |person| Self::holds(person, filter))
    }

    fn list(&self, call: &Call) -> Result<Reply, String> {
        let preferred = Self::preferred(call)?;
        let request = Self::read(call)?;
        let place = match call.param("$skiptoken") {
            None => None,
            Some(token) => Some(Place::read(token, call, preferred)?),
        };
        let size = preferred.unwrap_or(MOST);
        let top = request.top.filter(|_| preferred.is_none());
        let take = top.unwrap_or(size);
        let filter = request.filter.as_ref();
        let wants_all = request.count || !request.order.is_empty();
        let mut found: Vec<Person> = match &place {
            // A walk in the order of the key goes on where it was.
            Some(place) if !wants_all => {
                let after = self
                    .order
                    .iter()
                    .position(|index| id(*index) == place.last)
                    .map_or(self.order.len(), |at| at + 1);
                self.order[after..]
                    .iter()
                    .map(|index| Person::nth(*index))
                    .filter(|person| Self::holds(person, filter))
                    .take(take + 1)
                    .collect()
            }
            _ if !wants_all => self.people(filter).take(take + 1).collect(),
            _ => self.people(filter).collect(),
        };
        let total = found.len();
        if wants_all {
            Self::sort(&mut found, &request.order);
            if let Some(place) = &place {
                let after = found
                    .iter()
                    .position(|person| id(person.index) == place.last)
                    .map_or(found.len(), |at| at + 1);
                found.drain(..after);
            }
        }
        let more = top.is_none() && found.len() > take;
        found.truncate(take);
        let select = request.select.as_deref();
        let written: Vec<String> = found
            .iter()
            .map(|person| record(person, select, Map::new()))
            .collect();
        let columns = select.map_or_else(String::new, |names| format!("({})", names.join(",")));
        let mut body = format!(
            r#"{{"@odata.context":"https://{}/api/data/v9.2/$metadata#systemusers{columns}","#,
            call.host
        );
        if request.count {
            body.push_str(&format!(r#""@odata.count":{},"#, total.min(MOST)));
        }
        body.push_str(&format!(r#""value":[{}]"#, written.join(",")));
        if let (true, Some(first), Some(last)) = (more, found.first(), found.last()) {
            let next = Place {
                page: place.map_or(1, |place| place.page) + 1,
                first: id(first.index),
                last: id(last.index),
            };
            body.push_str(&format!(
                r#","@odata.nextLink":{}"#,
                json!(next.link(call, preferred))
            ));
        }
        body.push('}');
        let reply = Self::typed(Reply::written(200, body));
        Ok(match preferred {
            Some(size) => reply.with("preference-applied", format!("odata.maxpagesize={size}")),
            None => reply,
        })
    }

    fn get(&self, call: &Call, key: &str) -> Reply {
        let bad = |message: &str| Self::error(400, "0x80060888", message);
        let (given, of): (&str, fn(usize) -> String) = match key.strip_prefix("azureactivedirectoryobjectid=")
        {
            Some(given) => (given, object_id),
            None => (key, id),
        };
        if !is_guid(given) {
            return bad(&format!("Bad Request - Error in query syntax: '{key}'."));
        }
        if let Err(message) = Self::check(call, &["$select"]) {
            return bad(&message);
        }
        let select = match call.param("$select").map(Self::columns).transpose() {
            Ok(select) => select,
            Err(message) => return bad(&message),
        };
        let wanted = given.to_lowercase();
        let Some(index) = self.order.iter().find(|index| of(**index) == wanted) else {
            return Self::error(
                404,
                "0x80040217",
                &format!("Entity 'SystemUser' With Id = {wanted} Does Not Exist"),
            );
        };
        let columns = select
            .as_ref()
            .map_or_else(String::new, |names| format!("({})", names.join(",")));
        let entity = format!(
            "https://{}/api/data/v9.2/$metadata#systemusers{columns}/$entity",
            call.host
        );
        let before = Map::from_iter([("@odata.context".to_owned(), entity.into())]);
        let user = record(&Person::nth(*index), select.as_deref(), before);
        Self::typed(Reply::written(200, user))
    }

    fn api(&self, call: &Call) -> Reply {
        let here = call.host == HOST || call.host == SAME_HOST;
        if !here || !call.bearer().is_some_and(|token| self.tokens.accepts(token)) {
            return Reply::text(401, "text/html", "HTTP Error 401 - Unauthorized: Access is denied").with(
                "www-authenticate",
                format!(
                    "Bearer authorization_uri=https://{LOGIN}/{TENANT}/oauth2/authorize, resource_id=https://{HOST}/"
                ),
            );
        }
        let segment = ["9.2", "9.1", "9.0"].iter().find_map(|version| {
            call.below(&format!("/api/data/v{version}"))
                .and_then(|rest| rest.strip_prefix('/').map(str::to_owned))
        });
        let segment = segment.as_deref();
        if segment.is_some() && call.method != http::Method::GET {
            return Self::error(405, "0x0", "The requested resource does not support that method.");
        }
        let context = format!("https://{}/api/data/v9.2/$metadata", call.host);
        match segment {
            Some("systemusers") => self
                .list(call)
                .unwrap_or_else(|message| Self::error(400, "0x80060888", &message)),
            Some("WhoAmI" | "WhoAmI()") => Self::typed(Reply::json(
                200,
                &json!({
                    "@odata.context": format!("{context}#Microsoft.Dynamics.CRM.WhoAmIResponse"),
                    "BusinessUnitId": "0b6f49d2-2d4a-e811-a95c-000d3ab9c1f0",
                    "UserId": id(0), "OrganizationId": "43a81e07-6c2d-4b95-8f10-9e7d5c3b2a16"
                }),
            )),
            Some("") => Self::typed(Reply::json(
                200,
                &json!({
                    "@odata.context": context,
                    "value": [{"name": "systemusers", "kind": "EntitySet", "url": "systemusers"}]
                }),
            )),
            other => {
                let key = other
                    .and_then(|segment| segment.strip_prefix("systemusers("))
                    .and_then(|rest| rest.strip_suffix(')'));
                match key {
                    Some(key) => self.get(call, key),
                    None => Self::error(
                        404,
                        "0x80060888",
                        &format!(
                            "Resource not found for the segment '{}'.",
                            other.unwrap_or_default()
                        ),
                    ),
                }
            }
        }
    }
}

const ENTRA: Entra = Entra {
    host: LOGIN,
    tenant: TENANT,
    instance: HOST,
};

impl Vendor for Dynamics {
    fn name(&self) -> &'static str {
        "dynamics365sales"
    }

    fn serves(&self, host: &str) -> bool {
        host == LOGIN || host.ends_with(".dynamics.com")
    }

    fn account(&self) -> SandboxAccount {
        SandboxAccount::connected(
            "dynamics365sales",
            &self.tokens,
            &[
                ("instance_url", &format!("https://{HOST}")),
                ("tenant_id", TENANT),
            ],
        )
    }

    fn truth(&self) -> Vec<TruthUser> {
        self.order
            .iter()
            .map(|index| truth(&Person::nth(*index)))
            .collect()
    }

    fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    fn is_token_call(&self, call: &Call) -> bool {
        ENTRA.is_token_call(call)
    }

    fn answer(&self, call: &Call) -> Reply {
        if self.is_token_call(call) {
            return ENTRA.token(call, &self.tokens);
        }
        if call.raw_query.len() + call.path.len() > 32 * 1024 {
            return Reply::text(414, "text/html", "HTTP Error 414. The request URL is too long.");
        }
        self.api(call)
            .with("x-ms-ratelimit-burst-remaining-xrm-requests", 5999)
            .with("x-ms-ratelimit-time-remaining-xrm-requests", "1200.00")
    }

    fn consent(&self, call: &Call) -> Option<Consent> {
        ENTRA.is_consent_call(call).then(|| Consent {
            title: "Microsoft Dynamics 365 Sales",
            pkce: Pkce::Optional,
            required: &[("response_type", Some("code")), ("scope", None)],
            extra: Vec::new(),
        })
    }

    fn throttled(&self) -> Reply {
        Self::error(
            429,
            "0x80072322",
            "Number of requests exceeded the limit of 6000 over time window of 300 seconds.",
        )
        .with("retry-after", 1)
    }

    fn forbidden(&self) -> Reply {
        Self::error(
            403,
            "0x80040220",
            "Principal user is missing prvReadUser privilege on OTC=8 for entity 'systemuser'.",
        )
    }
}
