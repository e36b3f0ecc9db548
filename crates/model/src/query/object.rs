//! Parameters with members: those of the model, and those for the vendor.

use std::collections::BTreeMap;

use super::Query;
use super::grammar::Pair;
use super::names::REMOTE_QUERY;
use super::refuse::{did_you_mean, unsupported};
use super::scalar::{cut, non_empty, text};
use super::tree::ParamTree;
use crate::error::ApiError;
use crate::schema::Parameter;

/// The members of an object parameter. An empty value is none.
pub(super) fn members(query: &mut Query, parameter: &Parameter, tree: &ParamTree) -> Result<(), ApiError> {
    let name = &parameter.name;
    let written = || {
        let members = parameter.members.iter();
        members
            .map(|member| format!("`{name}[{member}]`"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let ParamTree::Map(members) = tree else {
        return Err(ApiError::bad_request(format!(
            "`{name}` takes members; there is {}",
            written()
        )));
    };
    let mut found = BTreeMap::new();
    for (member, value) in members {
        let shown = format!("{name}[{}]", cut(member));
        if !parameter.members.contains(member) {
            let near = did_you_mean(member, parameter.members.iter().map(String::as_str));
            return Err(unsupported(
                &shown,
                format!(
                    "`{shown}` is not a parameter of this call{near} There is {}",
                    written()
                ),
            ));
        }
        if let Some(value) = non_empty(text(&shown, value)?) {
            found.insert(member.clone(), value);
        }
    }
    if !found.is_empty() {
        query.parameters.insert(name.clone(), found);
    }
    Ok(())
}

/// The vendor's parameters in the form in which they were given: `remote_query[a][]=1` is `a[]=1`, and one
/// given twice is sent twice.
pub(super) fn remote_query(pairs: Vec<Pair>) -> Result<Vec<(String, String)>, ApiError> {
    pairs
        .into_iter()
        .map(|pair| match pair.keys.split_first() {
            Some((name, inner)) if !name.is_empty() => {
                let inner: String = inner.iter().map(|key| format!("[{key}]")).collect();
                Ok((format!("{name}{inner}"), pair.value))
            }
            _ => Err(ApiError::bad_request(format!(
                "`{}` needs the name of the CRM's parameter: write `{REMOTE_QUERY}[name]=value`",
                pair.shown
            ))),
        })
        .collect()
}
