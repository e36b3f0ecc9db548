//! A connector as one record, for programs: what `show` tells.

use crosswalk_connector::file::{Method, Scheme, Setting, UnifiedUse};
use crosswalk_connector::{Connector, directions, vendor_filters};
use serde_json::{Map, Value, json};

use super::show::{connect_line, expression, further_credentials, resources};

pub(super) fn view(connector: &Connector) -> Value {
    let file = &connector.file;
    let settings = file.settings.iter().map(|(name, known)| setting(name, known));
    let schemes = file
        .auth
        .schemes
        .iter()
        .map(|(method, known)| scheme(*method, known));
    let unified = file.unified.iter().map(|(name, known)| unified(name, known));
    let resources: Map<String, Value> = resources(file)
        .into_iter()
        .map(|(name, words)| (name, words.into()))
        .collect();
    json!({
        "name": connector.name(),
        "label": connector.label(),
        "about": file.about,
        "docs": file.docs,
        "setup": file.setup,
        "methods": schemes.collect::<Vec<_>>(),
        "settings": settings.collect::<Vec<_>>(),
        "connect": connect_line(connector),
        "unified": unified.collect::<Vec<_>>(),
        "resources": resources,
        "rate_limit": {
            "requests": file.rate_limit.requests,
            "per_seconds": file.rate_limit.per_seconds,
            "concurrency": file.rate_limit.concurrency,
        },
        "notes": file.notes,
    })
}

fn scheme(method: Method, scheme: &Scheme) -> Value {
    let required = method.required_credentials().iter().map(|name| (*name, true));
    let further = further_credentials(method, scheme)
        .iter()
        .map(|name| (*name, false));
    let credentials: Vec<Value> = required
        .chain(further)
        .map(|(name, required)| {
            json!({ "name": name, "label": scheme.credentials.get(name), "required": required })
        })
        .collect();
    json!({ "method": method.as_str(), "label": scheme.label, "credentials": credentials })
}

fn setting(name: &str, setting: &Setting) -> Value {
    let methods: Vec<&str> = setting.only_for.iter().copied().map(Method::as_str).collect();
    json!({
        "name": name,
        "label": setting.label,
        "required": setting.required,
        "unless": setting.unless,
        "only_for": methods,
        "default": setting.default,
        "example": setting.example,
        "help": setting.help,
    })
}

fn unified(name: &str, unified: &UnifiedUse) -> Value {
    let fields: Map<String, Value> = unified
        .fields
        .iter()
        .map(|(field, mapping)| (field.clone(), expression(mapping.get()).into()))
        .collect();
    let filters: Map<String, Value> = vendor_filters(unified)
        .into_iter()
        .map(|(field, operators)| (field, json!(operators)))
        .collect();
    let sorts: Map<String, Value> = unified
        .sort
        .iter()
        .map(|(field, sort)| (field.clone(), json!(directions(sort.get()))))
        .collect();
    let parameters: Map<String, Value> = unified
        .parameters
        .iter()
        .map(|(parameter, rule)| (parameter.clone(), json!({ "required": rule.required })))
        .collect();
    json!({
        "name": name,
        "resource": unified.resource.get(),
        "fields": fields,
        "filtered_by_vendor": filters,
        "sorted_by_vendor": sorts,
        "parameters": parameters,
    })
}
