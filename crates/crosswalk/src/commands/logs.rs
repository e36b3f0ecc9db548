//! `crosswalk logs`: the calls of an environment.

use clap::Args;
use http::Method;
use serde_json::{Value, json};

use crate::cli::Global;
use crate::failure::Failed;
use crate::local::{EnvironmentArg, Local, encode};
use crate::output::records::{Look, Member, Records};
use crate::output::{Format, OutputArg};

/// The most rows that one request gives.
const PAGE: u32 = 1000;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk logs --status 5xx --since 2030-01-31\n  \
                  crosswalk logs --account ID --slower-than 1000 --output json\n  \
                  crosswalk logs --summary --since 2030-01-31\n\n\
                  How much is kept is set by `crosswalk serve --request-log-rows` and \
                  `--request-log-days`.")]
pub(crate) struct LogsArgs {
    /// Only this verb.
    #[arg(long, value_name = "VERB")]
    method: Option<String>,
    /// Only paths that begin so; ids stand as {id} in them.
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Only calls for this account.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Only calls for accounts of this connector.
    #[arg(long, value_name = "NAME")]
    integration: Option<String>,
    /// Only this status, or a class of them: 404, 5xx.
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// Only calls with this token, by its id.
    #[arg(long, value_name = "ID")]
    token: Option<String>,
    /// Only the call whose answer had this x-request-id.
    #[arg(long, value_name = "ID")]
    request: Option<String>,
    /// Only from this time on: 2030-01-31T12:00:00Z, or a date.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only before this time.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only calls that took at least so many milliseconds.
    #[arg(long, value_name = "MILLISECONDS")]
    slower_than: Option<u32>,
    /// How the calls fared in figures, by connector; of the last 24 hours, unless --since says more.
    #[arg(long, conflicts_with = "limit")]
    summary: bool,
    /// How many calls, the newest first.
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    #[command(flatten)]
    environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

pub(crate) async fn run(global: &Global, args: LogsArgs) -> Result<(), Failed> {
    global.require_data()?;
    let local = Local::open(global, &args.environment).await?;
    local.finish(show(&local, &args)).await
}

async fn show(local: &Local, args: &LogsArgs) -> Result<(), Failed> {
    let slower_than = args.slower_than.map(|milliseconds| milliseconds.to_string());
    let filters: String = [
        ("method", &args.method),
        ("path", &args.path),
        ("integrated_account_id", &args.account),
        ("integration", &args.integration),
        ("status", &args.status),
        ("token_id", &args.token),
        ("request_id", &args.request),
        ("since", &args.since),
        ("until", &args.until),
        ("slower_than", &slower_than),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(format!("&{name}={}", encode(value.as_deref()?))))
    .collect();
    let format = args.output.output.unwrap_or(Format::Table);
    if args.summary {
        return summarize(local, &filters, format).await;
    }
    let mut rows: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    loop {
        let left = args
            .limit
            .saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        let target = format!(
            "/log?limit={}{filters}&next_cursor={}",
            left.min(PAGE),
            encode(&cursor)
        );
        let mut page = local.json(Method::GET, &target, None).await?;
        if let Value::Array(found) = page["result"].take() {
            rows.extend(found.into_iter().map(with_caller));
        }
        match page["next_cursor"].as_str() {
            Some(next) if (rows.len() as u64) < u64::from(args.limit) => cursor = next.to_owned(),
            _ => break,
        }
    }
    let members = [
        ("id", Look::Hidden),
        ("created_at", Look::Instant),
        ("method", Look::Text),
        ("path", Look::Text),
        ("integration", Look::Text),
        ("status", Look::Text),
        ("milliseconds", Look::Text),
        ("bytes", Look::Text),
        ("vendor_requests_count", Look::Text),
        ("by", Look::Text),
        ("integrated_account_id", Look::Hidden),
        ("request_id", Look::Hidden),
        ("actor", Look::Hidden),
        ("vendor_requests", Look::Hidden),
    ];
    let members = members.map(|(name, look)| Member::new(name, look)).to_vec();
    Records::print_all(format, members, &rows)
}

/// The calls in figures, a row for each connector.
async fn summarize(local: &Local, filters: &str, format: Format) -> Result<(), Failed> {
    let target = format!("/log/summary?{}", filters.trim_start_matches('&'));
    let mut summary = local.json(Method::GET, &target, None).await?;
    let Value::Array(found) = summary["result"].take() else {
        return Ok(());
    };
    let rows: Vec<Value> = found
        .into_iter()
        .map(|one| {
            json!({
                "integration": one["integration"],
                "calls": one["calls"],
                "client_errors": one["client_errors"],
                "server_errors": one["server_errors"],
                "median": one["milliseconds"]["median"],
                "p95": one["milliseconds"]["p95"],
                "max": one["milliseconds"]["max"],
                "vendor_requests": one["vendor_requests"],
            })
        })
        .collect();
    let members = [
        "integration",
        "calls",
        "client_errors",
        "server_errors",
        "median",
        "p95",
        "max",
        "vendor_requests",
    ];
    let members = members.map(|name| Member::new(name, Look::Text)).to_vec();
    Records::print_all(format, members, &rows)
}

/// With the caller in one word.
fn with_caller(mut row: Value) -> Value {
    let actor = &row["actor"];
    let by = match (actor["type"].as_str(), actor["name"].as_str()) {
        (Some("token"), Some(name)) if !name.is_empty() => name.to_owned(),
        (Some("token"), _) => actor["id"].as_str().unwrap_or_default().to_owned(),
        _ => "command line".to_owned(),
    };
    row["by"] = by.into();
    row
}
