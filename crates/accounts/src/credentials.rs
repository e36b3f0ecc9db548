//! An account's credentials, open in memory.

use std::collections::BTreeMap;

use crosswalk_model::redact;
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};

use crate::{account::Settings, error::StoreError};

/// The name under which the refresh token is kept.
pub(crate) const REFRESH_TOKEN: &str = "refresh_token";
const ACCESS_TOKEN: &str = "access_token";

/// Secret values by name (`access_token`, `api_key` …).
pub type SecretValues = BTreeMap<String, SecretString>;

/// What an account proves itself with. Debug prints the names, never the values.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The secret values by name.
    pub values: SecretValues,
    /// When the access token ends, in milliseconds since the epoch; `None` is unknown.
    pub expires_at: Option<i64>,
    /// When these values were stored, in milliseconds since the epoch.
    pub stored_at: i64,
    /// Grows with every change: what [`crate::Refresher::refresh`] is told to name the
    /// credentials that the vendor rejected.
    pub version: i64,
}

/// A change of an account's credentials by a person (not by a refresh).
#[derive(Debug, Clone, Default)]
pub struct CredentialsChange {
    /// The new values.
    pub values: SecretValues,
    /// When the new access token ends, in milliseconds since the epoch.
    pub expires_at: Option<i64>,
    /// Settings that come with them; merged into the account's as [`crate::AccountUpdate`] says.
    pub settings: Settings,
    /// Whether values that are not named here stay as they are. If not, they go.
    pub keep_others: bool,
}

impl Credentials {
    /// The secret of that name, opened.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(ExposeSecret::expose_secret)
    }

    /// `text` with every secret value in it replaced, for messages that come from
    /// outside: some vendors answer a bad token with the token.
    #[must_use]
    pub fn scrub(&self, text: &str) -> String {
        redact(text, self.values.values().map(ExposeSecret::expose_secret))
    }

    /// These values with the change applied.
    pub(crate) fn changed(&self, change: &CredentialsChange) -> (SecretValues, Option<i64>) {
        if !change.keep_others {
            return (change.values.clone(), change.expires_at);
        }
        // A new access token of unknown life does not inherit the old one's.
        let expires_at = match change.expires_at {
            None if !change.values.contains_key(ACCESS_TOKEN) => self.expires_at,
            given => given,
        };
        (merged(&self.values, &change.values), expires_at)
    }
}

/// `values` with `over` on top.
pub(crate) fn merged(values: &SecretValues, over: &SecretValues) -> SecretValues {
    let mut all = values.clone();
    all.extend(over.iter().map(|(name, value)| (name.clone(), value.clone())));
    all
}

/// The form that is sealed: a JSON object. Wiped when dropped.
pub(crate) fn encode(values: &SecretValues) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let open: BTreeMap<&str, &str> = values
        .iter()
        .map(|(name, value)| (name.as_str(), value.expose_secret()))
        .collect();
    // Room for all of it at once: growing would leave copies behind.
    let room = open
        .iter()
        .map(|(name, value)| 6 * (name.len() + value.len()) + 8)
        .sum::<usize>()
        + 2;
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    serde_json::to_writer(&mut *bytes, &open).map_err(|error| StoreError::Damaged(error.to_string()))?;
    Ok(bytes)
}

/// Reads what [`encode`] made. The error does not quote the bytes.
pub(crate) fn decode(bytes: &[u8]) -> Result<SecretValues, StoreError> {
    let values: BTreeMap<String, String> = serde_json::from_slice(bytes)
        .map_err(|_| StoreError::Damaged("sealed credentials are not a JSON object of strings".to_owned()))?;
    Ok(values
        .into_iter()
        .map(|(name, value)| (name, SecretString::from(value)))
        .collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn credentials(values: &[(&str, &str)]) -> Credentials {
        Credentials {
            values: secrets(values),
            expires_at: Some(1),
            stored_at: 0,
            version: 1,
        }
    }

    fn secrets(values: &[(&str, &str)]) -> SecretValues {
        values
            .iter()
            .map(|(name, value)| ((*name).to_owned(), SecretString::from(*value)))
            .collect()
    }

    #[test]
    fn debug_shows_names_only() {
        let shown = format!("{:?}", credentials(&[("api_key", "hush-hush")]));
        assert!(shown.contains("api_key") && !shown.contains("hush"), "{shown}");
    }

    #[test]
    fn scrubs_secrets_and_leaves_short_words() {
        let credentials = credentials(&[
            ("a", "secret-one"),
            ("b", "secret-one-longer"),
            ("username", "info"),
        ]);
        assert_eq!(
            credentials.scrub("info: secret-one-longer and secret-one"),
            "info: [redacted] and [redacted]"
        );
    }

    #[test]
    fn a_change_keeps_or_drops_the_others() {
        let old = credentials(&[("client_id", "c"), (ACCESS_TOKEN, "a")]);
        let mut change = CredentialsChange {
            values: secrets(&[("client_id", "d")]),
            ..Default::default()
        };
        let (replaced, expires_at) = old.changed(&change);
        assert_eq!((replaced.len(), expires_at), (1, None));
        change.keep_others = true;
        let (kept, expires_at) = old.changed(&change);
        assert_eq!((kept.len(), expires_at), (2, Some(1)));
        change.values = secrets(&[(ACCESS_TOKEN, "b")]);
        assert_eq!(old.changed(&change).1, None);
    }

    proptest! {
        #[test]
        fn sealed_form_reads_back(values: BTreeMap<String, String>) {
            let secret: SecretValues =
                values.iter().map(|(name, value)| (name.clone(), SecretString::from(value.as_str()))).collect();
            let read = decode(&encode(&secret).unwrap()).unwrap();
            let opened: BTreeMap<String, String> =
                read.iter().map(|(name, value)| (name.clone(), value.expose_secret().to_owned())).collect();
            prop_assert_eq!(opened, values);
        }
    }
}
