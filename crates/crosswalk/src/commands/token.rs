//! `crosswalk token`: API tokens, made and revoked while servers run.

use std::collections::HashMap;

use clap::{Args, Subcommand};
use crosswalk_accounts::{
    AccountId, Actor, ApiToken, AuditRecord, EnvironmentId, MasterKey, NewToken, Store, TokenId,
};
use crosswalk_model::Instant;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::cli::Global;
use crate::failure::Failed;
use crate::key::key;
use crate::output::done::{print_done, print_made};
use crate::output::records::{Look, Member, Records};
use crate::output::text::counted;
use crate::output::{Format, OutputArg};

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token and print it, alone on one line. It is shown this once.
    Create(CreateArgs),
    /// List the tokens, revoked ones too. No token is shown whole.
    #[command(after_help = "Examples:\n  \
                  crosswalk token list\n  \
                  crosswalk token list --output json | jq '.[].name'")]
    List(OutputArg),
    /// Revoke a token.
    Revoke(RevokeArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk token create --name my-app\n  \
                  crosswalk token create --name report --read-only --expires-in 90d\n  \
                  crosswalk token create --name acme --account ID --account ID\n  \
                  TOKEN=$(crosswalk token create --environment staging)")]
pub(crate) struct CreateArgs {
    /// What it is for, to know it again in the list.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "NAME")]
    name: String,
    /// The environment whose accounts it sees; it is made if there is none of that name.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Let it read and change nothing.
    #[arg(long)]
    read_only: bool,
    /// Let it reach this account, and no others but those named likewise.
    #[arg(long = "account", value_name = "ID")]
    accounts: Vec<String>,
    /// How long it counts, as 90d, 12h or 2w; for ever when left out.
    #[arg(long, value_name = "TIME", value_parser = lifetime)]
    expires_in: Option<i64>,
    #[command(flatten)]
    output: OutputArg,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk token revoke 0c5b1f3a9d7e4f20")]
pub(crate) struct RevokeArgs {
    /// Its id, from `crosswalk token list`.
    id: String,
    #[command(flatten)]
    output: OutputArg,
}

pub(crate) async fn run(global: &Global, command: TokenCommand) -> Result<(), Failed> {
    if !matches!(command, TokenCommand::Create(_)) {
        global.require_data()?;
    }
    let key = MasterKey::load(&global.data, key()?.as_ref())?;
    let store = Store::open(&global.data, &key).await?;
    let outcome = match command {
        TokenCommand::Create(args) => create(&store, args).await,
        TokenCommand::List(output) => list(&store, output).await,
        TokenCommand::Revoke(args) => revoke(&store, &args).await,
    };
    store.close().await;
    outcome
}

async fn create(store: &Store, args: CreateArgs) -> Result<(), Failed> {
    let environment_id = match &args.environment {
        None => store.default_environment().clone(),
        Some(environment) => find_or_make(store, environment.trim()).await?,
    };
    for id in &args.accounts {
        let found = store
            .account(&environment_id, &AccountId::from(id.as_str()))
            .await?;
        if found.is_none() {
            return Err(
                Failed::new(format!("there is no account `{id}` in this environment"))
                    .with_hint("`crosswalk accounts list` shows the accounts that there are."),
            );
        }
    }
    let scope: Vec<AccountId> = args.accounts.iter().map(|id| id.as_str().into()).collect();
    let new = NewToken {
        scope: (!scope.is_empty()).then_some(scope),
        read_only: args.read_only,
        expires_at: args.expires_in.map(|lifetime| now().saturating_add(lifetime)),
        ..NewToken::of_environment(args.name, environment_id)
    };
    let issued = store.create_token(new).await?;
    let detail = json!({
        "name": issued.token.name,
        "read_only": issued.token.read_only,
        "accounts": issued.token.scope,
        "expires_at": issued.token.expires_at.map(|at| Instant(at).to_string()),
    });
    note(store, "token.create", &issued.token, Some(detail)).await?;
    let secret = issued.secret.expose_secret();
    let record = json!({
        "id": issued.token.id.as_str(),
        "name": issued.token.name,
        "token": secret,
        "environment_id": issued.token.environment_id.as_str(),
        "accounts": issued.token.scope,
        "may": may(&issued.token),
        "expires_at": issued.token.expires_at.map(|at| Instant(at).to_string()),
    });
    print_made(args.output, "", Some(secret), &record)
}

/// Says in the audit log what was done to a token.
async fn note(
    store: &Store,
    action: &str,
    token: &ApiToken,
    detail: Option<serde_json::Value>,
) -> Result<(), Failed> {
    let record = AuditRecord {
        environment_id: Some(token.environment_id.clone()),
        actor: Actor::CommandLine,
        action: action.to_owned(),
        target: Some(token.id.as_str().to_owned()),
        status: None,
        detail,
    };
    Ok(store.record(&record).await?)
}

/// A length of time, in milliseconds.
fn lifetime(text: &str) -> Result<i64, String> {
    let wrong = || "write it as 90d, 12h, 30m or 2w".to_owned();
    let span: jiff::Span = text.trim().parse().map_err(|_| wrong())?;
    let length = span
        .to_duration(jiff::SpanRelativeTo::days_are_24_hours())
        .map_err(|_| wrong())?;
    i64::try_from(length.as_millis())
        .ok()
        .filter(|milliseconds| *milliseconds > 0)
        .ok_or_else(|| "it must be longer than nothing".to_owned())
}

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

async fn find_or_make(store: &Store, name: &str) -> Result<EnvironmentId, Failed> {
    if name.is_empty() {
        return Err(Failed::usage("--environment needs a name"));
    }
    let known = store.environments().await?;
    if let Some(found) = known.into_iter().find(|environment| environment.name == name) {
        return Ok(found.id);
    }
    let made = super::envs::make(store, name).await?;
    say!("made the environment `{name}`");
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
        say!("there are no tokens yet; make one with `crosswalk token create`");
        return Ok(());
    }
    let instant = |at: i64| Instant(at).to_string();
    let values: Vec<_> = tokens
        .iter()
        .map(|token| {
            json!({
                "id": token.id.as_str(),
                "name": token.name,
                "begins": token.hint,
                "environment": environments.get(&token.environment_id),
                "account": token.account_id.as_ref().map(AccountId::as_str),
                "reach": reach(token),
                "accounts": token.scope,
                "may": may(token),
                "created_at": instant(token.created_at),
                "last_used_at": token.last_used_at.map(instant),
                "expires_at": token.expires_at.map(instant),
                "state": token.state().as_str(),
            })
        })
        .collect();
    let members = [
        ("id", Look::Id),
        ("name", Look::Text),
        ("begins", Look::Id),
        ("environment", Look::Text),
        ("account", Look::Hidden),
        ("reach", Look::Text),
        ("accounts", Look::Hidden),
        ("may", Look::Text),
        ("created_at", Look::Instant),
        ("last_used_at", Look::Instant),
        ("expires_at", Look::Instant),
        ("state", Look::State),
    ];
    let members = members.map(|(name, look)| Member::new(name, look)).to_vec();
    Records::print_all(format, members, &values)
}

fn may(token: &ApiToken) -> &'static str {
    if token.read_only { "read" } else { "change" }
}

