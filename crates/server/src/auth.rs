//! Who calls.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use crosswalk_accounts::{AccountId, EnvironmentId, Principal};
use http::Method;
use http::header::AUTHORIZATION;
use http::request::Parts;

use crate::app::App;
use crate::audit::note_caller;
use crate::error::Failure;
use crate::request_log;

/// The caller, known by an API token.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) Arc<Principal>);

/// Set on requests of the command line, which needs no token: whoever reads the data folder owns it.
#[derive(Clone, Debug)]
pub(crate) struct LocalCaller(pub(crate) Arc<Principal>);

impl Caller {
    pub(crate) fn environment(&self) -> &EnvironmentId {
        &self.0.environment_id
    }

    /// The account that a call is for: the one named, or the token's own. A token of one account reaches no
    /// other, and does not learn whether there is one.
    pub(crate) fn account(&self, named: Option<String>) -> Result<AccountId, Failure> {
        let only = match (&self.0.account_id, self.0.scope.as_deref()) {
            (Some(own), _) | (None, Some([own])) => Some(own),
            _ => None,
        };
        match (only, named) {
            (_, Some(named)) => {
                let id = AccountId::from(named.as_str());
                self.reaches(&id)?;
                Ok(id)
            }
            (Some(own), None) => Ok(own.clone()),
            (None, None) => Err(crosswalk_model::ApiError::bad_request(
                "`integrated_account_id` is missing: name the account whose CRM is asked",
            )
            .with_insight(crosswalk_model::Insight::new(
                "missing_required_query_parameters",
                "The call can not be answered without these parameters.",
                serde_json::json!(["integrated_account_id"]),
            ))
            .into()),
        }
    }

    /// Refuses accounts that the token does not reach, without telling whether they exist.
    pub(crate) fn reaches(&self, id: &AccountId) -> Result<(), Failure> {
        if self.0.reaches(id) {
            Ok(())
        } else {
            Err(no_account(id.as_str()))
        }
    }

    /// Refuses tokens of an account or of some accounts where only the environment's own may come.
    pub(crate) fn whole_environment(&self) -> Result<(), Failure> {
        self.no_account_token()?;
        match self.0.scope {
            None => Ok(()),
            Some(_) => Err(Failure::new(
                403,
                "this token reaches some accounts only; use an API token of the whole environment",
            )),
        }
    }

    /// Refuses all who may not manage this account: an account's own token, and tokens of others.
    pub(crate) fn manages(&self, id: &AccountId) -> Result<(), Failure> {
        self.no_account_token()?;
        self.reaches(id)
    }

    /// Refuses an account's own token.
    pub(crate) fn no_account_token(&self) -> Result<(), Failure> {
        match self.0.account_id {
            None => Ok(()),
            Some(_) => Err(Failure::new(
                403,
                "this token reaches one account's calls only; use an API token of the environment",
            )),
        }
    }

    /// Refuses changes by tokens that may only read.
    fn may(&self, method: &Method) -> Result<(), Failure> {
        if self.0.read_only && !matches!(*method, Method::GET | Method::HEAD) {
            return Err(Failure::new(
                403,
                "this token may only read; use one that was made without --read-only",
            ));
        }
        Ok(())
    }
}

pub(crate) fn no_account(id: &str) -> Failure {
    let shown: String = id.chars().take(100).collect();
    Failure::new(404, format!("there is no integrated account `{shown}`"))
}

/// A caller of a call that changes nothing, whatever its verb: a token that may only read is enough, and the
/// audit log is not told.
#[derive(Clone, Debug)]
pub(crate) struct Reader(pub(crate) Arc<Principal>);

impl FromRequestParts<App> for Reader {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        authenticate(parts, app, false).await.map(Self)
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let caller = Self(authenticate(parts, app, true).await?);
        caller.may(&parts.method)?;
        Ok(caller)
    }
}

/// Whose token a request carries; noted for the audit log where the call may change something.
async fn authenticate(parts: &Parts, app: &App, audited: bool) -> Result<Arc<Principal>, Failure> {
    if let Some(LocalCaller(principal)) = parts.extensions.get::<LocalCaller>() {
        if audited {
            note_caller(parts, principal);
        }
        request_log::note_caller(principal);
        return Ok(Arc::clone(principal));
    }
    let header = parts.headers.get(AUTHORIZATION).ok_or_else(|| {
            Failure::new(401, "an API token is missing: send `Authorization: Bearer <token>` (make one with `crosswalk token create`)")
        })?;
    let token = header
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| Failure::new(401, "the `Authorization` header must be `Bearer <token>`"))?;
    let principal = app
        .inner
        .store
        .authenticate(token)
        .await?
        .ok_or_else(|| Failure::new(401, "this API token is not known here, revoked or over"))?;
    if audited {
        note_caller(parts, &principal);
    }
    request_log::note_caller(&principal);
    app.inner.limits.token(&principal.token_id)?;
    Ok(principal)
}
