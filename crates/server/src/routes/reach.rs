//! From a caller and a name to what a call needs.

use std::sync::Arc;

use crosswalk_accounts::{AccountId, AccountStatus, Connection};
use crosswalk_connector::file::Method;
use crosswalk_connector::{Connector, Overridden, OverriddenCall, UnifiedResource};
use crosswalk_engine::Target;
use crosswalk_model::{ApiError, Capabilities, Remote, UnifiedModel};

use crate::app::App;
use crate::auth::{Caller, no_account};
use crate::error::Failure;
use crate::glue::AccountCredentials;
use crate::glue::overrides::Layers;
use crate::request_log;

/// An account with its connector.
pub(crate) struct Reached {
    pub(crate) connection: Arc<Connection>,
    pub(crate) connector: Arc<Connector>,
    pub(crate) method: Method,
}

impl App {
    /// The model at `/unified/{model}/{resource}`.
    pub(crate) fn model(&self, model: &str, resource: &str) -> Result<&Arc<UnifiedModel>, Failure> {
        let name = format!("{model}/{resource}");
        self.inner
            .models
            .iter()
            .find(|known| known.name == name)
            .ok_or_else(|| {
                let known: Vec<&str> = self
                    .inner
                    .models
                    .iter()
                    .map(|model| model.name.as_str())
                    .collect();
                Failure::new(
                    404,
                    format!(
                        "there is no unified resource `{name}`; there is {}",
                        known.join(", ")
                    ),
                )
            })
    }

    /// The connector of that name.
    pub(crate) fn connector(&self, name: &str) -> Result<&Arc<Connector>, Failure> {
        self.inner.registry.get(name).ok_or_else(|| {
            let shown: String = name.chars().take(60).collect();
            let known: Vec<&str> = self
                .inner
                .registry
                .iter()
                .map(|connector| connector.name())
                .collect();
            Failure::new(
                404,
                format!("there is no integration `{shown}`; there is {}", known.join(", ")),
            )
        })
    }

    /// The account that a call is for, which must not be waiting for new credentials.
    pub(crate) async fn reach(&self, caller: &Caller, named: Option<String>) -> Result<Reached, Failure> {
        let id = caller.account(named)?;
        let reached = self.find(caller, &id).await?;
        self.inner.limits.account(&id)?;
        let account = &reached.connection.account;
        if account.status == AccountStatus::NeedsReauth {
            let reason = account
                .last_error
                .as_deref()
                .unwrap_or("its credentials were refused");
            return Err(ApiError::new(
                401,
                format!(
                    "{} does not accept this account's credentials any more ({reason}); connect the account again or give it new credentials",
                    reached.connector.label()
                ),
            )
            .with_remote(Remote::default())
            .into());
        }
        if account.status == AccountStatus::Connecting {
            return Err(Failure::new(
                400,
                "this account is still being connected; call again when it is active",
            ));
        }
        self.inner.store.touch(&id);
        Ok(reached)
    }

    /// The account, whatever its state.
    pub(crate) async fn find(&self, caller: &Caller, id: &AccountId) -> Result<Reached, Failure> {
        caller.reaches(id)?;
        let connection = self
            .inner
            .store
            .connection(caller.environment(), id)
            .await?
            .ok_or_else(|| no_account(id.as_str()))?;
        request_log::note_account(&connection.account);
        let connector = Arc::clone(self.connector(&connection.account.integration)?);
        let method = Method::from_name(&connection.account.authentication_method).ok_or_else(|| {
            Failure::new(
                500,
                "the account's authentication method is not known to this version",
            )
        })?;
        Ok(Reached {
            connection,
            connector,
            method,
        })
    }

    /// What the engine needs to ask the account's vendor.
    pub(crate) fn target(&self, reached: &Reached, checking: bool) -> Target {
        self.target_with(reached, checking, None)
    }

    /// What the account and its environment override of a model; `None` where that is nothing.
    pub(crate) async fn overridden(
        &self,
        reached: &Reached,
        model: &UnifiedModel,
        call: OverriddenCall,
    ) -> Result<Option<Arc<Overridden>>, Failure> {
        let account = &reached.connection.account;
        let known = self
            .inner
            .store
            .environment_overrides(&account.environment_id)
            .await?;
        let layers = Layers {
            environment: known
                .iter()
                .filter(|known| known.of.integration == account.integration)
                .collect(),
            account: account.unified_model_override.as_ref(),
        };
        if layers.environment.is_empty() && layers.account.is_none() {
            return Ok(None);
        }
        self.inner.overrides.get(&reached.connector, model, call, &layers)
    }

    /// The same with what is overridden.
    pub(crate) fn target_with(
        &self,
        reached: &Reached,
        checking: bool,
        overrides: Option<Arc<Overridden>>,
    ) -> Target {
        Target {
            connector: Arc::clone(&reached.connector),
            account: reached.connection.account.id.as_str().to_owned(),
            method: reached.method,
            credentials: Arc::new(AccountCredentials {
                store: self.inner.store.clone(),
                refresher: self.inner.refresher.clone(),
                connection: Arc::clone(&reached.connection),
                checking,
            }),
            requests: request_log::vendor_requests(),
            overrides,
        }
    }
}

/// What a connector gives of a model.
pub(crate) fn capabilities<'a>(
    connector: &'a Connector,
    model: &UnifiedModel,
    overridden: Option<&'a Overridden>,
) -> Result<Capabilities<'a>, Failure> {
    let unified: &UnifiedResource = match overridden {
        Some(overridden) => &overridden.compiled,
        None => {
            let known = connector.unified(&model.name);
            known.map(|(_, unified)| unified).ok_or_else(|| {
                Failure::new(
                    404,
                    format!("{} has no unified {}", connector.label(), model.name),
                )
            })?
        }
    };
    Ok(Capabilities {
        label: connector.label(),
        fields: unified.fields,
        parameters: unified.parameters.keys().map(String::as_str).collect(),
    })
}

/// Takes the account's secrets out of what the vendor said.
pub(crate) fn scrub(reached: &Reached, error: ApiError) -> Failure {
    let credentials = &reached.connection.credentials;
    error.scrubbed(|text| credentials.scrub(text)).into()
}
