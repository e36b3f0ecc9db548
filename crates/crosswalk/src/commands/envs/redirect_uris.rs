//! `crosswalk envs redirect-uris`: where browsers may be sent after an account is connected.

use clap::{Args, Subcommand};
use http::Method;
use serde_json::{Value, json};

use crate::cli::Global;
use crate::failure::Failed;
use crate::local::{EnvironmentArg, Local};
use crate::output::done::print_done;
use crate::output::records::{Look, Member, Records};
use crate::output::text::counted;
use crate::output::{Format, OutputArg};

/// The list, over HTTP.
const PATH: &str = "/environment/redirect-uris";

#[derive(Debug, Subcommand)]
pub(crate) enum RedirectUrisCommand {
    /// List them. With none, browsers are only sent to this machine.
    List(ListArgs),
    /// Allow some more.
    Add(ChangeArgs),
    /// Allow some no longer.
    Remove(ChangeArgs),
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk envs redirect-uris list\n  \
                  crosswalk envs redirect-uris list --environment staging -o json")]
pub(crate) struct ListArgs {
    #[command(flatten)]
    environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk envs redirect-uris add https://app.example.com/connected\n  \
                  crosswalk envs redirect-uris remove https://app.example.com/old\n\n\
                  A link token's `redirect_uri` has to be one of the list, but for its query.")]
pub(crate) struct ChangeArgs {
    /// The addresses, whole and without `#`.
    #[arg(required = true, value_name = "URI")]
    uris: Vec<String>,
    #[command(flatten)]
    environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

pub(crate) async fn run(global: &Global, command: RedirectUrisCommand) -> Result<(), Failed> {
    let environment = match &command {
        RedirectUrisCommand::List(args) => &args.environment,
        RedirectUrisCommand::Add(args) | RedirectUrisCommand::Remove(args) => &args.environment,
    };
    global.require_data()?;
    let local = Local::open(global, environment).await?;
    local.finish(act(&local, &command)).await
}

async fn act(local: &Local, command: &RedirectUrisCommand) -> Result<(), Failed> {
    let mut known = known(local).await?;
    match command {
        RedirectUrisCommand::List(args) => {
            let format = args.output.output.unwrap_or(Format::Table);
            if known.is_empty() && format == Format::Table {
                say!("there is none: browsers are only sent to this machine");
                return Ok(());
            }
            let values: Vec<Value> = known.iter().map(|uri| json!({ "uri": uri })).collect();
            Records::print_all(format, vec![Member::new("uri", Look::Id)], &values)
        }
        RedirectUrisCommand::Add(args) => {
            known.extend(args.uris.iter().map(|uri| uri.trim().to_owned()));
            replace(local, &known, args.output).await
        }
        RedirectUrisCommand::Remove(args) => {
            for uri in &args.uris {
                let Some(at) = known.iter().position(|known| known == uri.trim()) else {
                    return Err(
                        Failed::new(format!("`{uri}` is not on the list; nothing was removed"))
                            .with_hint("`crosswalk envs redirect-uris list` shows it."),
                    );
                };
                known.remove(at);
            }
            replace(local, &known, args.output).await
        }
    }
}

async fn known(local: &Local) -> Result<Vec<String>, Failed> {
    let answer = local.json(Method::GET, PATH, None).await?;
    let uris = answer["redirect_uris"].as_array().into_iter().flatten();
    Ok(uris.filter_map(|uri| uri.as_str().map(str::to_owned)).collect())
}

/// Puts the whole list in its place, as the API has it.
async fn replace(local: &Local, uris: &[String], output: OutputArg) -> Result<(), Failed> {
    let body = json!({ "redirect_uris": uris });
    let answer = local.json(Method::PUT, PATH, Some(&body)).await?;
    let count = answer["redirect_uris"].as_array().map_or(0, Vec::len);
    let words = match count {
        0 => "there is none now: browsers are only sent to this machine".to_owned(),
        count => format!(
            "browsers may be sent to {}",
            counted(count as u64, "address", "addresses")
        ),
    };
    print_done(output, &words, &answer)
}
