//! `crosswalk serve`

use std::time::Duration;

use clap::Args;
use crosswalk_accounts::RequestLogBounds;
use crosswalk_server::{App, serve};
use http::Uri;
use tracing::Instrument;

use super::listen::{listen, public_address};
use super::stop::stopped_gently;
use crate::cli::Global;
use crate::failure::Failed;
use crate::telemetry::TRACE;

/// A day, in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk serve\n  \
                  crosswalk serve --listen 0.0.0.0:8080 --public-url https://crm.example.com\n  \
                  crosswalk serve --frame-ancestors https://app.example.com --token-rate 600\n  \
                  crosswalk serve --log-format json --log-level warn\n\n\
                  The master key comes from CROSSWALK_KEY, from the file that CROSSWALK_KEY_FILE names, or \
                  from a file that is made in the data folder. CROSSWALK_EGRESS_URL sends every outbound \
                  request there instead (see `crosswalk sandbox`). Traces are exported when \
                  OTEL_EXPORTER_OTLP_ENDPOINT is set.")]
pub(crate) struct ServeArgs {
    /// The address to listen on.
    #[arg(
        long,
        env = "CROSSWALK_LISTEN",
        hide_env_values = true,
        default_value = "127.0.0.1:8080",
        value_name = "ADDR"
    )]
    listen: String,
    /// The address that customers' browsers see, where a proxy stands in front.
    #[arg(
        long,
        env = "CROSSWALK_PUBLIC_URL",
        hide_env_values = true,
        value_name = "URL",
        value_parser = public_url
    )]
    public_url: Option<String>,
    /// A site that may show the connect page in a frame, as `https://app.example.com`; any site when left out. Give
    /// it once for each, or several with spaces or commas between them.
    #[arg(
        long,
        env = "CROSSWALK_FRAME_ANCESTORS",
        hide_env_values = true,
        value_name = "ORIGIN",
        value_delimiter = ',',
        value_parser = ancestors
    )]
    frame_ancestors: Vec<String>,
    /// An origin that browsers may call from; give it once for each.
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    cors_origin: Vec<String>,
    /// How many requests a minute one API token may make; any number when left out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    token_rate: Option<u32>,
    /// How many requests a minute one account may get; any number when left out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    account_rate: Option<u32>,
    /// How many calls the request log keeps; 0 for no log.
    #[arg(
        long,
        env = "CROSSWALK_REQUEST_LOG_ROWS",
        hide_env_values = true,
        default_value_t = RequestLogBounds::default().rows,
        value_name = "N"
    )]
    request_log_rows: u32,
    /// How many days the request log keeps a call.
    #[arg(
        long,
        env = "CROSSWALK_REQUEST_LOG_DAYS",
        hide_env_values = true,
        default_value_t = RequestLogBounds::default().age / DAY,
        value_name = "N",
        value_parser = clap::value_parser!(i64).range(1..=3650)
    )]
    request_log_days: i64,
    /// Within how many seconds a call answers.
    #[arg(long, default_value_t = 25, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=300))]
    deadline: u64,
}

pub(crate) async fn run(global: &Global, args: ServeArgs) -> Result<(), Failed> {
    let (listener, address) = listen(&args.listen).await?;
    // From now on, so that a stop in the middle of the start is one in peace too.
    let stopping = tokio::spawn(stopped_gently());
    let mut config = global.app_config()?;
    let egress = config.egress.clone();
    config.public_url = Some(args.public_url.unwrap_or_else(|| public_address(address)));
    config.frame_ancestors = args.frame_ancestors;
    config.cors_origins = args.cors_origin;
    config.token_rate = args.token_rate;
    config.account_rate = args.account_rate;
    config.request_log = RequestLogBounds {
        rows: args.request_log_rows,
        age: args.request_log_days * DAY,
    };
    config.engine.deadline = Duration::from_secs(args.deadline);
    config.engine.margin = config.engine.deadline.mul_f64(0.12);
    config.engine.request_timeout = config.engine.deadline.mul_f64(0.8);
    let app = App::open(config)
        .instrument(tracing::info_span!(target: TRACE, "start"))
        .await?;
    let data = global.data.display();
    if global.log_format == "json" {
        tracing::info!(address = %format!("http://{address}"), data = %data, egress, "listening");
    } else {
        say!("crosswalk listens on http://{address}, its data is in {data}");
        if let Some(egress) = egress {
            say!("every outbound request goes to {egress} instead (CROSSWALK_EGRESS_URL)");
        }
        if app.store().list_tokens(None).await?.is_empty() {
            say!("there is no API token yet: make one with `crosswalk token create --data {data}`");
        }
    }
    serve(app, listener, Box::pin(async { drop(stopping.await) })).await?;
    Ok(())
}

/// `https://crm.example.com`, perhaps with a path.
fn public_url(text: &str) -> Result<String, String> {
    let wrong = || "write it as https://crm.example.com, without query".to_owned();
    let uri: Uri = text.trim().parse().map_err(|_| wrong())?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.query().is_some() {
        return Err(wrong());
    }
    Ok(text.trim().trim_end_matches('/').to_owned())
}

/// `https://app.example.com`: scheme, host and port, as browsers send it.
fn origin(text: &str) -> Result<String, String> {
    let text = text.trim();
    let wrong = || "write it as browsers send it, https://app.example.com, without path".to_owned();
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let is_bare = uri
        .scheme_str()
        .zip(uri.authority())
        .is_some_and(|(scheme, host)| text == format!("{scheme}://{host}") && !host.as_str().contains('@'));
    if is_bare {
        Ok(text.to_owned())
    } else {
        Err(wrong())
    }
}

/// Sources of CSP's `frame-ancestors`: `'self'`, `'none'`, `*`, or origins, perhaps with `*.` before the host.
fn ancestors(text: &str) -> Result<String, String> {
    let sources: Vec<&str> = text.split_whitespace().collect();
    let is_source = |source: &&str| {
        matches!(*source, "'self'" | "'none'" | "*")
            || origin(&source.replacen("://*.", "://", 1).replacen(":*", "", 1)).is_ok()
    };
    if !sources.is_empty() && sources.iter().all(is_source) {
        Ok(sources.join(" "))
    } else {
        Err("name the sites as https://app.example.com, or 'self', 'none' or *".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_named_by_origin() {
        assert!(ancestors("https://app.example.com").is_ok());
        assert!(ancestors("'self' https://*.example.com http://localhost:*").is_ok());
        assert!(ancestors("https://app.example.com/path").is_err());
        assert!(ancestors("https://a.example; script-src *").is_err());
        assert!(ancestors(" ").is_err());
    }

    #[test]
    fn addresses_are_checked() {
        assert_eq!(
            public_url("https://crm.example.com/"),
            Ok("https://crm.example.com".into())
        );
        assert!(public_url("crm.example.com").is_err());
        assert!(public_url("https://crm.example.com/?a=b").is_err());
        assert!(origin("https://app.example.com:8443").is_ok());
        assert!(origin("https://app.example.com/").is_err());
        assert!(origin("*").is_err());
    }
}
