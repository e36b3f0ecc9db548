//! A bounded cache whose entries are never older than [`STALE_AFTER`].

use std::{
    hash::Hash,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use moka::sync::Cache;

/// How long an entry counts. The contract: what another process changes counts here
/// within a second; the rest of the second is for the read that made the entry.
pub(super) const STALE_AFTER: Duration = Duration::from_millis(800);

pub(super) struct FreshCache<K, V> {
    entries: Cache<K, V>,
    changes: AtomicU64,
}

/// Taken before the database is read. An entry read before a change in this process
/// is not kept after it.
pub(super) struct Ticket(u64);

impl<K, V> FreshCache<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(super) fn new(capacity: u64) -> Self {
        Self {
            entries: Cache::builder()
                .max_capacity(capacity)
                .time_to_live(STALE_AFTER)
                .build(),
            changes: AtomicU64::new(0),
        }
    }

    pub(super) fn get(&self, key: &K) -> Option<V> {
        self.entries.get(key)
    }

    pub(super) fn ticket(&self) -> Ticket {
        Ticket(self.changes.load(Ordering::SeqCst))
    }

    pub(super) fn put(&self, ticket: &Ticket, key: &K, value: V)
    where
        K: Clone,
    {
        if self.changes.load(Ordering::SeqCst) != ticket.0 {
            return;
        }
        self.entries.insert(key.clone(), value);
        // A change between the look above and the insertion missed this entry.
        if self.changes.load(Ordering::SeqCst) != ticket.0 {
            self.entries.invalidate(key);
        }
    }

    pub(super) fn forget(&self, key: &K) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.entries.invalidate(key);
    }

    pub(super) fn forget_all(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.entries.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_change_is_not_kept() {
        let cache = FreshCache::new(10);
        let ticket = cache.ticket();
        cache.forget(&1);
        cache.put(&ticket, &1, "old");
        assert_eq!(cache.get(&1), None);
        let ticket = cache.ticket();
        cache.put(&ticket, &1, "new");
        assert_eq!(cache.get(&1), Some("new"));
        cache.forget_all();
        assert_eq!(cache.get(&1), None);
    }
}
