//! A whole list in one answer that grows.
//!
//! Memory is a few vendor pages at most: the next page is fetched while the client takes the last one, further
//! ones only where the vendor counts its pages ([`Ahead`] bounds them). Sorted streams hold records up to a bound and spill the rest to disk.

use std::sync::Arc;

use bytes::Bytes;
use crosswalk_model::{ApiError, PageLimit, Query, UnifiedModel};
use tokio::sync::{mpsc, oneshot};
use tracing::Instrument;

use crate::Engine;
use crate::ahead::Ahead;
use crate::aside::aside;
use crate::cursor::{At, Binding};
use crate::fault::{Fault, to_api_error};
use crate::list::{Collector, explain, refused};
use crate::plan::{Order, Plan, Pushing};
use crate::session::{Patience, Session};
use crate::shape::{EnvelopeEnd, Shaper};
use crate::sorted::{self, Entry};
use crate::spill::Sorter;
use crate::target::Target;
use crate::walk::{Walker, page_size};

/// How a stream is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamFormat {
    /// The list envelope with a growing `result`.
    Envelope,
    /// One record per line.
    Lines,
}

/// A running stream. Dropping it ends the walk.
#[derive(Debug)]
pub struct StreamedList {
    chunks: mpsc::Receiver<Bytes>,
}

/// So many bytes of a sorted stream are handed over at once.
const CHUNK: usize = 64 * 1024;

impl StreamedList {
    /// The next bytes; `None` when the answer is complete (or has said why it is not).
    pub async fn next(&mut self) -> Option<Bytes> {
        self.chunks.recv().await
    }
}