/// What a token reaches, in words.
fn reach(token: &ApiToken) -> String {
    match (&token.account_id, &token.scope) {
        (Some(id), _) => format!("calls of {id}"),
        (None, Some(scope)) => counted(scope.len() as u64, "account", "accounts"),
        (None, None) => "all".to_owned(),
    }
}

async fn revoke(store: &Store, args: &RevokeArgs) -> Result<(), Failed> {
    let id = args.id.as_str();
    let tokens = store.list_tokens(None).await?;
    let Some(token) = tokens.iter().find(|token| token.id.as_str() == id) else {
        // What was given may be the token itself, which is not to be repeated.
        return Err(Failed::new("there is no token of that id")
            .with_hint("`crosswalk token list` shows the ids; the token itself is no id."));
    };
    let is_new = store.revoke_token(&TokenId::from(id)).await?;
    if is_new {
        note(store, "token.revoke", token, None).await?;
    }
    let words = if is_new {
        format!("revoked {id}; it counts in all running servers within a second")
    } else {
        format!("{id} is revoked already")
    };
    print_done(
        args.output,
        &words,
        &json!({ "id": id, "name": token.name, "revoked": is_new }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_read() {
        assert_eq!(lifetime("90d"), Ok(90 * 24 * 3_600_000));
        assert_eq!(lifetime(" 1h 30m "), Ok(5_400_000));
        assert_eq!(lifetime("2w"), Ok(14 * 24 * 3_600_000));
        for wrong in ["", "90", "-1d", "1mo", "soon", "0s"] {
            assert!(lifetime(wrong).is_err(), "{wrong}");
        }
    }
}
