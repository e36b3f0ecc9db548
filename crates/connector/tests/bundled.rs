//! The connectors that are compiled in: they load, and every mapping is lowered.

#![allow(clippy::unwrap_used)]

use crosswalk_connector::Registry;
use crosswalk_mapping::Lowering;

#[test]
fn every_bundled_connector_loads_under_its_own_name() {
    let registry = Registry::bundled(&crosswalk_model::builtin()).unwrap();
    let names: Vec<&str> = registry.iter().map(|connector| connector.name()).collect();
    assert!(names.contains(&"hubspot"), "{names:?}");
    for connector in registry.iter() {
        let folder = format!(
            "{}/../../connectors/{}",
            env!("CARGO_MANIFEST_DIR"),
            connector.name()
        );
        assert!(
            std::path::Path::new(&folder).is_dir(),
            "{} lives in a folder of its name",
            connector.name()
        );
    }
}

/// Nothing on the hot path is interpreted. An exception would have to be listed here, with its reason.
#[test]
fn every_field_of_every_bundled_connector_is_lowered() {
    let models = crosswalk_model::builtin();
    let registry = Registry::bundled(&models).unwrap();
    let mut exceptions = Vec::new();
    for connector in registry.iter() {
        for model in &models {
            let Some((_, unified)) = connector.unified(&model.name) else {
                continue;
            };
            for (field, lowering) in unified.mapping.lowering() {
                if let Lowering::Interpreted { reason } = lowering {
                    exceptions.push(format!(
                        "{}.{}: {reason}",
                        connector.name(),
                        model.field(field).name
                    ));
                }
            }
        }
    }
    assert_eq!(exceptions, Vec::<String>::new());
}

#[test]
fn the_published_schema_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/connector.schema.json");
    let current = format!("{:#}\n", crosswalk_connector::json_schema());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &current).unwrap();
    }
    let is_current = std::fs::read_to_string(path).unwrap() == current;
    assert!(
        is_current,
        "run `UPDATE_SCHEMA=1 cargo test -p crosswalk-connector` and commit the change"
    );
}
