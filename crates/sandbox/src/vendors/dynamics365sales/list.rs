//! The list: its options, its order, its pages.

use std::cmp::Reverse;

use serde_json::{Map, json};

use super::Dynamics;
use super::columns::{cell, id, kind_of, record};
use super::paging::Place;
use crate::call::{Call, Reply};
use crate::people::Person;
use crate::vendors::like::fold;
use crate::vendors::odata::{Cell, Collation, Condition, parse};

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

    pub(super) fn columns(text: &str) -> Result<Vec<&str>, String> {
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
    pub(super) fn check(call: &Call, known: &[&str]) -> Result<(), String> {
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

    pub(super) fn list(&self, call: &Call) -> Result<Reply, String> {
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
}
