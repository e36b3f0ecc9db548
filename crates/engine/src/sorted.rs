//! Pages of sorted lists: sorted here, or by the vendor with equal keys regrouped.

use std::cmp::Ordering;

use crosswalk_model::{Row, Sort, SortKey};
use serde::{Deserialize, Serialize};

use crate::ahead::Ahead;
use crate::cursor::At;
use crate::fault::Fault;
use crate::list::{Collected, Collector, Unfinished};
use crate::shape::Rows;
use crate::walk::{Position, Walker, page_size};

/// How many bytes of records a page may hold on to while it looks for its place; beyond that only the
/// page's own candidates are kept, and the next page reads again.
const HELD: usize = 16 * 1024 * 1024;

/// Where a record stands in a sorted list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Place {
    #[serde(rename = "k")]
    pub(crate) key: SortKey,
    #[serde(rename = "i")]
    pub(crate) id: String,
}

/// A record with its place, held by itself.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) place: Place,
    pub(crate) raw: Vec<u8>,
}

impl Entry {
    pub(crate) fn of(collector: &Collector<'_>, sort: Sort, row: &Row<'_>) -> Self {
        Self {
            place: place(collector, sort, row),
            raw: row.raw.to_vec(),
        }
    }

    fn size(&self) -> usize {
        self.raw.len() + self.place.id.len() + 96
    }
}

fn place(collector: &Collector<'_>, sort: Sort, row: &Row<'_>) -> Place {
    let id = collector.shaper.id_of(row);
    Place {
        key: sort.key(row),
        id,
    }
}

/// The order of the list: by key, then by id.
pub(crate) fn compare(sort: Sort, a: &Place, b: &Place) -> Ordering {
    sort.compare(&a.key, &a.id, &b.key, &b.id)
}

/// One page of a list sorted here.
pub(crate) async fn here(
    collector: &Collector<'_>,
    sort: Sort,
    from: Option<At>,
) -> Result<Collected, Unfinished> {
    let most = collector.most().unwrap_or_else(|| largest(collector));
    let (after, snapshot) = match from {
        None => (None, None),
        Some(At::SortedHere { after, snapshot }) => (Some(after), snapshot),
        Some(_) => return Err(Fault::Malformed("the cursor is of another kind".into()).into()),
    };
    if let (Some(after), Some(id)) = (&after, &snapshot)
        && let Some(mut entries) = collector.engine.snapshots.open(id)
    {
        entries.retain(|entry| compare(sort, &entry.place, after).is_gt());
        return cut(collector, entries, most, 0, snapshot, false);
    }
    let mut held = Held {
        sort,
        keep: most + 1,
        entries: Vec::new(),
        bytes: 0,
        complete: true,
    };
    let walker = Walker::new(collector.session, collector.plan);
    let mut ahead = Ahead::new(&walker);
    let mut position = walker.start(page_size(collector.plan.list, None));
    let mut scanned = 0;
    while let Some(here) = position {
        if scanned > 0 && collector.session.patience.is_late() {
            return Err(Fault::SortTooLate.into());
        }
        let page = match ahead.page(&here, None).await {
            Err(Fault::Timeout) if scanned > 0 => return Err(Fault::SortTooLate.into()),
            page => page?,
        };
        let read = walker.read(&page, &mut |_, row| {
            if collector.wanted(row) {
                let entry = Entry::of(collector, sort, row);
                if after
                    .as_ref()
                    .is_none_or(|after| compare(sort, &entry.place, after).is_gt())
                {
                    held.add(entry);
                }
            }
        })?;
        scanned += read.records as u64;
        ahead.learn(&read, &here);
        position = read.next;
    }
    let complete = held.complete;
    cut(collector, held.finish(), most, scanned, None, complete)
}

/// The best candidates for a page: all of them while they fit, else as many as the page needs.
struct Held {
    sort: Sort,
    keep: usize,
    entries: Vec<Entry>,
    bytes: usize,
    complete: bool,
}

