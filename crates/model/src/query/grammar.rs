//! Brackets: `a[b]=1&a[c][d]=2`, `a[]=1`, `a[0]=1`, `a=1&a=2`.
//!
//! Nothing that a client sends makes this panic or allocate more than a few times what was sent: the length,
//! the number of parameters and their depth are bounded before anything is built, and an index is a place in
//! an order, never a size.

use percent_encoding::percent_decode_str;

use super::tree::{ParamTree, grow};
use crate::error::ApiError;

/// How deep brackets may nest.
pub const MAX_DEPTH: usize = 8;
/// How many parameters a query may have.
pub const MAX_PAIRS: usize = 1000;
/// How many bytes a query may have.
pub const MAX_LENGTH: usize = 64 * 1024;
/// How much of a parameter's name messages show, in characters.
const SHOWN: usize = 80;

/// Why a query string can not be read. Each names the parameter, decoded where it can be and cut short.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// More than [`MAX_LENGTH`] bytes.
    #[error("the query is longer than {MAX_LENGTH} bytes; ask for less at once")]
    TooLong,
    /// More than [`MAX_PAIRS`] parameters.
    #[error("the query has more than {MAX_PAIRS} parameters; ask for less at once")]
    TooMany,
    /// Not UTF-8 after percent-decoding.
    #[error("the parameter `{0}` is not valid UTF-8 after percent-decoding")]
    NotUtf8(String),
    /// A `%` without two hexadecimal digits.
    #[error(
        "the parameter `{0}` has a `%` that is not followed by two hexadecimal digits; write `%25` for a percent sign"
    )]
    BadPercent(String),
    /// A value without a name, as in `=1`.
    #[error("there is a parameter without a name before its `=`; write `name=value`")]
    NoName,
    /// Brackets that do not pair up.
    #[error("the parameter `{0}` has brackets that do not pair up; write `a[b]=c`, `a[b][c]=d` or `a[]=b`")]
    BadBrackets(String),
    /// Deeper than [`MAX_DEPTH`].
    #[error("the parameter `{0}` nests deeper than {MAX_DEPTH} brackets")]
    TooDeep(String),
    /// Both a value and members, or both a list and members.
    #[error("the parameter `{0}` is given in forms that exclude each other; give it once, in one form")]
    Mixed(String),
    /// The same index twice.
    #[error("the parameter `{0}` is given twice; give it once")]
    Twice(String),
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        Self::bad_request(error.to_string())
    }
}

/// One `base[key][key]=value`, decoded.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) base: String,
    /// What stands between the brackets; empty for `[]`.
    pub(super) keys: Vec<String>,
    pub(super) value: String,
    /// The name as messages show it.
    pub(super) shown: String,
}

/// Reads a raw query string (without the `?`) into a tree whose root is a map.
pub fn parse_pairs(raw: &str) -> Result<ParamTree, QueryError> {
    grow(pairs(raw)?)
}

/// The parameters one by one, in their order.
pub(super) fn pairs(raw: &str) -> Result<Vec<Pair>, QueryError> {
    if raw.len() > MAX_LENGTH {
        return Err(QueryError::TooLong);
    }
    let mut found = Vec::new();
    for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
        if found.len() == MAX_PAIRS {
            return Err(QueryError::TooMany);
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let shown = shown(name);
        let name = decode(name, &shown)?;
        let value = decode(value, &shown)?;
        let (base, keys) = path(&name, &shown)?;
        found.push(Pair {
            base,
            keys,
            value,
            shown,
        });
    }
    Ok(found)
}

fn shown(name: &str) -> String {
    let text = percent_decode_str(name).decode_utf8_lossy();
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.into_owned(),
    }
}

fn decode(text: &str, shown: &str) -> Result<String, QueryError> {
    let bytes = text.as_bytes();
    let is_hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    let bad = bytes
        .iter()
        .enumerate()
        .any(|(at, byte)| *byte == b'%' && !(is_hex(at + 1) && is_hex(at + 2)));
    if bad {
        return Err(QueryError::BadPercent(shown.to_owned()));
    }
    let spaced = text.replace('+', " ");
    match percent_decode_str(&spaced).decode_utf8() {
        Ok(decoded) => Ok(decoded.into_owned()),
        Err(_) => Err(QueryError::NotUtf8(shown.to_owned())),
    }
}

