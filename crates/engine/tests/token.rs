//! Token endpoints that keep their habits to themselves.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;

use crosswalk_connector::file::Method;
use crosswalk_engine::{CredentialSet, TokenFault};
use secrecy::{ExposeSecret, SecretString};
use support::House;

fn credentials(given: &[(&str, &str)]) -> CredentialSet {
    CredentialSet {
        values: given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), SecretString::from(*value)))
            .collect::<BTreeMap<_, _>>(),
        settings: serde_json::Map::new(),
        version: 1,
        stored_at: 0,
    }
}

/// Planhat does not say where the client proves itself; its stand-in looks into the body only.
#[tokio::test]
async fn a_client_that_is_not_recognised_proves_itself_the_other_way() {
    let house = House::build("planhat", 3).await;
    let connector = &house.target.connector;
    let known = [
        ("refresh_token", "planhat-refresh-0"),
        ("client_id", "sandbox-client"),
        ("client_secret", "sandbox-client-secret"),
    ];
    let answer = house
        .engine
        .exchange_token(connector, Method::Oauth2, &credentials(&known))
        .await
        .unwrap();
    assert!(!answer.secrets["access_token"].expose_secret().is_empty());
    // The grant was spent once: a refusal of the client costs nothing, and is told when both ways fail.
    let refused = house
        .engine
        .exchange_token(
            connector,
            Method::Oauth2,
            &credentials(&[known[0], known[1], ("client_secret", "wrong")]),
        )
        .await
        .unwrap_err();
    assert!(
        matches!(&refused, TokenFault::Refused(said) if said.contains("invalid_client")),
        "{refused}"
    );
}
