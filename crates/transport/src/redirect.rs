//! Where a redirect leads, and whether it may be followed.

use http::header::LOCATION;
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, StatusCode, Uri};

use crate::egress::default_port;
use crate::refusal::Refusal;

/// The URL to go on with; none when the answer is no redirect, or one that names no target.
///
/// Only reads are repeated, and only on the same scheme, host and port: the headers hold credentials.
pub(crate) fn next(
    url: &Uri,
    method: &Method,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Option<Uri>, Refusal> {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = headers.get(LOCATION) else {
        return Ok(None);
    };
    let target = location
        .to_str()
        .ok()
        .and_then(|location| resolve(url, location.trim()))
        .ok_or(Refusal::RedirectUnreadable)?;
    let has_user = target.authority().is_some_and(|it| it.as_str().contains('@'));
    if has_user || !same_origin(url, &target) {
        let host = target.host().unwrap_or_default().to_owned();
        return Err(Refusal::RedirectElsewhere(host));
    }
    if *method != Method::GET && *method != Method::HEAD {
        return Err(Refusal::RedirectedWrite);
    }
    Ok(Some(target))
}

fn same_origin(a: &Uri, b: &Uri) -> bool {
    let host = |url: &Uri| url.host().unwrap_or_default().to_ascii_lowercase();
    let port = |url: &Uri| url.port_u16().or(default_port(url));
    a.scheme() == b.scheme() && host(a) == host(b) && port(a) == port(b)
}

/// A reference as it is meant at `base` (RFC 3986, 5.2), without its fragment; none if it is no URL with a
/// host. Bytes other than dot segments stay as they are.
fn resolve(base: &Uri, reference: &str) -> Option<Uri> {
    let reference = reference.split('#').next().unwrap_or_default();
    if has_scheme(reference) {
        return absolute(reference);
    }
    if reference.starts_with("//") {
        return absolute(&format!("{}:{reference}", base.scheme_str()?));
    }
    let (path, query) = match reference.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (reference, None),
    };
    let mut rest = if path.is_empty() {
        base.path().to_owned()
    } else if path.starts_with('/') {
        without_dots(path)
    } else {
        let folder = base.path().rfind('/').map_or("/", |end| &base.path()[..=end]);
        without_dots(&format!("{folder}{path}"))
    };
    let query = if path.is_empty() {
        query.or(base.query())
    } else {
        query
    };
    if let Some(query) = query {
        rest.push('?');
        rest.push_str(query);
    }
    let mut parts = base.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::from_maybe_shared(rest).ok()?);
    Uri::from_parts(parts).ok()
}

/// A URL of http or https. The parser takes `mailto:a@b` for a user at a host.
fn absolute(url: &str) -> Option<Uri> {
    let url = url.parse::<Uri>().ok()?;
    (default_port(&url).is_some() && url.host().is_some()).then_some(url)
}

fn has_scheme(reference: &str) -> bool {
    let mut letters = reference.bytes();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && letters.find(|byte| !byte.is_ascii_alphanumeric() && !b"+-.".contains(byte)) == Some(b':')
}

/// An absolute path without `.` and `..` segments.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                // What ends in a dot segment is a folder.
                if is_last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use http::HeaderValue;

    use super::*;

    #[test]
    fn references_resolve_as_in_rfc_3986() {
        let base = Uri::from_static("http://a/b/c/d;p?q");
        for (reference, expected) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            ("g?y#s", "http://a/b/c/g?y"),
            (";x", "http://a/b/c/;x"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g..", "http://a/b/c/g.."),
            ("./g/.", "http://a/b/c/g/"),
            ("g/../h", "http://a/b/c/h"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("/x%2F..%2e?c=%253c", "http://a/x%2F..%2e?c=%253c"),
            ("https://A:8443/x?y", "https://A:8443/x?y"),
        ] {
            assert_eq!(
                resolve(&base, reference).map(|url| url.to_string()).as_deref(),
                Some(expected),
                "{reference}"
            );
        }
        for reference in ["mailto:a@b", "http:g", "javascript:alert(1)", "/a b"] {
            assert_eq!(resolve(&base, reference), None, "{reference}");
        }
    }

    fn led(method: &Method, location: &'static str) -> Result<Option<Uri>, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, HeaderValue::from_static(location));
        let url = Uri::from_static("https://api.example/a");
        next(&url, method, StatusCode::FOUND, &headers)
    }

    #[test]
    fn only_the_same_origin_is_followed() {
        for here in [
            "/b",
            "b",
            "https://api.example/b",
            "https://API.example:443/b",
            "//api.example/b",
        ] {
            let target = led(&Method::GET, here).unwrap().unwrap();
            assert_eq!(target.path(), "/b", "{here}");
        }
        for (elsewhere, host) in [
            ("http://api.example/b", "api.example"),
            ("https://api.example:8443/b", "api.example"),
            (
                "https://api.example.evil.example/?s=secret",
                "api.example.evil.example",
            ),
            ("https://u@api.example/b", "api.example"),
            ("//evil.example", "evil.example"),
        ] {
            let refusal = led(&Method::GET, elsewhere).unwrap_err();
            assert_eq!(
                refusal,
                Refusal::RedirectElsewhere(host.to_owned()),
                "{elsewhere}"
            );
        }
        assert_eq!(led(&Method::GET, "mailto:a@b"), Err(Refusal::RedirectUnreadable));
    }

    #[test]
    fn writes_are_not_repeated() {
        assert_eq!(led(&Method::POST, "/b"), Err(Refusal::RedirectedWrite));
        assert!(led(&Method::HEAD, "/b").unwrap().is_some());
    }

    #[test]
    fn without_a_target_it_is_an_answer() {
        let url = Uri::from_static("https://api.example/a");
        let led = next(&url, &Method::POST, StatusCode::FOUND, &HeaderMap::new());
        assert_eq!(led, Ok(None));
    }
}
