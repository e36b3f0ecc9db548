//! From credentials to an account: the vendor is asked first, then account and link token are written together.

use std::sync::Arc;

use crosswalk_accounts::{
    Account, Actor, AuditRecord, Connected, Connection, CredentialsChange, LinkToken, NewAccount,
    SecretValues,
};
use crosswalk_connector::Connector;
use crosswalk_connector::file::Method;
use crosswalk_engine::{CredentialSet, Liveness, Target, TokenFault};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::offer::used_up;
use super::outcome::{Kind, Trouble};
use crate::app::App;
use crate::glue::AsTheyAre;

/// What an account is made of.
pub(super) struct Parts {
    pub(super) method: Method,
    pub(super) settings: Map<String, Value>,
    /// What is the account's own.
    pub(super) credentials: SecretValues,
    /// The environment's client, which mints and refreshes and is not kept with the account.
    pub(super) client: SecretValues,
    pub(super) expires_at: Option<i64>,
}

impl App {
    /// The client that an account without one of its own is connected with.
    pub(super) async fn client_of(
        &self,
        token: &LinkToken,
        connector: &Connector,
        own: &SecretValues,
    ) -> Result<(SecretValues, Option<Vec<String>>), Trouble> {
        if own.contains_key("client_id") {
            return Ok((SecretValues::new(), None));
        }
        let app = self
            .inner
            .store
            .oauth_client(&token.environment_id, connector.name())
            .await?;
        Ok(app.map_or_else(Default::default, |(known, client)| (client, known.scopes)))
    }

    /// Makes the account, or connects the old one again.
    pub(super) async fn establish(
        &self,
        token: &LinkToken,
        before: Option<&Connection>,
        connector: &Arc<Connector>,
        mut parts: Parts,
    ) -> Result<Account, Trouble> {
        let label = connector.label();
        // Settings that an account to be connected again has stay, unless there are newer ones.
        let mut settings = before.map_or_else(Map::new, |before| before.account.settings.clone());
        settings.extend(std::mem::take(&mut parts.settings));
        parts.settings = connector
            .check_settings(parts.method, &settings)
            .map_err(|problems| {
                let said: Vec<String> = problems
                    .iter()
                    .map(|problem| format!("{} {}", problem.name, problem.message))
                    .collect();
                Trouble::connection(format!(
                    "{label} did not tell everything that the connection needs: {}.",
                    said.join("; ")
                ))
            })?;
        let mut set = CredentialSet {
            values: parts.credentials.clone(),
            settings: parts.settings.clone(),
            version: 0,
            stored_at: jiff::Timestamp::now().as_millisecond(),
        };
        set.values.extend(parts.client.clone());
        if parts.method == Method::Oauth2ClientCredentials {
            let minted = self
                .inner
                .engine
                .exchange_token(connector, parts.method, &set)
                .await
                .map_err(|fault| refused(connector, fault))?;
            set.values.extend(minted.secrets.clone());
            set.settings.extend(minted.settings.clone());
            parts.credentials.extend(minted.secrets);
            parts.settings.extend(minted.settings);
            parts.expires_at = minted.expires_at;
        }
        let set = Arc::new(set);
        let target = Target {
            connector: Arc::clone(connector),
            account: "connecting".to_owned(),
            method: parts.method,
            credentials: Arc::new(AsTheyAre(Arc::clone(&set))),
            requests: crate::request_log::vendor_requests(),
            overrides: None,
        };
        match self.inner.engine.check(&target).await {
            Liveness::Alive => {}
            Liveness::Dead(words) => {
                return Err(Trouble::new(
                    Kind::ValidationError,
                    StatusCode::UNPROCESSABLE_ENTITY,
                    format!("{label} does not accept these credentials: {}", set.scrub(&words)),
                ));
            }
            Liveness::Unknown(delay) => {
                return Err(Trouble::connection(format!(
                    "{label} could not be asked whether the connection works ({}). Try again in a moment.",
                    set.scrub(&delay.reason)
                )));
            }
        }
        self.write(token, before, connector, parts).await
    }

    async fn write(
        &self,
        token: &LinkToken,
        before: Option<&Connection>,
        connector: &Connector,
        parts: Parts,
    ) -> Result<Account, Trouble> {
        let store = &self.inner.store;
        let connected = match before {
            None => {
                let new = NewAccount {
                    tenant_id: token.tenant_id.clone(),
                    integration: connector.name().to_owned(),
                    authentication_method: parts.method.as_str().to_owned(),
                    settings: parts.settings,
                    credentials: parts.credentials,
                    expires_at: parts.expires_at,
                };
                store.connect_account(token, new).await?
            }
            Some(before) => {
                let change = CredentialsChange {
                    values: parts.credentials,
                    expires_at: parts.expires_at,
                    settings: parts.settings,
                    keep_others: false,
                };
                let method = parts.method.as_str();
                store
                    .reconnect_account(token, &before.account.id, method, &change)
                    .await?
            }
        };
        match connected {
            Connected::Done(account) => {
                self.note(token, before.is_some(), &account).await;
                tracing::info!(account = %account.id, integration = account.integration, "an account was connected in a browser");
                Ok(*account)
            }
            Connected::TooLate => Err(used_up()),
            Connected::Gone => Err(Trouble::token(
                "The account that this link belongs to does not exist any more.",
            )),
        }
    }

    /// Leaves the connection in the audit log. No API token came with it, so `crate::audit` does not see it.
    async fn note(&self, token: &LinkToken, is_again: bool, account: &Account) {
        let entry = AuditRecord {
            environment_id: Some(token.environment_id.clone()),
            actor: Actor::LinkToken { id: token.id.clone() },
            action: if is_again {
                "account.reconnect"
            } else {
                "account.connect"
            }
            .to_owned(),
            target: Some(account.id.to_string()),
            status: None,
            detail: Some(json!({ "integration": account.integration, "tenant_id": account.tenant_id })),
        };
        if let Err(error) = self.inner.store.record(&entry).await {
            tracing::error!(%error, action = entry.action, "a connection could not be written to the audit log");
        }
    }
}

/// Why the vendor gave no token.
pub(super) fn refused(connector: &Connector, fault: TokenFault) -> Trouble {
    let label = connector.label();
    match fault {
        TokenFault::Refused(said) => Trouble::connection(format!("The connection was refused. {said}")),
        TokenFault::Passing(delay) => {
            Trouble::connection(format!("{label} gave no access this time; try again. ({delay})"))
        }
        TokenFault::Unsupported => Trouble::connection(format!("{label} can not be connected this way.")),
    }
}
