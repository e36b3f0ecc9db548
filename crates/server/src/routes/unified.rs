//! `GET /unified/{model}/{resource}` and `/{id}`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use bytes::Bytes;
use crosswalk_connector::OverriddenCall;
use crosswalk_engine::{RawAnswer, StreamFormat, StreamedList};
use crosswalk_model::{Endpoint, Format, Query};
use futures_util::stream::{StreamExt, unfold};
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::reach::{capabilities, scrub};
use crate::app::App;
use crate::auth::Caller;
use crate::error::{Answer, json};
use crate::reference::endpoint::{Endpoint as Route, Told};
use crate::reference::unified as told;

pub(super) fn endpoints() -> Vec<Route> {
    vec![
        Route::get("/unified/{model}/{resource}", list, Told::EachModel(told::list)),
        Route::get(
            "/unified/{model}/{resource}/{id}",
            get,
            Told::EachModel(told::get),
        ),
    ]
}

/// A list, in any of its formats.
async fn list(
    State(app): State<App>,
    caller: Caller,
    Path((model, resource)): Path<(String, String)>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Answer {
    let raw = raw.unwrap_or_default();
    let model = app.model(&model, &resource)?;
    let reached = app.reach(&caller, Query::account_of(&raw)?).await?;
    let overridden = app.overridden(&reached, model, OverriddenCall::List).await?;
    // The overrides' model has the fields that they add.
    let model = overridden.as_ref().map_or(model, |overridden| &overridden.model);
    let query = Query::parse(
        model,
        &capabilities(&reached.connector, model, overridden.as_deref())?,
        Endpoint::List,
        &raw,
    )?;
    let target = app.target_with(&reached, false, overridden.clone());
    let engine = &app.inner.engine;
    match query.shape.format {
        Format::Unified | Format::Normalized => {
            let answer = engine
                .list(model, &target, &query)
                .await
                .map_err(|error| scrub(&reached, error))?;
            Ok(json(StatusCode::OK, answer.body))
        }
        Format::Raw => {
            let answer = engine
                .list_raw(model, &target, &query)
                .await
                .map_err(|error| scrub(&reached, error))?;
            Ok(handed_on(answer))
        }
        Format::Stream => {
            let lines = headers.get_all(ACCEPT).iter().any(|accept| {
                accept
                    .to_str()
                    .is_ok_and(|accept| accept.to_ascii_lowercase().contains("application/x-ndjson"))
            });
            let format = if lines {
                StreamFormat::Lines
            } else {
                StreamFormat::Envelope
            };
            let list = engine
                .stream(Arc::clone(model), target, query, format)
                .await
                .map_err(|error| scrub(&reached, error))?;
            Ok(streamed(list, format))
        }
    }
}

/// One record.
async fn get(
    State(app): State<App>,
    caller: Caller,
    Path((model, resource, id)): Path<(String, String, String)>,
    RawQuery(raw): RawQuery,
) -> Answer {
    let raw = raw.unwrap_or_default();
    let model = app.model(&model, &resource)?;
    let reached = app.reach(&caller, Query::account_of(&raw)?).await?;
    let overridden = app.overridden(&reached, model, OverriddenCall::Get).await?;
    // The overrides' model has the fields that they add.
    let model = overridden.as_ref().map_or(model, |overridden| &overridden.model);
    let query = Query::parse(
        model,
        &capabilities(&reached.connector, model, overridden.as_deref())?,
        Endpoint::Get,
        &raw,
    )?;
    let target = app.target_with(&reached, false, overridden.clone());
    let engine = &app.inner.engine;
    if query.shape.format == Format::Raw {
        let answer = engine
            .get_raw(model, &target, &id, &query)
            .await
            .map_err(|error| scrub(&reached, error))?;
        return Ok(handed_on(answer));
    }
    let body = engine
        .get(model, &target, &id, &query)
        .await
        .map_err(|error| scrub(&reached, error))?;
    Ok(json(StatusCode::OK, body))
}

/// The vendor's answer as it came.
fn handed_on(answer: RawAnswer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    if let Some(kind) = answer
        .content_type
        .and_then(|kind| HeaderValue::try_from(kind).ok())
    {
        headers.insert(CONTENT_TYPE, kind);
    }
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    if let Some(cursor) = answer
        .next_cursor
        .and_then(|cursor| HeaderValue::try_from(cursor).ok())
    {
        headers.insert("crosswalk-next-cursor", cursor);
    }
    response
}

fn streamed(list: StreamedList, format: StreamFormat) -> Response {
    // Fused, since compression asks once more after the end.
    let chunks = unfold(list, |mut list| async move {
        let chunk = list.next().await?;
        Some((Ok::<Bytes, std::convert::Infallible>(chunk), list))
    })
    .fuse();
    let kind = match format {
        StreamFormat::Lines => "application/x-ndjson",
        StreamFormat::Envelope => "application/json",
    };
    let mut response = Response::new(Body::from_stream(chunks));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
