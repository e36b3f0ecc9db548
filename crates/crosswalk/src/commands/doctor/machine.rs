//! What this machine is set up with: version, settings, connectors, folder, disk, clock.

use std::path::Path;

use crosswalk_accounts::Condition;
use http::Uri;

use super::finding::Finding;
use crate::cli::Global;
use crate::commands::connectors;
use crate::output::text::{bytes, counted};

/// No clock is before this version's time: 2026-01-01.
const EARLIEST: i64 = 1_767_225_600_000;
/// How far the clocks of machines on one database may differ, in milliseconds.
const TOLERATED: i64 = 60_000;
/// Longer than this, in milliseconds, no lease lasts.
const LONGEST_LEASE: i64 = 5 * 60_000;
/// With less free space than this the next write may fail.
const FULL: u64 = 64 << 20;
/// With less than this somebody should look.
const LITTLE: u64 = 1 << 30;

pub(super) fn version() -> Finding {
    Finding::good("version", env!("CARGO_PKG_VERSION"))
}

pub(super) fn public_url() -> Option<Finding> {
    let given = std::env::var("CROSSWALK_PUBLIC_URL").unwrap_or_default();
    let given = given.trim();
    if given.is_empty() {
        return None;
    }
    let subject = "public address";
    let advice = "Write CROSSWALK_PUBLIC_URL as https://crm.example.com: vendors send browsers back there, and most \
                  take https only.";
    let url = given.parse::<Uri>().ok();
    let host = url.as_ref().and_then(Uri::host).unwrap_or_default();
    Some(match url.as_ref().and_then(Uri::scheme_str) {
        Some("https") => Finding::good(subject, given),
        Some("http") if matches!(host, "localhost" | "127.0.0.1" | "[::1]") => Finding::good(subject, given),
        Some("http") => Finding::warning(subject, format!("{given} is not https")).do_this(advice),
        _ => Finding::failed(subject, "CROSSWALK_PUBLIC_URL is no http or https address").do_this(advice),
    })
}

pub(super) fn connectors(global: &Global) -> Finding {
    match connectors::registry(global) {
        Ok(registry) => {
            let count = counted(registry.iter().count() as u64, "connector", "connectors");
            match &global.connectors {
                Some(folder) => Finding::good(
                    "connectors",
                    format!("{count}, with those of {}", folder.display()),
                ),
                None => Finding::good("connectors", count),
            }
        }
        Err(error) => Finding::failed("connectors", error.to_string())
            .do_this("Mend the file, or name another folder with --connectors; no server starts with it."),
    }
}

pub(super) fn folder(global: &Global) -> Finding {
    let folder = &global.data;
    let shown = folder.display();
    match std::fs::metadata(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Finding::warning("data folder", format!("there is none at {shown}")).do_this(
                "Name the right one with --data DIR (or CROSSWALK_DATA); `crosswalk serve` and `crosswalk token create` \
                 start a new one.",
            )
        }
        Err(error) => Finding::failed("data folder", format!("{shown}: {error}"))
            .do_this("Run as the user that owns it."),
        Ok(found) if !found.is_dir() => Finding::failed("data folder", format!("{shown} is no folder"))
            .do_this("Name a folder with --data DIR (or CROSSWALK_DATA)."),
        Ok(_) if !is_writable(folder) => Finding::failed(
            "data folder",
            format!("{shown} can not be written by this user"),
        )
        .do_this("Run as the user that owns it, or mount it for writing."),
        Ok(found) => match open_to_others(&found) {
            Some(mode) => Finding::warning(
                "data folder",
                format!("{shown} may be read by others than its owner (mode {mode:03o})"),
            )
            .do_this(format!("Run `chmod 700 {shown}`.")),
            None => Finding::good("data folder", shown.to_string()),
        },
    }
}

