//! `crosswalk overrides list`, `set` and `remove`: what an environment or an account changes of mappings.

use clap::Args;
use http::Method;
use serde_json::{Value, json};

use crate::failure::Failed;
use crate::input::Inputs;
use crate::local::{EnvironmentArg, Local, Refusal, encode};
use crate::output::done::{print_done, print_made};
use crate::output::records::{Look, Member, Records};
use crate::output::{Format, OutputArg};

/// An environment's overrides, over HTTP.
const PATH: &str = "/environment-unified-model-resource-method";

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk overrides list\n  \
                  crosswalk overrides list --integration hubspot -o json\n\n\
                  An account's own are shown by `crosswalk overrides show --account ID`.")]
pub(crate) struct ListArgs {
    /// Only those of this connector.
    #[arg(long, value_name = "NAME")]
    integration: Option<String>,
    #[command(flatten)]
    pub(super) environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk overrides set override.json --account ID\n  \
                  crosswalk overrides set environment.json\n\n\
                  With --account, FILE is the account's `unified_model_override`, and takes the place of the one that \
                  there is. Without, it is the body of POST /environment-unified-model-resource-method (integration, \
                  unified_model, resource, method, override): for all accounts of that connector, in place of what was \
                  said of that call. Try it with `crosswalk overrides test` first. A mistake is told with its place, and \
                  nothing is saved then.")]
pub(crate) struct SetArgs {
    /// A file of JSON; `-` is standard input.
    file: String,
    /// The account whose own override it is.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    #[command(flatten)]
    pub(super) environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk overrides remove ID\n  \
                  crosswalk overrides remove --account ID")]
pub(crate) struct RemoveArgs {
    /// The environment's override, by its id from `crosswalk overrides list`.
    #[arg(required_unless_present = "account", conflicts_with = "account")]
    id: Option<String>,
    /// The account whose own override goes.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    #[command(flatten)]
    pub(super) environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

pub(super) async fn list(local: &Local, args: &ListArgs) -> Result<(), Failed> {
    let query = match &args.integration {
        Some(name) => format!("?integration={}", encode(name)),
        None => String::new(),
    };
    let known = known(local, &query).await?;
    let format = args.output.output.unwrap_or(Format::Table);
    if known.is_empty() && format == Format::Table {
        say!("there are none; set one with `crosswalk overrides set`");
        return Ok(());
    }
    let members = [
        ("id", Look::Id),
        ("integration", Look::Text),
        ("unified_model", Look::Text),
        ("resource", Look::Text),
        ("method", Look::Text),
        ("updated_at", Look::Instant),
        ("created_at", Look::Hidden),
        ("override", Look::Text),
    ];
    let members = members.map(|(name, look)| Member::new(name, look)).to_vec();
    Records::print_all(format, members, &known)
}

async fn known(local: &Local, query: &str) -> Result<Vec<Value>, Failed> {
    let mut page = local.json(Method::GET, &format!("{PATH}{query}"), None).await?;
    Ok(match page["result"].take() {
        Value::Array(known) => known,
        _ => Vec::new(),
    })
}

pub(super) async fn set(local: &Local, args: &SetArgs) -> Result<(), Failed> {
    let said = super::test::json_of(&mut Inputs::default(), &args.file)?;
    let is_of_environment = said.get("override").is_some();
    match &args.account {
        Some(_) if is_of_environment => Err(Failed::usage(format!(
            "{} is for all accounts of a connector: leave out --account, or write what is under `override` as \
             `{{\"crm\": {{\"users\": {{\"list\": …}}}}}}`",
            args.file
        ))),
        Some(id) => {
            let own = said.get("unified_model_override").unwrap_or(&said);
            let account = change_account(local, id, own).await?;
            print_done(args.output, &format!("set for {id}"), &account)
        }
        None if !is_of_environment => Err(Failed::usage(format!(
            "whose override is {}? Name the account with --account ID; one for all accounts of a connector has \
             `integration`, `unified_model`, `resource`, `method` and `override`",
            args.file
        ))),
        None => {
            let made = set_environment(local, &said).await?;
            let words = format!(
                "set for all accounts of {}",
                made["integration"].as_str().unwrap_or_default()
            );
            print_made(args.output, &words, made["id"].as_str(), &made)
        }
    }
}

/// Makes an environment's override, or changes the one that there is of the same call.
async fn set_environment(local: &Local, said: &Value) -> Result<Value, Failed> {
    let member = |value: &Value, name: &str| {
        let given = value.get(name).or_else(|| value.get(format!("{name}_name")));
        given.cloned().unwrap_or_default()
    };
    let same = |one: &Value| {
        ["integration", "unified_model", "resource", "method"]
            .iter()
            .all(|name| member(one, name) == member(said, name))
    };
    let answer = match known(local, "").await?.into_iter().find(same) {
        Some(one) => {
            let path = format!("{PATH}/{}", encode(one["id"].as_str().unwrap_or_default()));
            let body = json!({ "override": said["override"] });
            local.json(Method::PATCH, &path, Some(&body)).await
        }
        None => local.json(Method::POST, PATH, Some(said)).await,
    };
    Ok(answer?)
}

async fn change_account(local: &Local, id: &str, own: &Value) -> Result<Value, Failed> {
    let body = json!({ "unified_model_override": own });
    let path = format!("/integrated-account/{}", encode(id));
    let account = local.json(Method::PATCH, &path, Some(&body)).await;
    account.map_err(Refusal::of_account)
}

pub(super) async fn remove(local: &Local, args: &RemoveArgs) -> Result<(), Failed> {
    if let Some(id) = &args.account {
        change_account(local, id, &Value::Null).await?;
        let record = json!({ "integrated_account_id": id, "removed": true });
        return print_done(args.output, &format!("removed what {id} changed itself"), &record);
    }
    let id = args.id.as_deref().unwrap_or_default();
    let path = format!("{PATH}/{}", encode(id));
    let removed = local.send(Method::DELETE, &path, None, None).await;
    removed.map_err(|refusal| {
        refusal.when_missing(
            "`crosswalk overrides list` shows the environment's; --account ID is for an account's own.",
        )
    })?;
    let record = json!({ "id": id, "removed": true });
    print_done(args.output, &format!("removed {id}"), &record)
}