impl Engine {
    /// Every record of a unified list to the end. An error before the first byte comes back; one after it is
    /// told inside the stream.
    pub async fn stream(
        &self,
        model: Arc<UnifiedModel>,
        target: Target,
        query: Query,
        format: StreamFormat,
    ) -> Result<StreamedList, ApiError> {
        let (chunks, received) = mpsc::channel(1);
        let (begun, ready) = oneshot::channel();
        let engine = self.clone();
        let client = chunks.clone();
        let walk = async move {
            let mut out = Output {
                chunks,
                begun: Some(begun),
                format,
                records: 0,
            };
            let run = async {
                if let Err(error) = engine.run_stream(&model, &target, &query, &mut out).await {
                    out.fail(error).await;
                }
            };
            // Who has gone is not read for, whether there is something to send or not.
            tokio::select! {
                () = run => {}
                () = client.closed() => {}
            }
        };
        tokio::spawn(walk.in_current_span());
        match ready.await {
            Ok(Ok(())) => Ok(StreamedList { chunks: received }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(ApiError::new(500, "the stream ended before it began".to_owned())),
        }
    }

    async fn run_stream(
        &self,
        model: &UnifiedModel,
        target: &Target,
        query: &Query,
        out: &mut Output,
    ) -> Result<(), ApiError> {
        let connector = &target.connector;
        let remote = !query.remote_query.is_empty();
        let binding = Binding::new(&target.account, &model.name, query).decided_by(target, query);
        let now = jiff::Timestamp::now().as_second();
        let from = match &query.cursor {
            Some(cursor) => Some(self.inner.cursors.open(&binding, cursor, now)?),
            None => None,
        };
        let (_, compiled) = target.unified(&model.name).ok_or_else(|| {
            ApiError::new(
                404,
                format!("{} has no unified {}", connector.label(), model.name),
            )
        })?;
        let session = Session::open(&self.inner, target, Patience::endless())
            .await
            .map_err(|fault| to_api_error(connector, fault, remote))?;
        let planned = |pushing| Plan::unified(target, model, query, &session.credentials(), pushing);
        let mut plan = planned(from.as_ref().map_or(Pushing::Declared, At::pushing))?;
        let shaper = Shaper::new(model, compiled.fields, query);
        let limit = PageLimit::VendorPage;
        let collector = Collector::new(&self.inner, &session, &plan, &shaper, limit);
        let mut scanned = stream_list(&collector, from.clone(), out).await;
        if let Err(fault) = &scanned
            && !out.has_begun()
            && self.config().bare_when_refused
            && plan.is_refused(fault, from.as_ref())
        {
            refused(connector.name(), &plan);
            plan = planned(Pushing::Nothing)?;
            let collector = Collector::new(&self.inner, &session, &plan, &shaper, limit);
            scanned = stream_list(&collector, from, out).await;
        }
        let scanned = scanned.map_err(|fault| session.error(fault, remote))?;
        let explain = query
            .explain
            .then(|| explain(connector.name(), &session, &plan, query, &scanned, out.records));
        out.finish(explain.as_ref()).await;
        Ok(())
    }
}

async fn stream_list(collector: &Collector<'_>, from: Option<At>, out: &mut Output) -> Result<u64, Fault> {
    match collector.plan.order {
        Order::Vendor => stream_in_vendor_order(collector, from, out).await,
        Order::SortedHere(sort) | Order::SortedByVendor(sort) => {
            stream_sorted(collector, sort, from, out).await
        }
    }
}

async fn stream_in_vendor_order(
    collector: &Collector<'_>,
    from: Option<At>,
    out: &mut Output,
) -> Result<u64, Fault> {
    let walker = Walker::new(collector.session, collector.plan);
    let (position, mut skip) = match from {
        Some(At::Vendor { at, skip }) => (Some(at), skip as usize),
        Some(_) => return Err(Fault::Malformed("the cursor is of another kind".into())),
        None => (walker.start(page_size(collector.plan.list, None)), 0),
    };
    let Some(mut position) = position else {
        return Ok(0);
    };
    let mut ahead = Ahead::new(&walker);
    let mut scanned = 0;
    let mut page = ahead.page(&position, None).await?;
    loop {
        let mut chunk = out.chunk();
        let read = walker.read(&page, &mut |index, row| {
            if index >= skip && collector.wanted(row) {
                chunk.add(collector.shaper, row);
            }
        })?;
        scanned += read.records.saturating_sub(skip) as u64;
        skip = 0;
        ahead.learn(&read, &position);
        drop(page);
        let Some(next) = read.next else {
            out.send(chunk).await;
            return Ok(scanned);
        };
        // The next page is on its way while the client takes this one.
        let (taken, fetched) = tokio::join!(out.send(chunk), ahead.page(&next, None));
        if !taken {
            return Ok(scanned);
        }
        page = fetched?;
        position = next;
    }
}

async fn stream_sorted(
    collector: &Collector<'_>,
    sort: crosswalk_model::Sort,
    from: Option<At>,
    out: &mut Output,
) -> Result<u64, Fault> {
    let after = match from {
        None => None,
        Some(At::SortedHere { after, .. }) => Some(after),
        Some(At::SortedByVendor { after, .. }) => after,
        Some(At::Vendor { .. }) => return Err(Fault::Malformed("the cursor is of another kind".into())),
    };
    let spilled = |error: std::io::Error| Fault::Spill(error.to_string());
    let mut sorter = Sorter::new(sort).map_err(spilled)?;
    let walker = Walker::new(collector.session, collector.plan);
    let mut ahead = Ahead::new(&walker);
    let mut position = walker.start(page_size(collector.plan.list, None));
    let mut scanned = 0;
    while let Some(here) = position {
        let page = ahead.page(&here, None).await?;
        let mut problem = None;
        let read = walker.read(&page, &mut |_, row| {
            if problem.is_none() && collector.wanted(row) {
                let entry = Entry::of(collector, sort, row);
                if after
                    .as_ref()
                    .is_none_or(|after| sorted::compare(sort, &entry.place, after).is_gt())
                {
                    problem = sorter.add(entry).err();
                }
            }
        })?;
        if let Some(problem) = problem {
            return Err(spilled(problem));
        }
        scanned += read.records as u64;
        ahead.learn(&read, &here);
        position = read.next;
    }
    let mut records = aside(|| sorter.finish()).map_err(spilled)?;
    let mut is_over = false;
    while !is_over {
        let mut chunk = out.chunk();
        // Runs are read from the disk.
        is_over = aside(|| {
            while chunk.bytes.len() < CHUNK {
                let Some(entry) = records.next().map_err(spilled)? else {
                    return Ok(true);
                };
                let row = collector
                    .plan
                    .mapping
                    .project(&entry.raw)
                    .map_err(|problem| Fault::record(&problem))?;
                chunk.add(collector.shaper, &row);
            }
            Ok::<_, Fault>(false)
        })?;
        if !out.send(chunk).await {
            break;
        }
    }
    Ok(scanned)
}

/// Bytes on their way to the client.
struct Output {
    chunks: mpsc::Sender<Bytes>,
    begun: Option<oneshot::Sender<Result<(), ApiError>>>,
    format: StreamFormat,
    records: usize,
}

/// Records of one vendor page.
struct Chunk {
    bytes: Vec<u8>,
    format: StreamFormat,
    any_before: bool,
    count: usize,
}

impl Chunk {
    fn add(&mut self, shaper: &Shaper<'_>, row: &crosswalk_model::Row<'_>) {
        match self.format {
            StreamFormat::Lines => shaper.write_line(&mut self.bytes, row),
            StreamFormat::Envelope => {
                if self.any_before || self.count > 0 {
                    self.bytes.push(b',');
                }
                shaper.write(&mut self.bytes, row, false);
            }
        }
        self.count += 1;
    }
}

impl Output {
    fn chunk(&self) -> Chunk {
        Chunk {
            bytes: Vec::new(),
            format: self.format,
            any_before: self.records > 0,
            count: 0,
        }
    }

