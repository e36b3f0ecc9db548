//! The way out: the egress override, proxies, and the hosts of the CRMs.

use std::collections::BTreeMap;

use crosswalk_accounts::Account;
use crosswalk_server::Examiner;
use futures_util::{StreamExt, stream};
use http::Uri;
use tokio::net::TcpStream;

use super::finding::Finding;
use crate::cli::{Global, egress};
use crate::output::progress::Progress;
use crate::output::text::counted;

/// How many hosts are tried at once.
const AT_ONCE: usize = 8;
/// How long an egress override may take to take a connection.
const CONNECTING: std::time::Duration = std::time::Duration::from_secs(5);
/// What other programs take proxies from, and this one does not.
const PROXIES: [&str; 3] = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];
/// The name under which the way out is told.
const EGRESS: &str = "egress";

/// How requests are to leave.
pub(super) fn settings(global: &Global) -> Vec<Finding> {
    let mut findings = Vec::new();
    match egress() {
        // It may hold a password, which is refused: only its host is shown.
        Some(url) => match host_and_port(&url) {
            Some((host, port)) => findings.push(
                Finding::note(
                    EGRESS,
                    format!("every request goes to {host}:{port} instead (CROSSWALK_EGRESS_URL)"),
                )
                .do_this("Unset it where real CRMs are meant."),
            ),
            None => findings.push(
                Finding::failed(
                    EGRESS,
                    "CROSSWALK_EGRESS_URL is no address such as http://127.0.0.1:9000",
                )
                .do_this("Correct it, or unset it: no server starts with it."),
            ),
        },
        None if global.allow_private => findings.push(
            Finding::warning(
                EGRESS,
                "straight to the CRMs, private addresses and plain http included",
            )
            .do_this("Leave out --allow-private unless a connector asks a server of your own."),
        ),
        None => findings.push(Finding::good(
            EGRESS,
            "straight to the CRMs, by https to public addresses only",
        )),
    }
    let proxies: Vec<&str> = PROXIES
        .into_iter()
        .filter(|name| is_set(name) || is_set(&name.to_ascii_lowercase()))
        .collect();
    if !proxies.is_empty() {
        findings.push(
            Finding::note("proxy", format!("{} is set and plays no part here", proxies.join(", "))).do_this(
                "Requests leave this machine directly; where they may not, put a gateway into CROSSWALK_EGRESS_URL.",
            ),
        );
    }
    findings
}

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// The override, where nothing else is known to be asked.
pub(super) async fn egress_alone() -> Option<Finding> {
    let url = egress()?;
    let (host, port) = host_and_port(&url)?;
    Some(of_override(&host, port).await)
}

async fn of_override(host: &str, port: u16) -> Finding {
    let begun = std::time::Instant::now();
    let connecting = TcpStream::connect((host.trim_matches(['[', ']']), port));
    let reason = match tokio::time::timeout(CONNECTING, connecting).await {
        Ok(Ok(_)) => {
            let took = begun.elapsed().as_millis();
            return Finding::good(format!("{host}:{port}"), format!("reached in {took} ms"));
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => "it does not answer".to_owned(),
    };
    Finding::failed(format!("{host}:{port}"), reason)
        .do_this("CROSSWALK_EGRESS_URL leads there: start what should listen, correct it, or unset it.")
}

/// Whether the hosts of the accounts can be reached, or the override that stands for all of them.
pub(super) async fn hosts(examiner: &Examiner, accounts: &[Account]) -> Vec<Finding> {
    if egress().is_some() {
        return egress_alone().await.into_iter().collect();
    }
    let mut users: BTreeMap<String, usize> = BTreeMap::new();
    for account in accounts {
        for host in examiner.hosts(account) {
            *users.entry(host).or_default() += 1;
        }
    }
    let mut progress = Progress::new(true);
    let (mut at, all) = (0, users.len());
    let mut reached = stream::iter(&users)
        .map(|(host, used)| async move { (host, used, examiner.reach(host).await) })
        .buffered(AT_ONCE);
    let mut findings = Vec::new();
    progress.show(|| format!("connecting to {}…", counted(all as u64, "host", "hosts")));
    while let Some((host, used, outcome)) = reached.next().await {
        at += 1;
        progress.show(|| format!("connected to {at} of {all}…"));
        findings.push(match outcome {
            Ok(took) => Finding::good(host, format!("reached by TLS in {} ms", took.as_millis())),
            Err(error) => Finding::failed(
                host,
                format!(
                    "{error} ({} it)",
                    counted(*used as u64, "account needs", "accounts need")
                ),
            )
            .do_this("Look at name resolution, firewall and certificates on this machine's way there."),
        });
    }
    progress.clear();
    findings
}

/// The place that an override leads to.
fn host_and_port(url: &str) -> Option<(String, u16)> {
    url.parse::<crosswalk_server::EgressUrl>().ok()?;
    let url: Uri = url.trim().parse().ok()?;
    let usual = if url.scheme_str() == Some("https") {
        443
    } else {
        80
    };
    Some((url.host()?.to_owned(), url.port_u16().unwrap_or(usual)))
}
