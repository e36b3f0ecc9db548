//! One refresh, from waiting for the lease to writing down what came of it.

use std::{pin::pin, sync::Arc, time::Duration};

use crosswalk_model::Delay;
use tokio::time::{Instant, sleep, timeout};

use super::{ExchangeError, Inner, RefreshError, Refreshed, failpoint};
use crate::{
    account::{AccountStatus, Connection},
    error::StoreError,
    ids::AccountId,
    store::{Fresh, Lease, LeaseAttempt, Refusal},
};

/// What all callers of a flight get.
pub(super) type Outcome = Result<Arc<Connection>, RefreshError>;

/// Tokens that can't be written down are held so long before they are given up.
const KEEP_WRITING: Duration = Duration::from_secs(300);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// What is wanted: credentials newer than `stale`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flight {
    pub(super) stale: i64,
    /// Whether to try for an account in `needs_reauth` too.
    pub(super) forced: bool,
}

/// Whether a step settled it.
enum Step {
    Done(Outcome),
    /// Things changed meanwhile: look again.
    Again,
}

impl Flight {
    /// Waits for its turn, and for no longer than the configured patience.
    pub(super) async fn fly(self, inner: &Inner, account: &AccountId) -> Outcome {
        let give_up = Instant::now() + inner.config.patience;
        let mut pause = inner.config.poll;
        // The fencing number of another's attempt that this flight waits for.
        let mut waited_for: Option<i64> = None;
        loop {
            let connection = inner
                .store
                .read_connection(account)
                .await?
                .ok_or(RefreshError::Gone)?;
            if let Some(outcome) = self.settled(inner, &connection) {
                return outcome;
            }
            if let Some(fence) = waited_for
                && let Some(failure) = inner.store.lease_failure(account, fence).await?
            {
                return Err(RefreshError::Passing(failure));
            }
            // Held while the vendor is asked, and not while another process is waited for.
            let place = inner.place(&connection.account, give_up).await?;
            match inner
                .store
                .take_lease(account, &inner.owner, inner.config.lease)
                .await?
            {
                LeaseAttempt::Held(lease) => match self.attempt(inner, lease).await? {
                    Step::Done(outcome) => return outcome,
                    Step::Again => {}
                },
                LeaseAttempt::Busy(fence) => {
                    waited_for = Some(fence);
                    drop(place);
                    sleep(pause).await;
                    pause = (pause * 3 / 2).min(LONGEST_PAUSE);
                }
            }
            if Instant::now() >= give_up {
                return Err(RefreshError::Passing(
                    "another refresh of this account goes on and on".into(),
                ));
            }
        }
    }

    /// The outcome, if what is stored already decides it.
    fn settled(self, inner: &Inner, connection: &Arc<Connection>) -> Option<Outcome> {
        let Connection { account, credentials } = &**connection;
        if account.status == AccountStatus::NeedsReauth && !self.forced {
            return Some(Err(RefreshError::Refused(
                account.last_error.clone().unwrap_or_default(),
            )));
        }
        if credentials.version > self.stale {
            return Some(Ok(connection.clone()));
        }
        if !inner.exchange.can_refresh(account, credentials) {
            return Some(Err(RefreshError::Unsupported));
        }
        None
    }

