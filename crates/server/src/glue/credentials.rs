//! An account's stored credentials, as the engine asks for them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use crosswalk_accounts::{AccountStatus, Connection, RefreshError, Refresher, Store};
use crosswalk_engine::{CredentialProblem, CredentialSet, CredentialSource};

/// How long a caller waits for a refresh.
const PATIENCE: Duration = Duration::from_secs(20);

/// One account's credentials, for one call.
pub(crate) struct AccountCredentials {
    pub(crate) store: Store,
    pub(crate) refresher: Refresher,
    pub(crate) connection: Arc<Connection>,
    /// Whether the call is to find out if the account lives, so that its status does not matter.
    pub(crate) checking: bool,
}

impl AccountCredentials {
    fn mints(&self) -> bool {
        self.connection.account.authentication_method == "oauth2_client_credentials"
            && !self.connection.credentials.values.contains_key("access_token")
    }
}

pub(crate) fn set_of(connection: &Connection) -> Arc<CredentialSet> {
    Arc::new(CredentialSet {
        values: connection.credentials.values.clone(),
        settings: connection.account.settings.clone(),
        version: connection.credentials.version,
        stored_at: connection.credentials.stored_at,
    })
}

#[async_trait]
impl CredentialSource for AccountCredentials {
    async fn current(&self) -> Result<Arc<CredentialSet>, CredentialProblem> {
        if self.mints() {
            return self.refresh(&set_of(&self.connection)).await;
        }
        if self.checking && self.connection.account.status == AccountStatus::NeedsReauth {
            return Ok(set_of(&self.connection));
        }
        let deadline = Instant::now() + PATIENCE;
        match self.refresher.current(&self.connection, deadline).await {
            Ok(connection) => Ok(set_of(&connection)),
            // Without a refresh token an ended token is still tried: vendors' clocks differ from ours.
            Err(RefreshError::Unsupported) => Ok(set_of(&self.connection)),
            Err(error) => Err(problem(error)),
        }
    }

    async fn refresh(&self, rejected: &CredentialSet) -> Result<Arc<CredentialSet>, CredentialProblem> {
        let deadline = Instant::now() + PATIENCE;
        let id = &self.connection.account.id;
        let refreshed = if self.checking {
            self.refresher.refresh_now(id, deadline).await
        } else {
            self.refresher.refresh(id, rejected.version, deadline).await
        };
        refreshed.map(|connection| set_of(&connection)).map_err(problem)
    }

    async fn dead(&self, rejected: &CredentialSet, reason: &str) {
        if self.checking {
            return;
        }
        let id = &self.connection.account.id;
        let marked = self
            .store
            .set_status(
                id,
                AccountStatus::NeedsReauth,
                Some(reason),
                Some(rejected.version),
            )
            .await;
        match marked {
            Ok(true) => tracing::warn!(account = %id, "the account needs to be connected again"),
            Ok(false) => {}
            Err(error) => tracing::error!(account = %id, %error, "the account's status could not be written"),
        }
    }

    fn quota_left(&self, remaining: &str) {
        self.store.note_quota(&self.connection.account.id, remaining);
    }
}

fn problem(error: RefreshError) -> CredentialProblem {
    match error {
        RefreshError::Refused(reason) => CredentialProblem::NeedsReauth(reason),
        RefreshError::Unsupported => CredentialProblem::NotRefreshable,
        RefreshError::Gone => CredentialProblem::NeedsReauth("the account was removed".to_owned()),
        RefreshError::Passing(delay) => CredentialProblem::Passing(delay),
        other => CredentialProblem::Passing(other.to_string().into()),
    }
}
