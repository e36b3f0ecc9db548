//! Filters: a field, an operator and a value become a [`Predicate`].

use smallvec::SmallVec;

use super::Query;
use super::read::Reader;
use super::refuse::{did_you_mean, unsupported};
use super::scalar::{boolean, cut, list, text};
use super::tree::ParamTree;
use crate::error::ApiError;
use crate::instant::Instant;
use crate::predicate::{Cmp, Predicate, Test};
use crate::schema::{FieldId, FieldKind, Operator, Parameter};
use crate::text::Text;

impl Reader<'_> {
    /// `field=value`, `field[operator]=value`, or several operators of one field.
    pub(super) fn filter(&self, query: &mut Query, field: FieldId, tree: &ParamTree) -> Result<(), ApiError> {
        let (name, kind) = (&self.model.field(field).name, self.model.field(field).kind);
        let mut add = |parameter: String, operator, value| {
            let test = test(name, &parameter, kind, operator, value)?;
            query.predicates.push(Predicate {
                fields: SmallVec::from_slice(&[field]),
                test,
                parameter,
            });
            Ok(())
        };
        let ParamTree::Map(operators) = tree else {
            return add(name.clone(), Operator::Eq, tree);
        };
        for (given, value) in operators {
            let known = kind.operators().iter().find(|known| known.as_str() == given);
            let operator = *known.ok_or_else(|| no_operator(name, kind, given))?;
            add(format!("{name}[{given}]"), operator, value)?;
        }
        Ok(())
    }

    /// A text that one of several fields contains.
    pub(super) fn search(
        &self,
        query: &mut Query,
        parameter: &Parameter,
        tree: &ParamTree,
    ) -> Result<(), ApiError> {
        let given = text(&parameter.name, tree)?;
        query.predicates.push(Predicate {
            fields: self
                .model
                .searched(parameter)
                .into_iter()
                .filter(|field| self.given.fields.contains(*field))
                .collect(),
            test: Test::Contains(Text::new(given)),
            parameter: parameter.name.clone(),
        });
        Ok(())
    }
}

fn no_operator(name: &str, kind: FieldKind, given: &str) -> ApiError {
    let known = || kind.operators().iter().map(|known| known.as_str());
    let written: Vec<String> = known().map(|known| format!("`{name}[{known}]`")).collect();
    let given = cut(given);
    unsupported(
        &format!("{name}[{given}]"),
        format!(
            "`{name}[{given}]` is not a filter{} There is `{name}` and {}",
            did_you_mean(&given, known()),
            written.join(", ")
        ),
    )
}

/// What is asked of a field of that kind.
fn test(
    name: &str,
    parameter: &str,
    kind: FieldKind,
    operator: Operator,
    tree: &ParamTree,
) -> Result<Test, ApiError> {
    if operator == Operator::In {
        return one_of(parameter, kind, tree);
    }
    if matches!(tree, ParamTree::List(_)) && kind.operators().contains(&Operator::In) {
        return Err(ApiError::bad_request(format!(
            "`{parameter}` takes one value; for any one of several write `{name}[{}]=a,b`",
            Operator::In.as_str()
        )));
    }
    let given = text(parameter, tree)?;
    Ok(match kind {
        FieldKind::Id => {
            let id = given.trim().to_owned();
            match operator {
                Operator::Ne => Test::IdNe(id),
                Operator::Contains => Test::IdContains(id),
                Operator::StartsWith => Test::IdStartsWith(id),
                _ => Test::IdEq(id),
            }
        }
        FieldKind::Boolean => Test::Is(boolean(parameter, given)?),
        FieldKind::Instant => Test::At(comparison(operator), instant(parameter, given)?),
        FieldKind::Text | FieldKind::Links | FieldKind::Json => {
            let text = Text::new(given);
            match operator {
                Operator::Ne => Test::Ne(text),
                Operator::Contains => Test::Contains(text),
                Operator::StartsWith => Test::StartsWith(text),
                _ => Test::Eq(text),
            }
        }
    })
}

/// A set of values. It is put in order, so that the same set is the same query to a vendor and to a cursor.
/// The empty set is one too: nothing is among its values.
fn one_of(parameter: &str, kind: FieldKind, tree: &ParamTree) -> Result<Test, ApiError> {
    let values = list(parameter, tree)?;
    Ok(match kind {
        FieldKind::Id => {
            let mut ids: Vec<String> = values.iter().map(|value| value.trim().to_owned()).collect();
            ids.sort();
            ids.dedup();
            Test::IdIn(ids)
        }
        _ => {
            let mut texts: Vec<Text> = values.iter().map(|value| Text::new(value)).collect();
            texts.sort_by(|a, b| (&a.folded, &a.given).cmp(&(&b.folded, &b.given)));
            texts.dedup_by(|a, b| a.folded == b.folded);
            Test::In(texts)
        }
    })
}

fn comparison(operator: Operator) -> Cmp {
    match operator {
        Operator::Gt => Cmp::Gt,
        Operator::Gte => Cmp::Gte,
        Operator::Lt => Cmp::Lt,
        Operator::Lte => Cmp::Lte,
        _ => Cmp::Eq,
    }
}

fn instant(parameter: &str, given: &str) -> Result<Instant, ApiError> {
    Instant::parse(given).ok_or_else(|| {
        ApiError::bad_request(format!(
            "`{parameter}` must be an ISO 8601 instant with its offset, such as 2024-05-06T07:08:09Z, or a date such as 2024-05-06, not `{}`",
            cut(given)
        ))
    })
}
