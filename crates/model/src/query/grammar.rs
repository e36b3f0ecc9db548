//! Brackets: `a[b]=1&a[c][d]=2`, `a[]=1`, `a[0]=1`, `a=1&a=2`.

use std::fmt::Write as _;

use percent_encoding::percent_decode_str;

/// How deep brackets may nest.
pub const MAX_DEPTH: usize = 8;
/// How many parameters a query may have.
pub const MAX_PAIRS: usize = 1000;
/// How many bytes a query may have.
pub const MAX_LENGTH: usize = 64 * 1024;

/// A query string as a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParamTree {
    /// A value.
    Text(String),
    /// Values: `a[]=`, `a[0]=` in the order of their indices, or a parameter given several times.
    List(Vec<ParamTree>),
    /// Named members, in the order of their first appearance.
    Map(Vec<(String, ParamTree)>),
}

/// Why a query string can not be read.
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

impl ParamTree {
    /// The member of that name.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(members) => members
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, tree)| tree),
            _ => None,
        }
    }

    /// The tree as a query string, in the form `a[b][0]=c`; [`parse_pairs`] reads it back.
    pub fn encode(&self) -> String {
        let mut out = String::new();
        self.encode_under("", &mut out);
        out
    }

    fn encode_under(&self, prefix: &str, out: &mut String) {
        match self {
            Self::Text(text) => {
                if !out.is_empty() {
                    out.push('&');
                }
                // Writing to a String does not fail.
                let _ = write!(out, "{prefix}={}", escape(text));
            }
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.encode_under(&format!("{prefix}[{index}]"), out);
                }
            }
            Self::Map(members) => {
                for (name, member) in members {
                    let name = escape(name);
                    let path = if prefix.is_empty() {
                        name
                    } else {
                        format!("{prefix}[{name}]")
                    };
                    member.encode_under(&path, out);
                }
            }
        }
    }
}

