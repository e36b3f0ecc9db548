//! `crosswalk accounts remove`: one account, or everything of a tenant.

use clap::Args;
use http::Method;
use serde_json::json;

use super::list::all;
use crate::failure::Failed;
use crate::input::{ask, can_ask};
use crate::local::{EnvironmentArg, Local, Refusal, encode};
use crate::output::OutputArg;
use crate::output::done::print_done;
use crate::output::progress::Progress;
use crate::output::text::counted;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk accounts remove ID\n  \
                  crosswalk accounts remove ID --keep-tokens\n  \
                  crosswalk accounts remove --tenant acme --yes")]
pub(crate) struct RemoveArgs {
    /// The account's id.
    #[arg(required_unless_present = "tenant", conflicts_with = "tenant")]
    id: Option<String>,
    /// Remove every account of this tenant.
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// Do not ask whether a tenant's accounts are really to go.
    #[arg(long, requires = "tenant")]
    yes: bool,
    /// Leave the tokens alive at the CRM, for another system that has them too.
    #[arg(long)]
    keep_tokens: bool,
    #[command(flatten)]
    pub(super) environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

pub(super) async fn run(local: &Local, args: &RemoveArgs) -> Result<(), Failed> {
    let Some(tenant) = &args.tenant else {
        let id = args.id.as_deref().unwrap_or_default();
        let waiting = Progress::waiting(|| format!("removing {id}…"));
        remove(local, args, id).await.map_err(Refusal::of_account)?;
        drop(waiting);
        let words = format!("removed {id} and its credentials");
        return print_done(args.output, &words, &json!({ "id": id, "removed": true }));
    };
    let accounts = all(local, &format!("&tenant_id={}", encode(tenant))).await?;
    let found = counted(accounts.len() as u64, "account", "accounts");
    if accounts.is_empty() {
        let words = format!("the tenant `{tenant}` has no accounts");
        return print_done(args.output, &words, &json!({ "tenant_id": tenant, "removed": 0 }));
    }
    if !args.yes {
        if !can_ask() {
            return Err(Failed::usage(format!(
                "the tenant `{tenant}` has {found}; say --yes to remove them with their credentials"
            )));
        }
        let answer = ask(&format!("Remove {found} of `{tenant}`? yes or no"), false).await?;
        if !answer.trim().eq_ignore_ascii_case("yes") {
            return Err(Failed::new("nothing was removed"));
        }
    }
    let mut progress = Progress::new(true);
    let mut removed = 0_u64;
    for account in &accounts {
        progress.show(|| format!("removing {removed} of {}…", accounts.len()));
        let id = account["id"].as_str().unwrap_or_default();
        match remove(local, args, id).await {
            Ok(()) => removed += 1,
            // Somebody else was faster.
            Err(refusal) if refusal.status == 404 => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
    progress.clear();
    let words = format!(
        "removed {} of `{tenant}`, with their credentials",
        counted(removed, "account", "accounts")
    );
    print_done(
        args.output,
        &words,
        &json!({ "tenant_id": tenant, "removed": removed }),
    )
}

async fn remove(local: &Local, args: &RemoveArgs, id: &str) -> Result<(), Refusal> {
    let path = format!("/integrated-account/{}?revoke={}", encode(id), !args.keep_tokens);
    local.send(Method::DELETE, &path, None, None).await.map(drop)
}
