//! The names of the parameters that are the same for every model.

use super::Endpoint;

/// The account.
pub(super) const ACCOUNT: &str = "integrated_account_id";
/// The size of a page.
pub(super) const LIMIT: &str = "limit";
/// Where to go on.
pub(super) const CURSOR: &str = "next_cursor";
/// The order.
pub(super) const SORT: &str = "sort_by";
/// Parameters for the vendor.
pub(super) const REMOTE_QUERY: &str = "remote_query";
/// The layout.
pub(super) const FORMAT: &str = "truto_response_format";
/// By which value `result` is keyed.
pub(super) const KEY_BY: &str = "truto_key_by";
/// Whether the vendor's record is left out.
pub(super) const IGNORE_REMOTE: &str = "truto_ignore_remote_data";
/// What else is left out.
pub(super) const EXCLUDE: &str = "truto_exclude_fields";
/// Whether a page is a vendor's page.
pub(super) const IGNORE_LIMIT: &str = "truto_ignore_limit";
/// Whether the answer tells how it came about.
pub(super) const EXPLAIN: &str = "crosswalk_explain";
/// The member of a record that no model names: the vendor's own.
pub(super) const REMOTE_DATA: &str = "remote_data";

const LIST: &[&str] = &[
    ACCOUNT,
    LIMIT,
    CURSOR,
    SORT,
    REMOTE_QUERY,
    FORMAT,
    KEY_BY,
    IGNORE_REMOTE,
    EXCLUDE,
    IGNORE_LIMIT,
    EXPLAIN,
];
const GET: &[&str] = &[ACCOUNT, REMOTE_QUERY, FORMAT, IGNORE_REMOTE, EXCLUDE, EXPLAIN];
const PROXY_LIST: &[&str] = &[ACCOUNT, LIMIT, CURSOR, REMOTE_QUERY, IGNORE_LIMIT];
const PROXY_GET: &[&str] = &[ACCOUNT, REMOTE_QUERY];

/// Those that a call takes.
pub(super) fn of(endpoint: Endpoint) -> &'static [&'static str] {
    match endpoint {
        Endpoint::List => LIST,
        Endpoint::Get => GET,
        Endpoint::ProxyList => PROXY_LIST,
        Endpoint::ProxyGet => PROXY_GET,
    }
}

/// Whether no field or parameter of a model may have this name.
pub(crate) fn is_reserved(name: &str) -> bool {
    name == REMOTE_DATA
        || LIST.contains(&name)
        || ["truto_", "crosswalk_"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
}
