//! Who does what: which fields of a model a connector gives, and what of them the vendor filters and sorts
//! itself. The README's matrix, the reference, and `crosswalk connectors` all say what is found here.

use crosswalk_model::{FieldId, UnifiedModel};

use crate::connector::Connector;
use crate::file::{Push, SortPush, UnifiedUse};

/// What a connector gives of one field. What is not the vendor's is done here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSupport {
    /// The filters that the vendor applies, in the words of the connector file: `eq`, `in`, `contains`,
    /// `starts_with`, `true`, `false`, `from`, `to`.
    pub filtered_by_vendor: Vec<&'static str>,
    /// The directions in which the vendor sorts: `asc`, `desc`.
    pub sorted_by_vendor: Vec<&'static str>,
}

impl FieldSupport {
    /// Whether the vendor does any of it.
    pub fn is_by_vendor(&self) -> bool {
        !self.filtered_by_vendor.is_empty() || !self.sorted_by_vendor.is_empty()
    }
}

impl Connector {
    /// What this connector gives of a field; `None` when it does not give it.
    pub fn support(&self, model: &UnifiedModel, field: FieldId) -> Option<FieldSupport> {
        let (unified, compiled) = self.unified(&model.name)?;
        if !compiled.fields.contains(field) {
            return None;
        }
        let name = &model.field(field).name;
        let filtered = vendor_filters(unified)
            .into_iter()
            .find(|(filtered, _)| filtered == name);
        Some(FieldSupport {
            filtered_by_vendor: filtered.map(|(_, words)| words).unwrap_or_default(),
            sorted_by_vendor: unified
                .sort
                .get(name)
                .map(|sort| directions(sort.get()))
                .unwrap_or_default(),
        })
    }
}

/// The filters that the vendor applies, each with its words, in the order of the file.
pub fn vendor_filters(unified: &UnifiedUse) -> Vec<(String, Vec<&'static str>)> {
    let mut filters: Vec<(String, Vec<&'static str>)> = unified
        .push
        .iter()
        .map(|(name, push)| (name.clone(), words(push)))
        .collect();
    // A walk that holds a field is a list of its own: picking it is filtering.
    for name in unified.walks.iter().flat_map(|walk| walk.holds.keys()) {
        if !filters.iter().any(|(known, _)| known == name) {
            filters.push((name.clone(), vec!["true", "false"]));
        }
    }
    filters
}

/// The directions in which the vendor sorts.
pub fn directions(sort: &SortPush) -> Vec<&'static str> {
    let both = [("asc", &sort.asc), ("desc", &sort.desc)];
    both.into_iter()
        .filter(|(_, fragment)| fragment.is_some())
        .map(|(direction, _)| direction)
        .collect()
}

fn words(push: &Push) -> Vec<&'static str> {
    let words = [
        ("eq", &push.eq),
        ("in", &push.any),
        ("contains", &push.contains),
        ("starts_with", &push.starts_with),
        ("true", &push.is_true),
        ("false", &push.is_false),
        ("from", &push.from),
        ("to", &push.to),
    ];
    words
        .into_iter()
        .filter(|(_, fragment)| fragment.is_some())
        .map(|(word, _)| word)
        .collect()
}
