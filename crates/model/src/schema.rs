//! Unified models, read from YAML.

use serde::{Deserialize, Serialize};

/// The bundled models.
static BUILTIN: &[(&str, &str)] = &[(
    "models/crm/users.yaml",
    include_str!("../../../models/crm/users.yaml"),
)];

/// A field's place in its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub u8);

/// Some of a model's fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldSet(u64);

impl FieldSet {
    /// Whether a field is among them.
    pub fn contains(self, field: FieldId) -> bool {
        self.0 & (1 << field.0) != 0
    }

    /// Adds a field.
    pub fn insert(&mut self, field: FieldId) {
        self.0 |= 1 << field.0;
    }
}

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
            Self::Links => &[],
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

/// What a query parameter beside the filters holds.
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

/// What is wrong with a model's file.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{file}: {message}")]
pub struct ModelError {
    /// Which file.
    pub file: String,
    /// What.
    pub message: String,
}

impl UnifiedModel {
    /// Reads a model.
    pub fn load(file: &str, text: &str) -> Result<Self, ModelError> {
        let wrong = |message: String| ModelError {
            file: file.to_owned(),
            message,
        };
        let model: Self = serde_saphyr::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if model.fields.len() > 64 {
            return Err(wrong("a model has at most 64 fields".into()));
        }
        for (index, field) in model.fields.iter().enumerate() {
            if model.fields[..index].iter().any(|other| other.name == field.name) {
                return Err(wrong(format!("the field `{}` is there twice", field.name)));
            }
            if field.sortable && !matches!(field.kind, FieldKind::Text | FieldKind::Instant) {
                return Err(wrong(format!(
                    "`{}` can not be sorted by: only texts and instants can",
                    field.name
                )));
            }
        }
        let ids = model
            .fields
            .iter()
            .filter(|field| field.kind == FieldKind::Id)
            .count();
        if ids != 1 {
            return Err(wrong(format!(
                "a model has one field of kind `id`, this one has {ids}"
            )));
        }
        for parameter in &model.parameters {
            if let Some(unknown) = parameter.over.iter().find(|name| model.field_id(name).is_none()) {
                return Err(wrong(format!(
                    "`{}` searches in `{unknown}`, which is no field",
                    parameter.name
                )));
            }
        }
        Ok(model)
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
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_bundled_models_load() {
        let models = builtin();
        assert!(models.iter().any(|model| model.name == "crm/users"));
    }

    #[test]
    fn mistakes_are_named() {
        let text = BUILTIN[0].1.replace("kind: id", "kind: text");
        assert!(
            UnifiedModel::load("m.yaml", &text)
                .unwrap_err()
                .message
                .contains("one field of kind `id`")
        );
        let text = BUILTIN[0].1.replace("over: [name, email]", "over: [nome]");
        assert!(
            UnifiedModel::load("m.yaml", &text)
                .unwrap_err()
                .message
                .contains("`nome`")
        );
    }
}