impl Held {
    fn add(&mut self, entry: Entry) {
        self.bytes += entry.size();
        self.entries.push(entry);
        let crowded = self.entries.len() >= self.keep.saturating_mul(2);
        if crowded && (self.bytes > HELD || !self.complete) {
            self.complete = false;
            self.sort();
            self.entries.truncate(self.keep);
            self.bytes = self.entries.iter().map(Entry::size).sum();
        }
    }

    fn sort(&mut self) {
        let sort = self.sort;
        self.entries
            .sort_unstable_by(|a, b| compare(sort, &a.place, &b.place));
    }

    fn finish(mut self) -> Vec<Entry> {
        self.sort();
        self.entries
    }
}

/// The first `most` of sorted entries as a page; the rest goes into a snapshot when it is all there is.
fn cut(
    collector: &Collector<'_>,
    mut entries: Vec<Entry>,
    most: usize,
    scanned: u64,
    snapshot: Option<String>,
    complete: bool,
) -> Result<Collected, Unfinished> {
    let mut collected = Collected {
        rows: collector.shaper.rows(),
        next: None,
        is_partial: false,
        scanned,
    };
    let rest = if entries.len() > most {
        entries.split_off(most)
    } else {
        Vec::new()
    };
    for entry in &entries {
        emit(collector, &mut collected.rows, entry)?;
    }
    if let (Some(last), false) = (entries.last(), rest.is_empty()) {
        let snapshot = match (snapshot, complete) {
            (Some(id), _) => Some(id),
            (None, true) => collector.engine.snapshots.keep(&rest),
            (None, false) => None,
        };
        collected.next = Some(At::SortedHere {
            after: last.place.clone(),
            snapshot,
        });
    }
    Ok(collected)
}

pub(crate) fn emit(collector: &Collector<'_>, rows: &mut Rows, entry: &Entry) -> Result<(), Fault> {
    let row = collector
        .plan
        .mapping
        .project(&entry.raw)
        .map_err(|problem| Fault::record(&problem))?;
    collector.shaper.add(rows, &row);
    Ok(())
}

fn largest(collector: &Collector<'_>) -> usize {
    match page_size(collector.plan.list, None) {
        0 => 1000,
        size => size as usize,
    }
}

/// One page of a list that the vendor sorts in this order. Runs of equal keys are held and put in the order
/// of their ids; the cursor names the start of a run.
pub(crate) async fn by_vendor(
    collector: &Collector<'_>,
    sort: Sort,
    from: Option<At>,
) -> Result<Collected, Unfinished> {
    let from_start = from.is_none();
    match follow_vendor(collector, sort, from).await {
        // The vendor does not sort as its documents say: then nothing was given out yet, and it is done here.
        Err(Unfinished {
            fault: Fault::OutOfOrder,
            ..
        }) if from_start => here(collector, sort, None).await,
        other => other,
    }
}

/// A run of records with equal keys.
struct Run {
    start: Position,
    skip: u32,
    key: SortKey,
    entries: Vec<Entry>,
    /// Records of the run up to here went out with earlier pages.
    after: Option<Place>,
}

