//! `POST /integrated-account/token`: a token that reaches one account only.

use axum::extract::State;
use crosswalk_accounts::{AccountId, NewToken};
use crosswalk_model::Instant;
use http::StatusCode;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::app::App;
use crate::audit::Affected;
use crate::auth::Caller;
use crate::body::JsonObject;
use crate::error::{Answer, Failure, json_value};
use crate::routes::tokens::lifetime::Lifetime;

pub(crate) async fn create_token(State(app): State<App>, caller: Caller, body: JsonObject) -> Answer {
    caller.no_account_token()?;
    let id = body
        .text("integrated_account_id")?
        .filter(|id| !id.is_empty())
        .ok_or_else(|| Failure::new(400, "`integrated_account_id` is missing"))?;
    let id = AccountId::from(id.as_str());
    app.find(&caller, &id).await?;
    let expires_at = Lifetime::OF_ACCOUNT.end(&caller, &body)?;
    let issued = app
        .inner
        .store
        .create_token(NewToken {
            name: format!("account {id}"),
            environment_id: caller.environment().clone(),
            account_id: Some(id.clone()),
            scope: None,
            read_only: body.boolean("read_only")?.unwrap_or(false),
            expires_at,
        })
        .await?;
    let answer = json!({
        "token": issued.secret.expose_secret(),
        "integrated_account_id": id.as_str(),
        "read_only": issued.token.read_only,
        "expires_at": expires_at.map(|end| Instant(end).to_string()),
    });
    Ok(Affected::new(issued.token.id.as_str())
        .with(json!({ "integrated_account_id": id.as_str() }))
        .mark(json_value(StatusCode::CREATED, &answer)))
}
