//! `crosswalk demo`: everything at once, with nothing set up.

use crosswalk_sandbox::{Sandbox, SandboxConfig};
use crosswalk_server::{App, serve};
use http::Method;
use secrecy::ExposeSecret;
use serde_json::json;
use tokio::net::TcpListener;

use super::client::{Local, cell, encode};
use super::serve::{listen, stopped};
use crate::cli::{DemoArgs, Global};
use crate::failure::Failed;
use crate::output::table::{Table, terminal_width};
use crate::output::{colours, print};

pub(crate) async fn run(global: &Global, args: DemoArgs) -> Result<(), Failed> {
    let folder = tempfile::Builder::new().prefix("crosswalk-demo").tempdir()?;
    let vendors = TcpListener::bind("127.0.0.1:0").await?;
    let egress = format!("http://{}", vendors.local_addr()?);
    let sandbox = Sandbox::new(SandboxConfig { users: args.users });
    let accounts = sandbox.accounts();
    tokio::spawn(sandbox.serve(vendors, std::future::pending()));

    let mut config = global.app_config();
    config.data_dir = folder.path().to_owned();
    config.key = None;
    config.egress = Some(egress.clone());
    let app = App::open(config).await?;
    let token = app
        .store()
        .create_token(crosswalk_accounts::NewToken {
            name: "demo".to_owned(),
            environment_id: app.store().default_environment().clone(),
            account_id: None,
            expires_at: None,
        })
        .await?;
    let local = Local::over(app.clone());
    let mut connected = Vec::new();
    for account in accounts {
        if app.registry().get(account.integration).is_none() {
            continue;
        }
        let body = json!({
            "tenant_id": "demo",
            "integration": account.integration,
            "authentication_method": account.authentication_method,
            "context": account.context,
        });
        let made = local
            .json(Method::POST, "/integrated-account", Some(&body))
            .await?;
        connected.push((account.integration, cell(&made["id"])));
    }

    let listener = match TcpListener::bind(&args.listen).await {
        Ok(listener) => listener,
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            eprintln!("{} is in use; taking a free port instead", args.listen);
            TcpListener::bind("127.0.0.1:0").await?
        }
        Err(_) => listen(&args.listen).await?,
    };
    let address = listener.local_addr()?;
    print(&first_users(&local, &connected).await?);
    let (name, id) = connected
        .first()
        .ok_or_else(|| Failed::new("the sandbox offers no account"))?;
    let bearer = token.secret.expose_secret();
    let resource = app
        .models()
        .first()
        .map_or_else(String::new, |model| model.name.clone());
    print(&format!(
        "\nThe API listens on http://{address} with {} accounts of {} users each. Try it:\n\n\
         curl -H 'Authorization: Bearer {bearer}' 'http://{address}/unified/{resource}?integrated_account_id={id}&limit=2'\n\n\
         With filters and the story behind the answer ({name}):\n\n\
         curl -gH 'Authorization: Bearer {bearer}' 'http://{address}/unified/{resource}?integrated_account_id={id}&is_active=false&sort_by[created_at]=desc&limit=2&crosswalk_explain=true'\n\n\
         The vendors are stand-ins at {egress}; nothing leaves this machine. Ctrl-C ends the demo and removes its data.\n",
        connected.len(),
        args.users,
    ));
    serve(app, listener, stopped()).await?;
    Ok(())
}

/// A table of the first users of each vendor.
async fn first_users(local: &Local, connected: &[(&str, String)]) -> Result<String, Failed> {
    let mut table: Option<(Table, Vec<String>)> = None;
    for (integration, id) in connected {
        let resource = local
            .app
            .models()
            .first()
            .map_or_else(String::new, |model| model.name.clone());
        let path = format!(
            "/unified/{resource}?integrated_account_id={}&limit=3&truto_ignore_remote_data=true",
            encode(id)
        );
        let page = local.json(Method::GET, &path, None).await?;
        // The fields that every CRM has come first in each answer; a table needs one set of them.
        let (table, columns) = table.get_or_insert_with(|| {
            let model = local.app.models().first();
            let columns: Vec<String> = model
                .into_iter()
                .flat_map(|model| model.output_fields())
                .filter(|(_, field)| field.kind != crosswalk_model::FieldKind::Links)
                .map(|(_, field)| field.name.clone())
                .collect();
            let head: Vec<&str> = std::iter::once("crm")
                .chain(columns.iter().map(String::as_str))
                .collect();
            (Table::new(&head), columns)
        });
        for user in page["result"].as_array().into_iter().flatten() {
            let cells = columns.iter().map(|name| cell(&user[name.as_str()]));
            table.row(std::iter::once((*integration).to_owned()).chain(cells).collect());
        }
    }
    Ok(table
        .map(|(table, _)| table.render(terminal_width(), colours()))
        .unwrap_or_default())
}
