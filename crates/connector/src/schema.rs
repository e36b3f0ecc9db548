//! The published JSON Schema of connector files, so that editors complete them.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::file::ConnectorFile;

/// The JSON Schema (2020-12) that `schemas/connector.schema.json` holds.
pub fn json_schema() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    generator.into_root_schema_for::<ConnectorFile>().to_value()
}
