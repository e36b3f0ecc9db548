//! `crosswalk apps`: the environment's own OAuth apps at the CRMs.

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Map, Value, json};

use crate::cli::Global;
use crate::failure::Failed;
use crate::input::{Inputs, ask, can_ask};
use crate::local::{EnvironmentArg, Local, Refusal, encode};
use crate::output::done::{print_done, print_made};
use crate::output::record::print_record;
use crate::output::records::{Look, Member, Records};
use crate::output::{Format, OutputArg};

#[derive(Debug, Subcommand)]
pub(crate) enum AppsCommand {
    /// List the apps.
    List(ListArgs),
    /// Show one app, and the address to register with it. Its secret is never shown.
    Show(OneArgs),
    /// Set the app of a CRM, in place of the one that there may be.
    Add(AddArgs),
    /// Change an app's client or scopes.
    Update(UpdateArgs),
    /// Remove an app: accounts that were connected with it can not be refreshed any more.
    Remove(OneArgs),
}

/// Where an app is, and how it is shown.
#[derive(Debug, Args)]
struct Common {
    /// The address that customers' browsers see: the one to register with the app begins with it.
    #[arg(
        long,
        env = "CROSSWALK_PUBLIC_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    public_url: Option<String>,
    #[command(flatten)]
    environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk apps list\n  \
                  crosswalk apps list --environment staging -o json")]
pub(crate) struct ListArgs {
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk apps show hubspot\n  \
                  crosswalk apps remove hubspot --environment staging")]
pub(crate) struct OneArgs {
    /// The connector's name, or the app's id.
    app: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk apps add hubspot --client-id 0f2c1d5e --client-secret @-\n  \
                  crosswalk apps add keap --client-id ID --client-secret @file --scope full\n  \
                  crosswalk apps add zohocrm --client-id @env:ID --client-secret @env:SECRET\n\n\
                  The secret has no place on the command line, where the shell would keep it: @FILE, \
                  @env:NAME or @- (standard input; asked for, unseen, on a terminal). Register the printed \
                  redirect_uri with the app.")]
pub(crate) struct AddArgs {
    /// The connector's name.
    integration: String,
    /// What the CRM calls the client id of your app there.
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// Where the client's secret is: @FILE, @env:NAME or @- (standard input).
    #[arg(long, value_name = "@FILE")]
    client_secret: Option<String>,
    /// A scope to ask for; give it once for each. The connector's, when left out.
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk apps update hubspot --client-secret @new-secret.txt\n  \
                  crosswalk apps update hubspot --scope oauth --scope settings.users.read\n  \
                  crosswalk apps update hubspot --default-scopes")]
pub(crate) struct UpdateArgs {
    /// The connector's name, or the app's id.
    app: String,
    /// Another client id.
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// Where another secret is: @FILE, @env:NAME or @- (standard input).
    #[arg(long, value_name = "@FILE")]
    client_secret: Option<String>,
    /// A scope to ask for in place of the present ones; give it once for each.
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// Ask for the connector's scopes again.
    #[arg(long, conflicts_with = "scopes")]
    default_scopes: bool,
    #[command(flatten)]
    common: Common,
}

impl AppsCommand {
    fn common(&self) -> &Common {
        match self {
            Self::List(args) => &args.common,
            Self::Show(args) | Self::Remove(args) => &args.common,
            Self::Add(args) => &args.common,
            Self::Update(args) => &args.common,
        }
    }
}

pub(crate) async fn run(global: &Global, command: AppsCommand) -> Result<(), Failed> {
    // What is given is read, and asked for, before anything is opened or made.
    let body = match &command {
        AppsCommand::Add(args) => added(args).await?,
        AppsCommand::Update(args) => updated(args).await?,
        AppsCommand::List(_) | AppsCommand::Show(_) | AppsCommand::Remove(_) => Value::Null,
    };
    if !matches!(command, AppsCommand::Add(_)) {
        global.require_data()?;
    }
    let common = command.common();
    let mut config = global.app_config()?;
    config.public_url = common.public_url.clone();
    let local = Local::open_with(config, &common.environment).await?;
    local.finish(act(&local, &command, &body)).await
}

async fn added(args: &AddArgs) -> Result<Value, Failed> {
    let mut inputs = Inputs::default();
    let id = match &args.client_id {
        Some(given) => inputs.value("client-id", given).await?,
        None if can_ask() => ask("client id", false).await?,
        None => {
            return Err(Failed::usage(
                "--client-id is missing: the CRM gave it to your app there",
            ));
        }
    };
    let secret = match &args.client_secret {
        Some(given) => secret(&mut inputs, given).await?,
        None if can_ask() => ask("client secret", true).await?,
        None => {
            return Err(Failed::usage(
                "--client-secret is missing: @FILE, @env:NAME or @- (standard input)",
            ));
        }
    };
    Ok(json!({
        "integration": args.integration,
        "client_id": id.trim(),
        "client_secret": secret.trim(),
        "scopes": Some(&args.scopes).filter(|scopes| !scopes.is_empty()),
    }))
}

async fn updated(args: &UpdateArgs) -> Result<Value, Failed> {
    let mut inputs = Inputs::default();
    let mut body = Map::new();
    if let Some(given) = &args.client_id {
        body.insert("client_id".into(), inputs.value("client-id", given).await?.into());
    }
    if let Some(given) = &args.client_secret {
        body.insert("client_secret".into(), secret(&mut inputs, given).await?.into());
    }
    if args.default_scopes {
        body.insert("scopes".into(), Value::Null);
    } else if !args.scopes.is_empty() {
        body.insert("scopes".into(), json!(args.scopes));
    }
    if body.is_empty() {
        return Err(Failed::usage(
            "there is nothing to change: say --client-id, --client-secret, --scope or --default-scopes",
        ));
    }
    Ok(body.into())
}

async fn secret(inputs: &mut Inputs, given: &str) -> Result<String, Failed> {
    if given.starts_with('@') {
        return inputs.value("client-secret", given).await;
    }
    Err(Failed::usage(
        "--client-secret takes @FILE, @env:NAME or @-: a secret has no place on a command line",
    ))
}

async fn act(local: &Local, command: &AppsCommand, body: &Value) -> Result<(), Failed> {
    match command {
        AppsCommand::List(args) => {
            let mut page = local.json(Method::GET, "/environment-integration", None).await?;
            let format = args.common.output.output.unwrap_or(Format::Table);
            let apps = page["result"].take();
            let apps = apps.as_array().map(Vec::as_slice).unwrap_or_default();
            if apps.is_empty() && format == Format::Table {
                say!("there are no apps yet; set one with `crosswalk apps add`");
                return Ok(());
            }
            Records::print_all(format, members(), apps)
        }
        AppsCommand::Show(args) => {
            let answer = local
                .send(Method::GET, &path(&args.app), None, None)
                .await
                .map_err(of_app)?;
            print_record(args.common.output.output, members(), &answer.bytes().await)
        }
        AppsCommand::Add(args) => {
            let app = local
                .json(Method::POST, "/environment-integration", Some(body))
                .await?;
            told(args.common.output, "set", &app)
        }
        AppsCommand::Update(args) => {
            let app = local
                .json(Method::PATCH, &path(&args.app), Some(body))
                .await
                .map_err(of_app)?;
            told(args.common.output, "changed", &app)
        }
        AppsCommand::Remove(args) => {
            local
                .send(Method::DELETE, &path(&args.app), None, None)
                .await
                .map_err(of_app)?;
            let record = json!({ "app": args.app, "removed": true });
            print_done(
                args.common.output,
                &format!("removed the app of {}", args.app),
                &record,
            )
        }
    }
}

/// Says what became of an app, and what is left to do with it.
fn told(output: OutputArg, done: &str, app: &Value) -> Result<(), Failed> {
    let words = format!(
        "{done}: the app of {}; register this address with it, as its redirect or callback URL:",
        app["integration"].as_str().unwrap_or_default()
    );
    print_made(output, &words, app["redirect_uri"].as_str(), app)
}

fn path(app: &str) -> String {
    format!("/environment-integration/{}", encode(app))
}

fn of_app(refusal: Refusal) -> Failed {
    refusal.when_missing("`crosswalk apps list` shows the apps that there are.")
}

/// The members of an app, as tables show them.
fn members() -> Vec<Member> {
    [
        ("id", Look::Id),
        ("environment_id", Look::Hidden),
        ("integration", Look::Text),
        ("scopes", Look::List),
        ("redirect_uri", Look::Text),
        ("created_at", Look::Hidden),
        ("updated_at", Look::Instant),
    ]
    .map(|(name, look)| Member::new(name, look))
    .to_vec()
}
