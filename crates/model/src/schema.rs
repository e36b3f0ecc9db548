//! Unified models: what a resource looks like whatever the CRM, read from YAML (`models/**`).
//!
//! What may be asked of a field follows from its kind alone, so that every text is filtered alike.

mod load;
mod set;

use serde::{Deserialize, Serialize};

pub use self::load::ModelError;
pub use self::set::{FieldId, FieldSet};

/// The bundled models.
static BUILTIN: &[(&str, &str)] = &[(
    "models/crm/users.yaml",
    include_str!("../../../models/crm/users.yaml"),
)];

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// The record's id: a text that is compared exactly.
    Id,
    /// A text, compared without regard to case.
    Text,
    /// A truth.
    Boolean,
    /// An instant.
    Instant,
    /// An array of `{type, url}`.
    Links,
    /// A JSON value of any type; it can neither be filtered nor sorted by.
    Json,
}

/// What a filter may ask of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// Equal; also meant by a bare value.
    Eq,
    /// Not equal, or null.
    Ne,
    /// One of several.
    In,
    /// A part of it.
    Contains,
    /// Its beginning.
    StartsWith,
    /// Later.
    Gt,
    /// Not earlier.
    Gte,
    /// Earlier.
    Lt,
    /// Not later.
    Lte,
}

impl Operator {
    /// Its name between brackets.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::In => "in",
            Self::Contains => "contains",
            Self::StartsWith => "starts_with",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
        }
    }
}

impl FieldKind {
    /// What may be asked of such a field.
    pub fn operators(self) -> &'static [Operator] {
        use Operator::{Contains, Eq, Gt, Gte, In, Lt, Lte, Ne, StartsWith};
        match self {
            Self::Id | Self::Text => &[Eq, Ne, In, Contains, StartsWith],
            Self::Boolean => &[Eq],
            Self::Instant => &[Gt, Gte, Lt, Lte, Eq],
            Self::Links | Self::Json => &[],
        }
    }

    /// What its elements have, where it is made of such; paths reach them.
    pub fn members(self) -> &'static [&'static str] {
        match self {
            Self::Links => &["type", "url"],
            _ => &[],
        }
    }
}

/// Whether a field is in the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldRole {
    /// It is.
    #[default]
    Output,
    /// It can only be filtered by.
    FilterOnly,
}

/// A field of a unified model.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name on the wire.
    pub name: String,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether it is in the answer.
    #[serde(default)]
    pub role: FieldRole,
    /// Whether a list can be sorted by it.
    #[serde(default)]
    pub sortable: bool,
    /// What it means, for readers of the reference.
    pub description: String,
    /// A value of it.
    pub example: serde_json::Value,
}

/// What a query parameter that is no field's filter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterKind {
    /// A text to be found in any of several fields.
    Search,
    /// Named members, each a text.
    Object,
}

/// A query parameter beside the filters.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ParameterKind,
    /// The fields a search looks in.
    #[serde(default)]
    pub over: Vec<String>,
    /// The members of an object.
    #[serde(default)]
    pub members: Vec<String>,
    /// What it means.
    pub description: String,
    /// A value of it.
    pub example: serde_json::Value,
}

/// A unified resource: the shape in which every CRM's records come.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnifiedModel {
    /// Its path: `crm/users`.
    pub name: String,
    /// The last part of the path.
    pub resource: String,
    /// What one record is called.
    pub singular: String,
    /// What it is.
    pub description: String,
    /// Its fields, output ones in the order of the answer.
    pub fields: Vec<Field>,
    /// Its query parameters beside the filters.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
}

impl UnifiedModel {
    /// Reads and checks a model. `file` is only for messages.
    pub fn load(file: &str, text: &str) -> Result<Self, ModelError> {
        load::load(file, text)
    }

    /// The field of that name.
    pub fn field_id(&self, name: &str) -> Option<FieldId> {
        let index = self.fields.iter().position(|field| field.name == name)?;
        u8::try_from(index).ok().map(FieldId)
    }

    /// A field by its place.
    ///
    /// # Panics
    /// On the id of another model's field.
    pub fn field(&self, id: FieldId) -> &Field {
        &self.fields[usize::from(id.0)]
    }

    /// All fields with their places.
    pub fn fields(&self) -> impl Iterator<Item = (FieldId, &Field)> {
        (0_u8..).map(FieldId).zip(&self.fields)
    }

    /// The fields of the answer, in its order.
    pub fn output_fields(&self) -> impl Iterator<Item = (FieldId, &Field)> {
        self.fields().filter(|(_, field)| field.role == FieldRole::Output)
    }

    /// Whether no field or parameter may have this name, since every call gives it a meaning.
    pub fn is_reserved(name: &str) -> bool {
        crate::query::names::is_reserved(name)
    }

    /// The fields a search parameter looks in.
    pub fn searched(&self, parameter: &Parameter) -> Vec<FieldId> {
        parameter
            .over
            .iter()
            .filter_map(|name| self.field_id(name))
            .collect()
    }
}

/// The bundled models.
///
/// # Panics
/// When a bundled file is wrong, which a test of this crate rules out.
#[allow(clippy::panic)]
pub fn builtin() -> Vec<UnifiedModel> {
    let load = |(file, text): &(&str, &str)| match UnifiedModel::load(file, text) {
        Ok(model) => model,
        Err(error) => panic!("a bundled model is wrong: {error}"),
    };
    BUILTIN.iter().map(load).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_models_load() {
        let models = builtin();
        assert!(models.iter().any(|model| model.name == "crm/users"));
    }

    #[test]
    fn fields_are_found_by_name_and_by_place() {
        for model in builtin() {
            for (id, field) in model.fields() {
                assert_eq!(model.field_id(&field.name), Some(id));
                assert_eq!(model.field(id).name, field.name);
            }
            assert_eq!(model.field_id("no such field"), None);
        }
    }
}
