//! What the vendor does of a query and what is done here.
//!
//! A predicate is pushed down only where the connector's file says that the vendor's answer is a superset of
//! the exact one, and every record is checked again here. So pushing changes how much is read, never what
//! comes out.

use std::collections::BTreeMap;

use crosswalk_connector::file::{Fragment, InstantFormat, ListCall, Push, UnifiedUse};
use crosswalk_connector::{Connector, LiteralRules, TemplateError};
use crosswalk_mapping::{Layout, Mapping};
use crosswalk_model::{
    ApiError, Cmp, FieldId, FieldKind, Insight, Instant, Predicate, Query, Sort, Test, Text, UnifiedModel,
};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::cursor::At;
use crate::explain::Pushed;
use crate::fault::Fault;
use crate::request::Overlay;
use crate::target::{CredentialSet, Target};
use crate::walk::Position;

/// How many bytes pushed predicates may add to a URL. Servers take 8 KiB or more, everything included and
/// encoded; a list of hundreds of addresses is filtered here instead.
const URL_ROOM: usize = 2048;

/// How much of a query the vendor is given to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pushing {
    /// What the connector's file says that it can.
    Declared,
    /// Nothing: it only lists, and the rest is done here.
    Nothing,
}

/// Who sorts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The vendor's order stands.
    Vendor,
    /// The vendor sorts in this very order, equal keys excepted.
    SortedByVendor(Sort),
    /// Sorted here.
    SortedHere(Sort),
}

/// A list, planned.
pub(crate) struct Plan<'a> {
    pub(crate) list: &'a ListCall,
    pub(crate) layout: &'a Layout,
    pub(crate) mapping: &'a Mapping,
    /// The walks to make, by index; `[0]` where the connector names none.
    pub(crate) walks: Vec<usize>,
    walk_scopes: Vec<Value>,
    pub(crate) overlay: Overlay,
    pub(crate) remote_query: Vec<(String, String)>,
    /// Whether `remote_query` replaces the page size.
    pub(crate) sized_by_caller: bool,
    /// Checked on every record.
    pub(crate) predicates: &'a [Predicate],
    pub(crate) order: Order,
    pub(crate) pushing: Pushing,
    /// Whether the vendor is asked for more than its bare list.
    asks_more: bool,
    pub(crate) pushed: Vec<Pushed>,
    /// Predicates that the vendor does not apply exactly.
    pub(crate) inexact: Vec<String>,
    parameters: Value,
}

impl<'a> Plan<'a> {
    /// Plans a unified list.
    pub(crate) fn unified(
        target: &'a Target,
        model: &'a UnifiedModel,
        query: &'a Query,
        credentials: &CredentialSet,
        pushing: Pushing,
    ) -> Result<Self, ApiError> {
        let connector = target.connector.as_ref();
        let (unified, compiled) = target.unified(&model.name).ok_or_else(|| {
            ApiError::new(
                404,
                format!("{} has no unified {}", connector.label(), model.name),
            )
        })?;
        let (list, layout) = connector
            .list_call(unified.resource.get())
            .ok_or_else(|| no_list(connector))?;
        let settings = Value::Object(credentials.settings.clone());
        let scope = json!({ "settings": settings });
        let failed = |error: TemplateError| {
            ApiError::new(
                502,
                format!(
                    "the connector `{}` could not plan this call: {error}",
                    connector.name()
                ),
            )
        };
        let (walks, walk_scopes, held) = walks(model, unified, query, &scope).map_err(failed)?;
        let literals = list
            .clauses
            .as_ref()
            .and_then(|clauses| clauses.literals.as_ref());
        let mut planner = Planner {
            connector,
            unified,
            literals,
            settings: &settings,
            // Before the pushes: one that would replace a parameter of the account's is not made.
            overlay: target
                .overrides
                .as_ref()
                .map(|overrides| Overlay::extra(&overrides.list))
                .unwrap_or_default(),
            pushed: Vec::new(),
        };
        let order = match pushing {
            Pushing::Declared => {
                planner.push_all(model, &query.predicates).map_err(failed)?;
                planner.order(model, query).map_err(failed)?
            }
            Pushing::Nothing => query.sort.map_or(Order::Vendor, Order::SortedHere),
        };
        let exact: Vec<&str> = planner
            .pushed
            .iter()
            .filter(|pushed| pushed.exact)
            .map(|pushed| pushed.parameter.as_str())
            .chain(held.iter().map(String::as_str))
            .collect();
        let inexact = query
            .predicates
            .iter()
            .filter(|predicate| !exact.contains(&predicate.parameter.as_str()))
            .map(|predicate| predicate.parameter.clone())
            .collect();
        let asks_more = !planner.pushed.is_empty() || matches!(order, Order::SortedByVendor(_));
        let mut pushed = planner.pushed;
        pushed.extend(held.into_iter().map(|parameter| Pushed {
            parameter,
            vendor: "only the walks that hold such records".to_owned(),
            exact: true,
        }));
        let overlay = planner.overlay;
        Ok(Self {
            list,
            layout,
            mapping: &compiled.mapping,
            walks,
            walk_scopes,
            overlay,
            remote_query: remote_query(connector, query)?,
            sized_by_caller: sized_by_caller(list, query),
            predicates: &query.predicates,
            order,
            pushing,
            asks_more,
            pushed,
            inexact,
            parameters: parameters(connector, unified, query, &scope)?,
        })
    }

