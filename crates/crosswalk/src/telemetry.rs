//! Logs on standard error, and traces to a collector where the standard variables name one.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::cli::Global;
use crate::failure::Failed;

/// What has to be flushed at the end.
pub(crate) struct Telemetry(Option<SdkTracerProvider>);

impl Telemetry {
    pub(crate) fn stop(self) {
        if let Some(provider) = self.0 {
            // Spans that can't be delivered any more are lost with the process either way.
            drop(provider.shutdown());
        }
    }
}

/// Sets up logging; `serving` decides what is logged when nobody says.
pub(crate) fn start(global: &Global, serving: bool) -> Result<Telemetry, Failed> {
    let level = global
        .log_level
        .as_deref()
        .unwrap_or(if serving { "warn,crosswalk=info" } else { "error" });
    let filter = EnvFilter::try_new(level).map_err(|error| {
        Failed::usage(format!(
            "--log-level: `{level}` is not a level or filter: {error}"
        ))
    })?;
    let provider = if traces_wanted() { Some(exporter()?) } else { None };
    let spans = provider.as_ref().map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("crosswalk"))
            .with_filter(tracing_subscriber::filter::LevelFilter::INFO)
    });
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if global.log_format == "json" {
        lines.json().flatten_event(true).with_filter(filter).boxed()
    } else {
        let colours =
            std::env::var_os("NO_COLOR").is_none() && std::io::IsTerminal::is_terminal(&std::io::stderr());
        lines
            .with_ansi(colours)
            .with_target(false)
            .with_filter(filter)
            .boxed()
    };
    tracing_subscriber::registry().with(spans).with(lines).init();
    Ok(Telemetry(provider))
}

/// Whether the standard environment variables ask for traces.
fn traces_wanted() -> bool {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let disabled = set("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"))
        || set("OTEL_TRACES_EXPORTER").is_some_and(|value| value.eq_ignore_ascii_case("none"));
    let endpoint = set("OTEL_EXPORTER_OTLP_ENDPOINT").or_else(|| set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"));
    endpoint.is_some() && !disabled
}

fn exporter() -> Result<SdkTracerProvider, Failed> {
    let exporter = SpanExporter::builder()
        .with_http()
        .build()
        .map_err(|error| Failed::new(format!("OpenTelemetry could not be set up: {error}")))?;
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).build())
}
