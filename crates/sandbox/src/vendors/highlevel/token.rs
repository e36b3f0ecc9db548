//! Highlevel's token endpoint, in both of its spellings.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{COMPANY, Highlevel, LOCATION};
use crate::call::{Call, Reply, first};
use crate::oauth::Client;

const LIFE: u64 = 86_399;

impl Highlevel {
    /// The client is proven in the form. With `Version: v3` all names are in camel case, without it in snake case.
    pub(super) fn token(&self, call: &Call) -> Reply {
        let v3 = call.header("version") == Some("v3");
        let is_form = call.is_kind("application/x-www-form-urlencoded");
        let sent = if v3 { call.fields() } else { call.form() };
        if call.method != http::Method::POST || !(is_form || v3) {
            return Self::not_found(call);
        }
        let mut fields = Vec::new();
        for name in [
            "client_id",
            "client_secret",
            "grant_type",
            "code",
            "refresh_token",
            "redirect_uri",
            "user_type",
        ] {
            let known = if v3 { camel(name) } else { name.to_owned() };
            let value = first(&sent, &known).to_owned();
            if value.is_empty() && matches!(name, "client_id" | "client_secret" | "grant_type") {
                return Self::error(400, "Bad Request", format!("Missing parameter: {known}"));
            }
            fields.push((name.to_owned(), value));
        }
        let given = |name: &str| first(&fields, name);
        if !Client::Body.is_proven(call, &fields) {
            let body = json!({"error": "UnAuthorized!", "error_description": "Invalid client credentials!"});
            return Reply::json(401, &body);
        }
        let issued = match given("user_type") {
            "" | "Location" => self.tokens.grant(given, Duration::from_secs(LIFE)),
            _ => None,
        };
        let Some(issued) = issued else {
            return if v3 {
                Self::error(400, "Bad Request", "Invalid grant: refresh token is invalid")
            } else {
                let body = json!({"error": "invalid_grant", "error_description": "Invalid refresh token"});
                Reply::json(400, &body)
            };
        };
        let mut body = Map::new();
        for (name, value) in [
            ("access_token", json!(issued.access)),
            ("token_type", "Bearer".into()),
            ("expires_in", LIFE.into()),
            ("refresh_token", json!(issued.refresh)),
        ] {
            body.insert(if v3 { camel(name) } else { name.to_owned() }, value);
        }
        body.insert("scope".into(), "users.readonly locations.readonly".into());
        body.insert("userType".into(), "Location".into());
        body.insert("companyId".into(), COMPANY.into());
        body.insert("locationId".into(), LOCATION.into());
        body.insert("userId".into(), Self::id(0).into());
        body.insert("isBulkInstallation".into(), false.into());
        Reply::json(200, &Value::Object(body))
    }
}

/// `grant_type` as `grantType`.
fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        camel.push_str(&word[..1].to_uppercase());
        camel.push_str(&word[1..]);
    }
    camel
}