async fn follow_vendor(
    collector: &Collector<'_>,
    sort: Sort,
    from: Option<At>,
) -> Result<Collected, Unfinished> {
    let most = collector.most().unwrap_or_else(|| largest(collector));
    let walker = Walker::new(collector.session, collector.plan);
    let mut collected = Collected {
        rows: collector.shaper.rows(),
        next: None,
        is_partial: false,
        scanned: 0,
    };
    let (mut position, mut skip, mut after) = match from {
        None => match walker.start(collector.vendor_page()) {
            Some(start) => (start, 0, None),
            None => return Ok(collected),
        },
        Some(At::SortedByVendor { run, skip, after }) => (run, skip as usize, after),
        // The vendor's order failed on the first page, and the walk went on here.
        Some(at @ At::SortedHere { .. }) => return here(collector, sort, Some(at)).await,
        Some(At::Vendor { .. }) => {
            return Err(Fault::Malformed("the cursor is of another kind".into()).into());
        }
    };
    let begun = At::SortedByVendor {
        run: position.clone(),
        skip: skip as u32,
        after: after.clone(),
    };
    let mut run: Option<Run> = None;
    // The last record that went out: a stream may go on from any cursor, and knows by it what was given out.
    let mut last = after.clone();
    let mut first_page = true;
    loop {
        let late = !first_page && collector.session.patience.is_late();
        let page = if late {
            Err(Fault::Timeout)
        } else {
            walker.fetch(&position).await
        };
        let page = match page {
            Ok(page) => page,
            Err(fault) if fault.is_lateness() => {
                // What is held of a run is read again.
                let resume = match run {
                    Some(run) => At::SortedByVendor {
                        run: run.start,
                        skip: run.skip,
                        after: run.after.or(last),
                    },
                    None => At::SortedByVendor {
                        run: position,
                        skip: skip as u32,
                        after: last,
                    },
                };
                if collected.rows.count > 0 {
                    collected.is_partial = true;
                    collected.next = Some(resume);
                    return Ok(collected);
                }
                // Equal keys that fill the whole time would be read for ever.
                if resume == begun && !first_page {
                    return Err(Fault::SortTooLate.into());
                }
                return Err(Unfinished {
                    fault,
                    resume: Some(resume),
                });
            }
            Err(fault) => return Err(fault.into()),
        };
        first_page = false;
        let mut found: Vec<(u32, Entry)> = Vec::new();
        let read = walker.read(&page, &mut |index, row| {
            if index >= skip && collector.wanted(row) {
                found.push((
                    u32::try_from(index).unwrap_or(u32::MAX),
                    Entry::of(collector, sort, row),
                ));
            }
        })?;
        collected.scanned += read.records.saturating_sub(skip) as u64;
        for (index, entry) in found {
            match &mut run {
                Some(run) if run.key == entry.place.key => run.entries.push(entry),
                _ => {
                    if let Some(done) = run.take() {
                        if sort.compare(&done.key, "", &entry.place.key, "").is_gt() {
                            return Err(Fault::OutOfOrder.into());
                        }
                        if let Some(next) =
                            flush(collector, sort, done, most, &mut collected.rows, &mut last)?
                        {
                            collected.next = Some(next);
                            return Ok(collected);
                        }
                        if collected.rows.count >= most {
                            collected.next = Some(At::SortedByVendor {
                                run: position,
                                skip: index,
                                after: last,
                            });
                            return Ok(collected);
                        }
                    }
                    let after = after.take().filter(|after| after.key == entry.place.key);
                    run = Some(Run {
                        start: position.clone(),
                        skip: index,
                        key: entry.place.key.clone(),
                        entries: vec![entry],
                        after,
                    });
                }
            }
        }
        match read.next {
            Some(next) => position = next,
            None => {
                if let Some(done) = run.take() {
                    collected.next = flush(collector, sort, done, most, &mut collected.rows, &mut last)?;
                }
                return Ok(collected);
            }
        }
        skip = 0;
    }
}

/// Gives a run out in the order of its ids, after `last`; where the page ends inside it, the way on.
fn flush(
    collector: &Collector<'_>,
    sort: Sort,
    run: Run,
    most: usize,
    rows: &mut Rows,
    last: &mut Option<Place>,
) -> Result<Option<At>, Fault> {
    let mut entries = run.entries;
    entries.sort_unstable_by(|a, b| compare(sort, &a.place, &b.place));
    if let Some(after) = &run.after {
        entries.retain(|entry| compare(sort, &entry.place, after).is_gt());
    }
    for entry in entries {
        if rows.count >= most {
            return Ok(Some(At::SortedByVendor {
                run: run.start,
                skip: run.skip,
                after: last.take(),
            }));
        }
        emit(collector, rows, &entry)?;
        *last = Some(entry.place);
    }
    Ok(None)
}
