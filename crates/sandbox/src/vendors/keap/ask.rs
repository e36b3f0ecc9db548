//! What a list of Keap users is asked for: the clauses of `filter`, and `order_by`.

use std::cmp::Reverse;

use super::Keap;
use crate::call::Call;
use crate::people::Person;

/// A filter and an order that the vendor accepts.
#[derive(Default)]
pub(super) struct Ask {
    inactive: bool,
    partners: bool,
    email: Option<String>,
    given_name: Option<String>,
    ids: Option<String>,
    order: Option<(Order, bool)>,
}

/// What a user is sorted by.
#[derive(Clone, Copy)]
enum Order {
    Created,
    Email,
    FamilyName,
}

impl Ask {
    /// Reads `field==value;field==value` and `field direction`. Equals signs, semicolons, pluses and spaces have
    /// to be encoded.
    pub(super) fn read(call: &Call) -> Result<Self, String> {
        let raw = call.raw_query.split('&').filter_map(|pair| pair.split_once('='));
        for (name, value) in raw.filter(|(name, _)| matches!(*name, "filter" | "order_by")) {
            if value.contains(['=', ';', '+']) {
                return Err(format!("{name} is not encoded"));
            }
        }
        let mut ask = Self::default();
        for clause in call.param("filter").into_iter().flat_map(|text| text.split(';')) {
            let Some((field, value)) = clause.split_once("==") else {
                return Err(format!("{clause} is not a filter"));
            };
            match field {
                "include_inactive" => ask.inactive = flag(value)?,
                "include_partners" => ask.partners = flag(value)?,
                "email" => ask.email = Some(value.to_owned()),
                "given_name" => ask.given_name = Some(value.to_owned()),
                "user_ids" => ask.ids = Some(value.to_owned()),
                _ => return Err(format!("{field} is not a field to filter by")),
            }
        }
        if let Some(text) = call.param("order_by") {
            let order = match text.split_once(' ') {
                Some(("create_time", direction)) => (Order::Created, direction),
                Some(("email", direction)) => (Order::Email, direction),
                Some(("name", direction)) => (Order::FamilyName, direction),
                _ => return Err(format!("cannot order by {text}")),
            };
            ask.order = match order {
                (order, "asc") => Some((order, false)),
                (order, "desc") => Some((order, true)),
                _ => return Err(format!("cannot order by {text}")),
            };
        }
        Ok(ask)
    }

    pub(super) fn keeps(&self, person: &Person) -> bool {
        (self.inactive || !Keap::is_hidden(person))
            && (self.partners || !Keap::is_partner(person))
            && self.email.as_deref().is_none_or(|email| has_email(person, email))
            && self
                .given_name
                .as_deref()
                .is_none_or(|name| person.first == Some(name))
            && self.ids.as_deref().is_none_or(|ids| is_among(person, ids))
    }

    pub(super) fn is_ordered(&self) -> bool {
        self.order.is_some()
    }

    /// Sorts people who stand in the order of their ids, which break ties as the numbers that they are.
    pub(super) fn sort(&self, people: &mut [Person]) {
        match self.order {
            None => {}
            Some((order, false)) => people.sort_by_cached_key(|person| order.key(person)),
            Some((order, true)) => people.sort_by_cached_key(|person| Reverse(order.key(person))),
        }
    }
}

fn flag(value: &str) -> Result<bool, String> {
    value
        .parse()
        .map_err(|_| format!("{value} is neither true nor false"))
}

/// For some, case counts and only the first address does; for others, neither.
fn has_email(person: &Person, email: &str) -> bool {
    let strict = person.index.is_multiple_of(2);
    Keap::addresses(person)
        .unwrap_or_default()
        .iter()
        .any(|(field, known)| match known {
            None => false,
            Some(known) if strict => *field == "EMAIL1" && known == email,
            Some(known) => known.eq_ignore_ascii_case(email),
        })
}

/// A comma separates ids, or is a part of one that nobody has.
fn is_among(person: &Person, ids: &str) -> bool {
    let id = Keap::id(person.index);
    ids == id || (person.index.is_multiple_of(2) && ids.split(',').any(|known| known == id))
}

impl Order {
    /// Nothing comes before everything.
    fn key(self, person: &Person) -> (Option<i64>, Option<String>) {
        match self {
            Self::Created => (Keap::created(person), None),
            Self::Email => {
                let addresses = Keap::addresses(person).unwrap_or_default();
                let first = addresses.into_iter().find(|(field, _)| *field == "EMAIL1");
                (None, first.and_then(|(_, email)| email))
            }
            Self::FamilyName => (None, person.last.map(str::to_owned)),
        }
    }
}
