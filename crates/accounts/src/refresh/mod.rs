//! Refreshing tokens: once, whoever asks.
//!
//! The laws:
//!
//! 1. No two requests carry one refresh token at once: inside a process callers join
//!    the one flight, across processes a lease in the database decides.
//! 2. None carries it after the vendor answered with success: what it gave is on disk
//!    before anybody gets it, and writing it down is tried until it works.
//! 3. Without an answer the same token is sent again, by the next who asks.
//! 4. Only the vendor's refusal ends in `needs_reauth`, and only if the credentials are
//!    still the refused ones.
//! 5. Nobody can leave it stuck: a flight goes on when its callers leave, and the lease
//!    of a process that died runs out.

mod exchange;
mod failpoint;
mod flight;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use crosswalk_model::Delay;
use moka::sync::Cache;
use thiserror::Error;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::timeout_at,
};

use crate::{
    account::{Account, AccountStatus, Connection},
    clock::now_ms,
    error::StoreError,
    ids::{AccountId, random_uuid},
    store::Store,
};

pub use exchange::{ExchangeError, Refreshed, TokenExchange};

use flight::{Flight, Outcome};

/// Why there are no fresh credentials. Messages hold no secret.
#[derive(Debug, Clone, Error)]
pub enum RefreshError {
    /// The vendor refused: the account needs a person. Its status is `needs_reauth`.
    #[error("the vendor refuses the account's credentials: {0}")]
    Refused(String),
    /// No luck this time; the connection is kept, and a later call may succeed.
    #[error("the access token could not be refreshed just now: {0}")]
    Passing(Delay),
    /// These credentials can't be refreshed.
    #[error("these credentials can not be refreshed")]
    Unsupported,
    /// The account is gone.
    #[error("the account is gone")]
    Gone,
    /// The refresh goes on, but the caller's time is up.
    #[error("the access token was not refreshed within the time allowed")]
    Deadline,
    /// The store failed.
    #[error(transparent)]
    Store(Arc<StoreError>),
}

impl From<StoreError> for RefreshError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(_) => Self::Gone,
            other => Self::Store(Arc::new(other)),
        }
    }
}

/// The refresher's times. The default suits production.
#[derive(Debug, Clone)]
pub struct RefreshConfig {
    /// A token is refreshed so long before it ends (but not before four fifths of its
    /// life are over).
    pub ahead: Duration,
    /// A token with less than this left is not used any more: callers wait.
    pub margin: Duration,
    /// After an early refresh failed, the next is tried so much later.
    pub pause_after_failure: Duration,
    /// How long a lease lasts unless renewed, and so how long others wait when its
    /// holder dies. It is renewed at a third of it.
    pub lease: Duration,
    /// How long the vendor's token endpoint may take.
    pub exchange_timeout: Duration,
    /// How long a flight goes on trying to get its turn, callers or not.
    pub patience: Duration,
    /// How often the database is asked whether another process is done.
    pub poll: Duration,
    /// How many exchanges of one lane ([`TokenExchange::lane`]) this process makes at once.
    pub at_once: usize,
}

impl Default for RefreshConfig {
    fn default() -> Self {
        Self {
            ahead: Duration::from_secs(60),
            margin: Duration::from_secs(5),
            pause_after_failure: Duration::from_secs(5),
            lease: Duration::from_secs(6),
            exchange_timeout: Duration::from_secs(20),
            patience: Duration::from_secs(60),
            poll: Duration::from_millis(40),
            at_once: 8,
        }
    }
}

/// A vendor's limit on token requests is believed for so long at most: how long it lasts may be a guess.
const BELIEVED: Duration = Duration::from_secs(300);

/// Hands out credentials that are good, refreshing them when they are not. A clone is
/// the same refresher; a process needs one.
#[derive(Clone)]
pub struct Refresher {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    exchange: Arc<dyn TokenExchange>,
    config: RefreshConfig,
    /// Names this refresher in lease rows.
    owner: String,
    flights: Mutex<HashMap<FlightKey, watch::Receiver<Option<Outcome>>>>,
    failed_lately: Cache<AccountId, ()>,
    /// Until when a vendor's token endpoint takes no request for an account, and in which words it said so.
    throttled: Cache<AccountId, (Instant, String)>,
    lanes: Cache<String, Arc<Semaphore>>,
}

/// Forced flights are apart: they don't stop at `needs_reauth`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct FlightKey {
    account: AccountId,
    forced: bool,
}

