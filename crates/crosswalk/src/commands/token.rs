//! `crosswalk token`: API tokens, made and revoked while servers run.

use std::collections::HashMap;

use clap::Subcommand;
use crosswalk_accounts::{ApiToken, EnvironmentId, MasterKey, NewToken, Store, TokenId};
use crosswalk_model::Instant;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::cli::{Global, key};
use crate::failure::Failed;
use crate::output::records::{Look, Member, Records};
use crate::output::{Format, OutputArg, print};

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token and print it, alone on one line. It is shown this once.
    Create {
        /// What it is for, to know it again in the list.
        #[arg(long, default_value = "", value_name = "NAME")]
        name: String,
        /// The environment whose accounts it sees; it is made if there is none of that name.
        #[arg(long, value_name = "NAME")]
        environment: Option<String>,
    },
    /// List the tokens, revoked ones too. No token is shown whole.
    List(OutputArg),
    /// Revoke a token.
    Revoke {
        /// Its id, from `crosswalk token list`.
        id: String,
    },
}

pub(crate) async fn run(global: &Global, command: TokenCommand) -> Result<(), Failed> {
    if !matches!(command, TokenCommand::Create { .. }) {
        global.require_data()?;
    }
    let key = MasterKey::load(&global.data, key().as_ref())?;
    let store = Store::open(&global.data, &key).await?;
    let outcome = match command {
        TokenCommand::Create { name, environment } => create(&store, name, environment).await,
        TokenCommand::List(output) => list(&store, output).await,
        TokenCommand::Revoke { id } => revoke(&store, &id).await,
    };
    store.close().await;
    outcome
}

async fn create(store: &Store, name: String, environment: Option<String>) -> Result<(), Failed> {
    let environment_id = match environment {
        None => store.default_environment().clone(),
        Some(environment) => find_or_make(store, environment.trim()).await?,
    };
    let new = NewToken {
        name,
        environment_id,
        account_id: None,
        expires_at: None,
    };
    let issued = store.create_token(new).await?;
    print(&format!("{}\n", issued.secret.expose_secret()))
}

async fn find_or_make(store: &Store, name: &str) -> Result<EnvironmentId, Failed> {
    if name.is_empty() {
        return Err(Failed::usage("--environment needs a name"));
    }
    let known = store.environments().await?;
    if let Some(found) = known.into_iter().find(|environment| environment.name == name) {
        return Ok(found.id);
    }
    let made = store.create_environment(name).await?;
    eprintln!("made the environment `{name}`");
    Ok(made.id)
}

async fn list(store: &Store, output: OutputArg) -> Result<(), Failed> {
    let environments: HashMap<EnvironmentId, String> = store
        .environments()
        .await?
        .into_iter()
        .map(|environment| (environment.id, environment.name))
        .collect();
    let tokens = store.list_tokens(None).await?;
    let format = output.output.unwrap_or(Format::Table);
    if tokens.is_empty() && format == Format::Table {
        eprintln!("there are no tokens yet; make one with `crosswalk token create`");
        return Ok(());
    }
    let instant = |at: i64| Instant(at).to_string();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    let values: Vec<_> = tokens
        .iter()
        .map(|token| {
            json!({
                "id": token.id.as_str(),
                "name": token.name,
                "begins": token.hint,
                "environment": environments.get(&token.environment_id),
                "account": token.account_id.as_ref().map(crosswalk_accounts::AccountId::as_str),
                "created_at": instant(token.created_at),
                "last_used_at": token.last_used_at.map(instant),
                "state": state(token, now),
            })
        })
        .collect();
    let members = [
        ("id", Look::Id),
        ("name", Look::Text),
        ("begins", Look::Id),
        ("environment", Look::Text),
        ("account", Look::Text),
        ("created_at", Look::Instant),
        ("last_used_at", Look::Instant),
        ("state", Look::State),
    ];
    let members = members.map(|(name, look)| Member::new(name, look)).to_vec();
    Records::print_all(format, members, &values)
}

fn state(token: &ApiToken, now: i64) -> &'static str {
    if token.revoked_at.is_some() {
        "revoked"
    } else if token.expires_at.is_some_and(|end| end <= now) {
        "over"
    } else {
        "active"
    }
}

async fn revoke(store: &Store, id: &str) -> Result<(), Failed> {
    if store.revoke_token(&TokenId::from(id)).await? {
        eprintln!("revoked {id}; it counts in all running servers within a second");
        return Ok(());
    }
    let is_known = store
        .list_tokens(None)
        .await?
        .iter()
        .any(|token| token.id.as_str() == id);
    if is_known {
        eprintln!("{id} is revoked already");
        return Ok(());
    }
    // What was given may be the token itself, which is not to be repeated.
    Err(Failed::new("there is no token of that id")
        .with_hint("`crosswalk token list` shows the ids; the token itself is no id."))
}
