//! `DELETE /integrated-account/{id}`

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Path, RawQuery, State};
use axum::response::IntoResponse;
use crosswalk_accounts::{AccountId, Connection};
use crosswalk_connector::file::Method;
use crosswalk_engine::{CredentialSet, Revoked};
use http::StatusCode;

use super::create::wants;
use crate::app::App;
use crate::auth::{Caller, no_account};
use crate::error::Answer;
use crate::glue::{complete, set_of};

/// How long the vendor may take to end the credentials of a deleted account.
const PATIENCE: Duration = Duration::from_secs(10);

/// Deletes an account. After that the vendor is asked to end its credentials, where it has a call for it,
/// unless `?revoke=false`: nobody waits for that, and whether it works changes nothing here.
pub(crate) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Answer {
    let id = AccountId::from(id.as_str());
    caller.manages(&id)?;
    let revoke = wants(&raw.unwrap_or_default(), "revoke")?;
    // Credentials that can't be opened can't be given back, and must not keep an account alive.
    let connection = app.inner.store.connection(caller.environment(), &id).await;
    if !app.inner.store.delete_account(caller.environment(), &id).await? {
        return Err(no_account(id.as_str()));
    }
    if let Ok(Some(connection)) = connection
        && revoke
    {
        let task = app.clone();
        app.inner
            .background
            .spawn(async move { give_back(&task, &connection).await });
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn give_back(app: &App, connection: &Arc<Connection>) {
    let account = &connection.account;
    let (Some(connector), Some(method)) = (
        app.inner.registry.get(&account.integration),
        Method::from_name(&account.authentication_method),
    ) else {
        return;
    };
    let mut credentials = CredentialSet::clone(&set_of(connection));
    if let Err(error) = complete(&app.inner.store, account, &mut credentials.values).await {
        tracing::warn!(account = %account.id, %error, "the deleted account's token is not ended at the vendor");
        return;
    }
    let deadline = Instant::now() + PATIENCE;
    match app
        .inner
        .engine
        .revoke_token(connector, method, &credentials, deadline)
        .await
    {
        Revoked::Done => {
            tracing::info!(account = %account.id, "the vendor ended the deleted account's token");
        }
        Revoked::NotOffered => {}
        Revoked::Failed(reason) => {
            tracing::warn!(account = %account.id, reason, "the deleted account's token could not be ended at the vendor");
        }
    }
}
