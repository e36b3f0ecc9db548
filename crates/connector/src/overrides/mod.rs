//! Overrides: what an environment or an account changes of a connector's mapping.
//!
//! An override is JSON, checked when it is saved. [`Overridden::build`] lays the layers over the connector,
//! the later one winning field by field, and gives what the engine runs in the connector's place: the same
//! lowered mapping, the same pushes, and a model with the added fields at its end.
//!
//! Three things keep the law of the list: the id can't be overridden; a push, a vendor's sort or a list's
//! `holds` that was written for another mapping of a field is switched off unless the override restates it;
//! and parameters that the connector fills itself, the page's among them, can't be replaced.

mod build;
mod parse;
mod preview;
mod push;
mod request;

use std::fmt;
use std::sync::Arc;

use crosswalk_model::{Query, UnifiedModel};
use indexmap::IndexMap;
use serde_json::{Value, json};

pub use self::preview::preview;
pub use self::request::Extras;
use crate::connector::UnifiedResource;
use crate::file::UnifiedUse;

/// Who wrote an override.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// The connector's file.
    Connector,
    /// The environment.
    Environment,
    /// The account.
    Account,
}

impl Layer {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connector => "connector",
            Self::Environment => "environment",
            Self::Account => "account",
        }
    }
}

/// Which call an override is for. What `list` says of fields holds for `get` too, unless `get` says otherwise:
/// a record is the same whichever way it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OverriddenCall {
    /// The list.
    List,
    /// One record.
    Get,
}

impl OverriddenCall {
    /// Reads the API's spelling.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "list" => Some(Self::List),
            "get" => Some(Self::Get),
            _ => None,
        }
    }
}

/// One layer's override of one call.
#[derive(Clone, Debug)]
pub struct LayerOverride<'a> {
    /// Whose it is.
    pub layer: Layer,
    /// Of which call.
    pub call: OverriddenCall,
    /// What it says.
    pub value: &'a Value,
    /// Where it stands, for messages: `unified_model_override.crm.users.list`.
    pub path: String,
}

/// What is wrong with an override.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverrideProblem {
    /// The member.
    pub path: String,
    /// The character of its expression at which it goes wrong, from 1.
    pub position: Option<usize>,
    /// What to change.
    pub message: String,
}

impl OverrideProblem {
    fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            position: None,
            message: message.into(),
        }
    }
}

impl fmt::Display for OverrideProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some(position) => write!(f, "`{}`, at character {position}: {}", self.path, self.message),
            None => write!(f, "`{}`: {}", self.path, self.message),
        }
    }
}

/// Where a field's mapping comes from.
#[derive(Clone, Debug)]
pub struct FieldOrigin {
    /// Whose it is.
    pub layer: Layer,
    /// The JSONata.
    pub expression: String,
    /// How instants are written, in the words of the format.
    pub read: Option<Value>,
    /// Whether the field is none of the model's.
    pub added: bool,
}

/// A connector's unified resource with overrides laid over it.
#[derive(Debug)]
pub struct Overridden {
    /// The model, with the added fields at its end.
    pub model: Arc<UnifiedModel>,
    /// How the vendor's resource answers for it.
    pub unified: UnifiedUse,
    /// The compiled mapping.
    pub compiled: UnifiedResource,
    /// What the list's request has besides.
    pub list: Extras,
    /// What the request for one record has besides.
    pub get: Extras,
    /// The overridden fields.
    pub fields: IndexMap<String, FieldOrigin>,
    /// The overridden pushes: the layer and what it says.
    pub pushes: IndexMap<String, (Layer, Value)>,
}

impl Overridden {
    /// What of the overrides decides which records a query finds and in which order, as text; `None` when
    /// nothing does. Cursors are bound to it.
    pub fn decides(&self, query: &Query) -> Option<String> {
        let sorted = query.sort.iter().map(|sort| sort.field);
        let named = query
            .predicates
            .iter()
            .flat_map(|predicate| predicate.fields.iter().copied())
            .chain(sorted);
        let mut said = serde_json::Map::new();
        for name in named.map(|field| self.model.field(field).name.as_str()) {
            if let Some(origin) = self.fields.get(name) {
                let kind = self.model.field_id(name).map(|id| self.model.field(id).kind);
                said.insert(name.to_owned(), json!([origin.expression, origin.read, kind]));
            }
        }
        let pushed = query
            .predicates
            .iter()
            .map(|predicate| predicate.parameter.split('[').next().unwrap_or_default());
        for name in pushed {
            if let Some((_, push)) = self.pushes.get(name) {
                said.insert(format!("{name} push"), push.clone());
            }
        }
        if !self.list.is_empty() {
            said.insert("request".to_owned(), self.list.to_json());
        }
        (!said.is_empty()).then(|| Value::Object(said).to_string())
    }
}
