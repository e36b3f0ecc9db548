//! `crosswalk accounts update`: another tenant, other settings, new credentials.

use std::path::PathBuf;

use clap::Args;
use http::Method;
use serde_json::{Map, Value, json};

use super::context;
use crate::failure::Failed;
use crate::local::{EnvironmentArg, Local, Refusal, encode};
use crate::output::OutputArg;
use crate::output::done::print_done;
use crate::output::progress::Progress;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk accounts update ID --tenant acme\n  \
                  crosswalk accounts update ID --set api_key=@-\n  \
                  crosswalk accounts update ID --context-file tokens.json\n\n\
                  What is not named stays. New credentials count only when the CRM accepts them: until then the account \
                  goes on with what it has. Secrets are given as to `crosswalk accounts add`. In a browser it is \
                  `crosswalk accounts reconnect`.")]
pub(crate) struct UpdateArgs {
    /// The account's id, from `crosswalk accounts list`.
    id: String,
    /// Whose account it is from now on.
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// A credential or setting; @-, @FILE and @env:NAME say where it is.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    values: Vec<String>,
    /// Credentials and settings as one JSON object; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    context_file: Option<PathBuf>,
    /// Keep them without asking the CRM whether the credentials are good.
    #[arg(long)]
    no_validate: bool,
    #[command(flatten)]
    pub(super) environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

impl UpdateArgs {
    /// What is given, read and asked for before anything is opened.
    pub(super) async fn context(&self) -> Result<Map<String, Value>, Failed> {
        let context = context::given(self.context_file.as_deref(), &self.values).await?;
        if context.is_empty() && self.tenant.is_none() {
            return Err(Failed::usage(
                "there is nothing to change: say --tenant, --set or --context-file",
            ));
        }
        Ok(context)
    }
}

pub(super) async fn run(
    local: &Local,
    args: &UpdateArgs,
    context: &Map<String, Value>,
) -> Result<(), Failed> {
    let path = format!("/integrated-account/{}", encode(&args.id));
    let waiting = Progress::waiting(|| "asking the CRM…".to_owned());
    let mut account = Value::Null;
    // Credentials first: when they are refused, nothing was changed.
    if !context.is_empty() {
        let path = format!("{path}/credentials?validate={}", !args.no_validate);
        let body = json!({ "context": context });
        let changed = local.json(Method::PATCH, &path, Some(&body)).await;
        account = changed.map_err(Refusal::of_account)?;
    }
    if let Some(tenant) = &args.tenant {
        let body = json!({ "tenant_id": tenant });
        let changed = local.json(Method::PATCH, &path, Some(&body)).await;
        account = changed.map_err(Refusal::of_account)?;
    }
    drop(waiting);
    print_done(args.output, &format!("changed {}", args.id), &account)
}
