//! `crosswalk users`: a unified list or record in the terminal.
//!
//! Which filters and sorts there are is read from the unified model, so that none of its fields is named here.

mod flags;
mod get;
mod list;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, Subcommand};
use crosswalk_model::{FieldKind, UnifiedModel, builtin};

use crate::cli::Global;
use crate::failure::Failed;
use crate::local::{EnvironmentArg, Local};
use crate::output::OutputArg;
use crate::output::records::{Look, Member};

/// Whose users, and how they are shown.
#[derive(Debug, Args)]
struct Common {
    /// The account whose users are meant, from `crosswalk accounts list`.
    #[arg(long, value_name = "ID")]
    account: String,
    #[command(flatten)]
    environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
    /// Show the CRM's own record too (not in tables).
    #[arg(long)]
    remote_data: bool,
}

#[derive(Debug, Subcommand)]
enum UsersCommand {
    /// List users: a table on a terminal, else one JSON record a line.
    List(list::ListArgs),
    /// Show one user.
    Get(get::GetArgs),
}

/// The model whose records these commands show.
fn model() -> Option<UnifiedModel> {
    builtin().into_iter().find(|model| model.resource == "users")
}

/// `users`, with a flag for each filter that the model has.
pub(crate) fn command() -> Command {
    let command = Command::new("users")
        .about("List and show users of an account")
        .subcommand_required(true)
        .arg_required_else_help(true);
    let command = UsersCommand::augment_subcommands(command);
    let Some(model) = model() else { return command };
    command.mut_subcommand("list", |list| {
        flags::all(&model)
            .into_iter()
            .fold(list, |list, flag| list.arg(flag.to_arg()))
            .arg(flags::sort(&model))
            .after_help(flags::examples(&model))
            .mut_args(tidy)
    })
}

/// Flags that nobody needs at first sight are in `--help` only.
fn tidy(arg: Arg) -> Arg {
    match arg.get_id().as_str() {
        "environment" => arg.hide_short_help(true),
        _ => arg,
    }
}

pub(crate) async fn run(global: &Global, matches: &ArgMatches) -> Result<(), Failed> {
    let model = model().ok_or_else(|| Failed::new("there is no unified model of users"))?;
    let Some(("users", matches)) = matches.subcommand() else {
        return Ok(());
    };
    let command =
        UsersCommand::from_arg_matches(matches).map_err(|error| Failed::usage(error.to_string()))?;
    global.require_data()?;
    let common = match &command {
        UsersCommand::List(args) => &args.common,
        UsersCommand::Get(args) => &args.common,
    };
    let local = Local::open(global, &common.environment).await?;
    let work = async {
        match &command {
            UsersCommand::Get(args) => get::run(&local, &model, args).await,
            UsersCommand::List(args) => {
                let flags = matches.subcommand_matches("list");
                let query = flags.map(|flags| flags::query(&model, flags)).unwrap_or_default();
                list::run(&local, &model, args, &query).await
            }
        }
    };
    local.finish(work).await
}

/// How the model's fields look in tables.
fn look(model: &UnifiedModel, name: &str) -> Look {
    let kind = model.field_id(name).map(|id| model.field(id).kind);
    match kind {
        Some(FieldKind::Id) => Look::Id,
        Some(FieldKind::Instant) => Look::Instant,
        Some(FieldKind::Text | FieldKind::Boolean) => Look::Text,
        Some(FieldKind::Links | FieldKind::Json) | None => Look::Hidden,
    }
}

/// The members that this account's records have, in their order.
async fn members(local: &Local, model: &UnifiedModel, common: &Common) -> Result<Vec<Member>, Failed> {
    let path = format!(
        "/unified/{}/meta/list?integrated_account_id={}",
        model.name,
        crate::local::encode(&common.account)
    );
    let meta = local
        .json(http::Method::GET, &path, None)
        .await
        .map_err(crate::local::Refusal::of_account)?;
    let names = meta["schema"]["properties"]
        .as_object()
        .map(serde_json::Map::keys);
    Ok(names
        .into_iter()
        .flatten()
        .filter(|name| common.remote_data || model.field_id(name).is_some())
        .map(|name| Member::new(name, look(model, name)))
        .collect())
}
