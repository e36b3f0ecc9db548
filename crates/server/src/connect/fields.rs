//! What a form asks for, and what was typed.

use std::collections::BTreeMap;

use crosswalk_accounts::SecretValues;
use crosswalk_connector::Connector;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::offer::{Offer, Way, known_values};
use crate::views::credentials_of;

/// One input.
pub(super) struct Field {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) help: Option<String>,
    pub(super) example: Option<String>,
    pub(super) required: bool,
    /// Fields any of which does as well as this one, which is needed without them.
    pub(super) unless: Vec<String>,
    /// Whether what is typed is not to be seen, and never sent back.
    pub(super) secret: bool,
    /// Whether it goes into an address, so that its form can be checked.
    pub(super) setting: bool,
    pub(super) value: String,
    pub(super) problem: Option<String>,
}

/// What is known after the form was sent.
pub(super) struct Given {
    pub(super) settings: Map<String, Value>,
    pub(super) credentials: SecretValues,
}

/// The inputs of this way, settings first, as the connector's file orders them.
pub(super) fn fields(offer: &Offer, connector: &Connector, way: Way) -> Vec<Field> {
    let known = known_values(&offer.token, offer.account.as_deref());
    let before = |name: &str| {
        let settings = &offer.account.as_ref()?.account.settings;
        settings.get(name)?.as_str().map(str::to_owned)
    };
    let settings = connector
        .asked_settings(way.method, way.consents)
        .into_iter()
        .map(|asked| Field {
            name: asked.name.to_owned(),
            label: asked.setting.label.clone(),
            help: asked.setting.help.clone(),
            example: asked.setting.example.clone(),
            required: asked.required,
            unless: if asked.setting.required {
                asked.setting.unless.clone()
            } else {
                Vec::new()
            },
            secret: false,
            setting: true,
            value: before(asked.name).unwrap_or_default(),
            problem: None,
        });
    let scheme = connector.scheme(way.method).filter(|_| !way.consents);
    let credentials = scheme.into_iter().flat_map(|scheme| {
        credentials_of(way.method, scheme)
            .into_iter()
            .filter(|(_, required)| *required)
            .map(|(name, required)| Field {
                name: name.to_owned(),
                label: label(scheme.credentials.get(name).map(String::as_str), name),
                help: None,
                example: None,
                required,
                unless: Vec::new(),
                secret: !matches!(name, "username" | "client_id"),
                setting: false,
                value: String::new(),
                problem: None,
            })
    });
    settings
        .chain(credentials)
        .filter(|field| !known.contains_key(&field.name))
        .collect()
}

/// The vendor's name of a credential, or the usual one.
fn label(vendors: Option<&str>, name: &str) -> String {
    let usual = match name {
        "api_key" => "API key",
        "username" => "User name",
        "password" => "Password",
        "client_id" => "Client id",
        "client_secret" => "Client secret",
        other => other,
    };
    vendors.unwrap_or(usual).to_owned()
}

/// Takes what was typed into the fields. `None` when something is wrong; the fields tell what.
pub(super) fn take(
    offer: &Offer,
    connector: &Connector,
    typed: &BTreeMap<String, String>,
    fields: &mut [Field],
) -> Option<Given> {
    let mut given = Given {
        settings: Map::new(),
        credentials: SecretValues::new(),
    };
    for (name, value) in known_values(&offer.token, offer.account.as_deref()) {
        if connector.file.settings.contains_key(&name) {
            given
                .settings
                .insert(name, Value::String(value.expose_secret().to_owned()));
        } else {
            given.credentials.insert(name, value);
        }
    }
    let mut sound = true;
    let is_typed = |name: &String| typed.get(name).is_some_and(|text| !text.trim().is_empty());
    for field in fields {
        let text = typed.get(&field.name).map_or("", |text| text.trim());
        if !field.secret {
            text.clone_into(&mut field.value);
        }
        if text.is_empty() {
            let others = !field.unless.is_empty() && !field.unless.iter().any(is_typed);
            if field.required || others && !given.settings.contains_key(&field.name) {
                field.problem = Some(format!("Enter the {}.", in_a_sentence(&field.label)));
                sound = false;
            }
            continue;
        }
        if text.len() > 8000 || text.contains(['\0', '\r', '\n']) {
            field.problem = Some("This is not a value that can be used.".to_owned());
            sound = false;
        } else if field.setting {
            match connector.check_setting(&field.name, text) {
                Ok(tidied) => drop(given.settings.insert(field.name.clone(), Value::String(tidied))),
                Err(problem) => {
                    field.problem = Some(sentence(&problem.message));
                    sound = false;
                }
            }
        } else {
            given
                .credentials
                .insert(field.name.clone(), SecretString::from(text));
        }
    }
    sound.then_some(given)
}

/// A problem of the connector's as a sentence: "does not look like …".
pub(super) fn sentence(problem: &str) -> String {
    format!("This {}.", problem.replace('`', ""))
}

/// A label inside a sentence: `API key` stays, `Deployment` is written small.
fn in_a_sentence(label: &str) -> String {
    let mut letters = label.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            format!("{}{}", first.to_lowercase(), &label[first.len_utf8()..])
        }
        _ => label.to_owned(),
    }
}
