//! Work that nobody waits for, but that a server which ends lets finish.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tokio::task::JoinSet;

/// Tasks under way.
#[derive(Default)]
pub(crate) struct Background(Mutex<JoinSet<()>>);

impl Background {
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What is done is let go of here, so that the set holds what is under way.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Waits for what is under way, at most until `deadline`.
    pub(crate) async fn settle(&self, deadline: Instant) {
        let mut tasks = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let done = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout_at(deadline.into(), done).await.is_err() {
            tracing::warn!("some work in the background was cut off");
        }
    }
}
