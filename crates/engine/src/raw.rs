//! One vendor response exactly as it came.

use std::time::Instant;

use bytes::Bytes;
use crosswalk_model::{ApiError, PageLimit, Query, UnifiedModel};

use crate::Engine;
use crate::cursor::{At, Binding};
use crate::fault::{rate_headers, to_api_error};
use crate::plan::{Order, Plan, Pushing};
use crate::session::{Patience, Session};
use crate::target::Target;
use crate::walk::{Walker, page_size};

/// A vendor's answer, handed on.
#[derive(Clone, Debug)]
pub struct RawAnswer {
    /// Its status.
    pub status: u16,
    /// Its content type.
    pub content_type: Option<String>,
    /// Its rate-limit headers.
    pub headers: Vec<(String, String)>,
    /// Its body, byte for byte.
    pub body: Bytes,
    /// The cursor of the next vendor page.
    pub next_cursor: Option<String>,
}

impl Engine {
    /// One vendor page of a unified list, raw. Filters and sorts must be such that the vendor applies them
    /// exactly, since nothing is done here.
    pub async fn list_raw(
        &self,
        model: &UnifiedModel,
        target: &Target,
        query: &Query,
    ) -> Result<RawAnswer, ApiError> {
        let connector = &target.connector;
        let remote = !query.remote_query.is_empty();
        let config = self.config();
        let patience = Patience::until(Instant::now() + config.deadline, config.margin);
        let binding =
            Binding::new(&target.account, &format!("{} raw", model.name), query).decided_by(target, query);
        let now = jiff::Timestamp::now().as_second();
        let from = match &query.cursor {
            Some(cursor) => Some(self.inner.cursors.open(&binding, cursor, now)?),
            None => None,
        };
        let session = Session::open(&self.inner, target, patience)
            .await
            .map_err(|fault| to_api_error(connector, fault, remote))?;
        let fail = |fault| session.error(fault, remote);
        let plan = Plan::unified(target, model, query, &session.credentials(), Pushing::Declared)?;
        if let Some(parameter) = plan.inexact.first() {
            return Err(ApiError::bad_request(format!(
                "{} can not apply `{parameter}` exactly, and `truto_response_format=raw` hands its answer on as it \
                 is: leave `{parameter}` out, or ask for `unified`",
                connector.label()
            )));
        }
        if let Order::SortedHere(sort) = plan.order {
            return Err(ApiError::bad_request(format!(
                "{} can not sort by `{}` in this API's order, and `truto_response_format=raw` hands its answer on \
                 as it is: leave `sort_by` out, or ask for `unified`",
                connector.label(),
                model.field(sort.field).name
            )));
        }
        let walker = Walker::new(&session, &plan);
        let wanted = match query.limit {
            PageLimit::Exactly(limit) => Some(limit),
            PageLimit::VendorPage => None,
        };
        let position = match from {
            Some(At::Vendor { at, .. }) => at,
            Some(_) => {
                return Err(ApiError::bad_request(
                    "`next_cursor` is of another kind; start again without it".to_owned(),
                ));
            }
            None => match walker.start(page_size(plan.list, wanted)) {
                Some(start) => start,
                // Filters that exclude each other: ask for the first walk all the same, there is no other answer.
                None => {
                    return Err(ApiError::bad_request(
                        "these filters exclude each other; no vendor call fits them".to_owned(),
                    ));
                }
            },
        };
        let page = walker.fetch(&position).await.map_err(fail)?;
        let next = walker.read(&page, &mut |_, _| {}).map_err(fail)?.next;
        let next_cursor = match next {
            Some(at) => Some(
                self.inner
                    .cursors
                    .seal(&binding, At::Vendor { at, skip: 0 }, now)?,
            ),
            None => None,
        };
        let answer = page.into_answer();
        Ok(RawAnswer {
            status: answer.status,
            content_type: content_type(&answer.headers),
            headers: rate_headers(connector, &answer.headers),
            body: answer.body,
            next_cursor,
        })
    }
}

pub(crate) fn content_type(headers: &http::HeaderMap) -> Option<String> {
    headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned)
}
