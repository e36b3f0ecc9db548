//! The support matrix: what each CRM must accept and give, cell by cell.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use crosswalk_connector::{Connector, Registry};
use crosswalk_model::{Capabilities, Endpoint, FieldRole, Query, UnifiedModel, builtin};
use serde_json::Value;

fn matrix() -> Value {
    serde_json::from_str(include_str!("../../../models/crm/users.matrix.json")).unwrap()
}

fn names(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect()
}

fn accepts(connector: &Connector, model: &UnifiedModel, raw: &str) -> bool {
    let (_, unified) = connector.unified(&model.name).unwrap();
    let given = Capabilities {
        label: connector.label(),
        fields: unified.fields,
        parameters: unified.parameters.keys().map(String::as_str).collect(),
    };
    Query::parse(model, &given, Endpoint::List, raw).is_ok()
}

#[test]
fn every_cell_holds() {
    let (matrix, models) = (matrix(), builtin());
    let registry = Registry::bundled(&models).unwrap();
    let model = models
        .iter()
        .find(|model| model.name == matrix["resource"])
        .unwrap();
    let mut wrong = Vec::new();
    for provider in matrix["providers"].as_array().unwrap() {
        let slug = provider["slug"].as_str().unwrap();
        let Some(connector) = registry.get(slug) else {
            wrong.push(format!("{slug}: there is no connector"));
            continue;
        };
        assert_eq!(connector.label(), provider["label"], "{slug}");
        let fields = &connector.file.unified[&model.name].fields;
        let mut cells = 0;
        // The answer's keys are exactly those of the matrix.
        for field in model
            .fields
            .iter()
            .filter(|field| field.role == FieldRole::Output)
        {
            let expected = names(&matrix["response"][&field.name]["supported"]).contains(&slug);
            cells += 1;
            if fields.contains_key(&field.name) != expected {
                wrong.push(format!(
                    "{slug}: `{}` in the answer: expected {expected}",
                    field.name
                ));
            }
        }
        // The query's rows are a minimum.
        for (name, row) in matrix["query"].as_object().unwrap() {
            let queries: Vec<String> = match (name.as_str(), &row["supported"]) {
                ("sort_by", Value::Object(by_provider)) => match by_provider.get(slug) {
                    Some(keys) => names(keys)
                        .iter()
                        .flat_map(|key| [format!("sort_by={key}"), format!("sort_by[{key}]=desc")])
                        .collect(),
                    None => Vec::new(),
                },
                (_, supported) if !names(supported).contains(&slug) => Vec::new(),
                ("workspace", _) => vec!["workspace[id]=abc".to_owned()],
                ("is_active", _) => vec!["is_active=true".to_owned(), "is_active=false".to_owned()],
                ("created_at" | "updated_at", _) => ["gt", "gte", "lt", "lte", "eq"]
                    .iter()
                    .map(|operator| format!("{name}[{operator}]=2024-01-01"))
                    .collect(),
                (name, _) => vec![format!("{name}=x")],
            };
            for query in queries {
                cells += 1;
                if !accepts(connector, model, &query) {
                    wrong.push(format!("{slug}: refuses `{query}`"));
                }
            }
        }
        // Beyond it: every field that is given, the id, a search, and no workspace anywhere else.
        for query in ["id=1", "search_term=x", "id[in]=1,2"] {
            cells += 1;
            if !accepts(connector, model, query) {
                wrong.push(format!("{slug}: refuses `{query}`"));
            }
        }
        if accepts(connector, model, "workspace[id]=1") != (slug == "highlevel") {
            wrong.push(format!("{slug}: workspace"));
        }
        println!("{slug:18} {cells} cells");
    }
    assert_eq!(wrong, Vec::<String>::new());
}