    /// Whether the client has any of the answer.
    fn has_begun(&self) -> bool {
        self.begun.is_none()
    }

    /// Opens the answer: from here on errors are told inside it.
    async fn begin(&mut self) -> bool {
        let Some(begun) = self.begun.take() else {
            return true;
        };
        if begun.send(Ok(())).is_err() {
            return false;
        }
        if self.format == StreamFormat::Envelope {
            let mut open = Vec::new();
            Shaper::open_envelope(&mut open);
            return self.chunks.send(Bytes::from(open)).await.is_ok();
        }
        true
    }

    /// Hands a chunk over; false when nobody listens any more.
    async fn send(&mut self, chunk: Chunk) -> bool {
        if !self.begin().await {
            return false;
        }
        self.records += chunk.count;
        chunk.bytes.is_empty() || self.chunks.send(Bytes::from(chunk.bytes)).await.is_ok()
    }

    async fn finish(&mut self, explain: Option<&crate::Explain>) {
        if !self.begin().await || self.format == StreamFormat::Lines {
            return;
        }
        let mut out = vec![b']'];
        let end = EnvelopeEnd {
            next_cursor: None,
            count: self.records,
            is_partial: false,
            explain,
            error: None,
        };
        end.write(&mut out);
        drop(self.chunks.send(Bytes::from(out)).await);
    }

    /// Tells an error: as the whole answer while there is none, else inside it.
    async fn fail(&mut self, error: ApiError) {
        if let Some(begun) = self.begun.take() {
            drop(begun.send(Err(error)));
            return;
        }
        let error = error.to_json().to_string();
        let out = match self.format {
            StreamFormat::Lines => format!("{{\"error\":{error}}}\n").into_bytes(),
            StreamFormat::Envelope => {
                let mut out = vec![b']'];
                let end = EnvelopeEnd {
                    next_cursor: None,
                    count: self.records,
                    is_partial: true,
                    explain: None,
                    error: Some(error.as_bytes()),
                };
                end.write(&mut out);
                out
            }
        };
        drop(self.chunks.send(Bytes::from(out)).await);
    }
}
