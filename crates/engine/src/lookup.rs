//! Finds one record of a unified resource.

use bytes::Bytes;
use crosswalk_connector::file::{ErrorClass, Find};
use crosswalk_mapping::locate;
use crosswalk_model::{ApiError, Predicate, Query, UnifiedModel, Value};
use serde_json::{Map, json};

use crate::fault::{Answer, Call, Fault};
use crate::list::refused;
use crate::plan::{self, Order, Plan, Pushing};
use crate::request::{self, Overlay};
use crate::session::Session;
use crate::walk::{Walker, page_size};

/// A record found, and the answer it came in.
pub(crate) struct Found {
    /// The record's bytes.
    pub(crate) record: Bytes,
    /// The whole answer, when the vendor has a call for one record.
    pub(crate) answer: Option<Answer>,
}

/// Finds the record whose unified id is `id`, by the vendor's own call or through the list, as the connector
/// says. An alias that the vendor would understand (`me`) finds nothing.
pub(crate) async fn find(
    session: &Session<'_>,
    model: &UnifiedModel,
    query: &Query,
    id: &str,
) -> Result<Option<Found>, ApiError> {
    let connector = session.connector();
    let remote = !query.remote_query.is_empty();
    let (unified, _) = session.target().unified(&model.name).ok_or_else(|| {
        ApiError::new(
            404,
            format!("{} has no unified {}", connector.label(), model.name),
        )
    })?;
    let get = connector.get_call(unified.resource.get());
    if let Some((get, _)) = get
        && !connector.matches(&get.id_pattern, id)
    {
        return Ok(None);
    }
    let found = match (get, unified.find) {
        (None, _) | (_, Find::List) => by_list(session, model, query, id).await,
        (Some(_), Find::Call) => by_call(session, model, query, id).await,
        (Some(_), Find::CallThenList) => match by_call(session, model, query, id).await {
            Ok(None) => by_list(session, model, query, id).await,
            found => found,
        },
    };
    found.map_err(|failure| match failure {
        Failure::Fault(fault) => session.error(fault, remote),
        Failure::Error(error) => error,
    })
}

enum Failure {
    Fault(Fault),
    Error(ApiError),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

async fn by_call(
    session: &Session<'_>,
    model: &UnifiedModel,
    query: &Query,
    id: &str,
) -> Result<Option<Found>, Failure> {
    let connector = session.connector();
    let Some((unified, compiled)) = session.target().unified(&model.name) else {
        return Ok(None);
    };
    let Some((get, path)) = connector.get_call(unified.resource.get()) else {
        return Ok(None);
    };
    let settings = serde_json::Value::Object(session.credentials().settings.clone());
    let parameters = plan::parameters(connector, unified, query, &json!({ "settings": settings }))
        .map_err(Failure::Error)?;
    let mut walks =
        Plan::walk_scopes(unified, &settings).map_err(|error| Fault::Connector(error.to_string()))?;
    if walks.is_empty() {
        walks.push(serde_json::Value::Null);
    }
    let overrides = session.target().overrides.as_ref();
    let overlay = overrides
        .map(|overrides| Overlay::extra(&overrides.get))
        .unwrap_or_default();
    // A record may be in any of the walks: a live owner is asked for otherwise than an archived one.
    for walk in walks {
        let answer = session
            .send(Call::Get, None, |credentials| {
                let mut scope = Map::new();
                scope.insert(
                    "settings".into(),
                    serde_json::Value::Object(credentials.settings.clone()),
                );
                scope.insert("id".into(), id.into());
                scope.insert("walk".into(), walk.clone());
                if let serde_json::Value::Object(parameters) = &parameters {
                    scope.extend(parameters.clone());
                }
                let scope = serde_json::Value::Object(scope);
                let base_url = connector.base_url(&scope)?;
                let headers = &connector.file.api.headers;
                request::build(
                    &base_url,
                    headers,
                    &get.request,
                    &scope,
                    &overlay,
                    &query.remote_query,
                )
            })
            .await?;
        if answer.class != ErrorClass::Ok || answer.body.is_empty() {
            continue;
        }
        let malformed = |problem: crosswalk_mapping::PageProblem| Fault::Malformed(problem.to_string());
        let Some(record) = locate(&answer.body, path).map_err(malformed)? else {
            continue;
        };
        let record = answer.body.slice_ref(record);
        if record.as_ref() == b"null" {
            continue;
        }
        let is_it = {
            let row = compiled
                .mapping
                .project(&record)
                .map_err(|problem| Fault::record(&problem))?;
            plan::id_field(model).is_some_and(
                |field| matches!(&row.values[usize::from(field.0)], Value::Text(text) if text == id),
            )
        };
        if is_it {
            return Ok(Some(Found {
                record,
                answer: Some(answer),
            }));
        }
    }
    Ok(None)
}

async fn by_list(
    session: &Session<'_>,
    model: &UnifiedModel,
    query: &Query,
    id: &str,
) -> Result<Option<Found>, Failure> {
    let Some(predicate) = Predicate::id_equals(model, id) else {
        return Ok(None);
    };
    let query = Query {
        predicates: vec![predicate],
        sort: None,
        cursor: None,
        ..query.clone()
    };
    let planned = |pushing| {
        Plan::unified(session.target(), model, &query, &session.credentials(), pushing)
            .map_err(Failure::Error)
    };
    let plan = planned(Pushing::Declared)?;
    match search(session, &plan).await {
        Err(Failure::Fault(fault)) if session.config().bare_when_refused && plan.is_refused(&fault, None) => {
            refused(session.connector().name(), &plan);
            search(session, &planned(Pushing::Nothing)?).await
        }
        found => found,
    }
}

/// The first record of a list that a plan wants.
async fn search(session: &Session<'_>, plan: &Plan<'_>) -> Result<Option<Found>, Failure> {
    debug_assert_eq!(plan.order, Order::Vendor);
    let walker = Walker::new(session, plan);
    let mut position = walker.start(page_size(plan.list, None));
    while let Some(here) = position {
        let page = walker.fetch(&here).await?;
        let mut found = None;
        let read = walker.read(&page, &mut |_, row| {
            if found.is_none() && plan.predicates.iter().all(|predicate| predicate.matches(row)) {
                found = Some(Bytes::copy_from_slice(row.raw));
            }
        })?;
        if let Some(record) = found {
            return Ok(Some(Found { record, answer: None }));
        }
        if session.patience.is_late() {
            return Err(Fault::Timeout.into());
        }
        position = read.next;
    }
    Ok(None)
}