    /// Whether a fault may be the pushes' doing, so that the vendor is better asked for the bare list. Vendors'
    /// documents are not always true, and an account may lack what a filter needs. What the caller sends along
    /// (`remote_query`) is the caller's to mend.
    pub(crate) fn is_refused(&self, fault: &Fault, from: Option<&At>) -> bool {
        // A vendor's page inside a filtered list is none of the bare list.
        let is_bound = from.is_some_and(|at| at.position().is_some());
        self.asks_more && !is_bound && self.remote_query.is_empty() && fault.is_refusal()
    }

    /// Plans a walk through one of the vendor's own resources.
    pub(crate) fn resource(
        connector: &'a Connector,
        resource: &str,
        mapping: &'a Mapping,
        query: &Query,
    ) -> Result<Self, ApiError> {
        let (list, layout) = connector.list_call(resource).ok_or_else(|| no_list(connector))?;
        Ok(Self {
            list,
            layout,
            mapping,
            walks: vec![0],
            walk_scopes: Vec::new(),
            overlay: Overlay::default(),
            remote_query: remote_query(connector, query)?,
            sized_by_caller: sized_by_caller(list, query),
            predicates: &[],
            order: Order::Vendor,
            pushing: Pushing::Declared,
            asks_more: false,
            pushed: Vec::new(),
            inexact: Vec::new(),
            parameters: Value::Null,
        })
    }

    /// The scope of the request at a position.
    pub(crate) fn scope(
        &self,
        position: &Position,
        credentials: &CredentialSet,
    ) -> Result<Value, TemplateError> {
        let mut scope = Map::with_capacity(8);
        scope.insert("settings".into(), Value::Object(credentials.settings.clone()));
        if position.size > 0 {
            scope.insert("limit".into(), position.size.into());
        }
        scope.insert("page".into(), Value::Object(position.page.clone()));
        if let Some(walk) = self.walk_scopes.get(position.walk) {
            scope.insert("walk".into(), walk.clone());
        }
        if let Some(clauses) = &self.list.clauses {
            let all: Vec<&str> = clauses
                .always
                .iter()
                .chain(&self.overlay.clauses)
                .map(String::as_str)
                .collect();
            if !all.is_empty() {
                scope.insert("where".into(), all.join(&clauses.join).into());
            }
        }
        if let Some(order) = &self.overlay.order {
            scope.insert("order".into(), order.clone().into());
        }
        if let Value::Object(parameters) = &self.parameters {
            scope.extend(parameters.clone());
        }
        Ok(Value::Object(scope))
    }

    /// The scopes of the walks a single record may be in, for a get.
    pub(crate) fn walk_scopes(unified: &UnifiedUse, settings: &Value) -> Result<Vec<Value>, TemplateError> {
        let scope = json!({ "settings": settings });
        unified
            .walks
            .iter()
            .map(|walk| walk_scope(walk, &scope))
            .collect()
    }

    /// Whether any record may fall out after reading, so that vendor pages had better be large.
    pub(crate) fn filters_here(&self) -> bool {
        !self.inexact.is_empty()
    }
}

