//! `GET /connect-account/check`: whether a setting looks right, while it is typed.

use axum::extract::{RawQuery, State};
use http::StatusCode;
use serde_json::json;

use super::fields::sentence;
use crate::app::App;
use crate::error::{Answer, Failure, json_value};

pub(super) async fn setting(State(app): State<App>, RawQuery(raw): RawQuery) -> Answer {
    let (mut integration, mut name, mut value) = (String::new(), String::new(), String::new());
    for (key, given) in form_urlencoded::parse(raw.unwrap_or_default().as_bytes()) {
        match key.as_ref() {
            "integration" => integration = given.into_owned(),
            "name" => name = given.into_owned(),
            "value" => value = given.chars().take(2000).collect(),
            _ => {}
        }
    }
    let connector = app.connector(&integration)?;
    if !connector.file.settings.contains_key(&name) {
        return Err(Failure::new(404, "there is no such setting"));
    }
    let verdict = match connector.check_setting(&name, &value) {
        Ok(tidied) => json!({ "ok": true, "value": tidied }),
        Err(problem) => json!({ "ok": false, "message": sentence(&problem.message) }),
    };
    Ok(json_value(StatusCode::OK, &verdict))
}
