//! `crosswalk accounts check`: asks the CRM, and writes down what it says.

use clap::Args;
use futures_util::{StreamExt, stream};
use http::Method;
use serde_json::{Value, json};

use super::list::all;
use crate::failure::Failed;
use crate::local::{EnvironmentArg, Local, Refusal, encode};
use crate::output::progress::Progress;
use crate::output::records::{Look, Member, Records};
use crate::output::{Format, OutputArg, text};

/// How many accounts are asked about at once.
const AT_ONCE: usize = 8;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk accounts check ID\n  \
                  crosswalk accounts check --all\n  \
                  crosswalk accounts check --all --output csv\n\n\
                  It exits with 1 when an account is not alive. What the CRM says is written down: a dead \
                  account answers at once with 401 until it gets new credentials, and one that is found \
                  alive counts again.")]
pub(crate) struct CheckArgs {
    /// The account's id.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    id: Option<String>,
    /// Check every account.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    pub(super) environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

pub(super) async fn run(local: &Local, args: &CheckArgs) -> Result<(), Failed> {
    let accounts = match &args.id {
        Some(id) => {
            let path = format!("/integrated-account/{}", encode(id));
            let account = local.json(Method::GET, &path, None).await;
            vec![account.map_err(Refusal::of_account)?]
        }
        None => all(local, "").await?,
    };
    if accounts.is_empty() {
        say!("there are no accounts yet; connect one with `crosswalk accounts add`");
        return Ok(());
    }
    let members = [
        ("id", Look::Id),
        ("integration", Look::Text),
        ("tenant_id", Look::Text),
        ("state", Look::State),
        ("was", Look::State),
        ("last_used_at", Look::Instant),
        ("reason", Look::Text),
    ];
    let mut records = Records::new(
        args.output.output.unwrap_or(Format::Table),
        members.map(|(name, look)| Member::new(name, look)).to_vec(),
    );
    let mut progress = Progress::new(true);
    let (mut at, mut bad) = (0, 0);
    let mut verdicts = stream::iter(&accounts)
        .map(|account| async move { (account, check(local, account).await) })
        .buffered(AT_ONCE);
    progress.show(|| format!("asking about {}…", accounts.len()));
    while let Some((account, (state, reason))) = verdicts.next().await {
        at += 1;
        bad += u64::from(state != "alive");
        let verdict = json!({
            "id": account["id"],
            "integration": account["integration"],
            "tenant_id": account["tenant_id"],
            "state": state,
            "was": account["status"],
            "last_used_at": account["last_used_at"],
            "reason": reason,
        });
        progress.clear();
        records.add(verdict.to_string().as_bytes())?;
        progress.show(|| format!("asked {at} of {}…", accounts.len()));
    }
    progress.clear();
    records.finish()?;
    if bad == 0 {
        return Ok(());
    }
    let is = if bad == 1 { "is" } else { "are" };
    Err(Failed::new(format!(
        "{bad} of {} {is} not alive",
        text::counted(accounts.len() as u64, "account", "accounts")
    ))
    .with_hint("Give a dead one new credentials, under its id: `crosswalk accounts reconnect ID` or `crosswalk accounts update ID`."))
}

/// How an account stands, and why if it does not stand well.
async fn check(local: &Local, account: &Value) -> (&'static str, Option<String>) {
    let body = json!({ "integrated_account_id": account["id"] });
    let path = "/integrated-account/refresh-credentials";
    match local.json(Method::POST, path, Some(&body)).await {
        Ok(_) => ("alive", None),
        Err(refusal) if refusal.status == 401 => ("dead", Some(refusal.message)),
        Err(refusal) => ("unknown", Some(refusal.message)),
    }
}
