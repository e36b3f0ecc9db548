//! Dataverse's next links: a paging cookie inside of a token, each percent-encoded in its own way.

use std::fmt::Write as _;

use percent_encoding::percent_decode_str;

use crate::call::Call;

/// A place between two pages.
#[derive(Debug, PartialEq)]
pub(super) struct Place {
    /// The page that comes next, from 2 on.
    pub(super) page: usize,
    /// The first key of the page before.
    pub(super) first: String,
    /// The last key of the page before.
    pub(super) last: String,
}

const OUTER: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'%')
    .add(b'<')
    .add(b'>');

impl Place {
    /// The absolute address of the next page: the options as they came, and the token.
    pub(super) fn link(&self, call: &Call, preferred: Option<usize>) -> String {
        let token = self.token(checksum(call, preferred));
        let token = percent_encoding::utf8_percent_encode(&token, OUTER);
        let mut address = format!("https://{}{}?", call.host, call.path);
        for pair in call
            .raw_query
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.starts_with("$skiptoken="))
        {
            address.push_str(pair);
            address.push('&');
        }
        format!("{address}$skiptoken={token}")
    }

    /// The token, its cookie encoded. The checksum is the sandbox's own, to find out a link that was changed.
    fn token(&self, checksum: u32) -> String {
        let cookie = format!(
            r#"<cookie page="{}"><systemuserid last="{{{}}}" first="{{{}}}" /></cookie>"#,
            self.page - 1,
            self.last.to_uppercase(),
            self.first.to_uppercase()
        );
        let mut encoded = String::new();
        for byte in cookie.bytes() {
            if byte.is_ascii_alphanumeric() || byte == b'-' {
                encoded.push(byte.into());
            } else {
                let _ = write!(encoded, "%{byte:02x}");
            }
        }
        format!(
            r#"<cookie pagenumber="{}" pagingcookie="{encoded}" istracking="False" checksum="{checksum:x}" />"#,
            self.page
        )
    }

    /// Reads a token that was decoded once. It has to be the one that was given out, to the letter, with the
    /// options and the page size that it was given out for.
    pub(super) fn read(token: &str, call: &Call, preferred: Option<usize>) -> Result<Self, String> {
        let malformed = || "Malformed XML in the Paging Cookie".to_owned();
        let page = between(token, "pagenumber=\"", "\"").and_then(|page| page.parse().ok());
        let cookie = between(token, "pagingcookie=\"", "\"")
            .and_then(|cookie| percent_decode_str(cookie).decode_utf8().ok());
        let (Some(page), Some(cookie)) = (page, cookie) else {
            return Err(malformed());
        };
        let key = |name: &str| between(&cookie, &format!("{name}=\"{{"), "}\"").map(str::to_lowercase);
        let (Some(first), Some(last)) = (key("first"), key("last")) else {
            return Err(malformed());
        };
        let place = Self { page, first, last };
        if page < 2 || place.token(checksum(call, preferred)) != token {
            return Err(malformed());
        }
        Ok(place)
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}

/// What a link goes with: all options but the token, and the page size.
fn checksum(call: &Call, preferred: Option<usize>) -> u32 {
    let mut text = format!("{preferred:?}");
    for (name, value) in call.query.iter().filter(|(name, _)| name != "$skiptoken") {
        let _ = write!(text, "&{name}={value}");
    }
    text.bytes()
        .fold(5381_u32, |hash, byte| hash.wrapping_mul(33) ^ u32::from(byte))
}
