//! Token endpoints: refresh and client credentials, as the connector's file has them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use bytes::Bytes;
use crosswalk_connector::file::{ClientAuth, ErrorClass, Expiry, Grant, Method, TokenBody, TokenEndpoint};
use crosswalk_connector::{Connector, Escape, Expr};
use crosswalk_model::Delay;
use crosswalk_transport::{HostPolicy, OutboundRequest, OutboundResponse};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use crate::Engine;
use crate::fault::{Call, answer_scope, body_value, classify, retry_after, words};
use crate::request::{basic, push_pair};
use crate::target::CredentialSet;
use crate::wait;

/// What a token endpoint gave.
#[derive(Debug)]
pub struct TokenAnswer {
    /// The secrets to keep: `access_token`, and `refresh_token` where one came.
    pub secrets: BTreeMap<String, SecretString>,
    /// When the access token ends, in milliseconds since the epoch.
    pub expires_at: Option<i64>,
    /// Settings that came with it.
    pub settings: Map<String, Value>,
    /// What the vendor says was granted, where it says so.
    pub scope: Option<String>,
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// The vendor refuses the grant for good; its words.
    #[error("{0}")]
    Refused(String),
    /// Nothing was answered, or nothing that decides; the same grant may be tried again.
    #[error("{0}")]
    Passing(Delay),
    /// There is nothing to ask with: no refresh token, no client, no endpoint.
    #[error("these credentials can not be refreshed")]
    Unsupported,
}

/// A token request that was answered with no.
struct Denied {
    fault: TokenFault,
    /// Whether the client was not recognised, so that the grant is as good as before.
    of_client: bool,
}

impl From<TokenFault> for Denied {
    fn from(fault: TokenFault) -> Self {
        Self {
            fault,
            of_client: false,
        }
    }
}

impl Engine {
    /// New tokens for an account: by its refresh token, or minted again where the method has none.
    ///
    /// The request is made once. Whether it may be repeated is the caller's to decide by the fault, since a
    /// refresh token may work only once.
    pub async fn exchange_token(
        &self,
        connector: &Connector,
        method: Method,
        current: &CredentialSet,
    ) -> Result<TokenAnswer, TokenFault> {
        let token = connector
            .scheme(method)
            .and_then(|scheme| scheme.token.as_ref())
            .ok_or(TokenFault::Unsupported)?;
        let secret = |name: &str| {
            current
                .values
                .get(name)
                .map(|value| value.expose_secret().to_owned())
        };
        let refresh_token = secret("refresh_token").filter(|_| !token.refresh.unsupported);
        let mut params = Map::new();
        let grant = match (refresh_token, method) {
            (Some(refresh_token), _) => {
                params.insert("grant_type".into(), "refresh_token".into());
                params.insert("refresh_token".into(), refresh_token.into());
                &token.refresh
            }
            (None, Method::Oauth2ClientCredentials) => {
                params.insert("grant_type".into(), "client_credentials".into());
                &token.code
            }
            (None, _) => return Err(TokenFault::Unsupported),
        };
        let mints = method == Method::Oauth2ClientCredentials && params.get("refresh_token").is_none();
        let client = (secret("client_id"), secret("client_secret"));
        if mints && (client.0.is_none() || client.1.is_none()) {
            return Err(TokenFault::Unsupported);
        }
        self.ask_either_way(connector, token, grant, mints, params, client, current)
            .await
    }

    /// Asks once, or once more where the client was not found in the place that the vendor may look for it.
    #[allow(clippy::too_many_arguments)]
    pub(crate) async fn ask_either_way(
        &self,
        connector: &Connector,
        token: &TokenEndpoint,
        grant: &Grant,
        mints: bool,
        params: Map<String, Value>,
        client: (Option<String>, Option<String>),
        current: &CredentialSet,
    ) -> Result<TokenAnswer, TokenFault> {
        let how = grant.client.unwrap_or(token.client);
        let ways: &[ClientAuth] = match how {
            ClientAuth::Either => &[ClientAuth::Basic, ClientAuth::Body],
            ref one => std::slice::from_ref(one),
        };
        let mut refused = TokenFault::Unsupported;
        for way in ways {
            let (params, client) = (params.clone(), client.clone());
            let request =
                self.token_request(connector, token, grant, mints, *way, params, client, current)?;
            match self.ask_for_token(connector, token, request, current).await {
                Ok(answer) => return Ok(answer),
                Err(denied) if denied.of_client => refused = denied.fault,
                Err(denied) => return Err(denied.fault),
            }
        }
        Err(refused)
    }

