//! `POST /integrated-account/token`: a token that reaches one account only.

use axum::extract::State;
use crosswalk_accounts::{AccountId, NewToken};
use crosswalk_model::Instant;
use http::StatusCode;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::app::App;
use crate::audit::Affected;
use crate::auth::Caller;
use crate::body::JsonObject;
use crate::error::{Answer, Failure, json_value};

/// How long such a token lives unless told otherwise, in seconds.
const LIFETIME: i64 = 24 * 60 * 60;
const LONGEST: i64 = 365 * 24 * 60 * 60;

pub(crate) async fn create_token(State(app): State<App>, caller: Caller, body: JsonObject) -> Answer {
    caller.no_account_token()?;
    let id = body
        .text("integrated_account_id")?
        .filter(|id| !id.is_empty())
        .ok_or_else(|| Failure::new(400, "`integrated_account_id` is missing"))?;
    let id = AccountId::from(id.as_str());
    app.find(&caller, &id).await?;
    let seconds = match body.0.get("expires_in") {
        None | Some(Value::Null) => LIFETIME,
        Some(value) => value
            .as_i64()
            .filter(|seconds| (1..=LONGEST).contains(seconds))
            .ok_or_else(|| Failure::new(400, format!("`expires_in` must be 1 to {LONGEST} seconds")))?,
    };
    let expires_at = jiff::Timestamp::now().as_millisecond() + seconds * 1000;
    let issued = app
        .inner
        .store
        .create_token(NewToken {
            name: format!("account {id}"),
            environment_id: caller.environment().clone(),
            account_id: Some(id.clone()),
            scope: None,
            read_only: body.boolean("read_only")?.unwrap_or(false),
            expires_at: Some(expires_at),
        })
        .await?;
    let answer = json!({
        "token": issued.secret.expose_secret(),
        "integrated_account_id": id.as_str(),
        "read_only": issued.token.read_only,
        "expires_at": Instant(expires_at).to_string(),
    });
    Ok(Affected::new(issued.token.id.as_str())
        .with(json!({ "integrated_account_id": id.as_str() }))
        .mark(json_value(StatusCode::CREATED, &answer)))
}
