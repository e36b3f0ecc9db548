//! The vendor's own resources, raw records in our envelope.

use std::time::Instant;

use crosswalk_connector::file::ErrorClass;
use crosswalk_mapping::{Mapping, locate};
use crosswalk_model::{ApiError, Query, UnifiedModel};
use serde_json::{Map, Value};

use crate::Engine;
use crate::cursor::{At, Binding};
use crate::fault::{Call, Fault, to_api_error};
use crate::list::{Collector, ListAnswer};
use crate::plan::Plan;
use crate::request::{self, Overlay};
use crate::session::{Patience, Session};
use crate::shape::{EnvelopeEnd, Shaper};
use crate::target::Target;

impl Engine {
    /// One page of a vendor resource: raw records under a cursor. `model` only lends the envelope's names.
    pub async fn proxy_list(
        &self,
        model: &UnifiedModel,
        target: &Target,
        resource: &str,
        query: &Query,
    ) -> Result<ListAnswer, ApiError> {
        let connector = &target.connector;
        let remote = !query.remote_query.is_empty();
        let config = self.config();
        let patience = Patience::until(Instant::now() + config.deadline, config.margin);
        let binding = Binding::new(&target.account, &format!("proxy {resource}"), query);
        let now = jiff::Timestamp::now().as_second();
        let from = match &query.cursor {
            Some(cursor) => Some(self.inner.cursors.open(&binding, cursor, now)?),
            None => None,
        };
        let session = Session::open(&self.inner, target, patience)
            .await
            .map_err(|fault| to_api_error(connector, fault, remote))?;
        let mapping = Mapping::raw_only();
        let plan = Plan::resource(connector, resource, &mapping, query)?;
        let shaper = Shaper::raw(model);
        let collector = Collector {
            engine: &self.inner,
            session: &session,
            plan: &plan,
            shaper: &shaper,
            limit: query.limit,
        };
        let collected = collector
            .in_vendor_order(from)
            .await
            .map_err(|unfinished| session.error(unfinished.fault, remote))?;
        let next_cursor = match collected.next {
            Some(at @ At::Vendor { .. }) => Some(self.inner.cursors.seal(&binding, at, now)?),
            _ => None,
        };
        let count = collected.rows.count;
        let end = EnvelopeEnd {
            next_cursor: next_cursor.as_deref(),
            count,
            is_partial: collected.is_partial,
            explain: None,
            error: None,
        };
        Ok(ListAnswer {
            body: shaper.envelope(collected.rows, &end),
            next_cursor,
            count,
        })
    }

    /// One raw record of a vendor resource.
    pub async fn proxy_get(
        &self,
        target: &Target,
        resource: &str,
        id: &str,
        remote_query: &[(String, String)],
    ) -> Result<Vec<u8>, ApiError> {
        let connector = &target.connector;
        let remote = !remote_query.is_empty();
        let (get, path) = connector.get_call(resource).ok_or_else(|| {
            ApiError::new(
                404,
                format!("{} has no call for one record of `{resource}`", connector.label()),
            )
        })?;
        let shown: String = id.chars().take(100).collect();
        let absent = || {
            ApiError::new(
                404,
                format!("{} has no record `{shown}` in `{resource}`", connector.label()),
            )
        };
        if !connector.matches(&get.id_pattern, id) {
            return Err(absent());
        }
        let session = self
            .session(target)
            .await
            .map_err(|fault| to_api_error(connector, fault, remote))?;
        let fail = |fault| session.error(fault, remote);
        // Walks belong to the unified resource that uses this one; without any there is one way to ask.
        let settings = Value::Object(session.credentials().settings.clone());
        let unified = connector
            .file
            .unified
            .values()
            .find(|unified| unified.resource.get() == resource);
        let mut walks = match unified {
            Some(unified) => Plan::walk_scopes(unified, &settings)
                .map_err(|error| fail(Fault::Connector(error.to_string())))?,
            None => Vec::new(),
        };
        if walks.is_empty() {
            walks.push(Value::Null);
        }
        for walk in walks {
            let answer = session
                .send(Call::Get, None, |credentials| {
                    let mut scope = Map::new();
                    scope.insert("settings".into(), Value::Object(credentials.settings.clone()));
                    scope.insert("id".into(), id.into());
                    scope.insert("walk".into(), walk.clone());
                    let scope = Value::Object(scope);
                    let base_url = connector.base_url(&scope)?;
                    let headers = &connector.file.api.headers;
                    request::build(
                        &base_url,
                        headers,
                        &get.request,
                        &scope,
                        &Overlay::default(),
                        remote_query,
                    )
                })
                .await
                .map_err(fail)?;
            if answer.class != ErrorClass::Ok {
                continue;
            }
            let record =
                locate(&answer.body, path).map_err(|problem| fail(Fault::Malformed(problem.to_string())))?;
            if let Some(record) = record.filter(|record| *record != b"null") {
                return Ok(record.to_vec());
            }
        }
        Err(absent())
    }
}
