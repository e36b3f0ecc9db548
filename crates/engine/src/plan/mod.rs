//! What the vendor does of a query and what is done here.
//!
//! A predicate is pushed down only where the connector's file says that the vendor's answer is a superset of
//! the exact one, and every record is checked again here. So pushing changes how much is read, never what
//! comes out.

mod parameters;
mod push;
mod walks;

use crosswalk_connector::file::{ListCall, UnifiedUse};
use crosswalk_connector::{Connector, TemplateError};
use crosswalk_mapping::{Layout, Mapping};
use crosswalk_model::{ApiError, FieldId, FieldKind, Predicate, Query, Sort, UnifiedModel};
use serde_json::{Map, Value, json};

pub(crate) use self::parameters::parameters;
use self::parameters::{remote_query, sized_by_caller};
use self::push::Planner;
use self::walks::{walk_scope, walks};
use crate::cursor::At;
use crate::explain::Pushed;
use crate::fault::Fault;
use crate::request::Overlay;
use crate::target::{CredentialSet, Target};
use crate::walk::Position;

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

fn no_list(connector: &Connector) -> ApiError {
    ApiError::new(404, format!("{} has no such list", connector.label()))
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
