//! The token endpoint of Microsoft Entra ID, in its current version and the one before.

use std::time::Duration;

use serde_json::{Value, json};

use crate::call::{Call, Reply, first};
use crate::tokens::{CLIENT_ID, CLIENT_SECRET, Tokens};

/// One app's registration, for one environment.
pub(super) struct Entra {
    pub(super) host: &'static str,
    pub(super) tenant: &'static str,
    pub(super) instance: &'static str,
}

/// A token request, as far as it was understood.
struct Asked<'a> {
    form: &'a [(String, String)],
    tenant: &'a str,
    is_old: bool,
}

impl Entra {
    /// Tenant and version of a path that ends this way.
    fn split<'a>(&self, call: &'a Call, end: &str) -> Option<(&'a str, bool)> {
        if call.host != self.host {
            return None;
        }
        let (tenant, rest) = call.path.strip_prefix('/')?.split_once('/')?;
        if rest == format!("oauth2/v2.0/{end}") {
            Some((tenant, false))
        } else {
            (rest == format!("oauth2/{end}")).then_some((tenant, true))
        }
    }

    pub(super) fn is_token_call(&self, call: &Call) -> bool {
        self.split(call, "token").is_some()
    }

    pub(super) fn is_consent_call(&self, call: &Call) -> bool {
        self.split(call, "authorize").is_some()
    }

    pub(super) fn token(&self, call: &Call, tokens: &Tokens) -> Reply {
        if call.method != http::Method::POST || !call.is_kind("application/x-www-form-urlencoded") {
            return error(
                400,
                "invalid_request",
                900_561,
                "The endpoint only accepts POST requests.",
            );
        }
        let form = call.form();
        let (tenant, is_old) = self.split(call, "token").unwrap_or_default();
        let asked = Asked {
            form: &form,
            tenant,
            is_old,
        };
        match self.grant(&asked, tokens) {
            Ok(body) => Reply::json(200, &body),
            Err(reply) => *reply,
        }
    }

    fn grant(&self, asked: &Asked<'_>, tokens: &Tokens) -> Result<Value, Box<Reply>> {
        let given = |name: &str| first(asked.form, name);
        let refuse = |status: u16, code: &str, number: u32, text: &str| {
            Err(Box::new(error(status, code, number, text)))
        };
        if ![self.tenant, "organizations", "common"].contains(&asked.tenant) {
            let text = format!("Tenant '{}' not found.", asked.tenant);
            return refuse(400, "invalid_request", 90_002, &text);
        }
        for name in ["grant_type", "client_id"] {
            if given(name).is_empty() {
                let text = format!("The request body must contain the following parameter: '{name}'.");
                return refuse(400, "invalid_request", 900_144, &text);
            }
        }
        if given("client_id") != CLIENT_ID {
            return refuse(
                400,
                "unauthorized_client",
                700_016,
                "Application was not found in the directory.",
            );
        }
        if given("client_secret") != CLIENT_SECRET {
            return refuse(
                401,
                "invalid_client",
                7_000_215,
                "Invalid client secret provided.",
            );
        }
        let offline = self.check_scope(asked)?;
        let life = Duration::from_secs(4199);
        let needs = |name: &str| {
            let text = format!("The request body must contain the following parameter: '{name}'.");
            Err(Box::new(error(400, "invalid_request", 900_144, &text)))
        };
        let (access, refresh) = match given("grant_type") {
            "client_credentials" => {
                if asked.tenant != self.tenant {
                    return refuse(
                        400,
                        "invalid_request",
                        53_003,
                        "An app-only token is issued for one tenant: name it in the address.",
                    );
                }
                if given(if asked.is_old { "resource" } else { "scope" }).is_empty() {
                    return needs(if asked.is_old { "resource" } else { "scope" });
                }
                (tokens.mint(life), None)
            }
            "refresh_token" if given("refresh_token").is_empty() => return needs("refresh_token"),
            "authorization_code" if given("code").is_empty() => return needs("code"),
            "refresh_token" | "authorization_code" => match tokens.grant(given, life) {
                Some(issued) => (issued.access, Some(issued.refresh).filter(|_| offline)),
                None if given("refresh_token").starts_with("dynamics365sales-") => {
                    return refuse(
                        400,
                        "invalid_grant",
                        50_173,
                        "The provided grant has expired due to it being revoked.",
                    );
                }
                None => {
                    return refuse(
                        400,
                        "invalid_grant",
                        9_002_313,
                        "Invalid request. Request is malformed or invalid.",
                    );
                }
            },
            _ => {
                return refuse(
                    400,
                    "unsupported_grant_type",
                    70_003,
                    "The app requested an unsupported grant type.",
                );
            }
        };
        let mut body = json!({
            "token_type": "Bearer", "scope": format!("https://{}/user_impersonation", self.instance),
            "expires_in": 4199, "ext_expires_in": 4199, "access_token": access
        });
        if asked.is_old {
            body["expires_in"] = "4199".into();
            body["ext_expires_in"] = "4199".into();
            body["resource"] = format!("https://{}", self.instance).into();
        }
        if let Some(refresh) = refresh {
            body["refresh_token"] = refresh.into();
        }
        Ok(body)
    }

    /// What is asked for has to be this environment. Whether a refresh token is wanted: where nothing is said,
    /// what was said when the person was asked still holds.
    fn check_scope(&self, asked: &Asked<'_>) -> Result<bool, Box<Reply>> {
        let instance = format!("https://{}", self.instance);
        if asked.is_old {
            let resource = first(asked.form, "resource").trim_end_matches('/');
            if resource.is_empty() || resource == instance {
                return Ok(true);
            }
            return Err(Box::new(error(
                400,
                "invalid_resource",
                500_011,
                "The resource principal was not found in the tenant.",
            )));
        }
        let scope = first(asked.form, "scope");
        let is_known = |one: &str| {
            let of_instance = one
                .strip_prefix(&instance)
                .is_some_and(|name| name == "/user_impersonation" || name == "/.default");
            of_instance || matches!(one, "offline_access" | "openid" | "profile")
        };
        if let Some(one) = scope.split(' ').find(|one| !one.is_empty() && !is_known(one)) {
            let text = format!("The provided value for the input parameter 'scope' is not valid: {one}.");
            return Err(Box::new(error(400, "invalid_scope", 70_011, &text)));
        }
        Ok(scope.is_empty() || scope.split(' ').any(|one| one == "offline_access"))
    }
}

fn error(status: u16, code: &str, number: u32, text: &str) -> Reply {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let trace = "8d2c61b0-53e4-4b0d-9a61-5f0c7c1e2b00";
    let body = json!({
        "error": code,
        "error_description": format!("AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {trace} Timestamp: {now}"),
        "error_codes": [number], "timestamp": now, "trace_id": trace, "correlation_id": trace,
        "error_uri": format!("https://login.microsoftonline.com/error?code={number}")
    });
    Reply::json(status, &body)
}
