//! Single values and lists of them, as every parameter reads them.

use super::grammar;
use super::names::LIMIT;
use super::tree::ParamTree;
use super::{MAX_LIMIT, PageLimit};
use crate::error::ApiError;

/// How much of a value messages repeat, in characters.
const SHOWN: usize = 60;

/// One value.
pub(super) fn text<'t>(parameter: &str, tree: &'t ParamTree) -> Result<&'t str, ApiError> {
    let wrong = match tree {
        ParamTree::Text(text) => return Ok(text),
        ParamTree::List(items) if items.len() == 1 => format!(", not a list; write `{parameter}=…`"),
        ParamTree::List(_) => " and is given several times; give it once".to_owned(),
        ParamTree::Map(members) => {
            let inner = members.first().map_or("", |(name, _)| name.as_str());
            format!(", not `{parameter}[{}]`", cut(inner))
        }
    };
    Err(ApiError::bad_request(format!(
        "`{parameter}` takes one value{wrong}"
    )))
}

/// Several values: an array in any spelling, or one comma-separated text, whose parts are trimmed and whose
/// empty ones are dropped.
pub(super) fn list(parameter: &str, tree: &ParamTree) -> Result<Vec<String>, ApiError> {
    let wrong = || {
        ApiError::bad_request(format!(
            "`{parameter}` takes a list of texts: write `{parameter}[]=a&{parameter}[]=b` or `{parameter}=a,b`"
        ))
    };
    match tree {
        ParamTree::Text(text) => Ok(text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()),
        ParamTree::List(items) => items
            .iter()
            .map(|item| match item {
                ParamTree::Text(text) => Ok(text.clone()),
                _ => Err(wrong()),
            })
            .collect(),
        ParamTree::Map(_) => Err(wrong()),
    }
}

/// A truth: `true` and `false` in any case, `1` and `0`.
pub(super) fn boolean(parameter: &str, given: &str) -> Result<bool, ApiError> {
    match given.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(ApiError::bad_request(format!(
            "`{parameter}` must be true or false, not `{}`",
            cut(given)
        ))),
    }
}

/// The size of a page.
pub(super) fn limit(given: &str) -> Result<PageLimit, ApiError> {
    given
        .trim()
        .parse::<u32>()
        .ok()
        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
        .map(PageLimit::Exactly)
        .ok_or_else(|| {
            ApiError::bad_request(format!(
                "`{LIMIT}` must be a whole number from 1 to {MAX_LIMIT}, not `{}`",
                cut(given)
            ))
        })
}

/// What a client wrote, short enough for a message.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// The account that the parameters name, before anything else is looked at.
pub(super) fn account(raw_query: &str, name: &str) -> Result<Option<String>, ApiError> {
    let named = grammar::pairs(raw_query)?
        .into_iter()
        .filter(|pair| pair.base == name)
        .collect();
    match super::tree::grow(named)?.get(name) {
        None => Ok(None),
        Some(tree) => Ok(non_empty(text(name, tree)?)),
    }
}

/// A trimmed text, or none.
pub(super) fn non_empty(text: &str) -> Option<String> {
    Some(text.trim())
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}