    /// One exchange under the lease.
    async fn attempt(self, inner: &Inner, lease: Lease) -> Result<Step, RefreshError> {
        failpoint::reached("lease").await;
        // Whoever let the lease run out may be alive, with an answer that waits to be written down.
        let mut grace = if lease.is_taken_over {
            inner.config.lease / 3
        } else {
            Duration::ZERO
        };
        let connection = loop {
            // What was read before the lease was taken may be spent by now.
            let connection = match inner.store.read_connection(&lease.account).await {
                Ok(Some(connection)) => connection,
                Ok(None) => return Err(RefreshError::Gone),
                Err(error) => {
                    release(inner, &lease, None).await;
                    return Err(error.into());
                }
            };
            if let Some(outcome) = self.settled(inner, &connection) {
                release(inner, &lease, None).await;
                return Ok(Step::Done(outcome));
            }
            if grace.is_zero() {
                break connection;
            }
            let pause = grace.min(inner.config.lease / 20);
            grace -= pause;
            sleep(pause).await;
        };
        // The database may have kept it waiting; the lease must outlast the request.
        if lease.left() < inner.config.lease / 2 {
            release(inner, &lease, None).await;
            return Ok(Step::Again);
        }
        let base = connection.credentials.version;
        let mut asking = pin!(timeout(
            inner.config.exchange_timeout,
            inner
                .exchange
                .exchange(&connection.account, &connection.credentials),
        ));
        let answer = tokio::select! {
            biased;
            answer = &mut asking => answer,
            // The vendor may have spent the token already, so its answer is waited for whoever has the lease:
            // the store judges between two answers.
            () = until_lost(inner, lease.clone()) => {
                tracing::warn!(account = %lease.account, "another took over the lease of a token refresh that goes on");
                asking.await
            }
        };
        let clean = |reason: String| connection.credentials.scrub(&reason);
        match answer {
            Ok(Ok(refreshed)) => {
                failpoint::reached("answered").await;
                let mut writing = pin!(write_down(inner, lease.clone(), base, &refreshed));
                // Kept meanwhile, so that nobody sends the spent token while the database is slow.
                tokio::select! {
                    biased;
                    written = &mut writing => written?,
                    () = until_lost(inner, lease.clone()) => writing.await?,
                }
                failpoint::reached("stored").await;
                let connection = inner
                    .store
                    .read_connection(&lease.account)
                    .await?
                    .ok_or(RefreshError::Gone)?;
                Ok(Step::Done(Ok(connection)))
            }
            Ok(Err(ExchangeError::Refused(reason))) => {
                let reason = clean(reason);
                match inner.store.store_refusal(&lease, base, &reason).await? {
                    Refusal::Marked => {
                        tracing::warn!(account = %lease.account, reason, "the vendor refused to refresh the token");
                        Ok(Step::Done(Err(RefreshError::Refused(reason))))
                    }
                    Refusal::Superseded => Ok(Step::Again),
                }
            }
            Ok(Err(ExchangeError::Passing(mut delay))) => {
                delay.reason = clean(delay.reason);
                release(inner, &lease, Some(&delay)).await;
                Ok(Step::Done(Err(RefreshError::Passing(delay))))
            }
            Ok(Err(ExchangeError::Unsupported)) => {
                release(inner, &lease, None).await;
                Ok(Step::Done(Err(RefreshError::Unsupported)))
            }
            Err(_elapsed) => {
                let delay = "the vendor's token endpoint did not answer in time".into();
                release(inner, &lease, Some(&delay)).await;
                Ok(Step::Done(Err(RefreshError::Passing(delay))))
            }
        }
    }
}

/// Keeps the lease by renewing it, and returns when somebody else has it. A database that is slow or fails takes
/// it from nobody: one that ran out is renewed as long as nobody took it.
async fn until_lost(inner: &Inner, mut lease: Lease) {
    let ttl = inner.config.lease;
    loop {
        sleep(lease.left().saturating_sub(ttl * 2 / 3)).await;
        match timeout(ttl, inner.store.renew_lease(&mut lease, ttl)).await {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => return,
            Ok(Err(_)) | Err(_) => sleep(ttl / 20).await,
        }
    }
}

/// Gives the lease back. If that fails it runs out by itself.
async fn release(inner: &Inner, lease: &Lease, failure: Option<&Delay>) {
    if let Err(error) = inner.store.release_lease(lease, failure).await {
        tracing::warn!(account = %lease.account, %error, "a refresh lease could not be released and will run out");
    }
}

/// Stores the new tokens, again and again if need be: the old ones are spent, so losing
/// these would lose the connection.
async fn write_down(
    inner: &Inner,
    mut lease: Lease,
    base: i64,
    refreshed: &Refreshed,
) -> Result<(), StoreError> {
    let give_up = Instant::now() + KEEP_WRITING;
    let mut pause = Duration::from_millis(20);
    loop {
        let error = match inner.store.store_refreshed(&lease, base, refreshed).await {
            Ok(Fresh::Stored) => return Ok(()),
            Ok(Fresh::Superseded) => {
                tracing::info!(account = %lease.account, "refreshed tokens were superseded before they were stored");
                return Ok(());
            }
            Err(error @ StoreError::NotFound(_)) => return Err(error),
            Err(error) => error,
        };
        tracing::error!(account = %lease.account, %error, "refreshed tokens could not be stored yet");
        if Instant::now() >= give_up {
            return Err(error);
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        // Whether this works or not, the tokens have to be written.
        let _ = inner.store.renew_lease(&mut lease, inner.config.lease).await;
    }
}
