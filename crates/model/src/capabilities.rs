//! What one connector gives of a model.

use crate::schema::FieldSet;

/// The fields and parameters that a connector understands, for checking a query.
#[derive(Clone, Debug)]
pub struct Capabilities<'a> {
    /// How messages name the CRM.
    pub label: &'a str,
    /// The fields it gives, filter-only ones among them.
    pub fields: FieldSet,
    /// The names of the object parameters it understands.
    pub parameters: Vec<&'a str>,
}
