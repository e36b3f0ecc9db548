//! What a call did, for `crosswalk_explain=true`.

use serde::Serialize;

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
    /// How long it took.
    pub milliseconds: u64,
    /// What went wrong, if anything did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}
