//! Outreach's filters, in both of their spellings.

use serde_json::Value;

use super::Outreach;
use crate::call::Call;
use crate::people::Person;
use crate::vendors::instant;

/// What is wrong with a query.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) id: &'static str,
    pub(super) detail: String,
}

impl Refusal {
    pub(super) fn new(id: &'static str, detail: String) -> Self {
        Self { id, detail }
    }
}

/// All filters of a request; a record has to meet each.
#[derive(Debug)]
pub(super) struct Filter(Vec<(String, Test)>);

#[derive(Debug)]
enum Test {
    OneOf(Vec<String>),
    At(Vec<i64>),
    Within(Option<i64>, Option<i64>),
    IsNull(bool),
    /// Of a relationship that is the same for all.
    Related(bool),
}

const TEXTS: &[&str] = &["email", "firstName", "id", "lastName", "locked", "username"];
const DATES: &[&str] = &["createdAt", "currentSignInAt", "updatedAt"];
const RELATED: &[(&str, &str)] = &[("profile", "2"), ("role", "13"), ("teams", "2")];

impl Filter {
    /// Reads `filter[…]`.
    pub(super) fn read(call: &Call) -> Result<Self, Refusal> {
        let is_new = call.param("newFilterSyntax") == Some("true");
        let mut tests: Vec<(String, Test)> = Vec::new();
        for (name, value) in &call.query {
            let Some(inside) = name
                .strip_prefix("filter[")
                .and_then(|rest| rest.strip_suffix(']'))
            else {
                continue;
            };
            let (attribute, operator) = match inside.split_once("][") {
                Some((attribute, operator)) => (attribute, Some(operator)),
                None => (inside, None),
            };
            if let Some((_, id)) = RELATED.iter().find(|(name, _)| *name == attribute) {
                if operator != Some("id") {
                    return Err(Refusal::new(
                        "filterParameter.unsupported",
                        format!("{attribute} is filtered by its id alone"),
                    ));
                }
                tests.push((
                    attribute.to_owned(),
                    Test::Related(value.split(',').any(|one| one == *id)),
                ));
                continue;
            }
            if !TEXTS.contains(&attribute) && !DATES.contains(&attribute) {
                return Err(Refusal::new(
                    "filterParameter.unsupported",
                    format!("users can not be filtered by '{attribute}'"),
                ));
            }
            let test = if is_new {
                literal(attribute, operator, value)?
            } else {
                classic(attribute, operator, value)?
            };
            // `[]` comes once for each value.
            match (tests.last_mut(), test) {
                (Some((known, Test::OneOf(all))), Test::OneOf(more))
                    if operator == Some("") && known == attribute =>
                {
                    all.extend(more);
                }
                (_, test) => tests.push((attribute.to_owned(), test)),
            }
        }
        Ok(Self(tests))
    }

    /// Whether a record meets them. Texts are the same in the same case only.
    pub(super) fn holds(&self, person: &Person) -> bool {
        self.0.iter().all(|(name, test)| match test {
            Test::Related(truth) => *truth,
            Test::IsNull(wanted) => Outreach::attribute(person, name).is_null() == *wanted,
            Test::OneOf(all) => match Outreach::attribute(person, name) {
                Value::Null => false,
                Value::String(text) => all.contains(&text),
                other => all.contains(&other.to_string()),
            },
            Test::At(all) => Outreach::instant_of(person, name).is_some_and(|at| all.contains(&at)),
            Test::Within(from, to) => Outreach::instant_of(person, name)
                .is_some_and(|at| from.is_none_or(|from| at >= from) && to.is_none_or(|to| at <= to)),
        })
    }
}

fn date(attribute: &str, text: &str) -> Result<i64, Refusal> {
    let at = if text.len() == 10 {
        instant(&format!("{text}T00:00:00Z"))
    } else {
        text.contains('T').then(|| instant(text)).flatten()
    };
    at.ok_or_else(|| {
        Refusal::new(
            "filterParameter.invalidDatetimeFormat",
            format!("'{text}' is no date for {attribute}"),
        )
    })
}

/// The new syntax: values mean themselves, both bounds of a range are inclusive.
fn literal(attribute: &str, operator: Option<&str>, value: &str) -> Result<Test, Refusal> {
    let is_date = DATES.contains(&attribute);
    match operator {
        None | Some("") if is_date => Ok(Test::At(vec![date(attribute, value)?])),
        None | Some("") => Ok(Test::OneOf(vec![value.to_owned()])),
        Some("gte") if is_date => Ok(Test::Within(Some(date(attribute, value)?), None)),
        Some("lte") if is_date => Ok(Test::Within(None, Some(date(attribute, value)?))),
        Some(operator) => Err(Refusal::new(
            "filterParameter.invalidOperator",
            format!("'{operator}' is no operator for {attribute}"),
        )),
    }
}

/// The classic syntax: commas make lists, two dots a range, whatever the value was meant to be.
fn classic(attribute: &str, operator: Option<&str>, value: &str) -> Result<Test, Refusal> {
    if let Some(operator) = operator {
        return Err(Refusal::new(
            "filterParameter.invalidOperator",
            format!("'{operator}' is not understood without newFilterSyntax"),
        ));
    }
    match value {
        "__null__" => return Ok(Test::IsNull(true)),
        "__notnull__" => return Ok(Test::IsNull(false)),
        _ => {}
    }
    let is_date = DATES.contains(&attribute);
    if let Some((from, to)) = value.split_once("..") {
        if !is_date {
            return Err(Refusal::new(
                "filterParameter.invalidRange",
                format!("{attribute} has no ranges"),
            ));
        }
        // An open start was refused to some.
        let to = (to != "inf").then(|| date(attribute, to)).transpose()?;
        return Ok(Test::Within(Some(date(attribute, from)?), to));
    }
    let values = value.split(',');
    if is_date {
        let all: Result<Vec<i64>, Refusal> = values.map(|one| date(attribute, one)).collect();
        Ok(Test::At(all?))
    } else {
        Ok(Test::OneOf(values.map(str::to_owned).collect()))
    }
}
