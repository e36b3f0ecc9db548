//! What a link token's page has to offer.

use std::collections::BTreeSet;
use std::sync::Arc;

use crosswalk_accounts::{Connection, LinkToken, SecretValues};
use crosswalk_connector::Connector;
use crosswalk_connector::file::Method;

use super::outcome::Trouble;
use super::query::PageQuery;
use crate::app::App;

/// A link token that is good now, and what it leads to.
pub(super) struct Offer {
    pub(super) token: LinkToken,
    /// The account to connect again.
    pub(super) account: Option<Arc<Connection>>,
    /// The connectors to choose from.
    pub(super) connectors: Vec<Arc<Connector>>,
    /// The connectors that the environment has an app for.
    apps: BTreeSet<String>,
}

/// A way to connect an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) method: Method,
    /// Through the vendor's consent page; a form for the credentials otherwise.
    pub(super) consents: bool,
}

impl App {
    /// What the page of this address offers.
    pub(super) async fn offer(&self, query: &PageQuery) -> Result<Offer, Trouble> {
        let store = &self.inner.store;
        if query.link_token.is_empty() {
            return Err(Trouble::token(
                "This address needs a link token: open it through the app that sent you here.",
            ));
        }
        let token = store.link_token(&query.link_token).await?.ok_or_else(|| {
            Trouble::token("This link is not valid. Go back to the app that sent you here and start again.")
        })?;
        if token.consumed_by.is_some() {
            return Err(used_up());
        }
        if token.expires_at <= jiff::Timestamp::now().as_millisecond() {
            return Err(Trouble::token(
                "This link has expired. Go back to the app that sent you here and start again.",
            ));
        }
        let account = self.account_of(&token).await?;
        let registry = &self.inner.registry;
        let wanted = |name: &str| {
            let on = |list: &[String]| list.is_empty() || list.iter().any(|known| known == name);
            match &account {
                Some(connection) => connection.account.integration == name,
                None => on(&token.options.integrations) && on(&query.integrations),
            }
        };
        let connectors: Vec<Arc<Connector>> = registry
            .iter()
            .filter(|connector| wanted(connector.name()))
            .map(Arc::clone)
            .collect();
        let apps = store.oauth_apps(&token.environment_id).await?;
        Ok(Offer {
            account,
            connectors,
            apps: apps.into_iter().map(|known| known.integration).collect(),
            token,
        })
    }

    /// The account that a link token connects again.
    pub(super) async fn account_of(&self, token: &LinkToken) -> Result<Option<Arc<Connection>>, Trouble> {
        let Some(id) = &token.account_id else {
            return Ok(None);
        };
        let connection = self.inner.store.connection(&token.environment_id, id).await?;
        connection
            .map(Some)
            .ok_or_else(|| Trouble::token("The account that this link belongs to does not exist any more."))
    }
}

/// Somebody connected an account with this link before.
pub(super) fn used_up() -> Trouble {
    Trouble::token(
        "This link was used already: an account was connected with it, perhaps in another browser. Go back to the app that sent you here.",
    )
}

/// The values that are known before anybody is asked: the link token's, over the account's own client.
pub(super) fn known_values(token: &LinkToken, account: Option<&Connection>) -> SecretValues {
    let mut known = SecretValues::new();
    if let Some(connection) = account {
        for name in ["client_id", "client_secret"] {
            if let Some(value) = connection.credentials.values.get(name) {
                known.insert(name.to_owned(), value.clone());
            }
        }
    }
    known.extend(token.context.clone());
    known
}

impl Offer {
    /// The ways to connect an account of this connector here, in the connector's order.
    pub(super) fn ways(&self, connector: &Connector) -> Vec<Way> {
        let known = known_values(&self.token, self.account.as_deref());
        let has_client = self.apps.contains(connector.name())
            || (known.contains_key("client_id") && known.contains_key("client_secret"));
        connector
            .file
            .auth
            .schemes
            .keys()
            .filter_map(|method| {
                let consents = connector.consents(*method) && has_client;
                // A code takes a consent; everything else can be typed.
                (consents || *method != Method::Oauth2).then_some(Way {
                    method: *method,
                    consents,
                })
            })
            .collect()
    }

    /// The connector that is chosen, if one is: by the address, or because there is no other.
    pub(super) fn chosen(&self, query: &PageQuery) -> Result<Option<&Arc<Connector>>, Trouble> {
        let Some(name) = &query.integration else {
            return match self.connectors.as_slice() {
                [only] => Ok(Some(only)),
                [] => Err(Trouble::integration(
                    "There is nothing to connect here: none of the CRMs that this link names is known.",
                )),
                _ => Ok(None),
            };
        };
        let found = self.connectors.iter().find(|connector| connector.name() == name);
        found.map(Some).ok_or_else(|| {
            let shown: String = name.chars().take(60).collect();
            Trouble::integration(format!(
                "`{shown}` is no CRM that can be connected with this link."
            ))
        })
    }

    /// The way that is chosen, by the address or because it is the first.
    pub(super) fn way(&self, connector: &Connector, query: &PageQuery) -> Result<Way, Trouble> {
        let ways = self.ways(connector);
        let label = connector.label();
        let [first, others @ ..] = ways.as_slice() else {
            return Err(Trouble::integration(format!(
                "{label} is not set up here yet: the app that sent you here has to register with {label} first."
            )));
        };
        // With one way only, what the address asks for plays no part.
        let named = query.auth_format.as_ref().filter(|_| !others.is_empty());
        match named.or(query.way.as_ref()) {
            None => {
                // A connection that is made again is made as it was.
                let before = self
                    .account
                    .as_ref()
                    .and_then(|connection| Method::from_name(&connection.account.authentication_method));
                Ok(*ways
                    .iter()
                    .find(|way| Some(way.method) == before)
                    .unwrap_or(first))
            }
            Some(named) => ways
                .iter()
                .find(|way| way.method.as_str() == named)
                .copied()
                .ok_or_else(|| {
                    let shown: String = named.chars().take(60).collect();
                    Trouble::integration(format!("{label} can not be connected by “{shown}” here."))
                }),
        }
    }
}
