//! What a mapping makes of one record, for whoever writes it.

use crosswalk_mapping::RecordProblem;
use crosswalk_mapping::write::write_value;
use crosswalk_model::UnifiedModel;
use serde_json::{Map, Value};

use crate::connector::UnifiedResource;

/// The unified record that a vendor's record becomes, without that record itself.
pub fn preview(
    model: &UnifiedModel,
    compiled: &UnifiedResource,
    record: &[u8],
) -> Result<Map<String, Value>, RecordProblem> {
    let row = compiled.mapping.project(record)?;
    let given = model
        .output_fields()
        .filter(|(id, _)| compiled.fields.contains(*id));
    Ok(given
        .map(|(id, field)| {
            let mut text = Vec::new();
            write_value(&mut text, &row.values[usize::from(id.0)]);
            (
                field.name.clone(),
                serde_json::from_slice(&text).unwrap_or_default(),
            )
        })
        .collect())
}
