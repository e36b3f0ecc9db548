//! SOQL as the stand-in answers it: which records, in which order, in which batches.

use std::cmp::Ordering;

use serde_json::Value;

use super::{COLUMNS, Salesforce};
use crate::call::{Call, Reply};
use crate::people::Person;
use crate::vendors::soql::{Condition, Literal, Select, like, parse};

impl Salesforce {
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

    pub(super) fn batch(&self, call: &Call, text: &str, start: usize) -> Reply {
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

    pub(super) fn next_batch(&self, call: &Call, locator: &str) -> Reply {
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
}
