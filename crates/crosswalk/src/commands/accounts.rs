//! `crosswalk accounts`

use std::io::Read;

use http::Method;
use serde_json::{Map, Value, json};

use super::client::{Local, cell, encode};
use crate::cli::{AccountsCommand, AddArgs, Global};
use crate::failure::Failed;
use crate::output::table::{Table, terminal_width};
use crate::output::{colours, print};

pub(crate) async fn run(global: &Global, command: AccountsCommand) -> Result<(), Failed> {
    let local = Local::open(global).await?;
    let outcome = match command {
        AccountsCommand::Add(args) => add(&local, args).await,
        AccountsCommand::List => list(&local).await,
        AccountsCommand::Show { id } => {
            let account = local
                .json(Method::GET, &format!("/integrated-account/{}", encode(&id)), None)
                .await;
            account.map(|account| print(&format!("{account:#}\n")))
        }
        AccountsCommand::Check { id, all } => check(&local, id, all).await,
        AccountsCommand::Remove { id } => {
            let removed = local
                .send(
                    Method::DELETE,
                    &format!("/integrated-account/{}", encode(&id)),
                    None,
                    None,
                )
                .await;
            removed.map(|_| eprintln!("removed {id}"))
        }
    };
    local.app.close().await;
    outcome
}

async fn add(local: &Local, args: AddArgs) -> Result<(), Failed> {
    let mut context = match &args.context_file {
        None => Map::new(),
        Some(path) => {
            let text = if path.as_os_str() == "-" {
                read_input()?
            } else {
                read_file(&path.display().to_string())?
            };
            match serde_json::from_str(&text) {
                Ok(Value::Object(members)) => members,
                _ => return Err(Failed::usage("--context-file must hold a JSON object")),
            }
        }
    };
    for pair in &args.values {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| Failed::usage("--set takes NAME=VALUE, NAME=@FILE or NAME=@-"))?;
        let value = match value.strip_prefix('@') {
            Some("-") => read_input()?.trim().to_owned(),
            Some(file) => read_file(file)?.trim().to_owned(),
            None => value.to_owned(),
        };
        context.insert(name.to_owned(), value.into());
    }
    let body = json!({
        "integration": args.integration,
        "authentication_method": args.method,
        "tenant_id": args.tenant,
        "context": context,
    });
    let path = if args.no_validate {
        "/integrated-account?validate=false"
    } else {
        "/integrated-account"
    };
    let account = local.json(Method::POST, path, Some(&body)).await?;
    eprintln!(
        "connected {} ({})",
        cell(&account["integration"]),
        cell(&account["status"])
    );
    print(&format!("{}\n", cell(&account["id"])));
    Ok(())
}

fn read_input() -> Result<String, Failed> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

fn read_file(path: &str) -> Result<String, Failed> {
    std::fs::read_to_string(path).map_err(|error| Failed::new(format!("can't read {path}: {error}")))
}

/// All accounts, page by page.
pub(super) async fn all(local: &Local) -> Result<Vec<Value>, Failed> {
    let mut accounts = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/integrated-account?limit=1000&next_cursor={}", encode(&cursor));
        let page = local.json(Method::GET, &path, None).await?;
        accounts.extend(page["result"].as_array().cloned().unwrap_or_default());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return Ok(accounts),
        }
    }
}

async fn list(local: &Local) -> Result<(), Failed> {
    let accounts = all(local).await?;
    if accounts.is_empty() {
        eprintln!("there are no accounts yet; connect one with `crosswalk accounts add`");
        return Ok(());
    }
    let mut table = Table::new(&["id", "integration", "method", "tenant", "status", "last error"]);
    for account in &accounts {
        let names = [
            "id",
            "integration",
            "authentication_method",
            "tenant_id",
            "status",
            "last_error",
        ];
        table.row(names.iter().map(|name| cell(&account[*name])).collect());
    }
    print(&table.render(terminal_width(), colours()));
    Ok(())
}

async fn check(local: &Local, id: Option<String>, every: bool) -> Result<(), Failed> {
    let ids: Vec<String> = match id {
        Some(id) if !every => vec![id],
        _ => all(local)
            .await?
            .iter()
            .map(|account| cell(&account["id"]))
            .collect(),
    };
    let mut table = Table::new(&["id", "integration", "state"]);
    let mut bad = 0;
    for id in &ids {
        let body = json!({ "integrated_account_id": id });
        let account = local
            .json(Method::GET, &format!("/integrated-account/{}", encode(id)), None)
            .await?;
        let checked = local
            .json(
                Method::POST,
                "/integrated-account/refresh-credentials",
                Some(&body),
            )
            .await;
        let state = match checked {
            Ok(account) => cell(&account["status"]),
            Err(failed) => {
                bad += 1;
                failed.to_string()
            }
        };
        table.row(vec![id.clone(), cell(&account["integration"]), state]);
    }
    print(&table.render(terminal_width(), colours()));
    match bad {
        0 => Ok(()),
        bad => Err(Failed::new(format!(
            "{bad} of {} accounts need attention",
            ids.len()
        ))),
    }
}
