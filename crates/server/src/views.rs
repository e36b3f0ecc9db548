//! What accounts and connectors look like on the wire.

use crosswalk_accounts::{
    Account, AccountId, Actor, ApiToken, AuditEntry, DeliveryRecord, RequestEntry, TokenId, Webhook,
};
use crosswalk_connector::file::{Method, Scheme, UnifiedUse};
use crosswalk_connector::{Connector, Layer, Overridden, UnifiedResource, vendor_filters};
use crosswalk_mapping::Lowering;
use crosswalk_model::{FieldKind, FieldRole, Instant, ParameterKind, UnifiedModel};
use serde_json::{Map, Value, json};

/// An account, without its secrets.
pub(crate) fn account(account: &Account) -> Value {
    account.to_json()
}

/// A webhook, without its secret.
pub(crate) fn webhook(webhook: &Webhook) -> Value {
    let instant = |millis: i64| Instant(millis).to_string();
    let state = match (webhook.is_active, webhook.failing_since) {
        (false, _) => "off",
        (true, Some(_)) => "failing",
        (true, None) => "active",
    };
    json!({
        "id": webhook.id.as_str(),
        "target_url": webhook.target_url,
        "event_types": webhook.event_types,
        "is_active": webhook.is_active,
        "state": state,
        "environment_id": webhook.environment_id.as_str(),
        "failing_since": webhook.failing_since.map(instant),
        "disabled_reason": webhook.disabled_reason,
        "last_error": webhook.last_error,
        "last_success_at": webhook.last_success_at.map(instant),
        "created_at": instant(webhook.created_at),
        "updated_at": instant(webhook.updated_at),
    })
}

/// What was sent to a webhook.
pub(crate) fn delivery(delivery: &DeliveryRecord) -> Value {
    let instant = |millis: i64| Instant(millis).to_string();
    json!({
        "id": delivery.id,
        "event": delivery.event,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "next_attempt_at": delivery.next_attempt_at.map(instant),
        "last_status": delivery.last_status,
        "last_error": delivery.last_error,
        "created_at": instant(delivery.created_at),
        "finished_at": delivery.finished_at.map(instant),
    })
}

/// An API token, without its secret; `own` is the one that asks.
pub(crate) fn token(token: &ApiToken, own: &TokenId) -> Value {
    let instant = |millis: i64| Instant(millis).to_string();
    json!({
        "id": token.id.as_str(),
        "name": token.name,
        "hint": token.hint,
        "type": if token.account_id.is_some() { "account" } else { "environment" },
        "integrated_account_id": token.account_id.as_ref().map(AccountId::as_str),
        "integrated_account_ids": token.scope,
        "read_only": token.read_only,
        "state": token.state().as_str(),
        "is_current": token.id == *own,
        "created_at": instant(token.created_at),
        "expires_at": token.expires_at.map(instant),
        "last_used_at": token.last_used_at.map(instant),
        "revoked_at": token.revoked_at.map(instant),
    })
}

/// A row of the request log.
pub(crate) fn request_entry(entry: &RequestEntry) -> Value {
    let record = &entry.record;
    let actor = match &record.token {
        Some((id, name)) => json!({ "type": "token", "id": id.as_str(), "name": name }),
        None => json!({ "type": "command_line" }),
    };
    json!({
        "id": entry.id.to_string(),
        "created_at": Instant(record.at).to_string(),
        "request_id": record.request_id,
        "method": record.method,
        "path": record.path,
        "integrated_account_id": record.account_id.as_ref().map(AccountId::as_str),
        "integration": record.integration,
        "status": record.status,
        "milliseconds": record.milliseconds,
        "bytes": record.bytes,
        "actor": actor,
        "vendor_requests": serde_json::from_str::<Value>(&record.vendor_requests).unwrap_or_default(),
        "vendor_requests_count": record.vendor_requests_count,
    })
}

/// An entry of the audit log.
pub(crate) fn audit_entry(entry: &AuditEntry) -> Value {
    let record = &entry.record;
    let actor = match &record.actor {
        Actor::Token { id, name } => json!({ "type": "token", "id": id.as_str(), "name": name }),
        Actor::LinkToken { id } => json!({ "type": "link_token", "id": id.as_str() }),
        Actor::CommandLine => json!({ "type": "command_line" }),
    };
    json!({
        "id": entry.id.to_string(),
        "created_at": Instant(entry.at).to_string(),
        "actor": actor,
        "action": record.action,
        "target": record.target,
        "status": record.status,
        "detail": record.detail,
    })
}

/// A connector in a list.
pub(crate) fn integration(connector: &Connector) -> Value {
    json!({
        "name": connector.name(),
        "label": connector.label(),
        "about": connector.file.about,
        "authentication_methods": connector.file.auth.schemes.keys().map(|method| method.as_str()).collect::<Vec<_>>(),
        "unified": connector.file.unified.keys().collect::<Vec<_>>(),
        "resources": connector.file.resources.keys().collect::<Vec<_>>(),
    })
}

