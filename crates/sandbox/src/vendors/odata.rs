//! A small, strict OData `$filter`: enough to refuse what Dataverse refuses, and to compare as its database does.

mod parse;
mod tokens;

use self::parse::date;
pub(super) use self::parse::{is_guid, parse};
use super::like::{fold, is_like};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Guid,
    Bool,
    Int,
    Date,
}

/// A value, of a column or of a filter. Nothing comes before everything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cell {
    Null,
    Text(String),
    Guid(String),
    Bool(bool),
    Int(i64),
    /// Milliseconds since the epoch.
    Date(i64),
}

/// A parsed filter.
#[derive(Debug)]
pub(super) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Compare(String, Operator, Cell),
    Like(String, Part, String),
    In(String, Vec<String>),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

/// Which part of a text is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Any,
    Start,
    End,
}

/// How one record compares; the documentation leaves room.
#[derive(Clone, Copy, Debug)]
pub(super) struct Collation {
    /// Whether accents count as little as case does; otherwise only ASCII letters are the same in both cases.
    pub(super) is_loose: bool,
    /// Whether a bound is cut to whole seconds before it is compared.
    pub(super) cuts_seconds: bool,
}

impl Condition {
    /// Whether a record meets it: nothing is neither like anything nor unlike it.
    pub(super) fn holds(&self, cell: &dyn Fn(&str) -> Cell, collation: Collation) -> Option<bool> {
        match self {
            Self::And(terms) => {
                terms
                    .iter()
                    .try_fold(true, |all, term| match (all, term.holds(cell, collation)) {
                        (_, Some(false)) | (false, _) => Some(false),
                        (true, truth) => truth,
                    })
            }
            Self::Or(terms) => {
                let truths: Vec<Option<bool>> =
                    terms.iter().map(|term| term.holds(cell, collation)).collect();
                if truths.contains(&Some(true)) {
                    Some(true)
                } else if truths.contains(&None) {
                    None
                } else {
                    Some(false)
                }
            }
            Self::Not(term) => term.holds(cell, collation).map(|truth| !truth),
            Self::Compare(column, operator, Cell::Null) => match operator {
                Operator::Eq => Some(cell(column) == Cell::Null),
                Operator::Ne => Some(cell(column) != Cell::Null),
                _ => None,
            },
            Self::Compare(column, operator, value) => {
                let order = compare(&cell(column), value, collation)?;
                Some(match operator {
                    Operator::Eq => order.is_eq(),
                    Operator::Ne => order.is_ne(),
                    Operator::Gt => order.is_gt(),
                    Operator::Ge => order.is_ge(),
                    Operator::Lt => order.is_lt(),
                    Operator::Le => order.is_le(),
                })
            }
            Self::Like(column, part, text) => match cell(column) {
                Cell::Text(known) => {
                    let (before, after) = match part {
                        Part::Any => ("%", "%"),
                        Part::Start => ("", "%"),
                        Part::End => ("%", ""),
                    };
                    let pattern = format!("{before}{}{after}", fold(text, collation.is_loose));
                    Some(is_like(&fold(&known, collation.is_loose), &pattern))
                }
                _ => None,
            },
            Self::In(column, values) => match cell(column) {
                Cell::Null => None,
                Cell::Text(known) => {
                    let known = fold(&known, collation.is_loose);
                    Some(
                        values
                            .iter()
                            .any(|value| fold(value, collation.is_loose) == known),
                    )
                }
                Cell::Guid(known) => Some(values.iter().any(|value| value.to_lowercase() == known)),
                Cell::Bool(known) => Some(values.contains(&known.to_string())),
                Cell::Int(known) => Some(values.contains(&known.to_string())),
                Cell::Date(known) => Some(values.iter().any(|value| date(value) == Some(known))),
            },
        }
    }
}

fn compare(known: &Cell, value: &Cell, collation: Collation) -> Option<std::cmp::Ordering> {
    Some(match (known, value) {
        (Cell::Text(known), Cell::Text(value)) => {
            fold(known, collation.is_loose).cmp(&fold(value, collation.is_loose))
        }
        (Cell::Guid(known), Cell::Guid(value)) => known.cmp(value),
        (Cell::Bool(known), Cell::Bool(value)) => known.cmp(value),
        (Cell::Int(known), Cell::Int(value)) => known.cmp(value),
        (Cell::Date(known), Cell::Date(value)) if collation.cuts_seconds => {
            known.cmp(&super::whole_seconds(*value))
        }
        (Cell::Date(known), Cell::Date(value)) => known.cmp(value),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const STRICT: Collation = Collation {
        is_loose: false,
        cuts_seconds: false,
    };

    fn kind_of(name: &str) -> Option<Kind> {
        Some(match name {
            "fullname" => Kind::Text,
            "systemuserid" => Kind::Guid,
            "isdisabled" => Kind::Bool,
            "createdon" => Kind::Date,
            _ => return None,
        })
    }

    fn cell(name: &str) -> Cell {
        match name {
            "fullname" => Cell::Text("Zoë O'Neill 100%".into()),
            "isdisabled" => Cell::Bool(false),
            "createdon" => Cell::Date(1000),
            _ => Cell::Null,
        }
    }

    #[test]
    fn filters_are_refused_as_dataverse_refuses_them() {
        for (text, word) in [
            ("FullName eq 'x'", "Could not find a property"),
            ("fullname eq 'x", "unterminated literal at position 12"),
            ("isdisabled eq 'true'", "incompatible types"),
            ("createdon ge '2024-01-01'", "incompatible types"),
            ("fullname eq null eq null", "Syntax error"),
            ("createdon ge 2024-01-01T00:00:00", "Syntax error"),
            ("contains(isdisabled,'t')", "No function signature"),
            ("lower(fullname) eq 'x'", "unknown function"),
            ("not fullname eq 'x'", "unary operator"),
            ("fullname = 'x'", "Syntax error"),
            ("", "Syntax error"),
        ] {
            let error = parse(text, &kind_of).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn filters_compare_as_a_database_does() {
        let loose = Collation {
            is_loose: true,
            cuts_seconds: true,
        };
        for (text, collation, truth) in [
            ("fullname eq 'ZOë o''neill 100%'", STRICT, Some(true)),
            ("fullname eq 'zoe o''neill 100%'", STRICT, Some(false)),
            ("fullname eq 'zoe o''neill 100%'", loose, Some(true)),
            ("contains(fullname,'o%l 1_0')", STRICT, Some(true)),
            ("contains(fullname,'[n-p]''')", STRICT, Some(true)),
            ("contains(fullname,'[')", STRICT, Some(false)),
            ("systemuserid eq null", STRICT, Some(true)),
            (
                "not (systemuserid eq 2a69f69a-ed3e-9cb4-17a8-37ec25feafae)",
                STRICT,
                None,
            ),
            ("createdon lt 1970-01-01T00:00:01.5Z", STRICT, Some(true)),
            ("createdon lt 1970-01-01T00:00:01.5Z", loose, Some(false)),
            (
                "isdisabled eq true and fullname ne null or createdon gt 1970-01-01",
                STRICT,
                Some(true),
            ),
            (
                "Microsoft.Dynamics.CRM.In(PropertyName='isdisabled',PropertyValues=['true','false'])",
                STRICT,
                Some(true),
            ),
        ] {
            let found = parse(text, &kind_of).unwrap().holds(&cell, collation);
            assert_eq!(found, truth, "{text}");
        }
    }
}
