//! Paths to a value inside an answer: `data.users`, `users[0]`.

use crate::page::{PageProblem, text_of};
use crate::scan::{ScanError, Scanner};

/// Dotted names and `[n]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<PathStep>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum PathStep {
    Name(String),
    Index(usize),
}

/// A text that is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected names and indices such as `data.users` or `users[0]`")]
pub struct PathProblem;

impl Path {
    /// Reads a path; the empty text is the value itself.
    pub fn parse(text: &str) -> Result<Self, PathProblem> {
        let mut steps = Vec::new();
        if text.is_empty() {
            return Ok(Self(steps));
        }
        for part in text.split('.') {
            let (name, indices) = part.split_at(part.find('[').unwrap_or(part.len()));
            let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '@');
            if !name.chars().all(plain) || (name.is_empty() && indices.is_empty()) {
                return Err(PathProblem);
            }
            if !name.is_empty() {
                steps.push(PathStep::Name(name.to_owned()));
            }
            let mut rest = indices;
            while !rest.is_empty() {
                let inner = rest.strip_prefix('[').ok_or(PathProblem)?;
                let end = inner.find(']').ok_or(PathProblem)?;
                steps.push(PathStep::Index(inner[..end].parse().map_err(|_| PathProblem)?));
                rest = &inner[end + 1..];
            }
        }
        Ok(Self(steps))
    }

    /// The path of one member.
    pub(crate) fn of_name(name: &str) -> Self {
        Self(vec![PathStep::Name(name.to_owned())])
    }

    /// Whether it is the value itself.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names, when it has no index.
    pub(crate) fn names(&self) -> Option<Vec<&str>> {
        self.0
            .iter()
            .map(|step| match step {
                PathStep::Name(name) => Some(name.as_str()),
                PathStep::Index(_) => None,
            })
            .collect()
    }
}

/// The bytes of the value at a path; `None` when there is none. The whole body is checked.
pub fn locate<'b>(body: &'b [u8], path: &Path) -> Result<Option<&'b [u8]>, PageProblem> {
    let text = text_of(body)?;
    let found = find(text, path).map_err(PageProblem::json)?;
    Ok(found.map(str::as_bytes))
}

/// The text of the value at a path inside a JSON text.
pub(crate) fn find<'b>(text: &'b str, path: &Path) -> Result<Option<&'b str>, ScanError> {
    let mut scanner = Scanner::new(text);
    let mut found = None;
    step(&mut scanner, &path.0, 0, &mut found)?;
    scanner.end()?;
    Ok(found)
}

fn step<'b>(
    scanner: &mut Scanner<'b>,
    steps: &[PathStep],
    depth: u32,
    found: &mut Option<&'b str>,
) -> Result<(), ScanError> {
    let next = scanner.peek();
    let Some((first, rest)) = steps.split_first() else {
        let start = scanner.at();
        scanner.skip(depth)?;
        *found = Some(scanner.since(start));
        return Ok(());
    };
    match (first, next) {
        (PathStep::Name(name), Some(b'{')) => scanner.members(depth, |scanner, key, depth| {
            if key.is(name) {
                // The last of equal keys counts.
                *found = None;
                step(scanner, rest, depth, found)
            } else {
                scanner.skip(depth)
            }
        }),
        (PathStep::Index(index), Some(b'[')) => {
            let mut at = 0;
            scanner.elements(depth, |scanner, depth| {
                at += 1;
                if at == index + 1 {
                    step(scanner, rest, depth, found)
                } else {
                    scanner.skip(depth)
                }
            })
        }
        _ => scanner.skip(depth),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn at<'b>(body: &'b str, path: &str) -> Option<&'b str> {
        locate(body.as_bytes(), &Path::parse(path).unwrap())
            .unwrap()
            .map(|bytes| std::str::from_utf8(bytes).unwrap())
    }

    #[test]
    fn values_are_found_with_their_bytes() {
        let body = r#" {"data" : {"users":[{"id": 1.0e2},{"id":2}] }, "a":1,"a":2} "#;
        assert_eq!(at(body, "data.users[0]"), Some(r#"{"id": 1.0e2}"#));
        assert_eq!(at(body, "data.users[1].id"), Some("2"));
        assert_eq!(at(body, "data.users[2]"), None);
        assert_eq!(at(body, "data.nobody"), None);
        assert_eq!(at(body, "a"), Some("2"));
        assert_eq!(at(body, "").map(str::len), Some(body.trim().len()));
    }

    #[test]
    fn wrong_paths_are_refused() {
        for text in ["a..b", ".", "a[", "a[x]", "a[0]b", "a b"] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
    }
}
