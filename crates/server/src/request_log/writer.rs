//! The writer: takes calls as they end and writes them in batches, away from those who wait for answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::MatchedPath;
use crosswalk_accounts::{AccountId, Principal, RequestLogBounds, RequestRecord, Store};
use crosswalk_engine::VendorRequest;
use http::{HeaderValue, Method, Uri};
use percent_encoding::percent_decode_str;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::local::LOCAL_TOKEN;

/// Calls that may wait to be written; what comes beyond is dropped and counted.
const WAITING: usize = 8192;
/// Calls written at once.
const BATCH: usize = 512;
/// Calls are gathered for so long before they are written.
const GATHERED_FOR: Duration = Duration::from_millis(250);
/// What is too old goes that often at least.
const PRUNED_EVERY: Duration = Duration::from_secs(60);
/// Vendor requests kept of one call.
const VENDOR_REQUESTS: usize = 50;
/// A vendor's address is cut to so many characters, a path's part to fewer.
const LONGEST_URL: usize = 1000;
const LONGEST_PART: usize = 60;

/// A call that is over.
pub(super) struct Call {
    pub(super) at: i64,
    pub(super) milliseconds: u64,
    pub(super) caller: Arc<Principal>,
    pub(super) account: Option<(AccountId, String)>,
    pub(super) request_id: Option<HeaderValue>,
    pub(super) method: Method,
    pub(super) route: MatchedPath,
    pub(super) uri: Uri,
    pub(super) status: u16,
    pub(super) bytes: u64,
    pub(super) vendor_requests: Vec<VendorRequest>,
    pub(super) vendor_requests_count: u64,
}

enum Message {
    Over(Box<Call>),
    Flush(oneshot::Sender<()>),
}

/// The way to the writer. Cheap to clone.
#[derive(Clone)]
pub(crate) struct RequestLog {
    writer: mpsc::Sender<Message>,
}

impl RequestLog {
    /// Starts the writer, unless no row is to be kept. Call it inside a tokio runtime.
    pub(crate) fn start(store: Store, bounds: RequestLogBounds) -> Option<Self> {
        if bounds.rows == 0 {
            return None;
        }
        let (writer, calls) = mpsc::channel(WAITING);
        tokio::spawn(write(calls, store, bounds));
        Some(Self { writer })
    }

    /// Hands a call over. Returns at once.
    pub(super) fn note(&self, call: Call) {
        if self.writer.try_send(Message::Over(Box::new(call))).is_err() {
            dropped(1);
        }
    }

    /// Returns when everything that was handed over before is written, or could not be.
    pub(crate) async fn flush(&self) {
        let (done, written) = oneshot::channel();
        if self.writer.send(Message::Flush(done)).await.is_ok() {
            let _ = written.await;
        }
    }
}

async fn write(mut calls: mpsc::Receiver<Message>, store: Store, bounds: RequestLogBounds) {
    // A small log is kept to its size at once, a large one in steps.
    let step = (bounds.rows as usize / 10).clamp(1, 1000);
    let mut messages = Vec::with_capacity(BATCH);
    let mut unpruned = step;
    let mut pruned = Instant::now();
    loop {
        let came = timeout(PRUNED_EVERY, calls.recv_many(&mut messages, BATCH)).await;
        if came == Ok(0) {
            return;
        }
        let gathered = tokio::time::Instant::now() + GATHERED_FOR;
        while came.is_ok() && messages.len() < BATCH && !wants_flush(&messages) {
            let room = BATCH - messages.len();
            match tokio::time::timeout_at(gathered, calls.recv_many(&mut messages, room)).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
        }
        let mut waiting = Vec::new();
        let mut records = Vec::with_capacity(messages.len());
        for message in messages.drain(..) {
            match message {
                Message::Over(call) => records.push(row(*call)),
                Message::Flush(done) => waiting.push(done),
            }
        }
        if !records.is_empty()
            && let Err(error) = store.log_requests(&records).await
        {
            tracing::warn!(%error, "calls could not be written to the request log");
            dropped(records.len() as u64);
        }
        unpruned += records.len();
        if unpruned >= step || pruned.elapsed() >= PRUNED_EVERY {
            if let Err(error) = store.prune_request_log(bounds).await {
                tracing::warn!(%error, "the request log could not be cut to its size");
            }
            (unpruned, pruned) = (0, Instant::now());
        }
        for done in waiting {
            let _ = done.send(());
        }
    }
}

fn wants_flush(messages: &[Message]) -> bool {
    messages
        .iter()
        .any(|message| matches!(message, Message::Flush(_)))
}

fn dropped(calls: u64) {
    metrics::counter!("crosswalk_request_log_dropped_total").increment(calls);
}

fn row(call: Call) -> RequestRecord {
    let mut vendor_requests = call.vendor_requests;
    vendor_requests.truncate(VENDOR_REQUESTS);
    for request in &mut vendor_requests {
        if let Some((end, _)) = request.url.char_indices().nth(LONGEST_URL) {
            request.url.truncate(end);
        }
    }
    let (account_id, integration) = call.account.unzip();
    let token_id = &call.caller.token_id;
    RequestRecord {
        at: call.at,
        environment_id: call.caller.environment_id.clone(),
        request_id: call
            .request_id
            .and_then(|id| id.to_str().map(str::to_owned).ok())
            .unwrap_or_default(),
        method: call.method.to_string(),
        path: path(call.route.as_str(), call.uri.path()),
        account_id,
        integration,
        status: call.status,
        milliseconds: call.milliseconds,
        bytes: call.bytes,
        token: (token_id.as_str() != LOCAL_TOKEN).then(|| (token_id.clone(), call.caller.token_name.clone())),
        vendor_requests: serde_json::to_string(&vendor_requests).unwrap_or_else(|_| "[]".to_owned()),
        vendor_requests_count: call.vendor_requests_count,
    }
}

/// The route with everything filled in but ids: `/unified/crm/users/{id}`.
fn path(route: &str, path: &str) -> String {
    let mut shown = String::with_capacity(path.len());
    for (hole, part) in route.split('/').zip(path.split('/')).skip(1) {
        shown.push('/');
        if hole.starts_with('{') && hole != "{id}" {
            let part = percent_decode_str(part).decode_utf8_lossy();
            shown.extend(part.chars().take(LONGEST_PART));
        } else {
            shown.push_str(hole);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn paths_keep_what_is_no_id() {
        let filled = path(
            "/unified/{model}/{resource}/{id}",
            "/unified/crm/users/ann%40x.org",
        );
        assert_eq!(filled, "/unified/crm/users/{id}");
        assert_eq!(path("/log", "/log"), "/log");
        assert_eq!(
            path("/integration/{name}", "/integration/a%20b"),
            "/integration/a b"
        );
    }
}
