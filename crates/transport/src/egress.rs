//! The egress override: every request to one address, the real host first in its path.

use std::fmt::Write as _;
use std::str::FromStr;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

use crate::error::TransportError;

/// Where everything goes instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EgressUrl {
    scheme: Scheme,
    authority: Authority,
    prefix: String,
}

/// An override that is no address. Does not quote it: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the egress override must be an address such as http://127.0.0.1:9000, without user name, query or fragment"
)]
pub struct EgressError(());

impl FromStr for EgressUrl {
    type Err = EgressError;

    fn from_str(text: &str) -> Result<Self, EgressError> {
        let wrong = || EgressError(());
        let text = text.trim();
        let parts = text.parse::<Uri>().map_err(|_| wrong())?.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(wrong());
        };
        let is_http = scheme == Scheme::HTTP || scheme == Scheme::HTTPS;
        // An `@` may be part of a path, but nobody's egress has one; a password must not slip in.
        if !is_http || authority.host().is_empty() || text.contains(['?', '#', '@']) {
            return Err(wrong());
        }
        let path = parts.path_and_query.as_ref().map_or("", PathAndQuery::path);
        Ok(Self {
            scheme,
            authority,
            prefix: path.trim_end_matches('/').to_owned(),
        })
    }
}

impl EgressUrl {
    /// Whether the override is reached by TLS.
    pub(crate) fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// The address that stands for `url`: its host (with the port, unless that is its scheme's own) becomes
    /// the first path segment. Path and query stay as they are, byte for byte.
    pub fn rewrite(&self, url: &Uri) -> Result<Uri, TransportError> {
        let host = url
            .host()
            .ok_or_else(|| TransportError::Unusable("a URL without a host".to_owned()))?;
        let rest = url.path_and_query().map_or("/", PathAndQuery::as_str);
        let mut path = String::with_capacity(self.prefix.len() + host.len() + rest.len() + 8);
        path.push_str(&self.prefix);
        path.push('/');
        path.push_str(host);
        if let Some(port) = url.port_u16().filter(|port| Some(*port) != default_port(url)) {
            // Writing to a string can not fail.
            let _ = write!(path, ":{port}");
        }
        if !rest.starts_with('/') {
            path.push('/');
        }
        path.push_str(rest);
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(path)
            .build()
            .map_err(|_| TransportError::Unusable("a URL that can not be sent elsewhere".to_owned()))
    }
}

/// The port a URL's scheme stands for.
pub(crate) fn default_port(url: &Uri) -> Option<u16> {
    match url.scheme_str() {
        Some("https") => Some(443),
        Some("http") => Some(80),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn sent(egress: &str, url: &str) -> String {
        egress
            .parse::<EgressUrl>()
            .unwrap()
            .rewrite(&url.parse().unwrap())
            .unwrap()
            .to_string()
    }

    #[test]
    fn the_real_host_comes_first_and_the_rest_is_untouched() {
        for (egress, url, expected) in [
            (
                "http://127.0.0.1:9000",
                "https://api.hubapi.com/crm/v3/owners?limit=2",
                "http://127.0.0.1:9000/api.hubapi.com/crm/v3/owners?limit=2",
            ),
            (
                "http://127.0.0.1:9000/x/",
                "https://a.example:8443/q?c=%253c%2520&d[]=%2B",
                "http://127.0.0.1:9000/x/a.example:8443/q?c=%253c%2520&d[]=%2B",
            ),
            (
                "http://localhost:1",
                "https://a.example",
                "http://localhost:1/a.example/",
            ),
            (
                "http://localhost:1",
                "https://a.example?x=1",
                "http://localhost:1/a.example/?x=1",
            ),
            (
                "http://localhost:1",
                "https://a.example//x/../y/?",
                "http://localhost:1/a.example//x/../y/?",
            ),
        ] {
            assert_eq!(sent(egress, url), expected);
        }
    }

    #[test]
    fn a_port_shows_unless_it_is_the_schemes_own() {
        assert_eq!(sent("http://e", "https://a:443/"), "http://e/a/");
        assert_eq!(sent("http://e", "http://a:80/"), "http://e/a/");
        assert_eq!(sent("http://e", "https://a:80/"), "http://e/a:80/");
        assert_eq!(sent("http://e", "https://[::1]:8443/x"), "http://e/[::1]:8443/x");
    }

    #[test]
    fn a_user_name_does_not_reach_the_path() {
        assert_eq!(sent("http://e", "https://u:p@a/x"), "http://e/a/x");
    }

    #[test]
    fn what_is_no_address_is_refused_and_not_quoted() {
        for text in [
            "",
            "127.0.0.1:9000",
            "ftp://x",
            "http://",
            "http://user:password@x",
            "http://x/?a=1",
            "http://x/#a",
            "/x",
        ] {
            let error = text.parse::<EgressUrl>().unwrap_err().to_string();
            assert!(!error.contains("password"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn path_and_query_keep_every_byte(
            rest in "(/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2}){0,8}){1,4}(\\?([A-Za-z0-9/?&=+\\[\\]-]|%[0-9A-Fa-f]{2}){0,20})?"
        ) {
            let url = format!("https://api.example{rest}");
            let expected = format!("http://127.0.0.1:9000/in/api.example{rest}");
            prop_assert_eq!(sent("http://127.0.0.1:9000/in", &url), expected);
        }
    }
}
