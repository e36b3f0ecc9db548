//! Refreshes, as the account store asks for them.

use std::sync::Arc;

use async_trait::async_trait;
use crosswalk_accounts::{
    Account, Credentials, ExchangeError, Refreshed, SecretValues, Store, StoreError, TokenExchange,
};
use crosswalk_connector::file::Method;
use crosswalk_connector::{Connector, Registry};
use crosswalk_engine::{
    CredentialProblem, CredentialSet, CredentialSource, Engine, Liveness, Target, TokenFault,
};
use crosswalk_model::Delay;

/// Exchanges tokens through the connectors' token endpoints.
pub(crate) struct Exchange {
    pub(crate) store: Store,
    pub(crate) engine: Engine,
    pub(crate) registry: Arc<Registry>,
}

impl Exchange {
    fn connector(&self, account: &Account) -> Option<(&Arc<Connector>, Method)> {
        let connector = self.registry.get(&account.integration)?;
        Some((connector, Method::from_name(&account.authentication_method)?))
    }
}

#[async_trait]
impl TokenExchange for Exchange {
    fn can_refresh(&self, account: &Account, current: &Credentials) -> bool {
        let Some((connector, method)) = self.connector(account) else {
            return false;
        };
        let Some(token) = connector.scheme(method).and_then(|scheme| scheme.token.as_ref()) else {
            return false;
        };
        let refreshes = current.values.contains_key("refresh_token") && !token.refresh.unsupported;
        refreshes || method == Method::Oauth2ClientCredentials
    }

    fn lane(&self, account: &Account) -> Option<String> {
        let (connector, method) = self.connector(account)?;
        connector.token_host(method, &account.settings)
    }

    async fn exchange(&self, account: &Account, current: &Credentials) -> Result<Refreshed, ExchangeError> {
        let (connector, method) = self.connector(account).ok_or(ExchangeError::Unsupported)?;
        let mut values = current.values.clone();
        complete(&self.store, account, &mut values)
            .await
            .map_err(|error| ExchangeError::Passing(error.to_string().into()))?;
        let set = CredentialSet {
            values,
            settings: account.settings.clone(),
            version: current.version,
            stored_at: current.stored_at,
        };
        match self.engine.exchange_token(connector, method, &set).await {
            Ok(answer) => Ok(Refreshed {
                values: answer.secrets,
                expires_at: answer.expires_at,
                settings: answer.settings,
            }),
            Err(TokenFault::Passing(delay)) => Err(ExchangeError::Passing(delay)),
            Err(TokenFault::Unsupported) => Err(ExchangeError::Unsupported),
            // Without an access token there is nothing that might live all the same.
            Err(TokenFault::Refused(reason)) if !set.values.contains_key("access_token") => {
                Err(ExchangeError::Refused(reason))
            }
            Err(TokenFault::Refused(reason)) => {
                // Only when the credentials are dead as well is the connection given up.
                let target = Target {
                    connector: Arc::clone(connector),
                    account: account.id.as_str().to_owned(),
                    method,
                    credentials: Arc::new(AsTheyAre(Arc::new(set))),
                    requests: crate::request_log::vendor_requests(),
                    overrides: None,
                };
                match self.engine.check_at_once(&target).await {
                    Liveness::Dead(_) => Err(ExchangeError::Refused(reason)),
                    Liveness::Alive => Err(ExchangeError::Passing(reason.into())),
                    Liveness::Unknown(Delay { retry_after, .. }) => {
                        Err(ExchangeError::Passing(Delay { reason, retry_after }))
                    }
                }
            }
        }
    }
}

/// Credentials that nobody refreshes.
pub(crate) struct AsTheyAre(pub(crate) Arc<CredentialSet>);

#[async_trait]
impl CredentialSource for AsTheyAre {
    async fn current(&self) -> Result<Arc<CredentialSet>, CredentialProblem> {
        Ok(Arc::clone(&self.0))
    }

    async fn refresh(&self, _: &CredentialSet) -> Result<Arc<CredentialSet>, CredentialProblem> {
        Err(CredentialProblem::NotRefreshable)
    }

    async fn dead(&self, _: &CredentialSet, _: &str) {}
}

/// Adds the environment's client to credentials that have none of their own: they were given to it.
pub(crate) async fn complete(
    store: &Store,
    account: &Account,
    values: &mut SecretValues,
) -> Result<(), StoreError> {
    if !values.contains_key("client_id") {
        let app = store
            .oauth_client(&account.environment_id, &account.integration)
            .await?;
        values.extend(app.into_iter().flat_map(|(_, client)| client));
    }
    Ok(())
}
