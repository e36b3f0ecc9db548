//! Lays the layers over the connector.

use std::sync::Arc;

use crosswalk_mapping::{Mapping, Origin, Reading, RecordProblem, Source};
use crosswalk_model::{Field, FieldId, FieldKind, FieldRole, FieldSet, UnifiedModel};
use indexmap::IndexMap;
use serde_json::Value;

use super::parse::{self, FieldSaid, Said};
use super::{FieldOrigin, Layer, LayerOverride, Overridden, OverriddenCall, OverrideProblem, push, request};
use crate::connector::{Connector, UnifiedResource, reading, source};

/// The name of the record in the published form of a response mapping.
const ROOT: &str = "response";

impl Overridden {
    /// Lays overrides over a connector's unified resource, in their order; for one call. The problems name
    /// the member and say what to change.
    pub fn build(
        connector: &Connector,
        model: &UnifiedModel,
        call: OverriddenCall,
        layers: &[LayerOverride<'_>],
    ) -> Result<Self, Vec<OverrideProblem>> {
        let mut problems = Vec::new();
        let mut said: Vec<Said> = layers
            .iter()
            .filter_map(|layer| parse::read(model, layer, &mut problems))
            .collect();
        // The list's word on fields counts for one record too, under the record's own.
        said.sort_by_key(|said| (said.layer, said.call == OverriddenCall::Get));
        let lists: Vec<&Said> = said
            .iter()
            .filter(|said| said.call == OverriddenCall::List)
            .collect();
        let gets: Vec<&Said> = said
            .iter()
            .filter(|said| said.call == OverriddenCall::Get)
            .collect();
        let Some((unified, base)) = connector.unified(&model.name) else {
            return Err(vec![OverrideProblem::new(
                layers.first().map_or("", |layer| &layer.path),
                format!("{} has no unified {}", connector.label(), model.name),
            )]);
        };
        let speaking = |said: &&Said| said.call == OverriddenCall::List || call == OverriddenCall::Get;
        let fields = fields(said.iter().filter(speaking));
        let (model, ids) = extend(model, &fields, &mut problems);
        let mut unified = unified.clone();
        let mapped = |name: &str| fields.get(name).map(|(layer, _)| *layer);
        for said in &gets {
            if !said.pushes.is_empty() {
                problems.push(OverrideProblem::new(
                    format!("{}.query_mapping", said.path),
                    "one record has no filters; write it under `list`",
                ));
            }
        }
        let pushes = push::lay(connector, &model, &mut unified, &lists, &mapped, &mut problems);
        let list = connector.list_call(unified.resource.get());
        let get = connector.get_call(unified.resource.get());
        let list = request::lay(
            connector,
            list.map(|(list, _)| list.request.get()),
            &lists,
            &mut problems,
        );
        let get = request::lay(
            connector,
            get.map(|(get, _)| get.request.get()),
            &gets,
            &mut problems,
        );
        let mapping = compile(&model, &unified, &fields, &ids, &mut problems);
        let (Some(mapping), true) = (mapping, problems.is_empty()) else {
            return Err(problems);
        };
        let given = base
            .fields
            .iter()
            .chain(ids.values().copied())
            .collect::<FieldSet>();
        let origin = |name: &String, (layer, said): &(Layer, FieldSaid)| FieldOrigin {
            layer: *layer,
            expression: said.expression.clone(),
            read: said.read_json.clone(),
            added: connector_field(&model, name).is_none(),
        };
        Ok(Self {
            fields: fields
                .iter()
                .map(|(name, said)| (name.clone(), origin(name, said)))
                .collect(),
            compiled: UnifiedResource {
                mapping,
                fields: given,
                parameters: base.parameters.clone(),
            },
            unified,
            list,
            get,
            pushes,
            model: Arc::new(model),
        })
    }
}

/// The last word on each field.
fn fields<'s>(layers: impl Iterator<Item = &'s Said>) -> IndexMap<String, (Layer, FieldSaid)> {
    let mut fields = IndexMap::new();
    for said in layers {
        for (name, field) in &said.fields {
            match field {
                Some(field) => drop(fields.insert(name.clone(), (said.layer, field.clone()))),
                None => drop(fields.shift_remove(name)),
            }
        }
    }
    fields
}

/// What an added field is described as, by which it is known.
const ADDED: &str = "Added by an override.";