    #[allow(clippy::too_many_arguments)]
    fn token_request(
        &self,
        connector: &Connector,
        token: &TokenEndpoint,
        grant: &Grant,
        mints: bool,
        how: ClientAuth,
        mut params: Map<String, Value>,
        client: (Option<String>, Option<String>),
        current: &CredentialSet,
    ) -> Result<OutboundRequest, TokenFault> {
        let passing = |text: String| TokenFault::Passing(text.into());
        let mut scope = json!({ "settings": current.settings });
        let redirect_uri = current
            .values
            .get("redirect_uri")
            .map(ExposeSecret::expose_secret);
        if let Some(redirect_uri) = redirect_uri.or(self.config().redirect_uri.as_deref()) {
            scope["redirect_uri"] = redirect_uri.into();
        }
        let own = if mints { &token.params } else { &grant.params };
        for (name, template) in own {
            if let Some(value) = template
                .render(&scope)
                .map_err(|error| passing(error.to_string()))?
            {
                params.insert(name.clone(), value);
            }
        }
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        match (how, client) {
            (ClientAuth::Basic, (Some(id), Some(secret))) => {
                let value = basic(&id, &secret).map_err(|error| passing(error.to_string()))?;
                headers.insert(AUTHORIZATION, value);
            }
            (_, (id, secret)) => {
                params.extend(id.map(|id| ("client_id".to_owned(), Value::String(id))));
                params.extend(secret.map(|secret| ("client_secret".to_owned(), Value::String(secret))));
            }
        }
        let body = match token.body {
            TokenBody::Json => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Value::Object(params).to_string()
            }
            TokenBody::Form => {
                headers.insert(
                    CONTENT_TYPE,
                    HeaderValue::from_static("application/x-www-form-urlencoded"),
                );
                let mut form = String::new();
                for (name, value) in &params {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    push_pair(&mut form, name, &text);
                }
                form
            }
        };
        let url = grant
            .url
            .as_ref()
            .unwrap_or(&token.url)
            .text(&scope, Escape::Nothing)
            .map_err(|error| passing(error.to_string()))?
            .unwrap_or_default();
        let url = url
            .parse()
            .map_err(|_| passing("the token endpoint's address is not a URL".to_owned()))?;
        let hosts = HostPolicy::only(connector.hosts(&scope));
        Ok(OutboundRequest {
            method: http::Method::POST,
            url,
            headers,
            body: Bytes::from(body),
            hosts,
        })
    }

    async fn ask_for_token(
        &self,
        connector: &Connector,
        token: &TokenEndpoint,
        request: OutboundRequest,
        current: &CredentialSet,
    ) -> Result<TokenAnswer, Denied> {
        let begun = Instant::now();
        let answer = self
            .transport_ref()
            .send(request, begun + self.config().request_timeout)
            .await
            .map_err(|error| TokenFault::Passing(error.to_string().into()))?;
        let status = answer.status.as_u16();
        metrics::counter!(
            "crosswalk_token_requests_total",
            "integration" => connector.name().to_owned(),
            "status" => status.to_string()
        )
        .increment(1);
        let body = body_value(&answer.body);
        let access_token = body
            .get("access_token")
            .and_then(Value::as_str)
            .filter(|token| !token.is_empty());
        let Some(access_token) = access_token.filter(|_| (200..300).contains(&status)) else {
            let said = words(&connector.file.errors, &answer.body).unwrap_or_else(|| {
                match (&body, answer.body.is_empty()) {
                    (_, true) => format!("status {status} and nothing else"),
                    (Value::Object(_), _) => format!("status {status} and no access token"),
                    _ => format!("status {status} and a page that is no token answer"),
                }
            });
            let said = current.scrub(&format!("{} said: {said}", connector.label()));
            return Err(Denied {
                fault: fault_of(connector, token, &answer, &body, said),
                of_client: is_of_client(status, &body),
            });
        };
        let mut secrets = BTreeMap::new();
        secrets.insert("access_token".to_owned(), SecretString::from(access_token));
        if let Some(refresh) = body
            .get("refresh_token")
            .and_then(Value::as_str)
            .filter(|token| !token.is_empty())
        {
            secrets.insert("refresh_token".to_owned(), SecretString::from(refresh));
        }
        // What a token brings goes into URLs like any other setting, so it has to be of its form.
        let mut settings = Map::new();
        for (name, expression) in &token.keep {
            if let Ok(Some(Value::String(value))) = expression.evaluate(&body)
                && let Ok(tidied) = connector.check_setting(name, &value)
            {
                settings.insert(name.clone(), Value::String(tidied));
            }
        }
        Ok(TokenAnswer {
            secrets,
            expires_at: expires_at(token, &body, access_token),
            settings,
            scope: scope_of(&body),
        })
    }
}

