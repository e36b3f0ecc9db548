//! `crosswalk connectors list`

use crosswalk_connector::file::Method;
use crosswalk_connector::{Connector, Registry, vendor_filters};
use serde_json::{Value, json};

use crate::failure::Failed;
use crate::output::records::{Look, Member, Records};
use crate::output::{Format, OutputArg};

pub(super) fn run(registry: &Registry, output: OutputArg) -> Result<(), Failed> {
    let members = [
        ("name", Look::Id),
        ("label", Look::Text),
        ("authentication", Look::List),
        ("filtered_by_vendor", Look::List),
        ("sorted_by_vendor", Look::List),
    ];
    let members = members.map(|(name, look)| Member::new(name, look)).to_vec();
    let values: Vec<Value> = registry.iter().map(|connector| view(connector)).collect();
    Records::print_all(output.output.unwrap_or(Format::Table), members, &values)
}

fn view(connector: &Connector) -> Value {
    let (mut pushed, mut sorts) = (Vec::new(), Vec::new());
    for unified in connector.file.unified.values() {
        pushed.extend(vendor_filters(unified).into_iter().map(|(name, _)| name));
        sorts.extend(unified.sort.keys());
    }
    let methods = connector.file.auth.schemes.keys().copied().map(Method::as_str);
    json!({
        "name": connector.name(),
        "label": connector.label(),
        "authentication": methods.collect::<Vec<_>>(),
        "filtered_by_vendor": pushed,
        "sorted_by_vendor": sorts,
    })
}
