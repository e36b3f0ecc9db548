//! A validating JSON scanner over text, without recursion on the heap and without a tree.

use std::borrow::Cow;

/// How deep a vendor's answer may nest.
pub(crate) const MAX_DEPTH: u32 = 128;

/// What is wrong with a text, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScanError {
    /// In bytes from the start of the text.
    pub(crate) offset: usize,
    pub(crate) reason: &'static str,
}

/// A string literal without its quotes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawStr<'a> {
    pub(crate) inner: &'a str,
    pub(crate) escaped: bool,
}

impl<'a> RawStr<'a> {
    /// The text it stands for. Lone surrogates become U+FFFD.
    pub(crate) fn decode(self) -> Cow<'a, str> {
        if self.escaped {
            Cow::Owned(unescape(self.inner))
        } else {
            Cow::Borrowed(self.inner)
        }
    }

    pub(crate) fn is(self, key: &str) -> bool {
        if self.escaped {
            unescape(self.inner) == key
        } else {
            self.inner == key
        }
    }
}

/// A place in a text.
#[derive(Clone, Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Marks the high bit of the first byte of `word` that ends a plain run of a string: a quote, a backslash or
/// a control character. Bytes after it may be marked falsely.
fn stops(word: u64) -> u64 {
    let quote = word ^ (ONES * 0x22);
    let backslash = word ^ (ONES * 0x5c);
    let zero = |v: u64| v.wrapping_sub(ONES) & !v;
    (zero(quote) | zero(backslash) | (word.wrapping_sub(ONES * 0x20) & !word)) & HIGHS
}

/// How many bytes pass before a quote, a backslash or a control character: all, when there is none.
#[inline]
pub(crate) fn plain_run(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let marks = stops(u64::from_le_bytes(*chunk));
        if marks != 0 {
            return at + marks.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while bytes
        .get(at)
        .is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20))
    {
        at += 1;
    }
    at
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    pub(crate) fn fail<T>(&self, reason: &'static str) -> Result<T, ScanError> {
        Err(ScanError {
            offset: self.at,
            reason,
        })
    }

    /// The text from `start` to here.
    pub(crate) fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// The next byte after white space, which is passed over.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        match self.bytes().get(self.at) {
            Some(byte) if *byte > b' ' => Some(*byte),
            _ => self.pass_space(),
        }
    }

    #[cold]
    fn pass_space(&mut self) -> Option<u8> {
        let bytes = self.bytes();
        while let Some(byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// Nothing but white space may follow.
    pub(crate) fn end(&mut self) -> Result<(), ScanError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => self.fail("something follows the JSON value"),
        }
    }

    /// A string literal; the scanner stands on its quote.
    #[inline]
    pub(crate) fn string(&mut self) -> Result<RawStr<'a>, ScanError> {
        let bytes = self.bytes();
        if bytes.get(self.at) != Some(&b'"') {
            return self.fail("expected a string");
        }
        let start = self.at + 1;
        let at = start + plain_run(bytes.get(start..).unwrap_or_default());
        if bytes.get(at) == Some(&b'"') {
            self.at = at + 1;
            let inner = self.text.get(start..at).unwrap_or_default();
            return Ok(RawStr {
                inner,
                escaped: false,
            });
        }
        self.escaped_string(start, at)
    }

    /// The rest of a string literal from its first byte that is not plain, at `at`.
    #[cold]
    fn escaped_string(&mut self, start: usize, mut at: usize) -> Result<RawStr<'a>, ScanError> {
        let bytes = self.bytes();
        loop {
            match bytes.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    let inner = self.text.get(start..at).unwrap_or_default();
                    return Ok(RawStr { inner, escaped: true });
                }
                Some(b'\\') => at = self.escape(at)?,
                Some(_) => {
                    self.at = at;
                    return self.fail("a control character inside a string");
                }
                None => {
                    self.at = at;
                    return self.fail("the text ends inside a string");
                }
            }
            at += plain_run(bytes.get(at..).unwrap_or_default());
        }
    }

    /// The place behind the escape at `at`.
    fn escape(&mut self, at: usize) -> Result<usize, ScanError> {
        let bytes = self.bytes();
        match bytes.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
            Some(b'u') => {
                let digits = bytes.get(at + 2..at + 6);
                if digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    Ok(at + 6)
                } else {
                    self.at = at;
                    self.fail("a \\u without four hexadecimal digits")
                }
            }
            _ => {
                self.at = at;
                self.fail("an unknown escape inside a string")
            }
        }
    }

    fn number(&mut self) -> Result<(), ScanError> {
        let bytes = self.bytes();
        let digits = |mut at: usize| {
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            at
        };
        let mut at = self.at;
        if bytes.get(at) == Some(&b'-') {
            at += 1;
        }
        let whole = at;
        at = digits(at);
        if at == whole || (bytes[whole] == b'0' && at > whole + 1) {
            return self.fail("not a number");
        }
        if bytes.get(at) == Some(&b'.') {
            let fraction = digits(at + 1);
            if fraction == at + 1 {
                return self.fail("not a number");
            }
            at = fraction;
        }
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            at += 1;
            if matches!(bytes.get(at), Some(b'+' | b'-')) {
                at += 1;
            }
            let exponent = digits(at);
            if exponent == at {
                return self.fail("not a number");
            }
            at = exponent;
        }
        self.at = at;
        Ok(())
    }

    fn word(&mut self, word: &'static str) -> Result<(), ScanError> {
        if self.bytes()[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(())
        } else {
            self.fail("not a JSON value")
        }
    }

    /// Passes over any value, checking all of it.
    pub(crate) fn skip(&mut self, depth: u32) -> Result<(), ScanError> {
        match self.peek() {
            Some(b'"') => self.string().map(|_| ()),
            Some(b'{') => self.members(depth, |scanner, _, depth| scanner.skip(depth)),
            Some(b'[') => self.elements(depth, Self::skip),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.fail("not a JSON value"),
            None => self.fail("the text ends where a value should be"),
        }
    }

    /// Goes through an object; the scanner stands on its brace. `each` has to pass over the value.
    #[inline]
    pub(crate) fn members(
        &mut self,
        depth: u32,
        mut each: impl FnMut(&mut Self, RawStr<'a>, u32) -> Result<(), ScanError>,
    ) -> Result<(), ScanError> {
        if depth >= MAX_DEPTH {
            return self.fail("nested too deeply");
        }
        self.at += 1;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return self.fail("expected a member's name");
            }
            let name = self.string()?;
            if self.peek() != Some(b':') {
                return self.fail("expected a colon");
            }
            self.at += 1;
            self.peek();
            each(self, name, depth + 1)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => return self.fail("expected a comma or the object's end"),
                None => return self.fail("the text ends inside an object"),
            }
        }
    }

    /// Goes through an array; the scanner stands on its bracket. `each` has to pass over the element.
    pub(crate) fn elements(
        &mut self,
        depth: u32,
        mut each: impl FnMut(&mut Self, u32) -> Result<(), ScanError>,
    ) -> Result<(), ScanError> {
        if depth >= MAX_DEPTH {
            return self.fail("nested too deeply");
        }
        self.at += 1;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.peek();
            each(self, depth + 1)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => return self.fail("expected a comma or the array's end"),
                None => return self.fail("the text ends inside an array"),
            }
        }
    }
}

