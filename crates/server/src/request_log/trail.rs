//! What is learned about a call on its way: who makes it, for which account, what the vendor was asked.

use std::future::Future;
use std::sync::{Arc, OnceLock};

use crosswalk_accounts::{Account, AccountId, Principal};
use crosswalk_engine::VendorRequests;

tokio::task_local! {
    static TRAIL: Arc<Trail>;
}

/// One call's notes.
#[derive(Default)]
pub(super) struct Trail {
    pub(super) caller: OnceLock<Arc<Principal>>,
    pub(super) account: OnceLock<(AccountId, String)>,
    pub(super) requests: VendorRequests,
}

impl Trail {
    /// Runs the call.
    pub(super) fn around<F: Future>(self: &Arc<Self>, call: F) -> impl Future<Output = F::Output> + use<F> {
        TRAIL.scope(Arc::clone(self), call)
    }
}

/// Takes the notes along into a task of its own.
pub(crate) fn carried<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let trail = TRAIL.try_with(Arc::clone).unwrap_or_default();
    TRAIL.scope(trail, work)
}

/// Notes who makes the call.
pub(crate) fn note_caller(principal: &Arc<Principal>) {
    let _ = TRAIL.try_with(|trail| trail.caller.set(Arc::clone(principal)));
}

/// Notes the account that the call is for.
pub(crate) fn note_account(account: &Account) {
    let _ = TRAIL.try_with(|trail| {
        trail
            .account
            .get_or_init(|| (account.id.clone(), account.integration.clone()));
    });
}

/// Where the call's requests to the vendor are noted.
pub(crate) fn vendor_requests() -> VendorRequests {
    TRAIL.try_with(|trail| trail.requests.clone()).unwrap_or_default()
}
