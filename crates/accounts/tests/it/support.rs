//! A data folder that goes away, accounts to fill it, and a vendor with rotating tokens.

use std::{
    collections::BTreeMap,
    future::pending,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use crosswalk_accounts::{
    Account, AccountId, Connection, Credentials, ExchangeError, MasterKey, NewAccount, RefreshConfig,
    Refreshed, Refresher, SecretValues, Store, TokenExchange,
};
use crosswalk_model::Delay;
use tempfile::TempDir;

pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// What a process does at start.
    pub(crate) async fn open(&self) -> Store {
        let key = MasterKey::load(self.path(), None).unwrap();
        Store::open(self.path(), &key).await.unwrap()
    }
}

pub(crate) fn secrets(values: &[(&str, &str)]) -> SecretValues {
    values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).into()))
        .collect()
}

pub(crate) fn new_account(tenant: &str, integration: &str) -> NewAccount {
    NewAccount {
        tenant_id: tenant.to_owned(),
        integration: integration.to_owned(),
        authentication_method: "oauth2".to_owned(),
        settings: serde_json::Map::new(),
        credentials: secrets(&[("access_token", "access-0"), ("refresh_token", "refresh-0")]),
        expires_at: Some(0),
    }
}

/// An account whose access token is over.
pub(crate) async fn expired(store: &Store) -> Account {
    store
        .create_account(store.default_environment(), new_account("acme", "teamleader"))
        .await
        .unwrap()
}

pub(crate) async fn connection(store: &Store, id: &AccountId) -> Arc<Connection> {
    store
        .connection(store.default_environment(), id)
        .await
        .unwrap()
        .unwrap()
}

pub(crate) fn now_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// Far enough off for a slow machine.
pub(crate) fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

/// Asks until it is so.
pub(crate) async fn eventually<F>(mut so: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    let end = soon();
    while !so().await {
        assert!(Instant::now() < end, "it never came about");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// What the vendor does with the next requests; the last one goes on for ever.
#[derive(Debug, Clone)]
pub(crate) enum Does {
    Answers,
    /// After so long.
    AnswersLate(Duration),
    /// Spends the token and answers nothing.
    Hangs,
    Refuses(&'static str),
    Fails(&'static str),
    /// Takes no more requests for so many seconds.
    Throttles(u64),
    Panics,
}

/// A vendor with refresh tokens that count once. Token `refresh-<n>` is exchanged for
/// `access-<n+1>` and `refresh-<n+1>`.
pub(crate) struct Vendor {
    script: Mutex<Vec<Does>>,
    /// The refresh token that counts, per account.
    good: Mutex<BTreeMap<AccountId, u64>>,
    /// Tokens in the order in which they came.
    pub(crate) came: Mutex<Vec<String>>,
    at_once: Mutex<BTreeMap<AccountId, usize>>,
    pub(crate) overlaps: AtomicUsize,
    /// Requests with a token that was spent with success before.
    pub(crate) reused: AtomicUsize,
    pub(crate) life: Duration,
}

impl Vendor {
    pub(crate) fn new(script: &[Does]) -> Arc<Self> {
        Self::with_life(script, Duration::from_secs(3600))
    }

    pub(crate) fn with_life(script: &[Does], life: Duration) -> Arc<Self> {
        let mut script = script.to_vec();
        script.reverse();
        Arc::new(Self {
            script: Mutex::new(script),
            good: Mutex::default(),
            came: Mutex::default(),
            at_once: Mutex::default(),
            overlaps: AtomicUsize::new(0),
            reused: AtomicUsize::new(0),
            life,
        })
    }

    pub(crate) fn requests(&self) -> usize {
        self.came.lock().unwrap().len()
    }

    pub(crate) fn assert_lawful(&self) {
        assert_eq!(
            self.overlaps.load(Ordering::SeqCst),
            0,
            "two requests carried one token at once"
        );
        assert_eq!(
            self.reused.load(Ordering::SeqCst),
            0,
            "a spent token was sent again"
        );
    }

    pub(crate) fn refresher(self: &Arc<Self>, store: &Store) -> Refresher {
        Refresher::new(store.clone(), self.clone(), quick()).unwrap()
    }

    fn next(&self) -> Does {
        let mut script = self.script.lock().unwrap();
        if script.len() > 1 {
            script.pop().unwrap()
        } else {
            script.last().cloned().unwrap_or(Does::Answers)
        }
    }
}

/// Leases that run out while a test waits.
pub(crate) fn quick() -> RefreshConfig {
    RefreshConfig {
        lease: Duration::from_millis(900),
        poll: Duration::from_millis(5),
        ..RefreshConfig::default()
    }
}

/// Counts itself among the requests under way.
struct UnderWay<'a>(&'a Vendor, AccountId);

impl<'a> UnderWay<'a> {
    fn start(vendor: &'a Vendor, account: &AccountId) -> Self {
        let mut at_once = vendor.at_once.lock().unwrap();
        let others = at_once.entry(account.clone()).or_default();
        vendor.overlaps.fetch_add(*others, Ordering::SeqCst);
        *others += 1;
        Self(vendor, account.clone())
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        *self.0.at_once.lock().unwrap().get_mut(&self.1).unwrap() -= 1;
    }
}

#[async_trait]
impl TokenExchange for Vendor {
    async fn exchange(&self, account: &Account, current: &Credentials) -> Result<Refreshed, ExchangeError> {
        let _under_way = UnderWay::start(self, &account.id);
        let token = current.get("refresh_token").unwrap().to_owned();
        self.came.lock().unwrap().push(token.clone());
        let number: u64 = token.strip_prefix("refresh-").unwrap().parse().unwrap();
        let does = self.next();
        tokio::time::sleep(Duration::from_millis(30)).await;
        match does {
            Does::Answers => {}
            Does::AnswersLate(after) => tokio::time::sleep(after).await,
            Does::Throttles(seconds) => {
                return Err(ExchangeError::Passing(Delay {
                    reason: "too many".to_owned(),
                    retry_after: Some(seconds),
                }));
            }
            Does::Hangs => pending().await,
            Does::Refuses(reason) => return Err(ExchangeError::Refused(reason.to_owned())),
            Does::Fails(reason) => return Err(ExchangeError::Passing(reason.into())),
            Does::Panics => std::panic::panic_any("the exchange panics"),
        }
        let mut good = self.good.lock().unwrap();
        let good = good.entry(account.id.clone()).or_insert(number);
        if *good != number {
            self.reused.fetch_add(1, Ordering::SeqCst);
            return Err(ExchangeError::Refused(format!("{token} was used before")));
        }
        *good += 1;
        let mut settings = serde_json::Map::new();
        settings.insert(
            "instance_url".to_owned(),
            format!("https://{good}.example").into(),
        );
        Ok(Refreshed {
            values: secrets(&[
                ("access_token", &format!("access-{good}")),
                ("refresh_token", &format!("refresh-{good}")),
            ]),
            expires_at: Some(now_ms() + i64::try_from(self.life.as_millis()).unwrap()),
            settings,
        })
    }
}
