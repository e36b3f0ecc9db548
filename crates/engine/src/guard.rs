//! Stops walks that go in circles.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

/// Pages without a record that a vendor may send in a row.
const EMPTY_PAGES: u16 = 200;

/// Remembers one earlier page and compares every later one with it, moving on at powers of two (Brent's
/// cycle detection): any circle is found, whatever its length, in the space of three numbers. It travels in
/// cursors, so that a circle longer than one call is found too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Guard {
    /// The digest of the remembered page.
    #[serde(rename = "t", default)]
    tortoise: u64,
    #[serde(rename = "s", default)]
    steps: u32,
    #[serde(rename = "p", default)]
    power: u32,
    #[serde(rename = "e", default)]
    empty: u16,
}

/// What a page holds, for comparing pages: ids never come twice, so equal digests are the same page.
#[derive(Default)]
pub(crate) struct PageDigest {
    hasher: DefaultHasher,
    records: usize,
}

impl PageDigest {
    /// Adds one record's bytes; its first ones tell records apart well enough.
    pub(crate) fn add(&mut self, record: &[u8]) {
        self.records += 1;
        if self.records <= 4 {
            record.hash(&mut self.hasher);
        }
    }

    pub(crate) fn finish(mut self) -> Option<u64> {
        self.records.hash(&mut self.hasher);
        (self.records > 0).then(|| self.hasher.finish())
    }
}

impl Guard {
    /// The guard after a page; `None` when the walk repeats itself.
    pub(crate) fn after(mut self, page: Option<u64>) -> Option<Self> {
        let Some(digest) = page else {
            self.empty += 1;
            return (self.empty <= EMPTY_PAGES).then_some(self);
        };
        self.empty = 0;
        if self.power > 0 && digest == self.tortoise {
            return None;
        }
        if self.steps == self.power {
            self.tortoise = digest;
            self.power = (self.power * 2).max(1);
            self.steps = 0;
        }
        self.steps += 1;
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stopped_after(tail: u64, cycle: u64, most: u64) -> Option<u64> {
        let mut guard = Guard::default();
        for step in 0..most {
            let page = if step < tail {
                step
            } else {
                tail + (step - tail) % cycle
            };
            match guard.after(Some(page + 1)) {
                Some(next) => guard = next,
                None => return Some(step),
            }
        }
        None
    }

    proptest! {
        #[test]
        fn every_circle_is_found(tail in 0_u64..40, cycle in 1_u64..40) {
            let found = stopped_after(tail, cycle, 1000);
            prop_assert!(found.is_some_and(|step| step >= tail + cycle && step <= 4 * (tail + cycle) + 4));
        }

        #[test]
        fn straight_walks_are_not_stopped(pages in 1_u64..2000) {
            prop_assert_eq!(stopped_after(pages, 1, pages), None);
        }
    }

    #[test]
    fn a_page_sent_twice_in_a_row_is_found_at_once() {
        assert_eq!(stopped_after(0, 1, 10), Some(1));
    }

    #[test]
    fn endless_empty_pages_end() {
        let mut guard = Some(Guard::default());
        let mut pages = 0;
        while let Some(next) = guard {
            guard = next.after(None);
            pages += 1;
        }
        assert_eq!(pages, usize::from(EMPTY_PAGES) + 1);
    }
}
