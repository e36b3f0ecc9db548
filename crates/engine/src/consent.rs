//! Consent pages: the address that a browser is sent to, and the code that it brings back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crosswalk_connector::file::{AuthorizeParameter, Method, Pkce};
use crosswalk_connector::{Connector, Escape, TemplateError};
use serde_json::{Map, Value, json};

use crate::Engine;
use crate::oauth::{TokenAnswer, TokenFault};
use crate::request::push_pair;
use crate::target::CredentialSet;

/// What a consent is asked for with.
#[derive(Clone, Copy, Debug)]
pub struct ConsentRequest<'a> {
    /// The app.
    pub client_id: &'a str,
    /// Where the consent comes back to.
    pub redirect_uri: &'a str,
    /// What proves that it was asked for here.
    pub state: &'a str,
    /// The secret whose digest goes along, where the vendor takes one.
    pub verifier: &'a str,
    /// The scopes to ask for in place of the connector's.
    pub scopes: Option<&'a [String]>,
}

/// Why there is no address to send the browser to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsentFault {
    /// The connector has no consent page for this method.
    #[error("this method has no consent page")]
    Unsupported,
    /// The connector's templates do not hold with these settings.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// What comes of them is no https:// address of a host.
    #[error("the consent page's address is not a URL")]
    Address,
}

/// A code to exchange.
#[derive(Clone, Copy, Debug)]
pub struct CodeGrant<'a> {
    /// The code.
    pub code: &'a str,
    /// Where it came back to, as the consent was asked for.
    pub redirect_uri: &'a str,
    /// The secret whose digest went along.
    pub verifier: &'a str,
}

impl Engine {
    /// The address of the vendor's consent page, as a browser reaches it: with the egress override, there.
    pub fn consent_url(
        &self,
        connector: &Connector,
        method: Method,
        settings: &Map<String, Value>,
        request: &ConsentRequest<'_>,
    ) -> Result<String, ConsentFault> {
        let authorize = connector
            .scheme(method)
            .and_then(|scheme| scheme.authorize.as_ref())
            .ok_or(ConsentFault::Unsupported)?;
        let scope = json!({ "settings": settings });
        let scopes: Vec<String> = match request.scopes {
            Some(scopes) => scopes.to_vec(),
            None => {
                let rendered = authorize
                    .scopes
                    .iter()
                    .map(|template| template.text(&scope, Escape::Nothing));
                let rendered: Result<Vec<_>, _> = rendered.collect();
                rendered?.into_iter().flatten().collect()
            }
        };
        let mut query = String::new();
        let mut push = |parameter: AuthorizeParameter, value: &str| {
            if let Some(name) = authorize.name_of(parameter).filter(|_| !value.is_empty()) {
                push_pair(&mut query, name, value);
            }
        };
        push(AuthorizeParameter::ResponseType, "code");
        push(AuthorizeParameter::ClientId, request.client_id);
        push(AuthorizeParameter::RedirectUri, request.redirect_uri);
        push(
            AuthorizeParameter::Scope,
            &scopes.join(&authorize.scope_separator),
        );
        push(AuthorizeParameter::State, request.state);
        for (name, template) in &authorize.params {
            if let Some(value) = template.text(&scope, Escape::Nothing)? {
                push_pair(&mut query, name, &value);
            }
        }
        if authorize.pkce == Pkce::S256 {
            push_pair(&mut query, "code_challenge", &challenge(request.verifier));
            push_pair(&mut query, "code_challenge_method", "S256");
        }
        let url = authorize
            .url
            .text(&scope, Escape::Nothing)?
            .ok_or(ConsentFault::Address)?;
        let joint = if url.contains('?') { '&' } else { '?' };
        let url: http::Uri = format!("{url}{joint}{query}")
            .parse()
            .map_err(|_| ConsentFault::Address)?;
        let sound = url.scheme_str() == Some("https")
            && url.authority().is_some_and(|authority| {
                !authority.as_str().contains('@') && !authority.host().starts_with('.')
            });
        if !sound {
            return Err(ConsentFault::Address);
        }
        let real = self
            .transport()
            .address_for(&url)
            .map_err(|_| ConsentFault::Address)?;
        Ok(real.to_string())
    }

    /// The settings that came back with the consent, those of a wrong form left out: what is kept decides where
    /// the code and the client's secret go next.
    pub fn consent_settings(
        &self,
        connector: &Connector,
        method: Method,
        callback: &Map<String, Value>,
    ) -> Map<String, Value> {
        let scope = Value::Object(callback.clone());
        let keep = connector
            .scheme(method)
            .and_then(|scheme| scheme.authorize.as_ref())
            .map(|authorize| &authorize.keep);
        let mut kept = Map::new();
        for (name, expression) in keep.into_iter().flatten() {
            if let Ok(Some(Value::String(value))) = expression.evaluate(&scope)
                && let Ok(tidied) = connector.check_setting(name, &value)
            {
                kept.insert(name.clone(), Value::String(tidied));
            }
        }
        kept
    }

    /// The tokens for a code. `current` holds the client's id and secret, and the settings so far. The request
    /// is made once: a code works only once.
    pub async fn exchange_code(
        &self,
        connector: &Connector,
        method: Method,
        grant: &CodeGrant<'_>,
        current: &CredentialSet,
    ) -> Result<TokenAnswer, TokenFault> {
        use secrecy::ExposeSecret as _;
        let scheme = connector.scheme(method).ok_or(TokenFault::Unsupported)?;
        let token = scheme.token.as_ref().ok_or(TokenFault::Unsupported)?;
        let mut params = Map::new();
        params.insert("grant_type".into(), "authorization_code".into());
        params.insert("code".into(), grant.code.into());
        params.insert("redirect_uri".into(), grant.redirect_uri.into());
        if scheme
            .authorize
            .as_ref()
            .is_some_and(|authorize| authorize.pkce == Pkce::S256)
        {
            params.insert("code_verifier".into(), grant.verifier.into());
        }
        let secret = |name: &str| {
            current
                .values
                .get(name)
                .map(|value| value.expose_secret().to_owned())
        };
        let client = (secret("client_id"), secret("client_secret"));
        self.ask_either_way(connector, token, &token.code, false, params, client, current)
            .await
    }
}

/// The digest of a verifier (RFC 7636).
fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes()))
}