/// A string literal's text, its escapes known to be well-formed.
fn unescape(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        let code = rest.as_bytes().get(at + 1).copied().unwrap_or(b'\\');
        let mut length = 2;
        match code {
            b'b' => out.push('\u{8}'),
            b'f' => out.push('\u{c}'),
            b'n' => out.push('\n'),
            b'r' => out.push('\r'),
            b't' => out.push('\t'),
            b'u' => {
                let first = hex(rest, at + 2);
                length = 6;
                let c = match first {
                    0xd800..=0xdbff if rest.get(at + 6..at + 8) == Some("\\u") => {
                        let second = hex(rest, at + 8);
                        if (0xdc00..=0xdfff).contains(&second) {
                            length = 12;
                            char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
                        } else {
                            None
                        }
                    }
                    _ => char::from_u32(first),
                };
                out.push(c.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            other => out.push(char::from(other)),
        }
        rest = rest.get(at + length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

fn hex(text: &str, at: usize) -> u32 {
    text.get(at..at + 4)
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        .unwrap_or(0xfffd)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    fn accepts(text: &str) -> bool {
        let mut scanner = Scanner::new(text);
        scanner.skip(0).and_then(|()| scanner.end()).is_ok()
    }

    /// JSON, and what becomes of it under a few blows.
    fn near_json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
            "\"([ a-zé€😀]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-fA-F]{4}){0,12}\"",
        ];
        let tree = leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4)
                    .prop_map(|items| format!("[{}]", items.join(" , "))),
                proptest::collection::vec(("[a-c]{1,2}", inner), 0..4).prop_map(|members| {
                    let members: Vec<String> = members.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
                    format!("{{{}}}", members.join(","))
                }),
            ]
        });
        let blow = (
            any::<proptest::sample::Index>(),
            "[\\[\\]{}\",:\\\\0-9eE+.tfn u\u{0}\u{1f}é-]{0,2}",
            any::<bool>(),
        );
        (tree, proptest::collection::vec(blow, 0..3)).prop_map(|(mut text, blows)| {
            for (at, with, remove) in blows {
                let mut at = at.index(text.len() + 1);
                while !text.is_char_boundary(at) {
                    at -= 1;
                }
                if remove && at < text.len() {
                    text.remove(at);
                }
                text.insert_str(at, &with);
            }
            text
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn it_accepts_what_serde_json_accepts(text in near_json()) {
            prop_assert_eq!(accepts(&text), serde_json::from_str::<&RawValue>(&text).is_ok(), "{}", text);
        }

        #[test]
        fn strings_mean_what_serde_json_says(text in "\"([ -!#-\\[\\]-~é😀]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-fA-F]{4}){0,40}\"") {
            if let Ok(expected) = serde_json::from_str::<String>(&text) {
                let string = Scanner::new(&text).string().unwrap();
                prop_assert_eq!(string.decode(), expected);
            }
        }

        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,60}") {
            accepts(&text);
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_overflow() {
        assert!(!accepts(&"[".repeat(1_000_000)));
        assert!(!accepts(&"{\"a\":".repeat(1_000_000)));
        let deep = format!("{}{}", "[".repeat(128), "]".repeat(128));
        assert!(accepts(&deep));
        assert!(!accepts(&format!("[{deep}]")));
    }

    #[test]
    fn lone_surrogates_become_replacement_characters() {
        let text = r#""a\ud800b\udc00\ud83d\ude00""#;
        assert_eq!(
            Scanner::new(text).string().unwrap().decode(),
            "a\u{fffd}b\u{fffd}😀"
        );
    }
}