/// Whether it is the client that was not recognised, or not found where the vendor looks for it.
fn is_of_client(status: u16, body: &Value) -> bool {
    let code = body.get("error").and_then(Value::as_str).unwrap_or_default();
    status == 401 || matches!(code, "invalid_client" | "unauthorized_client" | "invalid_request")
}

/// The scopes of a token's answer, which vendors write as a text or as a list.
fn scope_of(body: &Value) -> Option<String> {
    let scope = match body.get("scope").or_else(|| body.get("scopes"))? {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let names: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            names.join(" ")
        }
        _ => return None,
    };
    Some(scope).filter(|scope| !scope.is_empty() && scope.len() <= 2000)
}

/// Whether the vendor has refused the grant itself, in the words `said`: only that costs a connection. A rate limit,
/// a fault of the vendor's or a page of HTML decides nothing.
///
/// Few vendors keep to the codes of RFC 6749, so a 400 or 401 that says something in JSON is a refusal unless it
/// says that it passes. Who acts on it asks the vendor first whether the credentials live.
fn fault_of(
    connector: &Connector,
    token: &TokenEndpoint,
    answer: &OutboundResponse,
    body: &Value,
    said: String,
) -> TokenFault {
    let status = answer.status.as_u16();
    let scope = answer_scope(Call::Token, status, &answer.headers, &answer.body);
    let holds = |test: &Option<Expr>| {
        test.as_ref()
            .is_some_and(|test| test.is_true(&scope).unwrap_or(false))
    };
    if holds(&token.passing) {
        return TokenFault::Passing(said.into());
    }
    if holds(&token.refused) {
        return TokenFault::Refused(said);
    }
    let file = &connector.file;
    match classify(
        &file.errors,
        Call::Token,
        status,
        &answer.headers,
        &answer.body,
        None,
    ) {
        ErrorClass::Unavailable => return TokenFault::Passing(said.into()),
        class @ (ErrorClass::RateLimited | ErrorClass::QuotaExceeded) => {
            let wait = wait::asked(&file.rate_limit, &scope, jiff::Timestamp::now());
            return TokenFault::Passing(Delay {
                reason: said,
                retry_after: Some(retry_after(class, wait.as_ref())),
            });
        }
        _ => {}
    }
    let is_refusal = match body.get("error").and_then(Value::as_str).unwrap_or_default() {
        "temporarily_unavailable" | "server_error" | "slow_down" | "too_many_requests" => false,
        "invalid_grant"
        | "invalid_client"
        | "unauthorized_client"
        | "invalid_code"
        | "invalid_client_id"
        | "access_denied"
        | "invalid_token"
        | "unsupported_grant_type" => true,
        _ => matches!(status, 400 | 401) && body.is_object(),
    };
    if is_refusal {
        TokenFault::Refused(said)
    } else {
        TokenFault::Passing(said.into())
    }
}

