//! Traces over OTLP/HTTP, when `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is set.
//!
//! `OTEL_SDK_DISABLED=true` and `OTEL_TRACES_EXPORTER=none` switch them off; headers, timeout, sampler, batch
//! sizes and resource attributes come from their standard variables too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracerProvider, Tracer};
use tokio::runtime::Handle;
use tracing_opentelemetry::OpenTelemetryLayer;

use crate::failure::Failed;

/// The target of spans that are exported.
pub(crate) const TRACE: &str = "crosswalk::trace";

/// How long the last spans may take at the end.
const FAREWELL: Duration = Duration::from_secs(3);

/// Whether the standard variables ask for traces.
pub(super) fn wanted() -> bool {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let says =
        |name: &str, word: &str| set(name).is_some_and(|value| value.trim().eq_ignore_ascii_case(word));
    let somewhere =
        set("OTEL_EXPORTER_OTLP_ENDPOINT").is_some() || set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").is_some();
    somewhere && !says("OTEL_SDK_DISABLED", "true") && !says("OTEL_TRACES_EXPORTER", "none")
}

/// Sends batches of spans to the collector.
pub(super) struct Exporter(SdkTracerProvider);

impl Exporter {
    pub(super) fn start() -> Result<Self, Failed> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Client::new())
            .build()
            .map_err(|error| Failed::usage(format!("the OTEL_… variables can not be used: {error}")))?;
        let named = std::env::var_os("OTEL_SERVICE_NAME").is_some()
            || std::env::var("OTEL_RESOURCE_ATTRIBUTES").is_ok_and(|list| list.contains("service.name"));
        let mut resource =
            Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        if !named {
            resource = resource.with_service_name("crosswalk");
        }
        let provider = SdkTracerProvider::builder()
            .with_resource(resource.build())
            .with_batch_exporter(exporter)
            .build();
        Ok(Self(provider))
    }

    pub(super) fn layer<S>(&self) -> OpenTelemetryLayer<S, Tracer>
    where
        S: tracing::Subscriber + for<'span> tracing_subscriber::registry::LookupSpan<'span>,
    {
        tracing_opentelemetry::layer().with_tracer(self.0.tracer("crosswalk"))
    }

    /// Delivers what is left. It waits, so it must not hold up the workers that deliver.
    pub(super) async fn stop(self) {
        let farewell = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(FAREWELL));
        // Spans that can not be delivered any more are lost with the process either way.
        drop(farewell.await);
    }
}

/// Posts batches. They are made on a thread of their own, which has no reactor: the request itself runs on
/// the server's runtime.
#[derive(Debug)]
struct Client {
    inner: HyperClient<HttpsConnector<HttpConnector>>,
    runtime: Handle,
    is_failing: Arc<AtomicBool>,
}

impl Client {
    fn new() -> Self {
        let https = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .build();
        Self {
            inner: HyperClient::new(https, timeout(), None),
            runtime: Handle::current(),
            is_failing: Arc::default(),
        }
    }

    /// Says once that the collector can not be reached, and once that it can again.
    fn note(&self, fault: Option<&str>) {
        let was_failing = self.is_failing.swap(fault.is_some(), Ordering::Relaxed);
        match fault {
            Some(fault) if !was_failing => tracing::warn!(fault, "traces can not be delivered"),
            None if was_failing => tracing::info!("traces are delivered again"),
            _ => {}
        }
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let inner = self.inner.clone();
        let sent = self.runtime.spawn(async move { inner.send_bytes(request).await });
        let answer = match sent.await {
            Ok(answer) => answer,
            Err(error) => Err(HttpError::from(error)),
        };
        match &answer {
            Ok(response) if response.status().is_success() => self.note(None),
            Ok(response) => self.note(Some(&format!("the collector answers {}", response.status()))),
            Err(error) => self.note(Some(&error.to_string())),
        }
        answer
    }
}

/// `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT` or `OTEL_EXPORTER_OTLP_TIMEOUT`, in milliseconds.
fn timeout() -> Duration {
    ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"]
        .iter()
        .find_map(|name| std::env::var(name).ok()?.trim().parse().ok())
        .map_or(Duration::from_secs(10), Duration::from_millis)
}
