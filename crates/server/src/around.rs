//! What is around every request: its id, the access log, metrics, and 500s instead of panics.

use std::sync::OnceLock;
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::Instrument;

use crate::error::Failure;

pub(crate) const REQUEST_ID: &str = "x-request-id";
/// Upper bounds of latency buckets, in seconds.
const BUCKETS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0,
];

/// The process's metrics; set up once.
pub(crate) fn recorder() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let builder = PrometheusBuilder::new();
            let builder =
                match builder.set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), BUCKETS) {
                    Ok(builder) => builder,
                    Err(_) => PrometheusBuilder::new(),
                };
            let recorder = builder.build_recorder();
            let handle = recorder.handle();
            // Another recorder in the process (a test's) keeps its place.
            drop(metrics::set_global_recorder(recorder));
            handle
        })
        .clone()
}

/// Times a request, logs it once, and gives its answer an id.
pub(crate) async fn around(mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = request
        .headers()
        .get(REQUEST_ID)
        .filter(|id| (1..=128).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic))
        .cloned()
        .unwrap_or_else(fresh_id);
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    metrics::gauge!("crosswalk_requests_in_flight").increment(1.0);
    // Only an exporter of traces listens to this target; without one the span costs nothing.
    let span = tracing::info_span!(
        target: "crosswalk::trace",
        "request",
        otel.name = %format_args!("{method} {route}"),
        otel.kind = "server",
        http.request.method = %method,
        http.route = route,
        http.response.status_code = tracing::field::Empty
    );
    let mut response = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    metrics::gauge!("crosswalk_requests_in_flight").decrement(1.0);
    let status = response.status().as_u16();
    let elapsed = begun.elapsed();
    metrics::counter!("crosswalk_requests_total", "route" => route.clone(), "status" => status.to_string())
        .increment(1);
    metrics::histogram!("crosswalk_request_seconds", "route" => route.clone()).record(elapsed.as_secs_f64());
    tracing::info!(
        target: "crosswalk::access",
        %method,
        route,
        status,
        milliseconds = elapsed.as_millis() as u64,
        request_id = id.to_str().unwrap_or_default(),
        "request"
    );
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

fn fresh_id() -> HeaderValue {
    use std::hash::{BuildHasher, Hasher, RandomState};
    use std::sync::atomic::{AtomicU64, Ordering};
    static PROCESS: OnceLock<u64> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let process = PROCESS.get_or_init(|| RandomState::new().build_hasher().finish());
    let id = format!("{process:016x}{:08x}", NEXT.fetch_add(1, Ordering::Relaxed));
    HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("unknown"))
}

/// A panic is a fault of ours: the client learns that and nothing else.
pub(crate) fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    Failure::new(
        500,
        "the server made a mistake; it is logged under this request's id",
    )
    .into_response()
}
