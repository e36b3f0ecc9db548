//! Which hosts a request may go to.

use std::sync::Arc;

/// A list of hosts. Cheap to clone.
#[derive(Clone, Debug)]
pub struct HostPolicy(Arc<[String]>);

impl HostPolicy {
    /// These hosts (without port, in any case) and no other.
    pub fn only(hosts: impl Into<Arc<[String]>>) -> Self {
        Self(hosts.into())
    }

    /// Whether a host is among them.
    pub fn allows(&self, host: &str) -> bool {
        self.0.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
    }
}
