//! `crosswalk doctor`: looks at everything that a server needs, and says what to do about what is wrong.
//!
//! It makes no folder, takes no step of a migration, and asks the CRMs without refreshing a token or writing
//! down what they say.

mod accounts;
mod database;
mod finding;
mod machine;
mod outside;

use clap::Args;
use crosswalk_accounts::{Account, Environment, MasterKey, Store};
use crosswalk_server::Examiner;

use self::finding::{Finding, report};
use crate::cli::Global;
use crate::failure::Failed;
use crate::output::OutputArg;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk doctor                          # everything, the CRMs included\n  \
                  crosswalk doctor --offline                # what this machine can tell alone\n  \
                  crosswalk doctor --output json | jq '.[] | select(.state == \"failed\")'\n\n\
                  States are ok, note (nothing to do now), warning (look at it) and failed (something must \
                  be done). It exits with 1 when something must be done, and with 0 otherwise. It changes \
                  nothing: no token is refreshed and nothing is written. Run it as the user, and with the \
                  settings, of the server.")]
pub(crate) struct DoctorArgs {
    /// Ask nothing over the network.
    #[arg(long)]
    offline: bool,
    /// Do not ask the CRMs about accounts; whether their hosts can be reached is still tried.
    #[arg(long)]
    no_accounts: bool,
    /// Only the accounts of this environment; those of all when left out.
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    #[command(flatten)]
    output: OutputArg,
}

pub(crate) async fn run(global: &Global, args: DoctorArgs) -> Result<(), Failed> {
    let mut findings = vec![machine::version()];
    findings.extend(machine::public_url());
    findings.push(machine::connectors(global));
    findings.push(machine::folder(global));
    findings.extend(machine::disk(global));
    let opened = database::look(global, &mut findings).await;
    findings.extend(machine::clock(opened.as_ref().map(|opened| &opened.condition)));
    findings.extend(outside::settings(global));
    let readable = match &opened {
        Some(opened) => database::store(opened, &mut findings).await,
        None => None,
    };
    let outcome = match &readable {
        Some((store, key)) => examine(global, &args, store, key, &mut findings).await,
        None if args.offline => Ok(()),
        None => {
            findings.extend(outside::egress_alone().await);
            Ok(())
        }
    };
    if let Some(opened) = &opened {
        opened.look.close().await;
    }
    outcome?;
    report(args.output.output, &findings)
}

/// What the database tells of, and whether it can be reached.
async fn examine(
    global: &Global,
    args: &DoctorArgs,
    store: &Store,
    key: &MasterKey,
    findings: &mut Vec<Finding>,
) -> Result<(), Failed> {
    let environments = environments(store, args).await?;
    findings.push(database::tokens(store).await);
    // What is wrong with connectors or the override was found already.
    let Ok(examiner) = Examiner::new(&global.app_config_without_key(), store.clone(), key) else {
        return Ok(());
    };
    let mut all: Vec<Account> = Vec::new();
    for environment in &environments {
        all.extend(examiner.accounts(&environment.id).await?);
    }
    if !args.offline {
        findings.extend(outside::hosts(&examiner, &all).await);
    }
    if args.offline || args.no_accounts {
        findings.extend(accounts::as_written(&all));
    } else {
        findings.extend(accounts::ask(&examiner, &all).await);
    }
    Ok(())
}

async fn environments(store: &Store, args: &DoctorArgs) -> Result<Vec<Environment>, Failed> {
    let mut known = store.environments().await?;
    let Some(name) = &args.environment else {
        return Ok(known);
    };
    if known.iter().all(|environment| environment.name != *name) {
        let names: Vec<&str> = known.iter().map(|known| known.name.as_str()).collect();
        return Err(Failed::usage(format!(
            "there is no environment `{name}`; there is {}",
            names.join(", ")
        )));
    }
    known.retain(|environment| environment.name == *name);
    Ok(known)
}
