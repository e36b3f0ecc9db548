//! The support matrix: for each field and parameter of a model, which CRMs give it and who does the work.

use std::collections::BTreeMap;

use crosswalk_connector::{FieldSupport, Registry};
use crosswalk_model::{FieldKind, ParameterKind, UnifiedModel};
use serde_json::{Map, Value, json};

/// A CRM of the matrix.
#[derive(Clone, Debug)]
pub(crate) struct Crm {
    pub(crate) name: String,
    pub(crate) label: String,
}

/// What one CRM gives of a row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    pub(crate) support: FieldSupport,
    /// Whether the CRM can not do without the parameter.
    pub(crate) is_required: bool,
}

/// One model's support, over all CRMs that serve it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Matrix {
    /// By label, whatever the case.
    pub(crate) crms: Vec<Crm>,
    /// By field or parameter, then by CRM name.
    rows: BTreeMap<String, BTreeMap<String, Cell>>,
}

impl Matrix {
    pub(crate) fn of(model: &UnifiedModel, registry: &Registry) -> Self {
        let mut matrix = Self::default();
        for connector in registry.iter() {
            let Some((unified, compiled)) = connector.unified(&model.name) else {
                continue;
            };
            let name = connector.name();
            matrix.crms.push(Crm {
                name: name.to_owned(),
                label: connector.label().to_owned(),
            });
            for (id, field) in model.fields() {
                if let Some(support) = connector.support(model, id) {
                    matrix.put(
                        &field.name,
                        name,
                        Cell {
                            support,
                            is_required: false,
                        },
                    );
                }
            }
            for parameter in &model.parameters {
                let is_given = match parameter.kind {
                    ParameterKind::Search => true,
                    ParameterKind::Object => compiled.parameters.contains_key(&parameter.name),
                };
                let rule = unified.parameters.get(&parameter.name);
                if is_given {
                    let cell = Cell {
                        support: FieldSupport::default(),
                        is_required: rule.is_some_and(|rule| rule.required),
                    };
                    matrix.put(&parameter.name, name, cell);
                }
            }
        }
        matrix.crms.sort_by_key(|crm| crm.label.to_lowercase());
        matrix
    }

    fn put(&mut self, row: &str, crm: &str, cell: Cell) {
        self.rows
            .entry(row.to_owned())
            .or_default()
            .insert(crm.to_owned(), cell);
    }

    /// What a CRM gives of a row.
    pub(crate) fn cell(&self, row: &str, crm: &str) -> Option<&Cell> {
        self.rows.get(row)?.get(crm)
    }

    /// The CRMs that give a row, in the order of the matrix.
    pub(crate) fn row<'m>(&'m self, row: &'m str) -> impl Iterator<Item = (&'m Crm, &'m Cell)> {
        self.crms
            .iter()
            .filter_map(move |crm| Some((crm, self.cell(row, &crm.name)?)))
    }

    /// The fields that a CRM sorts by, with the directions that its vendor sorts in.
    pub(crate) fn sorts<'m>(
        &'m self,
        model: &'m UnifiedModel,
        crm: &'m str,
    ) -> impl Iterator<Item = (&'m str, &'m [&'static str])> {
        model
            .fields
            .iter()
            .filter(|field| field.sortable)
            .filter_map(move |field| {
                let cell = self.cell(&field.name, crm)?;
                Some((field.name.as_str(), cell.support.sorted_by_vendor.as_slice()))
            })
    }

    /// A row as the document's extension has it: by CRM, what its vendor does itself.
    pub(crate) fn extension(&self, row: &str) -> Value {
        let members: Map<String, Value> = self
            .row(row)
            .map(|(crm, cell)| {
                let mut entry = json!({
                    "filtered_by_vendor": cell.support.filtered_by_vendor,
                    "sorted_by_vendor": cell.support.sorted_by_vendor,
                });
                if cell.is_required
                    && let Value::Object(entry) = &mut entry
                {
                    entry.insert("required".to_owned(), true.into());
                }
                (crm.name.clone(), entry)
            })
            .collect();
        Value::Object(members)
    }

    /// The extension of `sort_by`: by CRM, the fields it is sorted by and those that the vendor sorts.
    pub(crate) fn sort_extension(&self, model: &UnifiedModel) -> Value {
        let members: Map<String, Value> = self
            .crms
            .iter()
            .map(|crm| {
                let fields: Vec<&str> = self.sorts(model, &crm.name).map(|(field, _)| field).collect();
                let vendor: Map<String, Value> = self
                    .sorts(model, &crm.name)
                    .filter(|(_, directions)| !directions.is_empty())
                    .map(|(field, directions)| (field.to_owned(), json!(directions)))
                    .collect();
                (
                    crm.name.clone(),
                    json!({ "fields": fields, "sorted_by_vendor": vendor }),
                )
            })
            .collect();
        Value::Object(members)
    }

    /// The whole of it, for the document.
    pub(crate) fn whole(&self, model: &UnifiedModel) -> Value {
        let labels: Map<String, Value> = self
            .crms
            .iter()
            .map(|crm| (crm.name.clone(), crm.label.clone().into()))
            .collect();
        let rows = |names: &mut dyn Iterator<Item = &String>| -> Map<String, Value> {
            names.map(|name| (name.clone(), self.extension(name))).collect()
        };
        let filters = model
            .fields
            .iter()
            .filter(|field| field.kind != FieldKind::Links)
            .map(|field| &field.name)
            .chain(model.parameters.iter().map(|parameter| &parameter.name));
        json!({
            "crms": labels,
            "query": rows(&mut { filters }),
            "sort_by": self.sort_extension(model),
            "response": rows(&mut model.output_fields().map(|(_, field)| &field.name)),
        })
    }
}
