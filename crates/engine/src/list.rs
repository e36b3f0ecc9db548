//! One page of a unified list.

use std::time::Instant;

use crosswalk_model::{ApiError, PageLimit, Query, Row, UnifiedModel};

use crate::ahead::Ahead;
use crate::cursor::{At, Binding};
use crate::explain::Explain;
use crate::fault::{Fault, to_api_error};
use crate::plan::{Order, Plan, Pushing};
use crate::session::{Patience, Session};
use crate::shape::{EnvelopeEnd, Rows, Shaper};
use crate::sorted;
use crate::target::Target;
use crate::walk::{Position, Walker, page_size};
use crate::{Engine, Inner};

/// A list envelope, ready to be sent.
#[derive(Clone, Debug)]
pub struct ListAnswer {
    /// The JSON.
    pub body: Vec<u8>,
    /// The cursor inside it.
    pub next_cursor: Option<String>,
    /// How many records are inside.
    pub count: usize,
}

/// What a page came to, before it is put into its envelope.
pub(crate) struct Collected {
    pub(crate) rows: Rows,
    pub(crate) next: Option<At>,
    pub(crate) is_partial: bool,
    pub(crate) scanned: u64,
}

/// What it takes to collect a page.
pub(crate) struct Collector<'a> {
    pub(crate) engine: &'a Inner,
    pub(crate) session: &'a Session<'a>,
    pub(crate) plan: &'a Plan<'a>,
    pub(crate) shaper: &'a Shaper<'a>,
    pub(crate) limit: PageLimit,
}

impl Engine {
    /// One page of a unified list: exactly `limit` records while there are that many.
    pub async fn list(
        &self,
        model: &UnifiedModel,
        target: &Target,
        query: &Query,
    ) -> Result<ListAnswer, ApiError> {
        let connector = &target.connector;
        let remote = !query.remote_query.is_empty();
        let (_, compiled) = target.unified(&model.name).ok_or_else(|| {
            ApiError::new(
                404,
                format!("{} has no unified {}", connector.label(), model.name),
            )
        })?;
        let config = self.config();
        let patience = Patience::until(Instant::now() + config.deadline, config.margin);
        let binding = Binding::new(&target.account, &model.name, query).decided_by(target, query);
        let now = jiff::Timestamp::now().as_second();
        let from = match &query.cursor {
            Some(cursor) => Some(self.inner.cursors.open(&binding, cursor, now)?),
            None => None,
        };
        let session = Session::open(&self.inner, target, patience)
            .await
            .map_err(|fault| to_api_error(connector, fault, remote))?;
        let planned = |pushing| Plan::unified(target, model, query, &session.credentials(), pushing);
        let mut plan = planned(from.as_ref().map_or(Pushing::Declared, At::pushing))?;
        let shaper = Shaper::new(model, compiled.fields, query);
        let mut collected = Collector::new(&self.inner, &session, &plan, &shaper, query.limit)
            .collect(from.clone())
            .await;
        if let Err(Unfinished { fault, .. }) = &collected
            && config.bare_when_refused
            && plan.is_refused(fault, from.as_ref())
        {
            refused(connector.name(), &plan);
            plan = planned(Pushing::Nothing)?;
            collected = Collector::new(&self.inner, &session, &plan, &shaper, query.limit)
                .collect(from)
                .await;
        }
        let collected = match collected {
            Ok(collected) => collected,
            Err(Unfinished { fault, resume }) => {
                let mut error = session.error(fault, remote);
                if let Some(at) = resume
                    && error.status == 504
                {
                    error = late_without_match(&error, self.inner.cursors.seal(&binding, at, now)?);
                }
                return Err(error);
            }
        };
        let next_cursor = match collected.next {
            Some(at) => Some(self.inner.cursors.seal(&binding, at, now)?),
            None => None,
        };
        let count = collected.rows.count;
        let explain = query.explain.then(|| {
            explain(
                connector.name(),
                &session,
                &plan,
                query,
                &collected.scanned,
                count,
            )
        });
        let end = EnvelopeEnd {
            next_cursor: next_cursor.as_deref(),
            count,
            is_partial: collected.is_partial,
            explain: explain.as_ref(),
            error: None,
        };
        Ok(ListAnswer {
            body: shaper.envelope(collected.rows, &end),
            next_cursor,
            count,
        })
    }
}

/// Leaves a note that a vendor does not do what its connector's file says.
pub(crate) fn refused(integration: &str, plan: &Plan<'_>) {
    let pushed: Vec<&str> = plan
        .pushed
        .iter()
        .map(|pushed| pushed.parameter.as_str())
        .collect();
    tracing::warn!(
        integration,
        ?pushed,
        "the vendor refused what was pushed down; the bare list is read instead"
    );
}

/// The deadline passed before a match was found.
fn late_without_match(error: &ApiError, cursor: String) -> ApiError {
    let message = format!(
        "{}; no match was found so far: go on with `next_cursor`, or ask with `truto_response_format=stream`, \
         which has no deadline",
        error.message
    );
    ApiError::new(504, message).with_next_cursor(cursor)
}

