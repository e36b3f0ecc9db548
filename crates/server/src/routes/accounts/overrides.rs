//! An account's `unified_model_override`, checked before it is kept.

use std::sync::Arc;

use crosswalk_accounts::StoredOverride;
use crosswalk_connector::Connector;
use serde_json::{Map, Value};

use crate::app::App;
use crate::auth::Caller;
use crate::body::JsonObject;
use crate::error::Failure;
use crate::glue::overrides::{self, Layers, MEMBER};

/// What a body says of the override.
pub(super) enum Said {
    /// Nothing.
    Nothing,
    /// That there is none.
    Gone,
    /// This.
    This(Map<String, Value>),
}

/// Reads and checks the body's override for an account of this connector.
pub(super) async fn said(
    app: &App,
    caller: &Caller,
    connector: &Arc<Connector>,
    body: &JsonObject,
) -> Result<Said, Failure> {
    let value = match body.0.get(MEMBER) {
        None => return Ok(Said::Nothing),
        Some(Value::Null) => Map::new(),
        Some(Value::Object(value)) => value.clone(),
        Some(_) => return Err(Failure::new(400, format!("`{MEMBER}` must be an object or null"))),
    };
    // Whoever holds the token of one account is that customer's program, and the mapping is the platform's.
    caller.no_account_token()?;
    if value.is_empty() {
        return Ok(Said::Gone);
    }
    overrides::check_shape(&app.inner.models, &value)?;
    let known = app
        .inner
        .store
        .environment_overrides(caller.environment())
        .await?;
    let stored = StoredOverride {
        value,
        digest: [0; 16],
    };
    let layers = Layers {
        environment: known
            .iter()
            .filter(|known| known.of.integration == connector.name())
            .collect(),
        account: Some(&stored),
    };
    overrides::check(connector, &app.inner.models, &layers)?;
    Ok(Said::This(stored.value))
}

/// Keeps what was said.
pub(super) async fn keep(
    app: &App,
    caller: &Caller,
    id: &crosswalk_accounts::AccountId,
    said: Said,
) -> Result<(), Failure> {
    let value = match &said {
        Said::Nothing => return Ok(()),
        Said::Gone => None,
        Said::This(value) => Some(value),
    };
    let store = &app.inner.store;
    store
        .set_unified_model_override(caller.environment(), id, value)
        .await?;
    Ok(())
}