impl Inner {
    /// The limit of the vendor's token endpoint that lasts for an account.
    fn limit(&self, account: &AccountId) -> Option<Delay> {
        let (until, reason) = self.throttled.get(account)?;
        let left = until.checked_duration_since(Instant::now())?;
        Some(Delay {
            reason,
            retry_after: Some(left.as_secs() + 1),
        })
    }

    fn note_limit(&self, account: &AccountId, outcome: &Outcome) {
        match outcome {
            Err(RefreshError::Passing(Delay {
                reason,
                retry_after: Some(seconds),
            })) => {
                // Nothing waits for a year.
                let until = Instant::now() + Duration::from_secs((*seconds).min(31_536_000));
                self.throttled.insert(account.clone(), (until, reason.clone()));
            }
            Ok(_) => self.throttled.invalidate(account),
            Err(_) => {}
        }
    }

    /// Waits for a place among the exchanges of the account's lane, at most until `give_up`.
    async fn place(
        &self,
        account: &Account,
        give_up: tokio::time::Instant,
    ) -> Result<Option<OwnedSemaphorePermit>, RefreshError> {
        let Some(lane) = self.exchange.lane(account) else {
            return Ok(None);
        };
        let places = self
            .lanes
            .get_with(lane, || Arc::new(Semaphore::new(self.config.at_once.max(1))));
        match timeout_at(give_up, places.acquire_owned()).await {
            Ok(place) => Ok(place.ok()),
            Err(_) => Err(RefreshError::Passing(
                "too many tokens of this vendor are being refreshed at once".into(),
            )),
        }
    }
}

