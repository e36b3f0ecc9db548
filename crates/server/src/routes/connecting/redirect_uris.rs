//! `/environment/redirect-uris`: where browsers may be sent after an account is connected.

use axum::extract::State;
use http::StatusCode;
use serde_json::{Value, json};

use crate::app::App;
use crate::auth::Caller;
use crate::body::JsonObject;
use crate::connect::redirect;
use crate::error::{Answer, Failure, json_value};

/// `GET /environment/redirect-uris`
pub(crate) async fn list(State(app): State<App>, caller: Caller) -> Answer {
    caller.whole_environment()?;
    let uris = app.inner.store.redirect_uris(caller.environment()).await?;
    Ok(json_value(StatusCode::OK, &json!({ "redirect_uris": uris })))
}

/// `PUT /environment/redirect-uris`: the whole list anew.
pub(crate) async fn replace(State(app): State<App>, caller: Caller, body: JsonObject) -> Answer {
    caller.whole_environment()?;
    let wrong = || {
        Failure::new(
            400,
            "send the whole list as `redirect_uris`, as [\"https://app.example.com/connected\"]",
        )
    };
    let Some(Value::Array(items)) = body.0.get("redirect_uris") else {
        return Err(wrong());
    };
    let mut uris = Vec::new();
    for item in items {
        let uri = item.as_str().ok_or_else(wrong)?.trim();
        redirect::well_formed(uri)
            .map_err(|problem| Failure::new(400, format!("`redirect_uris`: {problem}")))?;
        uris.push(uri.to_owned());
    }
    uris.sort();
    uris.dedup();
    app.inner
        .store
        .set_redirect_uris(caller.environment(), &uris)
        .await?;
    Ok(json_value(StatusCode::OK, &json!({ "redirect_uris": uris })))
}
