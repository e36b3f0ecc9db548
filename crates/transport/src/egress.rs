//! The egress override: every request to one address, the real host first in its path.

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

/// An override that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the egress override must be an address such as http://127.0.0.1:9000, not `{0}`")]
pub struct EgressError(String);

impl std::str::FromStr for EgressUrl {
    type Err = EgressError;

    fn from_str(text: &str) -> Result<Self, EgressError> {
        let wrong = || EgressError(text.to_owned());
        let parts = text.trim().parse::<Uri>().map_err(|_| wrong())?.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(wrong());
        };
        let path = parts.path_and_query.as_ref().map_or("", PathAndQuery::path);
        let has_query = parts
            .path_and_query
            .as_ref()
            .is_some_and(|path| path.query().is_some());
        if has_query || authority.as_str().contains('@') || !matches!(scheme.as_str(), "http" | "https") {
            return Err(wrong());
        }
        Ok(Self {
            scheme,
            authority,
            prefix: path.trim_end_matches('/').to_owned(),
        })
    }
}

impl EgressUrl {
    /// The host of the override.
    pub fn host(&self) -> &str {
        self.authority.host()
    }

    /// The address that stands for `url`. Path and query stay as they are, byte for byte.
    pub fn rewrite(&self, url: &Uri) -> Result<Uri, TransportError> {
        let authority = url
            .authority()
            .ok_or_else(|| TransportError::Unusable("a URL without a host".to_owned()))?;
        let rest = url.path_and_query().map_or("/", PathAndQuery::as_str);
        let path = format!("{}/{}{}", self.prefix, authority, rest);
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(path)
            .build()
            .map_err(|_| TransportError::Unusable("a URL that can not be sent elsewhere".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

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
        assert_eq!(
            sent(
                "http://127.0.0.1:9000",
                "https://api.hubapi.com/crm/v3/owners?limit=2"
            ),
            "http://127.0.0.1:9000/api.hubapi.com/crm/v3/owners?limit=2"
        );
        assert_eq!(
            sent(
                "http://127.0.0.1:9000/x/",
                "https://a.example:8443/q?c=%253c%2520&d[]=%2B"
            ),
            "http://127.0.0.1:9000/x/a.example:8443/q?c=%253c%2520&d[]=%2B"
        );
        assert_eq!(
            sent("http://localhost:1", "https://a.example"),
            "http://localhost:1/a.example/"
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "127.0.0.1:9000",
            "ftp://x",
            "http://u:p@x",
            "http://x/?a=1",
            "/x",
        ] {
            assert!(text.parse::<EgressUrl>().is_err(), "{text}");
        }
    }
}
