//! Which addresses a connection may go to.

use std::net::IpAddr;

use http::Uri;
use http::uri::Scheme;

use crate::address::is_public;
use crate::refusal::Refusal;

/// How far the connections of one scheme may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Nowhere,
    Public,
    Private,
    Anywhere,
}

impl Reach {
    pub(crate) fn admits(self, address: IpAddr) -> bool {
        match self {
            Self::Nowhere => false,
            Self::Public => is_public(address),
            Self::Private => !is_public(address),
            Self::Anywhere => true,
        }
    }

    /// The words for an address that is not admitted.
    pub(crate) fn refusal(self) -> Refusal {
        match self {
            Self::Nowhere => Refusal::PlainHttp,
            Self::Private => Refusal::PlainHttpToPublic,
            Self::Public | Self::Anywhere => Refusal::PrivateAddress,
        }
    }
}

/// How far a transport's connections may go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard {
    pub(crate) https: Reach,
    pub(crate) http: Reach,
}

impl Guard {
    /// With the override every connection goes to the override, which the operator has named: any address
    /// will do.
    pub(crate) fn new(has_egress: bool, allow_private: bool) -> Self {
        let (https, http) = match (has_egress, allow_private) {
            (true, _) => (Reach::Anywhere, Reach::Anywhere),
            (false, true) => (Reach::Anywhere, Reach::Private),
            (false, false) => (Reach::Public, Reach::Nowhere),
        };
        Self { https, http }
    }

    fn reach(&self, to: &Uri) -> Reach {
        if to.scheme() == Some(&Scheme::HTTPS) {
            self.https
        } else {
            self.http
        }
    }

    /// Refuses what needs no resolving: a scheme that goes nowhere, and hosts that are addresses.
    pub(crate) fn check(&self, to: &Uri) -> Result<(), Refusal> {
        let reach = self.reach(to);
        let host = to.host().unwrap_or_default();
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        let admitted = match host.parse() {
            Ok(address) => reach.admits(address),
            Err(_) => reach != Reach::Nowhere,
        };
        if admitted { Ok(()) } else { Err(reach.refusal()) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn refusal(guard: Guard, to: &str) -> Option<Refusal> {
        guard.check(&to.parse().unwrap()).err()
    }

    #[test]
    fn by_default_https_goes_to_public_addresses_and_http_nowhere() {
        let guard = Guard::new(false, false);
        assert_eq!(refusal(guard, "https://api.example"), None);
        assert_eq!(refusal(guard, "https://1.1.1.1"), None);
        assert_eq!(refusal(guard, "https://[2606:4700::1111]:8443"), None);
        for private in [
            "https://127.0.0.1",
            "https://10.0.0.1:8443",
            "https://[::1]",
            "https://[::ffff:10.0.0.1]",
        ] {
            assert_eq!(
                refusal(guard, private),
                Some(Refusal::PrivateAddress),
                "{private}"
            );
        }
        assert_eq!(refusal(guard, "http://api.example"), Some(Refusal::PlainHttp));
        assert_eq!(refusal(guard, "http://1.1.1.1"), Some(Refusal::PlainHttp));
    }

    #[test]
    fn private_addresses_once_allowed_may_be_plain() {
        let guard = Guard::new(false, true);
        assert_eq!(refusal(guard, "https://127.0.0.1"), None);
        assert_eq!(refusal(guard, "https://1.1.1.1"), None);
        assert_eq!(refusal(guard, "http://[::1]:80"), None);
        assert_eq!(refusal(guard, "http://1.1.1.1"), Some(Refusal::PlainHttpToPublic));
    }
}
