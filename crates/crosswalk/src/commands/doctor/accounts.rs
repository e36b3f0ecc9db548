//! How the accounts fare.

use crosswalk_accounts::{Account, AccountStatus};
use crosswalk_server::{Examiner, Verdict};
use futures_util::{StreamExt, stream};

use super::finding::Finding;
use crate::output::progress::Progress;

/// How many accounts are asked about at once.
const AT_ONCE: usize = 8;

/// What the database says, where nobody is asked.
pub(super) fn as_written(accounts: &[Account]) -> Vec<Finding> {
    if accounts.is_empty() {
        return vec![none()];
    }
    accounts
        .iter()
        .map(|account| match account.status {
            AccountStatus::Active => Finding::good(&account.integration, "active, not asked"),
            _ => of_status(account),
        })
        .zip(accounts)
        .map(|(finding, account)| finding.of_account(account.id.as_str()))
        .collect()
}

/// What the CRMs say.
pub(super) async fn ask(examiner: &Examiner, accounts: &[Account]) -> Vec<Finding> {
    if accounts.is_empty() {
        return vec![none()];
    }
    let mut progress = Progress::new(true);
    let mut asked = stream::iter(accounts)
        .map(|account| async move { (account, examiner.ask(account).await) })
        .buffered(AT_ONCE);
    let mut findings = Vec::new();
    progress.show(|| format!("asking about {}…", accounts.len()));
    while let Some((account, verdict)) = asked.next().await {
        findings.push(of_verdict(account, &verdict));
        progress.show(|| format!("asked about {} of {}…", findings.len(), accounts.len()));
    }
    progress.clear();
    findings
}

fn none() -> Finding {
    Finding::note("accounts", "none is connected")
        .do_this("Connect one: `crosswalk accounts connect`, or `crosswalk accounts add --help`.")
}

fn of_verdict(account: &Account, verdict: &Verdict) -> Finding {
    judge(account, verdict).of_account(account.id.as_str())
}

fn judge(account: &Account, verdict: &Verdict) -> Finding {
    let subject = account.integration.as_str();
    match verdict {
        Verdict::Alive if account.status == AccountStatus::Active => Finding::good(subject, "alive"),
        Verdict::Alive => {
            let found = format!("alive, and marked {}", account.status.as_str());
            Finding::failed(subject, found).do_this(format!(
                "Run `crosswalk accounts check {}`: it counts again.",
                account.id
            ))
        }
        _ if account.status != AccountStatus::Active => of_status(account),
        Verdict::Due => Finding::note(
            subject,
            "its access token has ended; the next call gets a new one",
        )
        .do_this(format!(
            "`crosswalk accounts refresh {}` tries it now.",
            account.id
        )),
        Verdict::Dead(words) => Finding::failed(subject, words).do_this(again(account)),
        Verdict::Unknown(words) => Finding::warning(subject, format!("the CRM could not be asked: {words}"))
            .do_this("Try again; the account itself may be well."),
        Verdict::NoConnector => {
            let found = format!("there is no connector `{}`", account.integration);
            Finding::failed(subject, found).do_this("Name the folder it is in with --connectors DIR.")
        }
    }
}

/// An account that is not active by its own status.
fn of_status(account: &Account) -> Finding {
    let words = account.last_error.as_deref().unwrap_or("no reason is known");
    let found = format!("{}: {words}", account.status.as_str());
    match account.status {
        AccountStatus::Active => Finding::good(&account.integration, account.status.as_str()),
        AccountStatus::Connecting => Finding::note(&account.integration, "still being connected"),
        AccountStatus::NeedsReauth | AccountStatus::ValidationError => {
            Finding::failed(&account.integration, found).do_this(again(account))
        }
    }
}

fn again(account: &Account) -> String {
    format!(
        "Connect it again: `crosswalk accounts reconnect {}`, or send its owner a link token.",
        account.id
    )
}