fn escape(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// A tree while it is built: lists remember their indices.
enum Node {
    Text(String),
    List(Vec<(Option<u64>, Node)>),
    Map(Vec<(String, Node)>),
}

/// Reads a raw query string (without the `?`) into a tree whose root is a map.
pub fn parse_pairs(raw: &str) -> Result<ParamTree, QueryError> {
    if raw.len() > MAX_LENGTH {
        return Err(QueryError::TooLong);
    }
    let mut root: Vec<(String, Node)> = Vec::new();
    let pairs = raw.split('&').filter(|pair| !pair.is_empty());
    for (count, pair) in pairs.enumerate() {
        if count >= MAX_PAIRS {
            return Err(QueryError::TooMany);
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let shown = shown(name);
        let name = decode(name, &shown)?;
        let value = decode(value, &shown)?;
        let (base, keys) = path(&name, &shown)?;
        insert_member(&mut root, &base, &keys, value, &shown)?;
    }
    Ok(ParamTree::Map(
        root.into_iter()
            .map(|(name, node)| (name, finish(node)))
            .collect(),
    ))
}

/// A parameter's name as messages show it: decoded where possible, and short.
fn shown(name: &str) -> String {
    let text = percent_decode_str(name).decode_utf8_lossy();
    match text.char_indices().nth(80) {
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
    let Some(open) = name.find('[') else {
        return if name.contains(']') || name.is_empty() {
            Err(bad())
        } else {
            Ok((name.to_owned(), Vec::new()))
        };
    };
    let (base, mut rest) = name.split_at(open);
    if base.is_empty() || base.contains(']') {
        return Err(bad());
    }
    let mut keys = Vec::new();
    while !rest.is_empty() {
        let inner = rest.strip_prefix('[').ok_or_else(bad)?;
        let end = inner.find(']').ok_or_else(bad)?;
        let key = &inner[..end];
        if key.contains('[') {
            return Err(bad());
        }
        keys.push(key.to_owned());
        if keys.len() > MAX_DEPTH {
            return Err(QueryError::TooDeep(shown.to_owned()));
        }
        rest = &inner[end + 1..];
    }
    Ok((base.to_owned(), keys))
}

fn insert_member(
    members: &mut Vec<(String, Node)>,
    name: &str,
    keys: &[String],
    value: String,
    shown: &str,
) -> Result<(), QueryError> {
    match members.iter_mut().find(|(known, _)| known == name) {
        Some((_, node)) => insert(node, keys, value, shown),
        None => {
            members.push((name.to_owned(), fresh(keys, value)));
            Ok(())
        }
    }
}

/// A new branch for the keys that are left.
fn fresh(keys: &[String], value: String) -> Node {
    match keys.split_first() {
        None => Node::Text(value),
        Some((key, rest)) => match index(key) {
            Some(index) => Node::List(vec![(index, fresh(rest, value))]),
            None => Node::Map(vec![(key.clone(), fresh(rest, value))]),
        },
    }
}

/// Whether a key stands for an element: `Some(None)` for `[]`, `Some(Some(n))` for `[n]`.
fn index(key: &str) -> Option<Option<u64>> {
    if key.is_empty() {
        return Some(None);
    }
    let plain = key.len() <= 18 && key.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| key.parse().ok()).flatten().map(Some)
}

fn insert(node: &mut Node, keys: &[String], value: String, shown: &str) -> Result<(), QueryError> {
    let mixed = || QueryError::Mixed(shown.to_owned());
    match (node, keys.split_first()) {
        // The same parameter again: a list of values, if it may be one.
        (node @ Node::Text(_), None) => {
            let first = std::mem::replace(node, Node::List(Vec::new()));
            if let Node::List(items) = node {
                items.push((None, first));
                items.push((None, Node::Text(value)));
            }
            Ok(())
        }
        (Node::List(items), None) => {
            items.push((None, Node::Text(value)));
            Ok(())
        }
        (Node::Map(members), Some((key, rest))) => {
            // An index inside named members is a name like any other.
            if key.is_empty() {
                return Err(mixed());
            }
            insert_member(members, key, rest, value, shown)
        }
        (Node::List(items), Some((key, rest))) => {
            let Some(index) = index(key) else {
                return Err(mixed());
            };
            let known = index.and_then(|index| items.iter_mut().find(|(known, _)| *known == Some(index)));
            match known {
                Some((_, node)) if !rest.is_empty() => insert(node, rest, value, shown),
                Some(_) => Err(QueryError::Twice(shown.to_owned())),
                None => {
                    items.push((index, fresh(rest, value)));
                    Ok(())
                }
            }
        }
        (Node::Map(_), None) | (Node::Text(_), Some(_)) => Err(mixed()),
    }
}

fn finish(node: Node) -> ParamTree {
    match node {
        Node::Text(text) => ParamTree::Text(text),
        Node::Map(members) => ParamTree::Map(
            members
                .into_iter()
                .map(|(name, node)| (name, finish(node)))
                .collect(),
        ),
        Node::List(mut items) => {
            // Numbered elements in their order; those without a number keep their place after them.
            items.sort_by_key(|(index, _)| index.unwrap_or(u64::MAX));
            ParamTree::List(items.into_iter().map(|(_, node)| finish(node)).collect())
        }
    }
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

    #[test]
    fn every_form_of_the_contract() {
        assert_eq!(
            at("foo[bar]=baz&foo[bar1][bar2]=baz2", "foo").get("bar").unwrap(),
            &text("baz")
        );
        assert_eq!(
            at("foo[bar1][bar2]=baz2", "foo")
                .get("bar1")
                .unwrap()
                .get("bar2")
                .unwrap(),
            &text("baz2")
        );
        let list = ParamTree::List(vec![text("1"), text("2")]);
        assert_eq!(at("a[]=1&a[]=2", "a"), list);
        assert_eq!(at("a[1]=2&a[0]=1", "a"), list);
        assert_eq!(at("a=1&a=2", "a"), list);
        assert_eq!(at("a%5B%5D=1&a%5B%5D=2", "a"), list);
        assert_eq!(at("a[18446744073]=1&a[18446744074]=2", "a"), list);
        assert_eq!(at("a=x+y%2Bz", "a"), text("x y+z"));
        assert_eq!(at("a", "a"), text(""));
    }

    #[test]
    fn mistakes_name_the_parameter() {
        let error = |raw: &str| parse_pairs(raw).unwrap_err().to_string();
        for raw in ["a[b=1", "a]b=1", "[a]=1", "a[b]c=1", "a[[b]]=1", "=1"] {
            assert!(error(raw).contains("brackets"), "{raw}");
        }
        assert!(error("a[b=1").contains("`a[b`"));
        assert!(error("a[1][2][3][4][5][6][7][8][9]=1").contains("deeper than 8"));
        assert!(error("a=%zz").contains("%25"));
        assert!(error("a=%ff").contains("UTF-8"));
        assert!(error("a=1&a[b]=2").contains("exclude each other"));
        assert!(error("a[0]=1&a[0]=2").contains("twice"));
        assert!(error(&"a=1&".repeat(MAX_PAIRS + 1)).contains("more than"));
    }

    fn trees() -> impl Strategy<Value = ParamTree> {
        let leaf = "[a-zà-ü%&=\\[\\]+ ]{0,6}".prop_map(ParamTree::Text);
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 1..4).prop_map(ParamTree::List),
                proptest::collection::btree_map("[a-zü_ ]{1,5}", inner, 1..4)
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
        fn nothing_makes_it_panic(raw in "[a-c\\[\\]=&%0-9+é]{0,60}") {
            let _ = parse_pairs(&raw);
        }
    }
}
