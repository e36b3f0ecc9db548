//! `crosswalk audit`: who changed what.

use clap::Args;
use crosswalk_accounts::{Actor, AuditFilter, MasterKey, Store, TokenId, parse_expires_at};
use crosswalk_model::Instant;
use serde_json::json;

use crate::cli::Global;
use crate::failure::Failed;
use crate::key::key;
use crate::local::EnvironmentArg;
use crate::output::records::{Look, Member, Records};
use crate::output::{Format, OutputArg};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk audit --limit 20\n  \
                  crosswalk audit --action account. --since 2030-01-31T00:00:00Z\n  \
                  crosswalk audit --target ID -o csv")]
pub(crate) struct AuditArgs {
    /// Only this action, or with a dot at its end all that begin so: `account.`
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// Only what was done to this account, token or webhook.
    #[arg(long, value_name = "ID")]
    target: Option<String>,
    /// Only what was done with this token, by its id.
    #[arg(long, value_name = "ID")]
    token: Option<String>,
    /// Only from this time on: 2030-01-31T12:00:00Z, or Unix seconds.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// How many entries, the newest first.
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    #[command(flatten)]
    environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

pub(crate) async fn run(global: &Global, args: AuditArgs) -> Result<(), Failed> {
    global.require_data()?;
    let key = MasterKey::load(&global.data, key()?.as_ref())?;
    let store = Store::open(&global.data, &key).await?;
    let outcome = show(&store, &args).await;
    store.close().await;
    outcome
}

async fn show(store: &Store, args: &AuditArgs) -> Result<(), Failed> {
    let since = match &args.since {
        None => None,
        Some(text) => parse_expires_at(&text.as_str().into()).map_err(|_| {
            Failed::usage("--since must be an instant such as 2030-01-31T12:00:00Z, or Unix seconds")
        })?,
    };
    let filter = AuditFilter {
        // All environments, unless one is named.
        environment_id: match args.environment.environment {
            None => None,
            Some(_) => Some(args.environment.find(store).await?),
        },
        action: args.action.clone(),
        target: args.target.clone(),
        token_id: args.token.as_deref().map(TokenId::from),
        since,
    };
    let environments = store.environments().await?;
    let page = store.audit_log(&filter, args.limit, None).await?;
    let values: Vec<_> = page
        .entries
        .iter()
        .map(|entry| {
            let record = &entry.record;
            let (by, token) = match &record.actor {
                Actor::Token { id, name } if name.is_empty() => (id.to_string(), Some(id.as_str())),
                Actor::Token { id, name } => (name.clone(), Some(id.as_str())),
                Actor::LinkToken { id } => ("a browser".to_owned(), Some(id.as_str())),
                Actor::CommandLine => ("command line".to_owned(), None),
            };
            let environment = record.environment_id.as_ref().map(|id| {
                environments
                    .iter()
                    .find(|environment| environment.id == *id)
                    .map_or(id.as_str(), |environment| environment.name.as_str())
            });
            json!({
                "id": entry.id.to_string(),
                "created_at": Instant(entry.at).to_string(),
                "by": by,
                "token_id": token,
                "environment": environment,
                "action": record.action,
                "target": record.target,
                "status": record.status,
                "detail": record.detail,
            })
        })
        .collect();
    let members = [
        ("id", Look::Hidden),
        ("created_at", Look::Instant),
        ("by", Look::Text),
        ("token_id", Look::Hidden),
        ("environment", Look::Text),
        ("action", Look::Text),
        ("target", Look::Id),
        ("status", Look::Text),
        ("detail", Look::Text),
    ];
    let members = members.map(|(name, look)| Member::new(name, look)).to_vec();
    Records::print_all(args.output.output.unwrap_or(Format::Table), members, &values)
}