/// The parameters of a call (`workspace`) with the connector's defaults, for the request's scope.
pub(crate) fn parameters(
    connector: &Connector,
    unified: &UnifiedUse,
    query: &Query,
    scope: &Value,
) -> Result<Value, ApiError> {
    let mut found = Map::new();
    for (name, rule) in &unified.parameters {
        let given: Option<&BTreeMap<String, String>> = query.parameters.get(name);
        let value = match given {
            Some(members) => {
                for (member, value) in members {
                    if let Some(pattern) = &rule.pattern
                        && !connector.matches(pattern, value)
                    {
                        return Err(ApiError::bad_request(format!(
                            "`{name}[{member}]` is not of the form that {} uses ({})",
                            connector.label(),
                            pattern.get()
                        )));
                    }
                }
                Some(json!(members))
            }
            None => match &rule.default {
                Some(default) => default
                    .evaluate(scope)
                    .ok()
                    .flatten()
                    .filter(|value| !is_blank(value)),
                None => None,
            },
        };
        match value {
            Some(value) => drop(found.insert(name.clone(), value)),
            None if rule.required => {
                return Err(ApiError::bad_request(format!(
                    "{} needs `{name}[id]`: add it to the query, or give the account a default",
                    connector.label()
                ))
                .with_insight(Insight::new(
                    "missing_required_query_parameters",
                    "The account's CRM can not answer without these parameters.",
                    json!([format!("{name}[id]")]),
                )));
            }
            None => {}
        }
    }
    Ok(Value::Object(found))
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.values().all(is_blank),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// The caller's own parameters, which may replace the connector's and never a credential.
fn remote_query(connector: &Connector, query: &Query) -> Result<Vec<(String, String)>, ApiError> {
    let secret = connector
        .file
        .auth
        .schemes
        .values()
        .flat_map(|scheme| scheme.query.keys());
    for name in secret {
        // Brackets make no other name of it to vendors that read `key[]` as `key`.
        let replaces = |given: &str| given.split('[').next() == Some(name.as_str());
        if query.remote_query.iter().any(|(given, _)| replaces(given)) {
            return Err(ApiError::bad_request(format!(
                "`remote_query[{name}]` would replace the account's credentials"
            )));
        }
    }
    Ok(query.remote_query.clone())
}

/// Whether the caller's own parameters replace one that carries the page size.
fn sized_by_caller(list: &ListCall, query: &Query) -> bool {
    let carries_limit = |name: &str| {
        let template = list.request.get().query.get(name);
        template.is_some_and(|template| template.holes().any(|hole| hole.source().contains("limit")))
    };
    query.remote_query.iter().any(|(name, _)| carries_limit(name))
}

fn no_list(connector: &Connector) -> ApiError {
    ApiError::new(404, format!("{} has no such list", connector.label()))
}

type Walks = (Vec<usize>, Vec<Value>, Vec<String>);

/// The walks that can hold a match, every walk's scope, and the predicates that picked them.
fn walks(
    model: &UnifiedModel,
    unified: &UnifiedUse,
    query: &Query,
    scope: &Value,
) -> Result<Walks, TemplateError> {
    if unified.walks.is_empty() {
        return Ok((vec![0], Vec::new(), Vec::new()));
    }
    let scopes = unified
        .walks
        .iter()
        .map(|walk| walk_scope(walk, scope))
        .collect::<Result<_, _>>()?;
    let mut kept: Vec<usize> = (0..unified.walks.len()).collect();
    let mut pickers = Vec::new();
    for predicate in &query.predicates {
        let ([field], Some(wanted)) = (predicate.fields.as_slice(), wanted_boolean(&predicate.test)) else {
            continue;
        };
        let name = &model.field(*field).name;
        if unified.walks.iter().all(|walk| walk.holds.contains_key(name)) {
            pickers.push(predicate.parameter.clone());
            kept.retain(|index| unified.walks[*index].holds.get(name) == Some(&wanted));
        }
    }
    Ok((kept, scopes, pickers))
}

fn walk_scope(walk: &crosswalk_connector::file::Walk, scope: &Value) -> Result<Value, TemplateError> {
    let mut members = Map::new();
    for (name, template) in &walk.with {
        if let Some(value) = template.render(scope)? {
            members.insert(name.clone(), value);
        }
    }
    Ok(Value::Object(members))
}

fn wanted_boolean(test: &Test) -> Option<bool> {
    match test {
        Test::Is(wanted) => Some(*wanted),
        _ => None,
    }
}

struct Planner<'a> {
    connector: &'a Connector,
    unified: &'a UnifiedUse,
    literals: Option<&'a LiteralRules>,
    settings: &'a Value,
    overlay: Overlay,
    pushed: Vec<Pushed>,
}

