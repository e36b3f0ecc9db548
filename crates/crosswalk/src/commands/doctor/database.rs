//! The key and the database that it opens.

use crosswalk_accounts::{Condition, KEY_FILE, KEY_VARIABLE, Look, MasterKey, Store};

use super::finding::Finding;
use crate::cli::Global;
use crate::key;
use crate::output::progress::Progress;
use crate::output::text::{bytes, counted};

/// What helps a damaged database.
const RESTORE: &str = "Stop all servers on it and bring back a backup: see `crosswalk backup --help`.";

/// A database that can be looked at.
pub(super) struct Opened {
    pub(super) look: Look,
    pub(super) condition: Condition,
    key: Option<MasterKey>,
}

/// Looks at key and database; gives the database if it can be read.
pub(super) async fn look(global: &Global, findings: &mut Vec<Finding>) -> Option<Opened> {
    let look = match Look::at(&global.data).await {
        Ok(look) => look,
        Err(error) => {
            findings.push(
                Finding::failed("database", error.to_string())
                    .do_this("Run as the user that owns the file; if it is damaged, bring back a backup."),
            );
            return None;
        }
    };
    let (finding, key) = find_key(global, look.as_ref()).await;
    findings.push(finding);
    let look = look?;
    let reading = Progress::waiting(|| "reading through the database…".to_owned());
    let condition = look.condition().await;
    drop(reading);
    match condition {
        Ok(condition) => {
            findings.push(of_condition(&condition));
            Some(Opened { look, condition, key })
        }
        Err(error) => {
            findings.push(Finding::failed("database", error.to_string()).do_this(RESTORE));
            look.close().await;
            None
        }
    }
}

/// The key, and how it goes with the database.
async fn find_key(global: &Global, look: Option<&Look>) -> (Finding, Option<MasterKey>) {
    let advice = "No server starts without it, and without it no credentials can be read.";
    let given = match key::given() {
        Ok(given) => given,
        Err(error) => return (Finding::failed("key", error.to_string()).do_this(advice), None),
    };
    let place = match &given {
        Some(given) => format!("from {given}"),
        None => global.data.join(KEY_FILE).display().to_string(),
    };
    let found = match MasterKey::find(&global.data, given.as_ref().map(|given| &given.key)) {
        Ok(found) => found,
        Err(error) => return (Finding::failed("key", error.to_string()).do_this(advice), None),
    };
    let finding = match (&found, look) {
        (Some(_), None) => Finding::good("key", format!("{place}; there is no database yet")),
        (None, None) => Finding::note("key", "none yet; the first start makes one"),
        (None, Some(_)) => Finding::failed(
            "key",
            format!("{place} is missing, and the database is sealed under a key"),
        )
        .do_this(format!("Bring the file back (mode 0600), or set {KEY_VARIABLE} or CROSSWALK_KEY_FILE.")),
        (Some(key), Some(look)) => match look.check_key(key).await {
            Ok(()) => Finding::good("key", format!("{} ({place}); keep a copy elsewhere", key.id())),
            Err(error) => Finding::failed("key", error.to_string()).do_this(format!(
                "Bring the right key to {KEY_VARIABLE} or the file `{KEY_FILE}` of the data folder; one that was \
                 rotated out is beside it as {KEY_FILE}.<id>."
            )),
        },
    };
    (finding, found)
}

fn of_condition(condition: &Condition) -> Finding {
    if !condition.damage.is_empty() {
        return Finding::failed("database", condition.damage.join("; ")).do_this(RESTORE);
    }
    if condition.is_too_new {
        return Finding::failed("database", "it was made by a later version of this program")
            .do_this("Run that version: this one refuses to start on it.");
    }
    let size = bytes(condition.bytes);
    match condition.pending {
        0 => Finding::good("database", format!("sound and up to date, {size}")),
        steps => Finding::note(
            "database",
            format!(
                "sound, {size}; the next start brings it up to date ({})",
                counted(steps as u64, "step", "steps")
            ),
        )
        .do_this("Make a backup before that: an earlier version can not open it afterwards."),
    }
}

/// A store to read from, where key and database allow.
pub(super) async fn store(opened: &Opened, findings: &mut Vec<Finding>) -> Option<(Store, MasterKey)> {
    let Condition {
        damage,
        pending,
        is_too_new,
        ..
    } = &opened.condition;
    let key = opened.key.as_ref()?;
    if !damage.is_empty() || *pending > 0 || *is_too_new || opened.look.check_key(key).await.is_err() {
        return None;
    }
    match opened.look.store(key).await {
        Ok(store) => Some((store, MasterKey::from_text(&key.to_text())?)),
        Err(error) => {
            findings.push(Finding::failed("database", error.to_string()));
            None
        }
    }
}

pub(super) async fn tokens(store: &Store) -> Finding {
    let tokens = match store.list_tokens(None).await {
        Ok(tokens) => tokens,
        Err(error) => return Finding::failed("API tokens", error.to_string()),
    };
    let now = jiff::Timestamp::now().as_millisecond();
    let good = tokens
        .iter()
        .filter(|token| token.revoked_at.is_none() && token.expires_at.is_none_or(|end| end > now))
        .count();
    match good {
        0 => Finding::warning("API tokens", "there is none that can be used")
            .do_this("Make one with `crosswalk token create --name NAME`: without one, nobody can call."),
        good => Finding::good("API tokens", format!("{good} of {} can be used", tokens.len())),
    }
}
