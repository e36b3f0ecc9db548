//! Parameters as a tree, whatever the spelling and the order they came in.

use std::cmp::Ordering;
use std::fmt::Write as _;

use super::grammar::{Pair, QueryError};

/// A query string as a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParamTree {
    /// A value.
    Text(String),
    /// Values: `a[0]=` in the order of their indices, then `a[]=` and a parameter given several times in
    /// the order they stand in.
    List(Vec<ParamTree>),
    /// Named members, in the order of their first appearance.
    Map(Vec<(String, ParamTree)>),
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

    /// The tree as a query string, in the form `a[b][0]=c`. [`super::parse_pairs`] reads it back, if no name
    /// is empty, all digits or has brackets in it, and no list or inner map is empty: those have no spelling.
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

/// Where an element of a list belongs.
#[derive(Clone, PartialEq, Eq)]
enum Place {
    /// `[n]`: the digits without leading zeros, of any number.
    Numbered(String),
    /// `[]`, or the parameter given again: behind all that is there.
    Next,
}

impl Place {
    /// What a key between brackets stands for, if it is no member's name.
    fn of(key: &str) -> Option<Self> {
        if key.is_empty() {
            return Some(Self::Next);
        }
        key.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| Self::Numbered(key.trim_start_matches('0').to_owned()))
    }

    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Numbered(a), Self::Numbered(b)) => (a.len(), a).cmp(&(b.len(), b)),
            (Self::Numbered(_), Self::Next) => Ordering::Less,
            (Self::Next, Self::Numbered(_)) => Ordering::Greater,
            (Self::Next, Self::Next) => Ordering::Equal,
        }
    }
}

/// A tree while it grows: lists remember where their elements belong.
enum Node {
    Text(String),
    List(Vec<(Place, Node)>),
    Map(Vec<(String, Node)>),
}

/// All parameters as one tree, whose root is a map.
pub(super) fn grow(pairs: Vec<Pair>) -> Result<ParamTree, QueryError> {
    let mut root = Vec::new();
    for pair in pairs {
        insert_member(&mut root, &pair.base, &pair.keys, pair.value, &pair.shown)?;
    }
    Ok(finish(Node::Map(root)))
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
        Some((key, rest)) => match Place::of(key) {
            Some(place) => Node::List(vec![(place, fresh(rest, value))]),
            None => Node::Map(vec![(key.clone(), fresh(rest, value))]),
        },
    }
}

/// Adds a value to what is there. Whether two forms go together does not depend on which comes first.
fn insert(node: &mut Node, keys: &[String], value: String, shown: &str) -> Result<(), QueryError> {
    let place = match keys.split_first() {
        None => Some((Place::Next, keys)),
        Some((key, rest)) => Place::of(key).map(|place| (place, rest)),
    };
    match (&mut *node, place, keys.split_first()) {
        (Node::Map(members), None, Some((key, rest))) => insert_member(members, key, rest, value, shown),
        (Node::List(items), Some((place, rest)), _) => insert_item(items, place, rest, value, shown),
        // One value and now another: the first of a list.
        (Node::Text(first), Some((place, rest)), _) => {
            let first = Node::Text(std::mem::take(first));
            let mut items = vec![(Place::Next, first)];
            insert_item(&mut items, place, rest, value, shown)?;
            *node = Node::List(items);
            Ok(())
        }
        _ => Err(QueryError::Mixed(shown.to_owned())),
    }
}

fn insert_item(
    items: &mut Vec<(Place, Node)>,
    place: Place,
    rest: &[String],
    value: String,
    shown: &str,
) -> Result<(), QueryError> {
    let known = items
        .iter_mut()
        .find(|(known, _)| place != Place::Next && *known == place);
    match known {
        Some((_, node)) if !rest.is_empty() => insert(node, rest, value, shown),
        Some(_) => Err(QueryError::Twice(shown.to_owned())),
        None => {
            items.push((place, fresh(rest, value)));
            Ok(())
        }
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
            // The sort is stable, so that elements without a number stay in the order they came in.
            items.sort_by(|(a, _), (b, _)| a.compare(b));
            ParamTree::List(items.into_iter().map(|(_, node)| finish(node)).collect())
        }
    }
}
