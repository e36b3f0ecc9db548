//! `crosswalk webhooks`: where an environment hears of its accounts.

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Map, Value, json};

use crate::cli::Global;
use crate::failure::Failed;
use crate::local::{EnvironmentArg, Local, Refusal, encode};
use crate::output::done::print_done;
use crate::output::progress::Progress;
use crate::output::record::print_record;
use crate::output::records::{Look, Member, Records};
use crate::output::{Format, OutputArg};

#[derive(Debug, Subcommand)]
pub(crate) enum WebhooksCommand {
    /// Send events to an address. Its secret is shown this once.
    Add(AddArgs),
    /// List the webhooks.
    List(ListArgs),
    /// Change a webhook, turn it on or off, or give it a new secret.
    Update(UpdateArgs),
    /// Send a test event now, and say what came of it.
    #[command(after_help = "Examples:\n  \
                  crosswalk webhooks test ID")]
    Test(One),
    /// List what was sent lately, and what came of it.
    #[command(after_help = "Examples:\n  \
                  crosswalk webhooks deliveries ID\n  \
                  crosswalk webhooks deliveries ID --output csv")]
    Deliveries(One),
    /// Remove a webhook and what was still to be sent to it.
    #[command(after_help = "Examples:\n  \
                  crosswalk webhooks remove ID")]
    Remove(One),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk webhooks add https://example.com/hooks\n  \
                  crosswalk webhooks add https://a.example/h --event integrated_account:deleted\n\n\
                  Events: integrated_account:created, active, authentication_error, validation_error, \
                  reactivated, deleted.")]
pub(crate) struct AddArgs {
    /// The address, as `https://example.com/hooks`.
    url: String,
    /// An event to hear of, as integrated_account:active; give it once for each. All, when left out.
    #[arg(long = "event", value_name = "EVENT")]
    events: Vec<String>,
    #[command(flatten)]
    environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk webhooks list\n  \
                  crosswalk webhooks list --environment staging -o json")]
pub(crate) struct ListArgs {
    #[command(flatten)]
    environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk webhooks update ID --url https://example.com/new\n  \
                  crosswalk webhooks update ID --on\n  \
                  crosswalk webhooks update ID --rotate-secret")]
pub(crate) struct UpdateArgs {
    /// The webhook's id, from `crosswalk webhooks list`.
    id: String,
    /// Send to this address from now on.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Hear of these events only; give it once for each.
    #[arg(long = "event", value_name = "EVENT")]
    events: Vec<String>,
    /// Send again.
    #[arg(long, conflicts_with = "off")]
    on: bool,
    /// Send nothing.
    #[arg(long)]
    off: bool,
    /// Sign with a new secret, which is shown this once; the old one signs as well for a day.
    #[arg(long)]
    rotate_secret: bool,
    #[command(flatten)]
    environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

#[derive(Debug, Args)]
pub(crate) struct One {
    /// The webhook's id, from `crosswalk webhooks list`.
    id: String,
    #[command(flatten)]
    environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

pub(crate) async fn run(global: &Global, command: WebhooksCommand) -> Result<(), Failed> {
    if !matches!(command, WebhooksCommand::Add(_)) {
        global.require_data()?;
    }
    let environment = match &command {
        WebhooksCommand::Add(args) => &args.environment,
        WebhooksCommand::List(args) => &args.environment,
        WebhooksCommand::Update(args) => &args.environment,
        WebhooksCommand::Test(args) | WebhooksCommand::Deliveries(args) | WebhooksCommand::Remove(args) => {
            &args.environment
        }
    };
    let local = Local::open(global, environment).await?;
    local.finish(act(&local, &command)).await
}

async fn act(local: &Local, command: &WebhooksCommand) -> Result<(), Failed> {
    match command {
        WebhooksCommand::Add(args) => {
            let body = json!({ "target_url": args.url, "event_types": args.events });
            let answer = local.send(Method::POST, "/webhook", Some(&body), None).await?;
            print_record(args.output.output, members(), &answer.bytes().await)
        }
        WebhooksCommand::List(args) => {
            let mut page = local.json(Method::GET, "/webhook", None).await?;
            print_all(args.output, members(), &page["result"].take())
        }
        WebhooksCommand::Update(args) => {
            let mut body = Map::new();
            if let Some(url) = &args.url {
                body.insert("target_url".into(), url.as_str().into());
            }
            if !args.events.is_empty() {
                body.insert("event_types".into(), json!(args.events));
            }
            if args.on || args.off {
                body.insert("is_active".into(), args.on.into());
            }
            if args.rotate_secret {
                body.insert("rotate_secret".into(), true.into());
            }
            if body.is_empty() {
                return Err(Failed::usage(
                    "there is nothing to change: say --url, --event, --on, --off or --rotate-secret",
                ));
            }
            let answer = local
                .send(Method::PATCH, &path(&args.id), Some(&body.into()), None)
                .await
                .map_err(of_webhook)?;
            print_record(args.output.output, members(), &answer.bytes().await)
        }
        WebhooksCommand::Test(args) => {
            let waiting = Progress::waiting(|| "sending…".to_owned());
            let outcome = local
                .json(Method::POST, &format!("{}/test", path(&args.id)), None)
                .await
                .map_err(of_webhook)?;
            drop(waiting);
            if outcome["delivered"].is_null() {
                let words = format!(
                    "a running server sends it; see `crosswalk webhooks deliveries {}`",
                    args.id
                );
                return print_done(args.output, &words, &outcome);
            }
            if outcome["delivered"] == true {
                let words = format!("delivered: it answered {}", outcome["status"]);
                return print_done(args.output, &words, &outcome);
            }
            print_done(args.output, "", &outcome)?;
            let error = outcome["error"].as_str().unwrap_or("it was not delivered");
            Err(Failed::new(format!("not delivered: {error}")))
        }
        WebhooksCommand::Deliveries(args) => {
            let mut page = local
                .json(Method::GET, &format!("{}/delivery", path(&args.id)), None)
                .await
                .map_err(of_webhook)?;
            let members = [
                ("id", Look::Id),
                ("event", Look::Text),
                ("state", Look::State),
                ("attempts", Look::Text),
                ("created_at", Look::Instant),
                ("next_attempt_at", Look::Instant),
                ("last_status", Look::Text),
                ("last_error", Look::Text),
            ];
            let members = members.map(|(name, look)| Member::new(name, look)).to_vec();
            print_all(args.output, members, &page["result"].take())
        }
        WebhooksCommand::Remove(args) => {
            local
                .send(Method::DELETE, &path(&args.id), None, None)
                .await
                .map_err(of_webhook)?;
            let record = json!({ "id": args.id, "removed": true });
            print_done(args.output, &format!("removed {}", args.id), &record)
        }
    }
}

fn print_all(output: OutputArg, members: Vec<Member>, values: &Value) -> Result<(), Failed> {
    let values = values.as_array().map(Vec::as_slice).unwrap_or_default();
    Records::print_all(output.output.unwrap_or(Format::Table), members, values)
}

fn path(id: &str) -> String {
    format!("/webhook/{}", encode(id))
}

fn of_webhook(refusal: Refusal) -> Failed {
    refusal.when_missing("`crosswalk webhooks list` shows the webhooks that there are.")
}

/// The members of a webhook, as tables show them.
fn members() -> Vec<Member> {
    [
        ("id", Look::Id),
        ("target_url", Look::Text),
        ("event_types", Look::List),
        ("state", Look::State),
        ("last_success_at", Look::Instant),
        ("last_error", Look::Text),
        ("secret", Look::Hidden),
    ]
    .map(|(name, look)| Member::new(name, look))
    .to_vec()
}
