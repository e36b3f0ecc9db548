//! Asking how accounts fare and whether vendors can be reached, changing nothing: no token is refreshed, and no
//! account's status is written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use crosswalk_accounts::{
    Account, AccountFilter, Connection, EnvironmentId, MasterKey, Purpose, Store, StoreError,
};
use crosswalk_connector::file::Method;
use crosswalk_connector::{Connector, Registry};
use crosswalk_engine::{
    CredentialProblem, CredentialSet, CredentialSource, CursorKey, Engine, Liveness, Target, VendorRequests,
};
use crosswalk_transport::{Transport, TransportError};
use futures_util::future::BoxFuture;
use http::Uri;
use serde_json::{Value, json};

use crate::app::{AppConfig, StartError};
use crate::glue::set_of;

/// Asks vendors on behalf of somebody who only wants to know.
pub struct Examiner {
    store: Store,
    engine: Engine,
    registry: Arc<Registry>,
    transport: Transport,
}

/// How an account's credentials fare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The vendor takes them.
    Alive,
    /// The access token has ended, and the next call gets a new one.
    Due,
    /// The vendor refuses them, in its words.
    Dead(String),
    /// That could not be found out, and why.
    Unknown(String),
    /// There is no connector of that name here.
    NoConnector,
}

impl Examiner {
    /// Over a store that may be for reading only.
    pub fn new(config: &AppConfig, store: Store, key: &MasterKey) -> Result<Self, StartError> {
        let registry = config.registry(&crosswalk_model::builtin())?;
        let transport = config.transport()?;
        let cursors = CursorKey::new(*key.derive(Purpose::Cursors).expose());
        let engine = Engine::new(transport.clone(), &cursors, config.engine.clone())
            .map_err(|error| StartError::Machine(error.to_string()))?;
        Ok(Self {
            store,
            engine,
            registry: Arc::new(registry),
            transport,
        })
    }

    /// All accounts of an environment.
    pub fn accounts<'a>(
        &'a self,
        environment: &'a EnvironmentId,
    ) -> BoxFuture<'a, Result<Vec<Account>, StoreError>> {
        Box::pin(self.all_accounts(environment))
    }

    async fn all_accounts(&self, environment: &EnvironmentId) -> Result<Vec<Account>, StoreError> {
        let (mut accounts, mut cursor) = (Vec::new(), None);
        loop {
            let filter = AccountFilter::default();
            let page = self
                .store
                .list_accounts(environment, &filter, 1000, cursor.as_deref())
                .await?;
            accounts.extend(page.accounts);
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(accounts);
            }
        }
    }

    /// The hosts that an account's requests go to.
    pub fn hosts(&self, account: &Account) -> Vec<String> {
        let Some(connector) = self.registry.get(&account.integration) else {
            return Vec::new();
        };
        let scope: Value = json!({ "settings": account.settings });
        connector.hosts(&scope).to_vec()
    }

    /// Connects to a host by TLS, as requests to it would, and tells how long that took.
    pub fn reach<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<Duration, TransportError>> {
        Box::pin(async move {
            let url: Uri = format!("https://{host}/")
                .parse()
                .map_err(|_| TransportError::Unusable(format!("`{host}` is no host")))?;
            self.transport.reach(&url).await
        })
    }

    /// Asks the vendor whether an account's credentials live.
    pub fn ask<'a>(&'a self, account: &'a Account) -> BoxFuture<'a, Verdict> {
        Box::pin(self.asked(account))
    }

    async fn asked(&self, account: &Account) -> Verdict {
        let Some(connector) = self.registry.get(&account.integration) else {
            return Verdict::NoConnector;
        };
        let Some(method) = Method::from_name(&account.authentication_method) else {
            return Verdict::Unknown("its authentication method is not known to this version".to_owned());
        };
        let connection = match self.store.connection(&account.environment_id, &account.id).await {
            Ok(Some(connection)) => connection,
            Ok(None) => return Verdict::Unknown("it was removed meanwhile".to_owned()),
            Err(error) => return Verdict::Unknown(error.to_string()),
        };
        let source = Arc::new(Untouched {
            renews: renews(connector, method, &connection),
            connection: Arc::clone(&connection),
            is_due: AtomicBool::new(false),
        });
        let target = Target {
            connector: Arc::clone(connector),
            account: account.id.as_str().to_owned(),
            method,
            credentials: Arc::clone(&source) as Arc<dyn CredentialSource>,
            requests: VendorRequests::default(),
            overrides: None,
        };
        let verdict = self.engine.check(&target).await;
        if source.is_due.load(Ordering::Relaxed) {
            return Verdict::Due;
        }
        let scrub = |words: &str| connection.credentials.scrub(words);
        match verdict {
            Liveness::Alive => Verdict::Alive,
            Liveness::Dead(words) => Verdict::Dead(scrub(&words)),
            Liveness::Unknown(delay) => Verdict::Unknown(scrub(&delay.reason)),
        }
    }
}

impl std::fmt::Debug for Examiner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Examiner")
    }
}

/// Whether a new access token can be had without a person.
fn renews(connector: &Connector, method: Method, connection: &Connection) -> bool {
    let has_token = connector
        .scheme(method)
        .is_some_and(|scheme| scheme.token.is_some());
    has_token
        && (method == Method::Oauth2ClientCredentials
            || connection.credentials.values.contains_key("refresh_token"))
}

/// The stored credentials and no others.
struct Untouched {
    connection: Arc<Connection>,
    renews: bool,
    /// Whether the call came to nothing for want of a refresh.
    is_due: AtomicBool,
}

impl Untouched {
    fn due(&self) -> CredentialProblem {
        self.is_due.store(true, Ordering::Relaxed);
        CredentialProblem::Passing("the access token has ended".into())
    }

    fn has_ended(&self) -> bool {
        let credentials = &self.connection.credentials;
        let now = jiff::Timestamp::now().as_millisecond();
        credentials.expires_at.is_some_and(|end| end <= now)
            || !credentials.values.contains_key("access_token")
    }
}

#[async_trait]
impl CredentialSource for Untouched {
    async fn current(&self) -> Result<Arc<CredentialSet>, CredentialProblem> {
        // A call that is known to be refused tells nothing.
        if self.renews && self.has_ended() {
            return Err(self.due());
        }
        Ok(set_of(&self.connection))
    }

    async fn refresh(&self, _: &CredentialSet) -> Result<Arc<CredentialSet>, CredentialProblem> {
        if self.renews {
            return Err(self.due());
        }
        Err(CredentialProblem::NotRefreshable)
    }

    async fn dead(&self, _: &CredentialSet, _: &str) {}
}