fn expires_at(token: &TokenEndpoint, body: &Value, access_token: &str) -> Option<i64> {
    let now = jiff::Timestamp::now().as_millisecond();
    let seconds = match body.get("expires_in") {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    if let Some(seconds) = seconds.filter(|seconds: &f64| seconds.is_finite() && *seconds > 0.0) {
        return Some(now.saturating_add((seconds * 1000.0) as i64));
    }
    match &token.expires {
        Some(Expiry::Seconds(seconds)) => Some(now + i64::from(*seconds) * 1000),
        Some(Expiry::Jwt(otherwise)) => {
            Some(jwt_expiry(access_token).unwrap_or(now + i64::from(*otherwise) * 1000))
        }
        None => None,
    }
}

/// The `exp` claim of a JWT, in milliseconds.
fn jwt_expiry(token: &str) -> Option<i64> {
    let claims = token.split('.').nth(1)?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(claims.trim_end_matches('='))
        .ok()?;
    let claims: Value = serde_json::from_slice(&bytes).ok()?;
    let seconds = claims.get("exp")?.as_f64()?;
    let sane = Duration::try_from_secs_f64(seconds).ok()?;
    i64::try_from(sane.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use crosswalk_connector::Registry;
    use http::StatusCode;

    use super::*;

    fn fault(vendor: &str, status: u16, body: &Value) -> TokenFault {
        let registry = Registry::bundled(&crosswalk_model::builtin()).unwrap();
        let connector = registry.get(vendor).unwrap();
        let token = connector.scheme(Method::Oauth2).unwrap().token.as_ref().unwrap();
        let answer = OutboundResponse {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::from(body.to_string()),
            elapsed: Duration::ZERO,
        };
        fault_of(connector, token, &answer, body, "no".to_owned())
    }

    fn refuses(vendor: &str, status: u16, body: &Value) -> bool {
        fault(vendor, status, body) == TokenFault::Refused("no".to_owned())
    }

    #[test]
    fn a_client_error_in_json_refuses_the_grant() {
        assert!(refuses("capsule", 400, &json!({"error": "invalid_grant"})));
        let spent = json!({"error": "invalid_request", "error_description": "Invalid Refresh Token"});
        assert!(refuses("keap", 400, &spent));
        let revoked = json!({"error": "x", "error_description": "Invalid client credentials!"});
        assert!(refuses("highlevel", 401, &revoked));
        assert!(refuses("zohocrm", 200, &json!({"error": "invalid_code"})));
    }

    #[test]
    fn limits_faults_and_pages_refuse_nothing() {
        assert!(!refuses("capsule", 429, &json!({"error": "invalid_grant"})));
        assert!(!refuses("capsule", 503, &json!({"error": "invalid_grant"})));
        assert!(!refuses(
            "capsule",
            400,
            &json!({"error": "temporarily_unavailable"})
        ));
        assert!(!refuses("capsule", 403, &json!("<html>Blocked</html>")));
    }

    #[test]
    fn a_limit_says_when_it_is_over() {
        let after = |vendor, status, body| match fault(vendor, status, &body) {
            TokenFault::Passing(delay) => delay.retry_after,
            other => panic!("{other:?}"),
        };
        let zoho = json!({"error": "Access Denied"});
        assert!(after("zohocrm", 400, zoho).is_some());
        assert!(after("capsule", 429, json!({})).is_some());
        let lockout = json!({"status": "too_many_failed_logins"});
        assert_eq!(after("accelo", 401, lockout), Some(3600));
        assert_eq!(after("capsule", 503, json!({})), None);
    }

    #[test]
    fn the_connector_knows_what_passes() {
        let suspended = json!({"error": "invalid_grant", "error_description": "Location is not active"});
        assert!(!refuses("highlevel", 400, &suspended));
        assert!(refuses("capsule", 400, &suspended));
    }
}
