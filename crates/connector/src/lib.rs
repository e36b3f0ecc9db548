//! The connector file: one vendor's API as data.
//!
//! A connector is one YAML file. This crate reads it, checks it and gives the engine a
//! [`Connector`]: the requests as templates, how pages follow one another, which predicates the vendor
//! can answer, and the field mapping compiled for each unified model. It runs nothing and knows no vendor.
//!
//! The types of [`mod@file`] *are* the format: templates and expressions compile while the file is read, so a
//! mistake is reported at the line and column where it stands, and the published JSON Schema
//! ([`json_schema`]) is derived from the very same types.

mod check;
mod connector;
mod diagnostic;
pub mod file;
mod literal;
mod located;
mod overrides;
mod registry;
mod schema;
mod support;
mod template;

pub use connector::{AskedSetting, Connector, ParameterRule, SettingProblem, UnifiedResource};
pub use diagnostic::{Diagnostic, Diagnostics};
pub use literal::{LiteralRules, PatternKind};
pub use located::Located;
pub use overrides::{
    Extras, FieldOrigin, Layer, LayerOverride, Overridden, OverriddenCall, OverrideProblem, preview,
};
pub use registry::{Registry, RegistryError};
pub use schema::json_schema;
pub use support::{FieldSupport, directions, vendor_filters};
pub use template::{Escape, Expr, JsonTemplate, Template, TemplateError};
