//! Pages fetched before they are asked for, where the vendor counts its pages.
//!
//! Page numbers and offsets can be told in advance, cursors and links can't. So once a counted list has given a
//! full page, the pages that will surely be wanted are asked for side by side: as many as the caller still needs,
//! the list still has and the vendor's documented rate and concurrency permit. Where the list's length is not
//! known, the look ahead grows with the pages already read: what is asked for in vain past the end of a list is at
//! most an eighth of what it took to read it, and nothing for a short one.
//!
//! Looking ahead changes when a page is asked for, never which one is read: a page whose place turns out to be
//! another is dropped unread.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use crosswalk_connector::file::RateLimit;
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;

use crate::fault::Fault;
use crate::walk::{Page, PageRead, Position, Walker};

/// How many requests of one list are under way at once, where the vendor documents no number.
const UNDOCUMENTED: usize = 4;

/// How many pages have to be read for each one that may be asked for past the end of a list of unknown length.
const READ_PER_VAIN: usize = 8;

/// How many bytes of pages may be held unread.
const HELD: usize = 4 * 1024 * 1024;

type Fetching<'w> = Pin<Box<dyn Future<Output = Result<Page, Fault>> + Send + 'w>>;

/// Fetches the pages of a walk, some of them ahead.
pub(crate) struct Ahead<'w> {
    walker: &'w Walker<'w>,
    pace: Pace,
    /// The places of the pages under way, in their order.
    places: VecDeque<Position>,
    pages: FuturesOrdered<Fetching<'w>>,
    /// Pages read so far in this walk.
    read: usize,
    /// What the last page told of those that follow; `None` when nothing can be told.
    known: Option<Known>,
}

/// What is known of a counted list after a full page.
#[derive(Clone, Copy)]
struct Known {
    /// Records of the list in all, where the vendor says so.
    total: Option<u64>,
    /// The size of the last page.
    bytes: usize,
}

impl<'w> Ahead<'w> {
    pub(crate) fn new(walker: &'w Walker<'w>) -> Self {
        Self {
            walker,
            pace: Pace::new(walker.rate_limit(), walker.most_together()),
            places: VecDeque::new(),
            pages: FuturesOrdered::new(),
            read: 0,
            known: None,
        }
    }

    /// The page at a position. `wanted` is how many records the caller still needs; none when that can't be
    /// told.
    pub(crate) async fn page(&mut self, position: &Position, wanted: Option<usize>) -> Result<Page, Fault> {
        if self.places.front().is_some_and(|place| !place.is_same(position)) {
            self.forget();
        }
        if self.places.is_empty() {
            self.begin(position.clone());
        }
        self.look(wanted);
        self.places.pop_front();
        match self.pages.next().await {
            Some(page) => page.map(|page| page.at(position)),
            None => self.walker.fetch(position).await,
        }
    }

    /// Takes note of a page that was read.
    pub(crate) fn learn(&mut self, read: &PageRead, position: &Position) {
        self.read += 1;
        let goes_on = read.next.as_ref().is_some_and(|next| next.walk == position.walk);
        let is_full = u32::try_from(read.records).is_ok_and(|records| records == position.size);
        self.known = (goes_on && is_full).then_some(Known {
            total: read.total,
            bytes: read.bytes,
        });
        if self.known.is_none() {
            self.forget();
            self.read = 0;
        }
    }

    fn begin(&mut self, position: Position) {
        let walker = self.walker;
        self.pace.begin();
        self.places.push_back(position.clone());
        self.pages
            .push_back(Box::pin(async move { walker.fetch(&position).await }));
    }

    /// Begins the pages after the last one under way.
    fn look(&mut self, wanted: Option<usize>) {
        let Some(known) = self.known else { return };
        let together = match known.total {
            Some(_) => self.pace.together,
            None => self.pace.together.min(1 + self.read / READ_PER_VAIN),
        };
        while self.places.len() < together && (self.places.len() + 1).saturating_mul(known.bytes) <= HELD {
            let Some((next, before)) = self.places.back().and_then(|last| self.walker.counted_on(last))
            else {
                return;
            };
            let under_way = self.places.len() * next.size as usize;
            let is_past_end = known.total.is_some_and(|total| before >= total);
            if is_past_end || wanted.is_some_and(|wanted| under_way >= wanted) || !self.pace.permits() {
                return;
            }
            self.begin(next);
        }
    }

    fn forget(&mut self) {
        self.places.clear();
        self.pages = FuturesOrdered::new();
    }
}

/// Keeps the requests of one call within the vendor's documented rate.
struct Pace {
    together: usize,
    rate: Option<(usize, Duration)>,
    begun: VecDeque<Instant>,
}

impl Pace {
    fn new(limit: &RateLimit, most: usize) -> Self {
        let rate = limit
            .requests
            .zip(limit.per_seconds)
            .map(|(requests, seconds)| (requests as usize, Duration::from_secs(seconds.into())));
        Self {
            together: limit
                .concurrency
                .map_or(UNDOCUMENTED, |most| most as usize)
                .min(most),
            rate,
            begun: VecDeque::new(),
        }
    }

    fn begin(&mut self) {
        let Some((requests, _)) = self.rate else { return };
        self.begun.push_back(Instant::now());
        if self.begun.len() > requests {
            self.begun.pop_front();
        }
    }

    /// Whether one more request may be made now. Other calls share the account's rate, so half of it is left
    /// to them.
    fn permits(&self) -> bool {
        let Some((requests, window)) = self.rate else {
            return true;
        };
        let recent = self.begun.iter().filter(|begun| begun.elapsed() < window).count();
        recent < requests.div_ceil(2)
    }
}
