//! `crosswalk demo`: server, stand-ins and connected accounts at once, with nothing set up.

mod show;

use clap::Args;
use crosswalk_accounts::NewToken;
use crosswalk_connector::Connector;
use crosswalk_sandbox::{Sandbox, SandboxAccount};
use crosswalk_server::{App, serve};
use http::Method;
use serde_json::json;

use super::listen::{listen, listen_somewhere, public_address};
use super::sandbox::Size;
use super::stop::stopped_gently;
use crate::cli::Global;
use crate::failure::Failed;
use crate::local::Local;
use crate::output::print;
use crate::output::progress::Progress;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk demo\n  \
                  crosswalk demo --users 5000 --listen 127.0.0.1:9090\n  \
                  crosswalk demo --keep             # and go on with its data afterwards\n\n\
                  The demo has a data folder of its own: --data and CROSSWALK_KEY play no part. Nothing \
                  leaves this machine.")]
pub(crate) struct DemoArgs {
    /// The address to listen on; a free port is taken where that one is in use.
    #[arg(
        long,
        env = "CROSSWALK_LISTEN",
        hide_env_values = true,
        default_value = "127.0.0.1:8080",
        value_name = "ADDR"
    )]
    listen: String,
    #[command(flatten)]
    size: Size,
    /// Keep the data folder when the demo ends.
    #[arg(long)]
    keep: bool,
}

/// An account of a stand-in, connected.
struct Connected {
    id: String,
    connector: std::sync::Arc<Connector>,
}

pub(crate) async fn run(global: &Global, args: DemoArgs) -> Result<(), Failed> {
    let (listener, address) = listen_somewhere(&args.listen).await?;
    let folder = folder(args.keep)
        .map_err(|error| Failed::new(format!("no temporary folder can be made: {error}")))?;
    let (vendors, vendors_address) = listen("127.0.0.1:0").await?;
    let egress = format!("http://{vendors_address}");
    let mut progress = Progress::new(true);
    progress.show(|| "starting…".to_owned());
    let sandbox = Sandbox::new(args.size.config());
    let offered = sandbox.accounts();
    tokio::spawn(sandbox.serve(vendors, Box::pin(std::future::pending())));

    let mut config = global.app_config_without_key();
    config.data_dir = folder.path().to_owned();
    config.egress = Some(egress.clone());
    config.public_url = Some(public_address(address));
    let app = App::open(config).await?;
    let environment = app.store().default_environment().clone();
    let token = app
        .store()
        .create_token(NewToken::of_environment("demo", environment.clone()))
        .await?;
    let local = Local::over(app.clone(), &environment);
    let connected = connect(&local, &offered).await?;
    let link = connect_link(&local).await?;
    let shown = show::Demo {
        address,
        egress,
        users: u64::from(args.size.users),
        token: &token.secret,
        connected: &connected,
        link: &link,
        data: folder.path(),
        keep: args.keep,
    };
    let table = shown.first_users(&local).await?;
    progress.clear();
    print(&shown.page(app.models(), &table))?;
    serve(app, listener, Box::pin(stopped_gently())).await?;
    if args.keep {
        say!("the demo's data stays in {}", folder.path().display());
    }
    Ok(())
}

/// A folder for the demo's data, its owner's alone as any data folder is.
fn folder(keep: bool) -> std::io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("crosswalk-demo-").disable_cleanup(keep);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}

/// Sets up an app at every stand-in that has OAuth, and makes a link to connect further accounts with.
async fn connect_link(local: &Local) -> Result<String, Failed> {
    for connector in local.app.registry().iter() {
        if !connector
            .file
            .auth
            .schemes
            .keys()
            .any(|method| connector.consents(*method))
        {
            continue;
        }
        let app = json!({
            "integration": connector.name(),
            "client_id": crosswalk_sandbox::CLIENT_ID,
            "client_secret": crosswalk_sandbox::CLIENT_SECRET,
        });
        local
            .json(Method::POST, "/environment-integration", Some(&app))
            .await?;
    }
    let wanted = json!({ "tenant_id": "demo", "expires_in": 24 * 60 * 60 });
    let made = local.json(Method::POST, "/link-token", Some(&wanted)).await?;
    Ok(made["connect_url"].as_str().unwrap_or_default().to_owned())
}

/// Connects an account at every stand-in that there is a connector for.
async fn connect(local: &Local, offered: &[SandboxAccount]) -> Result<Vec<Connected>, Failed> {
    let mut connected = Vec::new();
    for account in offered {
        let Some(connector) = local.app.registry().get(account.integration) else {
            continue;
        };
        let body = json!({
            "tenant_id": "demo",
            "integration": account.integration,
            "authentication_method": account.authentication_method,
            "context": account.context,
        });
        let made = local.json(Method::POST, "/integrated-account", Some(&body)).await;
        match made {
            Ok(made) => connected.push(Connected {
                id: made["id"].as_str().unwrap_or_default().to_owned(),
                connector: std::sync::Arc::clone(connector),
            }),
            // A connector of `--connectors` may not get along with its stand-in; the others still do.
            Err(refusal) => say!("{} could not be connected: {refusal}", connector.label()),
        }
    }
    if connected.is_empty() {
        return Err(Failed::new("no connector got along with its stand-in"));
    }
    Ok(connected)
}