impl Planner<'_> {
    fn push_all(&mut self, model: &UnifiedModel, predicates: &[Predicate]) -> Result<(), TemplateError> {
        let most = self.unified.push_at_most.unwrap_or(usize::MAX);
        for (name, push) in &self.unified.push {
            let push = push.get();
            if self.pushed.len() >= most {
                break;
            }
            let Some(field) = model.field_id(name) else {
                self.push_search(name, push, predicates)?;
                continue;
            };
            let of_field: Vec<&Predicate> = predicates
                .iter()
                .filter(|predicate| predicate.fields.as_slice() == [field])
                .collect();
            if model.field(field).kind == FieldKind::Instant {
                self.push_instants(push, &of_field)?;
            } else {
                for predicate in of_field {
                    self.push_one(push, predicate)?;
                }
            }
        }
        Ok(())
    }

    /// A search over several fields, where the connector names the parameter itself.
    fn push_search(
        &mut self,
        name: &str,
        push: &Push,
        predicates: &[Predicate],
    ) -> Result<(), TemplateError> {
        for predicate in predicates.iter().filter(|predicate| predicate.parameter == name) {
            self.push_one(push, predicate)?;
        }
        Ok(())
    }

    fn push_one(&mut self, push: &Push, predicate: &Predicate) -> Result<(), TemplateError> {
        let (fragment, scope, values): (_, _, Vec<&str>) = match &predicate.test {
            Test::Eq(text) => (&push.eq, one(&text.given), vec![text.given.as_str()]),
            Test::In(texts) => {
                let given: Vec<&str> = texts.iter().map(|text| text.given.as_str()).collect();
                (&push.any, json!({ "values": given }), given)
            }
            Test::Contains(text) => (&push.contains, one(&text.given), vec![text.given.as_str()]),
            Test::StartsWith(text) => (&push.starts_with, one(&text.given), vec![text.given.as_str()]),
            Test::IdEq(id) => (&push.eq, one(id), vec![id.as_str()]),
            Test::IdIn(ids) => (
                &push.any,
                json!({ "values": ids }),
                ids.iter().map(String::as_str).collect(),
            ),
            Test::Is(true) => (&push.is_true, json!({ "value": true }), Vec::new()),
            Test::Is(false) => (&push.is_false, json!({ "value": false }), Vec::new()),
            _ => return Ok(()),
        };
        let Some(fragment) = fragment else { return Ok(()) };
        if !push.folds_unicode && !folds_like_ascii(&predicate.test) {
            return Ok(());
        }
        self.add(fragment, scope, &values, &predicate.parameter, fragment.exact)
    }

    /// All bounds on an instant as at most one from below and one from above, widened to the vendor's
    /// precision, so that what is cut off can not matter.
    fn push_instants(&mut self, push: &Push, predicates: &[&Predicate]) -> Result<(), TemplateError> {
        let step = push.precision.millis();
        let mut from: Option<(i64, &str)> = None;
        let mut to: Option<(i64, &str)> = None;
        for predicate in predicates {
            let Test::At(cmp, Instant(at)) = &predicate.test else {
                continue;
            };
            let below = at.div_euclid(step) * step;
            let above = below.saturating_add(step);
            let parameter = predicate.parameter.as_str();
            if matches!(cmp, Cmp::Gt | Cmp::Gte | Cmp::Eq) && from.is_none_or(|(known, _)| below > known) {
                from = Some((below, parameter));
            }
            if matches!(cmp, Cmp::Lt | Cmp::Lte | Cmp::Eq) && to.is_none_or(|(known, _)| above < known) {
                to = Some((above, parameter));
            }
        }
        let wider = if push.exclusive { step } else { 0 };
        for (bound, fragment) in [
            (
                from.map(|(at, name)| (at.saturating_sub(wider), name)),
                &push.from,
            ),
            (to.map(|(at, name)| (at.saturating_add(wider), name)), &push.to),
        ] {
            let (Some((at, parameter)), Some(fragment)) = (bound, fragment) else {
                continue;
            };
            let Some(text) = instant_text(at, push.format) else {
                continue;
            };
            // A widened bound is never exact.
            self.add(
                fragment,
                json!({ "value": text, "bare": true }),
                &[],
                parameter,
                false,
            )?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        fragment: &Fragment,
        mut scope: Value,
        values: &[&str],
        parameter: &str,
        exact: bool,
    ) -> Result<(), TemplateError> {
        if let Some(form) = &fragment.only_if
            && !values.iter().all(|value| self.connector.matches(form, value))
        {
            return Ok(());
        }
        if values.is_empty() && scope.get("values").is_some() {
            return Ok(());
        }
        if let Value::Object(members) = &mut scope {
            members.insert("settings".into(), self.settings.clone());
        }
        let rendered = Overlay::render(fragment, &scope, self.literals)?;
        // A parameter whose hole has no value says that this account's settings do not allow it.
        let says_nothing = |(name, value): &(String, Option<String>)| {
            value.is_none() && fragment.query.get(name).is_some_and(Option::is_some)
        };
        if rendered.query.iter().any(says_nothing) {
            return Ok(());
        }
        if self.overlay.collides(&rendered) || self.overlay.url_length() + rendered.url_length() > URL_ROOM {
            return Ok(());
        }
        self.pushed.push(Pushed {
            parameter: parameter.to_owned(),
            vendor: rendered.vendor_form(),
            exact,
        });
        self.overlay.add(rendered);
        Ok(())
    }

    fn order(&mut self, model: &UnifiedModel, query: &Query) -> Result<Order, TemplateError> {
        let Some(sort) = query.sort else {
            return Ok(Order::Vendor);
        };
        let name = &model.field(sort.field).name;
        let push = self.unified.sort.get(name);
        let fragment = push.and_then(|push| {
            if sort.descending {
                push.desc.as_ref()
            } else {
                push.asc.as_ref()
            }
        });
        // Several walks come one after the other, so no vendor can sort over them.
        let (Some(fragment), true) = (fragment, self.unified.walks.len() <= 1) else {
            return Ok(Order::SortedHere(sort));
        };
        let rendered = Overlay::render(fragment, &json!({ "settings": self.settings }), self.literals)?;
        if self.overlay.collides(&rendered) {
            return Ok(Order::SortedHere(sort));
        }
        self.overlay.add(rendered);
        Ok(Order::SortedByVendor(sort))
    }
}

