//! The way to the vendor's consent page.

use std::sync::Arc;

use crosswalk_accounts::FlowMemory;
use crosswalk_connector::Connector;
use crosswalk_engine::{ConsentFault, ConsentRequest};
use http::{HeaderMap, Uri};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::browser;
use super::fields::Given;
use super::offer::{Offer, Way};
use super::outcome::Trouble;
use super::query::PageQuery;
use crate::app::App;

/// How long a person may take on the vendor's page.
const PATIENCE: i64 = 30 * 60 * 1000;

/// What a flow has to know again beside what every flow does.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Rest {
    /// The page's query, for another try.
    pub(super) query: String,
    /// What the vendor was told to send the browser back to.
    pub(super) callback: String,
    /// Where the browser knows this server, if that is another address.
    pub(super) base: Option<String>,
    /// The cookie of the browser that set out, where it will show it again.
    pub(super) browser: Option<String>,
    /// Whether the page itself is in a frame, and the consent in a window beside it.
    pub(super) iframe: bool,
}

/// Where to send the browser, and the cookie to give it.
pub(super) struct Leaving {
    pub(super) url: String,
    pub(super) cookie: Option<http::HeaderValue>,
}

impl App {
    /// Begins a consent.
    #[allow(clippy::too_many_arguments)]
    pub(super) async fn begin(
        &self,
        offer: &Offer,
        connector: &Arc<Connector>,
        way: Way,
        given: &Given,
        query: &PageQuery,
        attempt: Option<&str>,
        (headers, uri): (&HeaderMap, &Uri),
    ) -> Result<Leaving, Trouble> {
        let store = &self.inner.store;
        let page = &self.inner.connect;
        let (client, scopes) = self
            .client_of(&offer.token, connector, &given.credentials)
            .await?;
        let client_id = given
            .credentials
            .get("client_id")
            .or_else(|| client.get("client_id"));
        let client_id = client_id
            .ok_or_else(|| Trouble::integration(format!("{} is not set up here yet.", connector.label())))?;
        let (state, verifier) = (store.fresh_secret()?, store.fresh_secret()?);
        let base = browser::other_base(page, headers, uri);
        let cookie = match (&base, browser::cookie(headers)) {
            // It would not come back with the browser.
            (Some(_), _) => None,
            (None, Some(known)) => Some(known),
            (None, None) => Some(store.fresh_secret()?.expose_secret().to_owned()),
        };
        let callback = page.callback();
        let scopes = offer.token.options.scopes.as_ref().or(scopes.as_ref());
        // What has a default may be part of the address.
        let mut settings = given.settings.clone();
        for (name, setting) in &connector.file.settings {
            if let Some(default) = &setting.default {
                settings
                    .entry(name.clone())
                    .or_insert_with(|| Value::String(default.clone()));
            }
        }
        let request = ConsentRequest {
            client_id: client_id.expose_secret(),
            redirect_uri: &callback,
            state: state.expose_secret(),
            verifier: verifier.expose_secret(),
            scopes: scopes.map(Vec::as_slice),
        };
        let url = self
            .inner
            .engine
            .consent_url(connector, way.method, &settings, &request)
            .map_err(|fault| unreachable_page(connector, &fault))?;
        let rest = Rest {
            query: query
                .choosing(Some(connector.name()), query.way.as_deref())
                .write(),
            callback,
            base,
            browser: cookie.clone(),
            iframe: query.iframe,
        };
        let memory = FlowMemory {
            integration: connector.name().to_owned(),
            method: way.method.as_str().to_owned(),
            verifier: verifier.expose_secret().to_owned(),
            settings,
            rest: match serde_json::to_value(&rest) {
                Ok(Value::Object(members)) => members,
                _ => serde_json::Map::new(),
            },
        };
        let expires_at = jiff::Timestamp::now().as_millisecond() + PATIENCE;
        store
            .begin_flow(
                &offer.token.id,
                state.expose_secret(),
                attempt,
                &memory,
                expires_at,
            )
            .await?;
        Ok(Leaving {
            url,
            cookie: cookie.and_then(|value| browser::set_cookie(page, &value)),
        })
    }
}

fn unreachable_page(connector: &Connector, fault: &ConsentFault) -> Trouble {
    tracing::warn!(integration = connector.name(), %fault, "there is no consent page to go to");
    Trouble::connection(format!(
        "There is no consent page of {} with these settings. Check what you entered.",
        connector.label()
    ))
}