fn connector_field<'m>(model: &'m UnifiedModel, name: &str) -> Option<&'m Field> {
    let field = model.field(model.field_id(name)?);
    (field.description != ADDED).then_some(field)
}

/// The model with the added fields, and the place of every overridden one.
fn extend(
    model: &UnifiedModel,
    fields: &IndexMap<String, (Layer, FieldSaid)>,
    problems: &mut Vec<OverrideProblem>,
) -> (UnifiedModel, IndexMap<String, FieldId>) {
    let mut model = model.clone();
    let mut ids = IndexMap::new();
    for (name, (_, said)) in fields {
        let id = match model.field_id(name) {
            Some(id) => {
                let kind = model.field(id).kind;
                if said.kind.is_some_and(|given| given != kind) {
                    problems.push(OverrideProblem::new(
                        &said.path,
                        format!(
                            "`{name}` is {}, which no override changes; leave `kind` out",
                            words(kind)
                        ),
                    ));
                }
                id
            }
            None if model.fields.len() >= usize::from(FieldSet::CAPACITY) => {
                problems.push(OverrideProblem::new(&said.path, "is one added field too many"));
                continue;
            }
            None => {
                let kind = said.kind.unwrap_or(FieldKind::Json);
                let id = FieldId(u8::try_from(model.fields.len()).unwrap_or(u8::MAX));
                model.fields.push(Field {
                    name: name.clone(),
                    kind,
                    role: FieldRole::Output,
                    sortable: matches!(kind, FieldKind::Text | FieldKind::Instant),
                    description: ADDED.to_owned(),
                    example: Value::Null,
                });
                id
            }
        };
        if said.read.is_some() && model.field(id).kind != FieldKind::Instant {
            problems.push(OverrideProblem::new(
                &said.path,
                format!(
                    "`read` tells how instants are written, and `{name}` is {}",
                    words(model.field(id).kind)
                ),
            ));
        }
        ids.insert(name.clone(), id);
    }
    (model, ids)
}

fn words(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Id => "the id",
        FieldKind::Text => "a text",
        FieldKind::Boolean => "a boolean",
        FieldKind::Instant => "an instant",
        FieldKind::Links => "a list of links",
        FieldKind::Json => "of any type",
    }
}

fn compile(
    model: &UnifiedModel,
    unified: &crate::file::UnifiedUse,
    fields: &IndexMap<String, (Layer, FieldSaid)>,
    ids: &IndexMap<String, FieldId>,
    problems: &mut Vec<OverrideProblem>,
) -> Option<Mapping> {
    let mut sources = Vec::new();
    for (name, mapping) in &unified.fields {
        if let Some(id) = model.field_id(name).filter(|_| !fields.contains_key(name)) {
            sources.push((id, source(mapping.get())));
        }
    }
    for (name, (_, said)) in fields {
        let Some(id) = ids.get(name) else { continue };
        let source = Source {
            expression: said.expression.clone(),
            reading: said.read.as_ref().map_or(Reading::Auto, reading),
            origin: Origin::Override {
                root: said.rooted.then_some(ROOT),
            },
        };
        if let Some(message) = never_fits(model, *id, &source) {
            problems.push(OverrideProblem::new(&said.path, message));
        }
        sources.push((*id, source));
    }
    match Mapping::compile(model, sources) {
        Ok(mapping) => Some(mapping),
        Err(found) => {
            for problem in found {
                let name = &model.field(problem.field).name;
                let Some((_, said)) = fields.get(name) else {
                    continue;
                };
                problems.push(OverrideProblem {
                    path: said.path.clone(),
                    position: problem.offset.map(|offset| said.character(offset)),
                    message: problem.message,
                });
            }
            None
        }
    }
}

/// Why an expression can't be of the field's type, where what it gives without a record shows that.
fn never_fits(model: &UnifiedModel, id: FieldId, source: &Source) -> Option<String> {
    let alone = Mapping::compile(model, vec![(id, source.clone())]).ok()?;
    let Err(RecordProblem::Override { field, what }) = alone.project(b"{}") else {
        return None;
    };
    // What is written wrongly may be written rightly with a record's parts in it; another type stays one.
    let typed = [
        "not true or false",
        "not an instant",
        "not a list of links",
        "not a text",
    ];
    let other = typed.iter().any(|word| what.ends_with(word));
    other.then(|| format!("gives {what}, which `{field}` has to be"))
}