/// The whole story of a connector.
pub(crate) fn integration_in_full(connector: &Connector) -> Value {
    let file = &connector.file;
    let mut view = integration(connector);
    let settings: Vec<Value> = file
        .settings
        .iter()
        .map(|(name, setting)| {
            json!({
                "name": name,
                "label": setting.label,
                "help": setting.help,
                "example": setting.example,
                "pattern": setting.pattern.as_ref().map(crosswalk_connector::Located::get),
                "required": setting.required,
                "unless": setting.unless,
                "default": setting.default,
                "only_for": setting.only_for,
            })
        })
        .collect();
    if let Value::Object(members) = &mut view {
        members.insert("docs".into(), json!(file.docs));
        members.insert("setup".into(), json!(file.setup));
        members.insert("notes".into(), json!(file.notes));
        members.insert("settings".into(), Value::Array(settings));
        members.insert(
            "authentication".into(),
            file.auth
                .schemes
                .iter()
                .map(|(method, scheme)| scheme_view(*method, scheme))
                .collect(),
        );
        members.insert(
            "rate_limit".into(),
            json!({
                "requests": file.rate_limit.requests,
                "per_seconds": file.rate_limit.per_seconds,
                "concurrency": file.rate_limit.concurrency,
            }),
        );
        members.insert(
            "capabilities".into(),
            capabilities(connector, &Default::default()),
        );
    }
    view
}

fn scheme_view(method: Method, scheme: &Scheme) -> Value {
    let credentials: Vec<Value> = credentials_of(method, scheme)
        .into_iter()
        .map(|(name, required)| {
            json!({ "name": name, "label": scheme.credentials.get(name), "required": required })
        })
        .collect();
    json!({ "method": method.as_str(), "label": scheme.label, "credentials": credentials })
}

