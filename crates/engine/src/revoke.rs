//! Giving tokens back to the vendor, when an account is deleted (RFC 7009).

use std::time::Instant;

use bytes::Bytes;
use crosswalk_connector::file::{ClientAuth, Method, Revocation, TokenBody, TokenEndpoint};
use crosswalk_connector::{Connector, Escape};
use crosswalk_transport::{HostPolicy, OutboundRequest};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use crate::Engine;
use crate::fault::{body_value, words};
use crate::request::{basic, push_pair};
use crate::target::CredentialSet;

/// What became of a token that was given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// The vendor ended it.
    Done,
    /// The vendor has no call for it, or there is no token to give back.
    NotOffered,
    /// The vendor was asked and did not do it, or could not be asked; why. It holds no secret.
    Failed(String),
}

impl Engine {
    /// Asks the vendor, once, to end these credentials: the refresh token, which ends what came from it, or
    /// the access token where there is no other. It answers by `deadline`.
    pub async fn revoke_token(
        &self,
        connector: &Connector,
        method: Method,
        current: &CredentialSet,
        deadline: Instant,
    ) -> Revoked {
        let Some((endpoint, revoke)) = connector
            .scheme(method)
            .and_then(|scheme| scheme.token.as_ref())
            .and_then(|token| Some((token, token.revoke.as_ref()?)))
        else {
            return Revoked::NotOffered;
        };
        let secret = |name: &str| current.values.get(name).map(ExposeSecret::expose_secret);
        let Some(token) = secret("refresh_token").or_else(|| secret("access_token")) else {
            return Revoked::NotOffered;
        };
        let request = match revocation(connector, endpoint, revoke, token, current) {
            Ok(request) => request,
            Err(problem) => return Revoked::Failed(current.scrub(&problem)),
        };
        match self.transport_ref().send(request, deadline).await {
            Ok(answer) if answer.status.is_success() => Revoked::Done,
            Ok(answer) => {
                let body = body_value(&answer.body);
                let said = words(&connector.file.errors, &answer.body)
                    .or_else(|| body.get("error").and_then(Value::as_str).map(str::to_owned))
                    .unwrap_or_default();
                let told = format!("{} said: {} {said}", connector.label(), answer.status.as_u16());
                Revoked::Failed(current.scrub(told.trim_end()))
            }
            Err(error) => Revoked::Failed(current.scrub(&error.to_string())),
        }
    }
}

fn revocation(
    connector: &Connector,
    endpoint: &TokenEndpoint,
    revoke: &Revocation,
    token: &str,
    current: &CredentialSet,
) -> Result<OutboundRequest, String> {
    let secret = |name: &str| current.values.get(name).map(ExposeSecret::expose_secret);
    let scope = json!({ "settings": current.settings });
    let mut params = Map::new();
    params.insert("token".into(), token.into());
    for (name, template) in &revoke.params {
        if let Some(value) = template.render(&scope).map_err(|error| error.to_string())? {
            params.insert(name.clone(), value);
        }
    }
    let mut headers = HeaderMap::new();
    match (
        revoke.client.unwrap_or(endpoint.client),
        secret("client_id"),
        secret("client_secret"),
    ) {
        (ClientAuth::Basic, Some(id), Some(secret)) => {
            let value = basic(id, secret).map_err(|error| error.to_string())?;
            headers.insert(AUTHORIZATION, value);
        }
        (_, id, secret) => {
            params.extend(id.map(|id| ("client_id".to_owned(), id.into())));
            params.extend(secret.map(|secret| ("client_secret".to_owned(), secret.into())));
        }
    }
    let (kind, body) = match endpoint.body {
        TokenBody::Json => ("application/json", Value::Object(params).to_string()),
        TokenBody::Form => {
            let mut form = String::new();
            for (name, value) in &params {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                push_pair(&mut form, name, &text);
            }
            ("application/x-www-form-urlencoded", form)
        }
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    let url = revoke
        .url
        .text(&scope, Escape::Nothing)
        .map_err(|error| error.to_string())?
        .unwrap_or_default();
    Ok(OutboundRequest {
        method: http::Method::POST,
        url: url
            .parse()
            .map_err(|_| "the address of the revocation is not a URL".to_owned())?,
        headers,
        body: Bytes::from(body),
        hosts: HostPolicy::only(connector.hosts(&scope)),
    })
}
