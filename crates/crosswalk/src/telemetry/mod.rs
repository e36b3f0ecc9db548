//! Logs on standard error, and traces to a collector where the standard variables name one.
//!
//! Spans are opened under the target `crosswalk::trace` and are for the collector alone: log lines don't show
//! them, and where nothing is exported they cost nothing.

mod traces;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{EnvFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

pub(crate) use self::traces::TRACE;
use crate::cli::Global;
use crate::failure::Failed;
use crate::output::style::Style;

/// What the process is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A server: its log is read later.
    Serving,
    /// The demo: a server whose output is read now.
    Showing,
    /// One command, whose errors are its answer.
    Answering,
}

impl Purpose {
    fn usual_level(self) -> &'static str {
        match self {
            Self::Serving => "info",
            Self::Showing => "warn",
            Self::Answering => "error",
        }
    }
}

/// What has to be flushed at the end.
pub(crate) struct Telemetry(Option<traces::Exporter>);

impl Telemetry {
    /// Delivers what is left.
    pub(crate) async fn stop(self) {
        if let Some(exporter) = self.0 {
            exporter.stop().await;
        }
    }
}

/// Sets up logs, and traces for servers.
pub(crate) fn start(global: &Global, purpose: Purpose) -> Result<Telemetry, Failed> {
    let level = match global.log_level.as_deref().map(str::trim) {
        None | Some("") => purpose.usual_level(),
        Some(level) => level,
    };
    let exporter = if purpose != Purpose::Answering && traces::wanted() {
        Some(traces::Exporter::start()?)
    } else {
        None
    };
    let spans = exporter.as_ref().map(|exporter| {
        // Besides spans, what is logged within them: vendor requests, refreshes. The access log would only
        // say again what the request's span says.
        let shown = Targets::new()
            .with_target("crosswalk", LevelFilter::DEBUG)
            .with_target("crosswalk::access", LevelFilter::OFF);
        exporter.layer().with_filter(shown)
    });
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if global.log_format == "json" {
        lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_filter(filter(level)?)
            .boxed()
    } else {
        lines
            .with_ansi(Style::for_errors().is_on())
            .with_target(false)
            .with_filter(filter(level)?)
            .boxed()
    };
    tracing_subscriber::registry().with(spans).with(lines).init();
    if purpose != Purpose::Answering {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            let message = panic.payload_as_str().unwrap_or_default();
            tracing::error!(place, message, "the program made a mistake");
        }));
    }
    Ok(Telemetry(exporter))
}

/// A word (`debug`) is about this program; a filter is taken as it stands.
fn filter(level: &str) -> Result<EnvFilter, Failed> {
    let written = match level.to_ascii_lowercase().as_str() {
        word @ ("off" | "error" | "warn") => word.to_owned(),
        // Libraries say nothing of use below warnings.
        word @ ("info" | "debug" | "trace") => format!("warn,crosswalk={word}"),
        _ if level.contains(['=', ',', '[']) => level.to_owned(),
        _ => {
            return Err(Failed::usage(format!(
                "--log-level (or RUST_LOG): `{level}` is none of error, warn, info, debug, trace, off, nor a filter such as crosswalk_engine=debug",
            )));
        }
    };
    let filter = EnvFilter::try_new(&written)
        .map_err(|error| Failed::usage(format!("--log-level (or RUST_LOG): `{level}`: {error}")))?;
    match format!("{TRACE}=off").parse() {
        Ok(directive) => Ok(filter.add_directive(directive)),
        Err(_) => Ok(filter),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn words_and_filters_are_levels_and_typos_are_not() {
        assert!(filter("DEBUG").unwrap().to_string().contains("crosswalk=debug"));
        assert!(filter("crosswalk_engine=debug,hyper=info").is_ok());
        assert!(filter("wran").unwrap_err().to_string().contains("`wran`"));
    }
}
