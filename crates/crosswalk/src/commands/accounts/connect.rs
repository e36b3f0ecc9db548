//! `crosswalk accounts connect` and `reconnect`: in a browser, as customers do it.

use std::process::{Command, Stdio};
use std::time::Duration;

use clap::Args;
use crosswalk_server::serve;
use http::Method;
use serde_json::{Value, json};

use crate::cli::Global;
use crate::commands::listen::{listen, public_address};
use crate::failure::Failed;
use crate::input::can_ask;
use crate::local::{EnvironmentArg, Local, Refusal, encode};
use crate::output::OutputArg;
use crate::output::done::print_made;
use crate::output::progress::Progress;

/// How often the store is asked whether the account is there.
const POLL: Duration = Duration::from_millis(500);

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk accounts connect --integration hubspot --tenant acme\n  \
                  crosswalk accounts connect --no-open      # prints the link only\n  \
                  ID=$(crosswalk accounts connect --integration teamleader)\n\n\
                  The page is served from here while the command waits, unless a server runs at that \
                  address already. CRMs with OAuth need the environment's app first: `crosswalk apps add \
                  --help`.")]
pub(crate) struct ConnectArgs {
    /// The connector, from `crosswalk connectors list`; chosen on the page when left out.
    #[arg(long, value_name = "NAME")]
    integration: Option<String>,
    /// Whose account it is, in your own words.
    #[arg(long, default_value = "default", value_name = "TENANT")]
    tenant: String,
    #[command(flatten)]
    way: Way,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk accounts reconnect ID\n  \
                  crosswalk accounts reconnect ID --no-open --wait 60\n\n\
                  What the account has stays until the CRM has accepted the new credentials.")]
pub(crate) struct ReconnectArgs {
    /// The account's id, which it keeps.
    id: String,
    #[command(flatten)]
    way: Way,
}

#[derive(Debug, Args)]
struct Way {
    /// Where the page is served.
    #[arg(
        long,
        env = "CROSSWALK_LISTEN",
        hide_env_values = true,
        default_value = "127.0.0.1:8080",
        value_name = "ADDR"
    )]
    listen: String,
    /// The address that the browser sees, where a proxy stands in front.
    #[arg(
        long,
        env = "CROSSWALK_PUBLIC_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    public_url: Option<String>,
    /// Only print the link.
    #[arg(long)]
    no_open: bool,
    /// How long to wait, in minutes.
    #[arg(long, default_value_t = 15, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..=1440))]
    wait: u32,
    #[command(flatten)]
    environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

pub(super) async fn run(global: &Global, args: ConnectArgs) -> Result<(), Failed> {
    let body = json!({ "tenant_id": args.tenant, "integration": args.integration });
    go(global, &args.way, body, Failed::from).await
}

pub(super) async fn again(global: &Global, args: ReconnectArgs) -> Result<(), Failed> {
    global.require_data()?;
    let body = json!({ "integrated_account_id": args.id });
    go(global, &args.way, body, Refusal::of_account).await
}

/// Makes a link and waits; `refused` tells why there is none.
async fn go(
    global: &Global,
    way: &Way,
    mut body: Value,
    refused: fn(Refusal) -> Failed,
) -> Result<(), Failed> {
    // Where something listens already, it is taken for the server of this data folder.
    let own = listen(&way.listen).await.ok();
    let address = match &own {
        Some((_, address)) => public_address(*address),
        None => way
            .listen
            .parse()
            .map_or_else(|_| format!("http://{}", way.listen), public_address),
    };
    let mut config = global.app_config()?;
    config.public_url = Some(way.public_url.clone().unwrap_or(address));
    let local = Local::open_with(config, &way.environment).await?;
    if let Some((listener, _)) = own {
        tokio::spawn(serve(
            local.app.clone(),
            listener,
            Box::pin(std::future::pending()),
        ));
    }
    body["expires_in"] = (u64::from(way.wait) * 60).into();
    local.finish(wait(&local, way, &body, refused)).await
}

async fn wait(local: &Local, way: &Way, body: &Value, refused: fn(Refusal) -> Failed) -> Result<(), Failed> {
    let made = local.json(Method::POST, "/link-token", Some(body)).await;
    let made = made.map_err(refused)?;
    let (token, link) = (&made["link_token"], &made["connect_url"]);
    let (Some(token), Some(link)) = (token.as_str(), link.as_str()) else {
        return Err(Failed::new("the link token can not be read"));
    };
    say!("open this in a browser:\n  {link}");
    if !way.no_open && can_ask() {
        show(link);
    }
    let mut progress = Progress::new(true);
    loop {
        progress.show(|| "waiting for the browser; Ctrl-C gives up…".to_owned());
        tokio::time::sleep(POLL).await;
        let now = local.app.store().link_token(token).await?;
        match now {
            Some(token) => {
                if let Some(id) = token.consumed_by {
                    progress.clear();
                    let path = format!("/integrated-account/{}", encode(id.as_str()));
                    let account = local.json(Method::GET, &path, None).await?;
                    return print_made(way.output, "connected", Some(id.as_str()), &account);
                }
                if token.expires_at <= jiff::Timestamp::now().as_millisecond() {
                    return Err(Failed::new("nothing was connected in time"));
                }
            }
            None => return Err(Failed::new("the account to connect again is gone")),
        }
    }
}

/// Hands an address to the desktop; without one the printed link is all there is.
fn show(link: &str) {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let mut command = Command::new(program);
    command
        .arg(link)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    drop(command.spawn());
}
