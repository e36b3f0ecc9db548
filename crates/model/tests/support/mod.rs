//! The bundled users model and a CRM to ask.

#![allow(dead_code, clippy::unwrap_used)]

use std::sync::LazyLock;

use crosswalk_model::{ApiError, Capabilities, Endpoint, FieldSet, Query, UnifiedModel, builtin};

/// The model, read once per process.
pub(crate) fn model() -> &'static UnifiedModel {
    static MODEL: LazyLock<UnifiedModel> = LazyLock::new(|| {
        let mut models = builtin().into_iter();
        models.find(|model| model.name == "crm/users").unwrap()
    });
    &MODEL
}

/// Parses for a CRM that lacks some fields and understands some object parameters.
pub(crate) fn parse_for(
    endpoint: Endpoint,
    without: &[&str],
    parameters: &[&str],
    raw: &str,
) -> Result<Query, ApiError> {
    let model = model();
    let given = Capabilities {
        label: "Example CRM",
        fields: model
            .fields()
            .filter(|(_, field)| !without.contains(&field.name.as_str()))
            .map(|(id, _)| id)
            .collect::<FieldSet>(),
        parameters: parameters.to_vec(),
    };
    Query::parse(model, &given, endpoint, raw)
}

/// A list of a CRM that gives every field.
pub(crate) fn parse(raw: &str) -> Result<Query, ApiError> {
    parse_for(Endpoint::List, &[], &[], raw)
}