impl Refresher {
    /// A refresher over a store.
    ///
    /// # Errors
    /// Only if the system has no random numbers.
    pub fn new(
        store: Store,
        exchange: Arc<dyn TokenExchange>,
        config: RefreshConfig,
    ) -> Result<Self, StoreError> {
        let failed_lately = Cache::builder()
            .max_capacity(10_000)
            .time_to_live(config.pause_after_failure)
            .build();
        let throttled = Cache::builder()
            .max_capacity(10_000)
            .time_to_live(BELIEVED)
            .build();
        let owner = random_uuid()?;
        let inner = Inner {
            store,
            exchange,
            config,
            owner,
            flights: Mutex::default(),
            failed_lately,
            throttled,
            lanes: Cache::builder()
                .max_capacity(10_000)
                .time_to_idle(Duration::from_secs(600))
                .build(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The connection with credentials good for a call now: the given one unless its
    /// token is over. One that ends soon is refreshed on the side, and nobody waits.
    ///
    /// # Errors
    /// [`RefreshError::Refused`] at once for an account that needs a person; otherwise as
    /// [`Refresher::refresh`].
    pub async fn current(
        &self,
        connection: &Arc<Connection>,
        deadline: Instant,
    ) -> Result<Arc<Connection>, RefreshError> {
        let Connection { account, credentials } = &**connection;
        if account.status == AccountStatus::NeedsReauth {
            return Err(RefreshError::Refused(
                account.last_error.clone().unwrap_or_default(),
            ));
        }
        match self.urgency(connection) {
            Urgency::None => Ok(connection.clone()),
            Urgency::Soon => {
                if !self.inner.failed_lately.contains_key(&account.id)
                    && self.inner.limit(&account.id).is_none()
                {
                    self.join(
                        &account.id,
                        Flight {
                            stale: credentials.version,
                            forced: false,
                        },
                    );
                }
                Ok(connection.clone())
            }
            Urgency::Now => self.refresh(&account.id, credentials.version, deadline).await,
        }
    }

    /// Credentials newer than `stale`, the version that the vendor rejected. If newer ones
    /// are stored already, those; else the outcome of the one refresh that everybody
    /// waits for. The refresh goes on if the caller leaves or its deadline passes. While the vendor's limit of
    /// such requests lasts it is not asked: some begin to count anew with every one.
    ///
    /// # Errors
    /// See [`RefreshError`].
    pub async fn refresh(
        &self,
        account: &AccountId,
        stale: i64,
        deadline: Instant,
    ) -> Result<Arc<Connection>, RefreshError> {
        if let Some(limit) = self.inner.limit(account) {
            let connection = self.inner.store.read_connection(account).await?;
            return match connection.ok_or(RefreshError::Gone)? {
                fresh if fresh.credentials.version > stale => Ok(fresh),
                _ => Err(RefreshError::Passing(limit)),
            };
        }
        self.wait(account, Flight { stale, forced: false }, deadline)
            .await
    }

    /// Refreshes whatever is stored, also for an account in `needs_reauth`: for a person
    /// who asks for it.
    ///
    /// # Errors
    /// See [`RefreshError`].
    pub async fn refresh_now(
        &self,
        account: &AccountId,
        deadline: Instant,
    ) -> Result<Arc<Connection>, RefreshError> {
        let connection = self
            .inner
            .store
            .read_connection(account)
            .await?
            .ok_or(RefreshError::Gone)?;
        let stale = connection.credentials.version;
        self.wait(account, Flight { stale, forced: true }, deadline).await
    }

    /// Waits until no refresh is on its way in this process, at most until `deadline`:
    /// a server that shuts down lets them finish.
    pub async fn settle(&self, deadline: Instant) {
        loop {
            let flight = self.flights().values().next().cloned();
            let Some(mut flight) = flight else { return };
            if timeout_at(deadline.into(), flight.wait_for(Option::is_some))
                .await
                .is_err()
            {
                return;
            }
            // The entry goes just before the outcome comes, or with a panic; either way
            // it is about to be gone.
            tokio::task::yield_now().await;
        }
    }

    fn urgency(&self, connection: &Connection) -> Urgency {
        let Connection { account, credentials } = connection;
        let Some(end) = credentials.expires_at else {
            return Urgency::None;
        };
        // A token that lives shorter than `ahead` would otherwise be refreshed with
        // every call.
        let life = end.saturating_sub(credentials.stored_at).max(0);
        let ahead = milliseconds(self.inner.config.ahead).min(life / 5);
        let margin = milliseconds(self.inner.config.margin).min(ahead / 4);
        let left = end.saturating_sub(now_ms());
        if left > ahead || !self.inner.exchange.can_refresh(account, credentials) {
            return Urgency::None;
        }
        if left > margin {
            Urgency::Soon
        } else {
            Urgency::Now
        }
    }

    async fn wait(&self, account: &AccountId, flight: Flight, deadline: Instant) -> Outcome {
        loop {
            let mut running = self.join(account, flight);
            let outcome = match timeout_at(deadline.into(), running.wait_for(Option::is_some)).await {
                Err(_) => return Err(RefreshError::Deadline),
                Ok(Err(_)) => Err(RefreshError::Passing("the refresh was interrupted".into())),
                Ok(Ok(outcome)) => outcome.clone().unwrap_or(Err(RefreshError::Deadline)),
            };
            match outcome {
                // The flight had set off for an older version: start another.
                Ok(connection) if connection.credentials.version <= flight.stale => {}
                outcome => return outcome,
            }
        }
    }

    /// The flight that is under way for this account, or a new one.
    fn join(&self, account: &AccountId, flight: Flight) -> watch::Receiver<Option<Outcome>> {
        let key = FlightKey {
            account: account.clone(),
            forced: flight.forced,
        };
        let mut flights = self.flights();
        if let Some(running) = flights.get(&key) {
            return running.clone();
        }
        let (sender, receiver) = watch::channel(None);
        flights.insert(key.clone(), receiver.clone());
        let landing = Landing {
            inner: self.inner.clone(),
            key,
        };
        tokio::spawn(async move {
            let outcome = flight.fly(&landing.inner, &landing.key.account).await;
            if matches!(outcome, Err(RefreshError::Passing(_) | RefreshError::Store(_))) {
                landing
                    .inner
                    .failed_lately
                    .insert(landing.key.account.clone(), ());
            }
            landing.inner.note_limit(&landing.key.account, &outcome);
            // Whoever asks after the entry is gone starts anew; before, gets this outcome.
            drop(landing);
            sender.send_replace(Some(outcome));
        });
        receiver
    }

    fn flights(&self) -> std::sync::MutexGuard<'_, HashMap<FlightKey, watch::Receiver<Option<Outcome>>>> {
        self.inner.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a flight off the list when it is over, also if it panicked.
struct Landing {
    inner: Arc<Inner>,
    key: FlightKey,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.inner
            .flights
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.key);
    }
}

/// How much a token needs refreshing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Urgency {
    None,
    Soon,
    Now,
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Debug for Refresher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refresher")
            .field("owner", &self.inner.owner)
            .finish_non_exhaustive()
    }
}
