//! The support matrix in the README is what the connectors say.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;

use crosswalk_connector::Registry;
use crosswalk_model::{FieldKind, FieldRole, builtin};

fn table() -> String {
    let models = builtin();
    let registry = Registry::bundled(&models).unwrap();
    let model = models.iter().find(|model| model.name == "crm/users").unwrap();
    let fields: Vec<_> = model
        .fields
        .iter()
        .filter(|field| field.kind != FieldKind::Id)
        .collect();
    let mut out = String::from("| CRM | Authentication |");
    for field in &fields {
        write!(out, " `{}` |", field.name).unwrap();
    }
    out.push_str("\n|---|---|");
    out.push_str(&"---|".repeat(fields.len()));
    out.push('\n');
    let mut connectors: Vec<_> = registry.iter().collect();
    connectors.sort_by_key(|connector| connector.label().to_lowercase());
    for connector in connectors {
        let methods: Vec<&str> = connector
            .file
            .auth
            .schemes
            .keys()
            .map(|method| method.as_str())
            .collect();
        write!(out, "| {} | {} |", connector.label(), methods.join(", ")).unwrap();
        for field in &fields {
            let support = model
                .field_id(&field.name)
                .and_then(|id| connector.support(model, id));
            let mark = match support {
                None => "–",
                Some(support) if support.is_by_vendor() => "●",
                Some(_) => "○",
            };
            write!(out, " {mark} |").unwrap();
        }
        out.push('\n');
    }
    let parts: Vec<&str> = fields
        .iter()
        .filter(|field| field.role == FieldRole::FilterOnly)
        .map(|field| field.name.as_str())
        .collect();
    writeln!(
        out,
        "\n`{}` can be filtered by and are not in the answer.",
        parts.join("` and `")
    )
    .unwrap();
    out
}

#[test]
fn the_matrix_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let start = readme.find("<!-- matrix:").unwrap();
    let start = start + readme[start..].find('\n').unwrap() + 1;
    let end = readme.find("<!-- /matrix -->").unwrap();
    let table = format!("\n{}\n", table());
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(path, format!("{}{table}{}", &readme[..start], &readme[end..])).unwrap();
        return;
    }
    assert!(
        readme[start..end] == table,
        "run `UPDATE_README=1 cargo test -p crosswalk-connector --test readme` and commit the change"
    );
}