/// The credentials of a method, and which of them it can't do without.
pub(crate) fn credentials_of(method: Method, scheme: &Scheme) -> Vec<(&'static str, bool)> {
    let mut names: Vec<(&'static str, bool)> = method
        .required_credentials()
        .iter()
        .map(|name| (*name, true))
        .collect();
    if method == Method::Oauth2 {
        let refreshes = scheme
            .token
            .as_ref()
            .is_some_and(|token| !token.refresh.unsupported);
        let further: &[&'static str] = if refreshes {
            &["refresh_token", "expires_at", "client_id", "client_secret"]
        } else {
            &["expires_at"]
        };
        names.extend(further.iter().map(|name| (*name, false)));
    }
    names
}

/// Which capabilities are asked for.
#[derive(Default)]
pub(crate) struct CapabilityFilter {
    pub(crate) kind: Option<String>,
    pub(crate) methods: Vec<String>,
    pub(crate) resource: Option<String>,
}

/// What can be called on a connector.
pub(crate) fn capabilities(connector: &Connector, filter: &CapabilityFilter) -> Value {
    let unified = connector
        .file
        .unified
        .keys()
        .map(|name| ("unified", name.as_str(), true, true));
    let proxy = connector.file.resources.iter().map(|(name, resource)| {
        (
            "proxy",
            name.as_str(),
            resource.list.is_some(),
            resource.get.is_some(),
        )
    });
    let wanted =
        |method: &str| filter.methods.is_empty() || filter.methods.iter().any(|wanted| wanted == method);
    unified
        .chain(proxy)
        .filter(|(kind, name, ..)| {
            filter.kind.as_deref().is_none_or(|wanted| wanted == *kind)
                && filter
                    .resource
                    .as_deref()
                    .is_none_or(|wanted| wanted == *name || name.rsplit('/').next() == Some(wanted))
        })
        .filter_map(|(kind, name, list, get)| {
            let methods: Vec<&str> = [("list", list), ("get", get)]
                .iter()
                .filter(|(method, has)| *has && wanted(method))
                .map(|(method, _)| *method)
                .collect();
            let path = if kind == "unified" {
                format!("/unified/{name}")
            } else {
                format!("/proxy/{name}")
            };
            (!methods.is_empty())
                .then(|| json!({ "type": kind, "resource": name, "methods": methods, "path": path }))
        })
        .collect()
}

/// A model as one connector gives it: the schema of a record, the query's, and the mapping.
pub(crate) fn meta(
    connector: &Connector,
    model: &UnifiedModel,
    method: &str,
    overridden: Option<&Overridden>,
) -> Option<Value> {
    let (unified, compiled) = match overridden {
        Some(overridden) => (&overridden.unified, &overridden.compiled),
        None => connector.unified(&model.name)?,
    };
    let given = |name: &str| {
        model
            .field_id(name)
            .is_some_and(|id| compiled.fields.contains(id))
    };
    let mut properties = Map::new();
    for (_, field) in model.output_fields().filter(|(_, field)| given(&field.name)) {
        properties.insert(
            field.name.clone(),
            merged(
                type_of(field.kind, true),
                json!({ "description": field.description, "example": field.example }),
            ),
        );
    }
    properties.insert(
        "remote_data".into(),
        json!({ "description": format!("The record as {} has it, byte for byte.", connector.label()) }),
    );
    let lowering = compiled.mapping.lowering();
    let lowered = |name: &str| {
        model.field_id(name).is_some_and(|id| {
            lowering
                .iter()
                .any(|(field, way)| *field == id && *way == Lowering::Lowered)
        })
    };
    let mut mapping = Map::new();
    for (name, field) in &unified.fields {
        use crosswalk_connector::file::FieldMapping;
        let (expression, read) = match field.get() {
            FieldMapping::Expression(expression) => (expression.as_str(), None),
            FieldMapping::Read(read) => (read.value.as_str(), Some(format!("{:?}", read.read))),
        };
        mapping.insert(
            name.clone(),
            json!({ "expression": expression, "read": read, "lowered": lowered(name), "from": "connector" }),
        );
    }
    for (name, origin) in overridden.iter().flat_map(|overridden| &overridden.fields) {
        mapping.insert(
            name.clone(),
            json!({
                "expression": origin.expression,
                "read": origin.read.as_ref().map(|read| read.as_str().map_or_else(|| read.to_string(), str::to_owned)),
                "lowered": lowered(name),
                "from": origin.layer.as_str(),
            }),
        );
    }
    let extras = overridden.map(|overridden| match method {
        "get" if connector.get_call(unified.resource.get()).is_some() => overridden.get.to_json(),
        _ => overridden.list.to_json(),
    });
    Some(json!({
        "model": model.name,
        "method": method,
        "integration": connector.name(),
        "resource": unified.resource.get(),
        "schema": {
            "type": "object",
            "description": model.description,
            "properties": properties,
            "required": properties.keys().collect::<Vec<_>>(),
        },
        "query_schema": query_schema(unified, compiled, model, method, overridden),
        "mapping": mapping,
        "request": extras.unwrap_or_else(|| json!({})),
    }))
}

fn query_schema(
    unified: &UnifiedUse,
    compiled: &UnifiedResource,
    model: &UnifiedModel,
    method: &str,
    overridden: Option<&Overridden>,
) -> Value {
    let pushed_from = |name: &str| {
        let push = overridden.and_then(|overridden| overridden.pushes.get(name));
        let field = overridden.and_then(|overridden| overridden.fields.get(name));
        let layer = push.map(|(layer, _)| *layer).or(field.map(|origin| origin.layer));
        layer.unwrap_or(Layer::Connector).as_str()
    };
    let mut properties = Map::new();
    let is_list = method == "list";
    let filtered: Vec<String> = vendor_filters(unified)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    if is_list {
        let filters = model
            .fields()
            .filter(|(id, field)| compiled.fields.contains(*id) && !field.kind.operators().is_empty());
        for (_, field) in filters {
            let operators: Vec<&str> = field
                .kind
                .operators()
                .iter()
                .map(|operator| operator.as_str())
                .collect();
            properties.insert(
                field.name.clone(),
                merged(
                    type_of(field.kind, false),
                    json!({
                        "description": field.description,
                        "operators": operators,
                        "filtered_by": if filtered.contains(&field.name) { "vendor" } else { "crosswalk" },
                        "only_filter": field.role == FieldRole::FilterOnly,
                        "from": pushed_from(&field.name),
                    }),
                ),
            );
        }
        let sorts: Vec<&str> = model
            .fields()
            .filter(|(id, field)| field.sortable && compiled.fields.contains(*id))
            .map(|(_, field)| field.name.as_str())
            .collect();
        properties.insert(
            "sort_by".into(),
            json!({ "type": "string", "enum": sorts, "description": "`sort_by[field]=asc|desc`", "sorted_by_vendor": unified.sort.keys().collect::<Vec<_>>() }),
        );
    }
    for parameter in &model.parameters {
        let kind = match parameter.kind {
            ParameterKind::Search if is_list => "string",
            ParameterKind::Object if compiled.parameters.contains_key(&parameter.name) => "object",
            _ => continue,
        };
        let required = unified
            .parameters
            .get(&parameter.name)
            .is_some_and(|rule| rule.required);
        properties.insert(
            parameter.name.clone(),
            json!({ "type": kind, "description": parameter.description, "example": parameter.example, "required": required }),
        );
    }
    json!({ "type": "object", "properties": properties })
}

pub(crate) fn type_of(kind: FieldKind, nullable: bool) -> Value {
    let or_null = |kind: &str| {
        if nullable {
            json!([kind, "null"])
        } else {
            json!(kind)
        }
    };
    match kind {
        FieldKind::Id => json!({ "type": "string" }),
        FieldKind::Text => json!({ "type": or_null("string") }),
        FieldKind::Boolean => json!({ "type": or_null("boolean") }),
        FieldKind::Instant => json!({ "type": or_null("string"), "format": "date-time" }),
        FieldKind::Json => json!({}),
        FieldKind::Links => json!({
            "type": "array",
            "items": { "type": "object", "properties": { "type": { "type": "string" }, "url": { "type": "string", "format": "uri" } } }
        }),
    }
}

pub(crate) fn merged(mut a: Value, b: Value) -> Value {
    if let (Value::Object(a), Value::Object(b)) = (&mut a, b) {
        a.extend(b);
    }
    a
}
