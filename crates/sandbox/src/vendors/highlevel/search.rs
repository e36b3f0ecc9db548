//! What a search of Highlevel users asks for.

use super::Highlevel;
use crate::call::Call;
use crate::people::Person;

const PARAMETERS: &[&str] = &[
    "companyId",
    "locationId",
    "query",
    "skip",
    "limit",
    "type",
    "role",
    "ids",
    "sort",
    "sortDirection",
    "enabled2waySync",
];
/// Larger pages are cut to this without a word.
const LIMIT: usize = 100;

/// A search that the vendor accepts.
pub(super) struct Search<'a> {
    pub(super) company: &'a str,
    pub(super) location: Option<&'a str>,
    pub(super) skip: usize,
    pub(super) limit: usize,
    query: Option<&'a str>,
    kind: Option<&'a str>,
    role: Option<&'a str>,
    ids: Option<Vec<&'a str>>,
    syncs: Option<bool>,
    by_date: bool,
    descending: bool,
}

impl<'a> Search<'a> {
    /// Reads a request's parameters, or says what is wrong with them.
    pub(super) fn read(call: &'a Call) -> Result<Self, String> {
        let unknown = |name: &&(String, String)| !PARAMETERS.contains(&name.0.as_str());
        if let Some((name, _)) = call.query.iter().find(unknown) {
            return Err(format!("property {name} should not exist"));
        }
        let company = call.param("companyId").filter(|company| !company.is_empty());
        let number = |name: &str, otherwise: usize| match call.param(name) {
            None => Ok(otherwise),
            Some(text) => text
                .parse::<usize>()
                .map_err(|_| format!("{name} must be a number string")),
        };
        let one_of = |name: &str, values: &[&str]| match call.param(name) {
            Some(value) if !values.contains(&value) => {
                Err(format!("{name} must be one of {}", values.join(", ")))
            }
            value => Ok(value),
        };
        Ok(Self {
            company: company.ok_or("companyId must be a string")?,
            location: call.param("locationId"),
            skip: number("skip", 0)?,
            limit: number("limit", 25)?.clamp(1, LIMIT),
            query: call.param("query"),
            kind: one_of("type", &["agency", "account"])?,
            role: one_of("role", &["admin", "user"])?,
            ids: call.param("ids").map(|ids| ids.split(',').collect()),
            syncs: one_of("enabled2waySync", &["true", "false"])?.map(|syncs| syncs == "true"),
            by_date: one_of("sort", &["dateAdded"])?.is_some(),
            descending: one_of("sortDirection", &["asc", "desc"])? == Some("desc"),
        })
    }

    /// All who are found, in their order.
    pub(super) fn run(
        &self,
        people: impl Iterator<Item = Person>,
        locations: impl Fn(&Person) -> &'static [&'static str],
    ) -> Vec<Person> {
        let mut found: Vec<Person> = people
            .filter(|person| {
                self.location
                    .is_none_or(|location| locations(person).contains(&location))
            })
            .filter(|person| self.keeps(person))
            .collect();
        if self.by_date {
            found.sort_by_key(|person| person.created);
        } else {
            // Equal names stand in another order on every page.
            let turn = 2 * self.skip + 1;
            found.sort_by_key(|person| (person.first, person.last, person.index.wrapping_mul(turn) % 64));
        }
        if self.descending {
            found.reverse();
        }
        found
    }

    fn keeps(&self, person: &Person) -> bool {
        let id = || Highlevel::id(person.index);
        self.kind.is_none_or(|kind| kind == Highlevel::kind(person))
            && self.role.is_none_or(|role| role == Highlevel::role(person))
            && self
                .syncs
                .is_none_or(|syncs| syncs == person.index.is_multiple_of(5))
            && self.ids.as_ref().is_none_or(|ids| ids.contains(&id().as_str()))
            && self.query.is_none_or(|query| Self::is_like(person, query))
    }

    /// Looked for in name, address and phone. Whether case counts is not known, so it does for some.
    fn is_like(person: &Person, query: &str) -> bool {
        let texts = [
            Highlevel::name(person),
            person.email.clone(),
            Some(Highlevel::phone(person)),
        ];
        let forgives = person.index.is_multiple_of(2);
        texts.into_iter().flatten().any(|text| {
            text.contains(query) || (forgives && text.to_lowercase().contains(&query.to_lowercase()))
        })
    }
}
