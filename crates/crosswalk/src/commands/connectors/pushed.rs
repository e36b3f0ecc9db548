//! What a CRM does itself, in words.

use crosswalk_connector::file::{Push, SortPush, UnifiedUse};

/// The filters that the CRM applies, each with its operators, in the order of the file.
pub(super) fn filters(unified: &UnifiedUse) -> Vec<(String, Vec<&'static str>)> {
    let mut filters: Vec<(String, Vec<&'static str>)> = Vec::new();
    for (name, push) in &unified.push {
        filters.push((name.clone(), operators(push)));
    }
    // A walk that holds a field is a list of its own: picking it is filtering.
    for name in unified.walks.iter().flat_map(|walk| walk.holds.keys()) {
        if !filters.iter().any(|(known, _)| known == name) {
            filters.push((name.clone(), vec!["true", "false"]));
        }
    }
    filters
}

fn operators(push: &Push) -> Vec<&'static str> {
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

/// The directions in which the CRM sorts by a field.
pub(super) fn directions(sort: &SortPush) -> String {
    match (&sort.asc, &sort.desc) {
        (Some(_), Some(_)) => "both ways".to_owned(),
        (Some(_), None) => "ascending".to_owned(),
        _ => "descending".to_owned(),
    }
}
