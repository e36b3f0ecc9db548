//! What the parameters that are the same for every model mean, for readers of the reference.

use super::names::{
    self, ACCOUNT, CURSOR, EXCLUDE, EXPLAIN, FORMAT, IGNORE_LIMIT, IGNORE_REMOTE, KEY_BY, LIMIT,
    REMOTE_QUERY, SORT,
};
use super::shaping::formats;
use super::{DEFAULT_LIMIT, Endpoint, MAX_LIMIT};

/// A parameter that is the same for every model.
#[derive(Clone, Debug)]
pub struct SharedParameter {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: SharedKind,
    /// What it does.
    pub description: &'static str,
    /// A value of it.
    pub example: &'static str,
}

/// What such a parameter holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SharedKind {
    /// A text.
    Text,
    /// A truth.
    Truth,
    /// A whole number within bounds, and what it is when left out.
    Whole {
        /// The least.
        min: u32,
        /// The most.
        max: u32,
        /// When left out.
        default: u32,
    },
    /// One of these.
    Choice(Vec<&'static str>),
    /// A field to sort by, perhaps with its direction.
    Sort,
    /// A path to a value of the record.
    Path,
    /// Several such paths.
    Paths,
    /// Any members, each a text.
    Members,
}

/// The shared parameters that a call takes, in the order in which they are told.
pub fn shared_parameters(endpoint: Endpoint) -> Vec<SharedParameter> {
    let told = |name: &&'static str| {
        let (kind, description, example) = describe(name, endpoint)?;
        Some(SharedParameter {
            name,
            kind,
            description,
            example,
        })
    };
    names::of(endpoint).iter().filter_map(told).collect()
}

fn describe(name: &str, endpoint: Endpoint) -> Option<(SharedKind, &'static str, &'static str)> {
    use SharedKind::{Choice, Members, Path, Paths, Sort, Text, Truth, Whole};
    Some(match name {
        ACCOUNT => (
            Text,
            "The account whose CRM is asked. It may be left out with a token of one account.",
            "",
        ),
        LIMIT => (
            Whole {
                min: 1,
                max: MAX_LIMIT,
                default: DEFAULT_LIMIT,
            },
            "How many records a page has. Every page but the last has exactly so many.",
            "2",
        ),
        CURSOR => (
            Text,
            "Where to go on: the `next_cursor` of the page before, with the same filters and sort. Good for 24 hours.",
            "",
        ),
        SORT => (
            Sort,
            "The order: `sort_by[field]=asc` or `desc`; `sort_by=field` is ascending. Nulls come last, ties are broken by `id`. Without it the CRM's own order stands.",
            "",
        ),
        REMOTE_QUERY => (
            Members,
            "Added to the query string of the request to the CRM as given, over anything of the same name.",
            "",
        ),
        FORMAT => (
            Choice(formats(endpoint)),
            match endpoint {
                Endpoint::List => {
                    "How the answer is laid out: `unified` records; the CRM's own answer as it came (`raw`); flat tables (`normalized`); every page to the end in one answer (`stream`, one record a line with `Accept: application/x-ndjson`)."
                }
                _ => "The `unified` record, or the CRM's own answer as it came (`raw`).",
            },
            "unified",
        ),
        KEY_BY => (
            Path,
            "Makes `result` an object keyed by this value of each record; a dotted path reaches inside.",
            "email",
        ),
        IGNORE_REMOTE => (Truth, "Leaves `remote_data`, the CRM's own record, out.", "true"),
        EXCLUDE => (
            Paths,
            "Leaves these fields out; dotted paths reach inside.",
            "urls",
        ),
        IGNORE_LIMIT => (
            Truth,
            "Drops `limit`: a page holds the matches of one largest page of the CRM's.",
            "true",
        ),
        EXPLAIN => (
            Truth,
            "Adds `explain`: what the CRM filtered, what was done here, and every request made to it.",
            "true",
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shared_parameter_is_told() {
        for endpoint in [
            Endpoint::List,
            Endpoint::Get,
            Endpoint::ProxyList,
            Endpoint::ProxyGet,
        ] {
            let told: Vec<&str> = shared_parameters(endpoint)
                .iter()
                .map(|parameter| parameter.name)
                .collect();
            assert_eq!(told, names::of(endpoint));
        }
    }
}
