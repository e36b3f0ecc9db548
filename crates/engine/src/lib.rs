//! Plans and runs unified calls against a vendor's API.
//!
//! A call comes as a checked query and a [`Target`] (a connector and an account of it), and goes one way:
//!
//! 1. `plan`: what the vendor filters and sorts, what is done here, which walks are made;
//! 2. `session`: vendor requests, with retries, rate-limit waits and token refresh;
//! 3. `walk`: page after page, from a position that a cursor can carry;
//! 4. `list`, `sorted`, `stream`, `get`, `raw`: rows filtered again, cut into pages, written out
//!    by `shape`.
//!
//! The engine knows no HTTP server and no storage. Credentials come through [`CredentialSource`].

mod ahead;
mod aside;
mod backoff;
mod consent;
mod cursor;
mod explain;
mod fault;
mod get;
mod guard;
mod list;
mod lookup;
mod oauth;
mod plan;
mod proxy;
mod raw;
mod request;
mod revoke;
mod session;
mod shape;
mod snapshot;
mod sorted;
mod spill;
mod stream;
mod target;
#[cfg(test)]
mod verdicts;
mod wait;
mod walk;

#[cfg(test)]
mod vendors_test;

use std::sync::Arc;
use std::time::Duration;

use crosswalk_transport::Transport;

pub use crate::aside::aside;
pub use crate::consent::{CodeGrant, ConsentFault, ConsentRequest};
pub use crate::cursor::{CursorKey, CursorKeyError};
pub use crate::explain::{Explain, Pushed, VendorRequest, VendorRequests};
pub use crate::fault::Liveness;
pub use crate::list::ListAnswer;
pub use crate::oauth::{TokenAnswer, TokenFault};
pub use crate::raw::RawAnswer;
pub use crate::revoke::Revoked;
pub use crate::stream::{StreamFormat, StreamedList};
pub use crate::target::{CredentialProblem, CredentialSet, CredentialSource, Target};

/// How patient the engine is.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// How long one call may take in all.
    pub deadline: Duration,
    /// How long before the deadline no further vendor page is begun.
    pub margin: Duration,
    /// How long one vendor request may take.
    pub request_timeout: Duration,
    /// Where consent pages send people back to, for vendors that want it said again with a refresh. An account
    /// may have its own, as `redirect_uri` among its credentials.
    pub redirect_uri: Option<String>,
    /// How often one vendor request is repeated after passing faults.
    pub retries: u32,
    /// How many requests of one list may be under way at once, where the vendor permits as many; 1 asks for
    /// one page after the other.
    pub together: usize,
    /// Whether the bare list is read, and filtered here, when a vendor refuses what its connector's file says
    /// that it can do.
    pub bare_when_refused: bool,
    /// How much memory the snapshots of sorted walks may take together, in bytes.
    pub snapshot_bytes: u64,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(25),
            margin: Duration::from_secs(3),
            request_timeout: Duration::from_secs(20),
            redirect_uri: None,
            retries: 3,
            together: 8,
            bare_when_refused: true,
            snapshot_bytes: 64 * 1024 * 1024,
        }
    }
}

/// Runs calls. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    transport: Transport,
    cursors: cursor::CursorSealer,
    snapshots: snapshot::Snapshots,
    config: EngineConfig,
}

impl Engine {
    /// An engine over a transport. Every replica with the same `key` reads the others' cursors.
    pub fn new(transport: Transport, key: &CursorKey, config: EngineConfig) -> Result<Self, CursorKeyError> {
        let inner = Inner {
            transport,
            cursors: cursor::CursorSealer::new(key)?,
            snapshots: snapshot::Snapshots::new(config.snapshot_bytes)?,
            config,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The deadline and the other limits.
    pub fn config(&self) -> &EngineConfig {
        &self.inner.config
    }

    /// Where a URL really goes (the egress override applied), for links that a browser follows.
    pub fn transport(&self) -> &Transport {
        &self.inner.transport
    }

    fn transport_ref(&self) -> &Transport {
        &self.inner.transport
    }
}