#[cfg(unix)]
fn is_writable(folder: &Path) -> bool {
    use rustix::fs::{Access, access};
    access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn is_writable(folder: &Path) -> bool {
    std::fs::metadata(folder).is_ok_and(|found| !found.permissions().readonly())
}

#[cfg(unix)]
fn open_to_others(found: &std::fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = found.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn open_to_others(_: &std::fs::Metadata) -> Option<u32> {
    None
}

#[cfg(unix)]
pub(super) fn disk(global: &Global) -> Option<Finding> {
    // Of a folder that is not there, the disk of the first one above it that is.
    let folder = global.data.ancestors().find(|folder| folder.exists());
    let figures = rustix::fs::statvfs(folder.unwrap_or(Path::new("."))).ok()?;
    Some(of_space(figures.f_bavail.saturating_mul(figures.f_frsize)))
}

#[cfg(not(unix))]
pub(super) fn disk(_: &Global) -> Option<Finding> {
    None
}

fn of_space(free: u64) -> Finding {
    let found = format!("{} free", bytes(free));
    let advice = "Make room: when the disk is full, refreshed tokens can not be stored.";
    match free {
        free if free < FULL => Finding::failed("disk", found).do_this(advice),
        free if free < LITTLE => Finding::warning("disk", found).do_this(advice),
        _ => Finding::good("disk", found),
    }
}

pub(super) fn clock(condition: Option<&Condition>) -> Vec<Finding> {
    let now = jiff::Timestamp::now();
    of_clock(now.as_millisecond(), condition)
}

fn of_clock(now: i64, condition: Option<&Condition>) -> Vec<Finding> {
    let shown = crosswalk_model::Instant(now).to_string();
    let advice = "Set the machine's clock, by NTP: tokens, cursors and leases end by it.";
    if now < EARLIEST {
        return vec![Finding::failed("clock", format!("it says {shown}, which is past")).do_this(advice)];
    }
    let mut findings = Vec::new();
    let newest = condition.and_then(|condition| condition.newest);
    if let Some(newest) = newest.filter(|newest| *newest > now + TOLERATED) {
        findings.push(
            Finding::failed(
                "clock",
                format!(
                    "it says {shown}, and the database holds something of {}",
                    crosswalk_model::Instant(newest)
                ),
            )
            .do_this("Set the clock of this machine, or of the one that wrote that: one of them is wrong."),
        );
    }
    let leased = condition.and_then(|condition| condition.leased_until);
    if let Some(until) = leased.filter(|until| *until > now + LONGEST_LEASE) {
        findings.push(
            Finding::failed(
                "clock",
                format!(
                    "somebody holds a lease until {}, longer than any lasts",
                    crosswalk_model::Instant(until)
                ),
            )
            .do_this(
                "Set the clocks of all machines on this database; until then the account behind it waits for its \
                 token.",
            ),
        );
    }
    if findings.is_empty() {
        findings.push(Finding::good("clock", shown));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    const NOW: i64 = EARLIEST + 1_000_000;

    #[test]
    fn clocks_are_held_against_the_database() {
        let states = |condition: &Condition| -> Vec<State> {
            of_clock(NOW, Some(condition))
                .iter()
                .map(|finding| finding.state)
                .collect()
        };
        let with = |newest: i64, until: Option<i64>| Condition {
            newest: Some(newest),
            leased_until: until,
            ..Condition::default()
        };
        assert_eq!(states(&with(NOW + 1_000, Some(NOW + 6_000))), [State::Good]);
        assert_eq!(states(&with(NOW + 3_600_000, None)), [State::Failed]);
        assert_eq!(states(&with(NOW + 3_600_000, Some(NOW + 3_600_000))).len(), 2);
        assert_eq!(of_clock(0, None)[0].state, State::Failed);
    }

    #[test]
    fn little_space_is_said_in_time() {
        assert_eq!(of_space(1 << 20).state, State::Failed);
        assert_eq!(of_space(500 << 20).state, State::Warning);
        assert_eq!(of_space(5 << 30).state, State::Good);
    }
}