pub(crate) fn explain(
    integration: &str,
    session: &Session<'_>,
    plan: &Plan<'_>,
    query: &Query,
    scanned: &u64,
    kept: usize,
) -> Explain {
    Explain {
        integration: integration.to_owned(),
        pushed: plan.pushed.clone(),
        rechecked: query
            .predicates
            .iter()
            .map(|predicate| predicate.parameter.clone())
            .collect(),
        sorted_by: match plan.order {
            Order::Vendor => None,
            Order::SortedByVendor(_) => Some("vendor"),
            Order::SortedHere(_) => Some("here"),
        },
        vendor_requests: session.requests(),
        scanned: *scanned,
        kept: kept as u64,
        quota_remaining: session.quota(),
    }
}

/// A page that came to nothing, and where the search may go on.
pub(crate) struct Unfinished {
    pub(crate) fault: Fault,
    pub(crate) resume: Option<At>,
}

impl From<Fault> for Unfinished {
    fn from(fault: Fault) -> Self {
        Self { fault, resume: None }
    }
}

impl<'a> Collector<'a> {
    pub(crate) fn new(
        engine: &'a Inner,
        session: &'a Session<'a>,
        plan: &'a Plan<'a>,
        shaper: &'a Shaper<'a>,
        limit: PageLimit,
    ) -> Self {
        Self {
            engine,
            session,
            plan,
            shaper,
            limit,
        }
    }

    /// A page of the list.
    async fn collect(&self, from: Option<At>) -> Result<Collected, Unfinished> {
        match self.plan.order {
            Order::Vendor => self.in_vendor_order(from).await,
            Order::SortedHere(sort) => sorted::here(self, sort, from).await,
            Order::SortedByVendor(sort) => sorted::by_vendor(self, sort, from).await,
        }
    }

    /// How many records a page takes; none when it is a vendor page's worth.
    pub(crate) fn most(&self) -> Option<usize> {
        match self.limit {
            PageLimit::Exactly(limit) => Some(limit as usize),
            PageLimit::VendorPage => None,
        }
    }

    /// The vendor page size for a walk that begins now: a few of our pages where nothing is filtered here,
    /// so that following the cursor rarely needs two requests a page and `limit=1` does not fetch thousands;
    /// the largest where it is.
    pub(crate) fn vendor_page(&self) -> u32 {
        let wanted = match self.limit {
            PageLimit::Exactly(limit) if !self.plan.filters_here() => Some(if limit >= 100 {
                limit.saturating_add(1)
            } else {
                limit.saturating_mul(4).max(limit + 1)
            }),
            _ => None,
        };
        page_size(self.plan.list, wanted)
    }

    /// Whether a record is one of those asked for.
    pub(crate) fn wanted(&self, row: &Row<'_>) -> bool {
        self.plan
            .predicates
            .iter()
            .all(|predicate| predicate.matches(row))
    }

    pub(crate) async fn in_vendor_order(&self, from: Option<At>) -> Result<Collected, Unfinished> {
        let walker = Walker::new(self.session, self.plan);
        let mut ahead = Ahead::new(&walker);
        let mut collected = Collected {
            rows: self.shaper.rows(),
            next: None,
            is_partial: false,
            scanned: 0,
        };
        let (mut position, mut skip) = match from {
            Some(At::Vendor { at, skip }) => (at, skip as usize),
            Some(_) => return Err(Fault::Malformed("the cursor is of another kind".into()).into()),
            None => match walker.start(self.vendor_page()) {
                Some(start) => (start, 0),
                None => return Ok(collected),
            },
        };
        let most = self.most();
        let mut first_page = true;
        loop {
            if !first_page && self.session.patience.is_late() {
                return late(collected, position, skip, Fault::Timeout);
            }
            first_page = false;
            let wanted = most
                .filter(|_| !self.plan.filters_here())
                .map(|most| (most + 1).saturating_sub(collected.rows.count));
            let page = match ahead.page(&position, wanted).await {
                Ok(page) => page,
                Err(fault) if fault.is_lateness() => return late(collected, position, skip, fault),
                Err(fault) => return Err(fault.into()),
            };
            // One vendor page's worth is full as soon as it has anything, once that page is read.
            let full_before = most.is_none() && collected.rows.count > 0;
            let mut beyond = None;
            collected.rows.expect(page.size());
            let read = walker.read(&page, &mut |index, row| {
                if index < skip || beyond.is_some() {
                    return;
                }
                if !self.wanted(row) {
                    return;
                }
                if full_before || most.is_some_and(|most| collected.rows.count >= most) {
                    beyond = Some(index);
                } else {
                    self.shaper.add(&mut collected.rows, row);
                }
            });
            let read = read?;
            ahead.learn(&read, &position);
            collected.scanned += read.records.saturating_sub(skip) as u64;
            if let Some(index) = beyond {
                let skip = u32::try_from(index).unwrap_or(u32::MAX);
                collected.next = Some(At::Vendor { at: position, skip });
                return Ok(collected);
            }
            match read.next {
                Some(next) => position = next,
                None => return Ok(collected),
            }
            skip = 0;
        }
    }
}

/// The end of a call that ran out of time: what is there, or the way on.
fn late(
    mut collected: Collected,
    position: Position,
    skip: usize,
    fault: Fault,
) -> Result<Collected, Unfinished> {
    let at = At::Vendor {
        at: position,
        skip: u32::try_from(skip).unwrap_or(u32::MAX),
    };
    if collected.rows.count == 0 {
        return Err(Unfinished {
            fault,
            resume: Some(at),
        });
    }
    collected.next = Some(at);
    collected.is_partial = true;
    Ok(collected)
}