/// `a[b][]` as `a` and the keys `b` and the empty one.
fn path(name: &str, shown: &str) -> Result<(String, Vec<String>), QueryError> {
    let bad = || QueryError::BadBrackets(shown.to_owned());
    if name.is_empty() {
        return Err(QueryError::NoName);
    }
    let (base, mut rest) = name.split_at(name.find('[').unwrap_or(name.len()));
    if base.is_empty() || base.contains(']') {
        return Err(bad());
    }
    let mut keys = Vec::new();
    while !rest.is_empty() {
        let inner = rest.strip_prefix('[').ok_or_else(bad)?;
        let (key, after) = inner.split_once(']').ok_or_else(bad)?;
        if key.contains('[') {
            return Err(bad());
        }
        if keys.len() == MAX_DEPTH {
            return Err(QueryError::TooDeep(shown.to_owned()));
        }
        keys.push(key.to_owned());
        rest = after;
    }
    Ok((base.to_owned(), keys))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> ParamTree {
        ParamTree::Text(text.into())
    }

    fn at(raw: &str, name: &str) -> ParamTree {
        parse_pairs(raw).unwrap().get(name).unwrap().clone()
    }

    fn error(raw: &str) -> QueryError {
        parse_pairs(raw).unwrap_err()
    }

    #[test]
    fn brackets_nest() {
        let tree = parse_pairs("foo[bar]=baz&foo[bar1][bar2]=baz2").unwrap();
        let foo = tree.get("foo").unwrap();
        assert_eq!(foo.get("bar"), Some(&text("baz")));
        assert_eq!(foo.get("bar1").unwrap().get("bar2"), Some(&text("baz2")));
        assert_eq!(parse_pairs("").unwrap(), ParamTree::Map(Vec::new()));
        assert!(parse_pairs("a[1][2][3][4][5][6][7][8]=1").is_ok());
    }

    #[test]
    fn arrays_come_in_many_spellings() {
        let list = ParamTree::List(vec![text("1"), text("2")]);
        for raw in [
            "a[]=1&a[]=2",
            "a[0]=1&a[1]=2",
            "a[1]=2&a[0]=1",
            "a=1&a=2",
            "a%5B%5D=1&a%5b%5d=2",
            "a[7]=1&a[18446744073709551616999]=2",
            "a[10]=2&a[9]=1",
            "a=1&a[]=2",
            "a[]=1&a=2",
            "a[]=2&a[0]=1",
        ] {
            assert_eq!(at(raw, "a"), list, "{raw}");
        }
    }

    #[test]
    fn values_are_decoded_once() {
        assert_eq!(at("a=x+y%2Bz", "a"), text("x y+z"));
        assert_eq!(at("a=%2525", "a"), text("%25"));
        assert_eq!(at("a=b=c&&", "a"), text("b=c"));
        assert_eq!(at("a", "a"), text(""));
        assert_eq!(at("%C3%A5=%c3%a5", "å"), text("å"));
    }

    #[test]
    fn mistakes_name_the_parameter() {
        for raw in ["a[b=1", "a]b=1", "a[b]c=1", "a[[b]]=1", "a[b]]=1", "a%5Bb=1"] {
            let shown = raw.strip_suffix("=1").unwrap().replace("%5B", "[");
            assert_eq!(error(raw), QueryError::BadBrackets(shown), "{raw}");
        }
        assert_eq!(error("[a]=1"), QueryError::BadBrackets("[a]".into()));
        assert_eq!(error("=1"), QueryError::NoName);
        let deep = "a[1][2][3][4][5][6][7][8][9]";
        assert_eq!(error(&format!("{deep}=1")), QueryError::TooDeep(deep.into()));
        assert_eq!(error("a=%zz"), QueryError::BadPercent("a".into()));
        assert_eq!(error("a=%f"), QueryError::BadPercent("a".into()));
        assert_eq!(error("a=%ff"), QueryError::NotUtf8("a".into()));
        assert!(matches!(error("%ff=1"), QueryError::NotUtf8(_)));
        assert_eq!(error("a[0]=1&a[00]=2"), QueryError::Twice("a[00]".into()));
        assert_eq!(error(&"a=1&".repeat(MAX_PAIRS + 1)), QueryError::TooMany);
        assert_eq!(error(&"a".repeat(MAX_LENGTH + 1)), QueryError::TooLong);
        assert!(
            error(&format!("{}[=1", "é".repeat(500)))
                .to_string()
                .chars()
                .count()
                < 250
        );
    }

    #[test]
    fn forms_that_exclude_each_other_do_so_in_either_order() {
        for (one, other) in [
            ("a=1", "a[b]=2"),
            ("a[]=1", "a[b]=2"),
            ("a[0]=1", "a[b]=2"),
            ("a[b]=1", "a[b][c]=2"),
            ("a[b][]=1", "a[b][c]=2"),
        ] {
            for raw in [format!("{one}&{other}"), format!("{other}&{one}")] {
                assert!(matches!(error(&raw), QueryError::Mixed(_)), "{raw}");
            }
        }
    }

    fn trees() -> impl Strategy<Value = ParamTree> {
        let leaf = "[a-zà-ü%&=\\[\\]+ #?,]{0,6}".prop_map(ParamTree::Text);
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 1..4).prop_map(ParamTree::List),
                proptest::collection::btree_map("[a-zü_%&=+ ]{1,5}", inner, 1..4)
                    .prop_map(|members| ParamTree::Map(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read_back(members in proptest::collection::btree_map("[a-z]{1,4}", trees(), 1..4)) {
            let tree = ParamTree::Map(members.into_iter().collect());
            prop_assert_eq!(parse_pairs(&tree.encode()).unwrap(), tree);
        }

        #[test]
        fn nothing_makes_it_panic(raw in prop_oneof!["[a-c\\[\\]=&%0-9+é]{0,60}", "(?s).{0,60}"]) {
            if let Ok(tree) = parse_pairs(&raw) {
                prop_assert!(matches!(tree, ParamTree::Map(_)));
            }
        }

        #[test]
        fn numbered_elements_come_in_their_order_whatever_the_order_they_are_given_in(
            indices in proptest::collection::btree_set("[1-9][0-9]{0,24}", 1..8)
                .prop_map(|set| set.into_iter().collect::<Vec<_>>())
                .prop_shuffle()
        ) {
            let raw: Vec<String> = indices.iter().map(|index| format!("a[{index}]={index}")).collect();
            let mut sorted = indices;
            sorted.sort_by_key(|index| (index.len(), index.clone()));
            let expected = sorted.iter().map(|index| text(index)).collect();
            prop_assert_eq!(at(&raw.join("&"), "a"), ParamTree::List(expected));
        }
    }
}