fn one(text: &str) -> Value {
    json!({ "value": text })
}

/// Whether a vendor that ignores the case of ASCII letters finds at least what this API finds.
///
/// `İ` lower-cases to an `i` and a dot above, so that a text ending in `i` may be found inside it here and
/// nowhere else: such texts are not pushed as parts of others.
fn folds_like_ascii(test: &Test) -> bool {
    let ascii = |text: &Text| text.given.is_ascii();
    match test {
        Test::Eq(text) => ascii(text),
        Test::In(texts) => texts.iter().all(ascii),
        Test::Contains(text) | Test::StartsWith(text) => ascii(text) && !text.folded.ends_with('i'),
        _ => true,
    }
}

fn instant_text(millis: i64, format: InstantFormat) -> Option<String> {
    let time = Timestamp::from_millisecond(millis).ok()?;
    let text = match format {
        InstantFormat::IsoSeconds => time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        InstantFormat::IsoMillis => time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        InstantFormat::IsoOffset => time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
        InstantFormat::Spaced => time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        InstantFormat::UnixSeconds => millis.div_euclid(1000).to_string(),
    };
    // Years outside four digits are no date to any vendor.
    (format == InstantFormat::UnixSeconds || time.strftime("%Y").to_string().len() == 4).then_some(text)
}

/// The id field of a model.
pub(crate) fn id_field(model: &UnifiedModel) -> Option<FieldId> {
    model
        .fields
        .iter()
        .position(|field| field.kind == FieldKind::Id)
        .and_then(|at| u8::try_from(at).ok())
        .map(FieldId)
}
