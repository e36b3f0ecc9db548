//! What a call did, for `crosswalk_explain=true`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::Serialize;

/// So many of a call's vendor requests are kept. A stream may make thousands; the first ones tell the story.
const KEPT: usize = 1000;

/// How an answer came about.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Explain {
    /// The connector.
    pub integration: String,
    /// What the vendor filters, and in which words.
    pub pushed: Vec<Pushed>,
    /// What is checked here on every record: all the query's predicates, as the client wrote them.
    pub rechecked: Vec<String>,
    /// Who sorts: `vendor`, `here`, or `null` when nothing is sorted.
    pub sorted_by: Option<&'static str>,
    /// The requests made to the vendor, in order; no credential is shown.
    pub vendor_requests: Vec<VendorRequest>,
    /// Records read from the vendor.
    pub scanned: u64,
    /// Records of the answer.
    pub kept: u64,
    /// What the vendor said is left of the account's quota, in its own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota_remaining: Option<String>,
}

/// A predicate the vendor applies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pushed {
    /// The query parameter, as the client wrote it.
    pub parameter: String,
    /// The vendor's form of it.
    pub vendor: String,
    /// Whether the vendor's answer holds no record besides those asked for.
    pub exact: bool,
}

/// One request to the vendor.
#[derive(Clone, Debug, Serialize)]
pub struct VendorRequest {
    /// The verb.
    pub method: String,
    /// The address, credentials left out.
    pub url: String,
    /// The status, or null when there was no answer.
    pub status: Option<u16>,
    /// How many milliseconds after the call came it was made.
    pub started_after: u64,
    /// How long it took.
    pub milliseconds: u64,
    /// What went wrong, if anything did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

/// The vendor requests of one call, as they are made: the first ones, and how many there were. A clone is the
/// same log.
#[derive(Clone, Debug)]
pub struct VendorRequests {
    begun: Instant,
    made: Arc<Mutex<Made>>,
}

#[derive(Debug, Default)]
struct Made {
    first: Vec<VendorRequest>,
    count: u64,
}

impl Default for VendorRequests {
    /// Those of a call that begins now.
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            made: Arc::default(),
        }
    }
}

impl VendorRequests {
    /// How many milliseconds after the call came a moment was.
    pub(crate) fn after(&self, moment: Instant) -> u64 {
        moment.saturating_duration_since(self.begun).as_millis() as u64
    }

    pub(crate) fn push(&self, request: VendorRequest) {
        let mut made = self.lock();
        made.count += 1;
        if made.first.len() < KEPT {
            made.first.push(request);
        }
    }

    /// The first ones so far.
    pub fn first(&self) -> Vec<VendorRequest> {
        self.lock().first.clone()
    }

    /// Takes them out, with the number of all.
    pub fn take(&self) -> (Vec<VendorRequest>, u64) {
        let made = std::mem::take(&mut *self.lock());
        (made.first, made.count)
    }

    fn lock(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
