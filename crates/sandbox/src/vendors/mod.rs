//! The stand-ins, one file each, written from the vendors' documentation alone.

mod accelo;
mod hubspot;
mod mondaycrm;
mod salesforce;
mod soql;
mod teamleader;

use serde_json::{Map, Value};

use crate::call::{Call, Reply};
use crate::consent::Consent;
use crate::tokens::Tokens;

/// What a user of that vendor would send to connect an account.
#[derive(Clone, Debug)]
pub struct SandboxAccount {
    /// The vendor.
    pub integration: &'static str,
    /// How it proves itself.
    pub authentication_method: &'static str,
    /// Credentials and settings.
    pub context: Map<String, Value>,
}

/// A user as the unified API has to show it, worked out from the vendor's own record.
#[derive(Clone, Debug, PartialEq)]
pub struct TruthUser {
    /// The unified id.
    pub id: String,
    /// The unified name.
    pub name: Option<String>,
    /// The first name, where the vendor has it.
    pub first_name: Option<String>,
    /// The last name, where the vendor has it.
    pub last_name: Option<String>,
    /// The address.
    pub email: Option<String>,
    /// The flag; `None` where the vendor gives none.
    pub is_active: Option<bool>,
    /// Milliseconds since the epoch.
    pub created_at: Option<i64>,
    /// Milliseconds since the epoch.
    pub updated_at: Option<i64>,
    /// Type and address of each link.
    pub urls: Vec<(&'static str, String)>,
}

/// A stand-in.
pub(crate) trait Vendor: Send + Sync {
    /// The vendor's name in the unified API.
    fn name(&self) -> &'static str;
    /// Whether it answers at a host.
    fn serves(&self, host: &str) -> bool;
    /// A way to connect.
    fn account(&self) -> SandboxAccount;
    /// All its users, in the order of its list.
    fn truth(&self) -> Vec<TruthUser>;
    /// Its tokens.
    fn tokens(&self) -> &Tokens;
    /// Its answer.
    fn answer(&self, call: &Call) -> Reply;
    /// Whether a path is its token endpoint.
    fn is_token_call(&self, call: &Call) -> bool;
    /// The consent page that a call is for, of a vendor that has OAuth.
    fn consent(&self, call: &Call) -> Option<Consent> {
        let _ = call;
        None
    }
    /// Its answer to too many requests.
    fn throttled(&self) -> Reply;
    /// Its answer to good credentials that may not read users.
    fn forbidden(&self) -> Reply;
}

/// All stand-ins, each with so many users.
pub(crate) fn all(users: usize) -> Vec<Box<dyn Vendor>> {
    vec![
        Box::new(accelo::Accelo::new(users)),
        Box::new(hubspot::HubSpot::new(users)),
        Box::new(mondaycrm::Monday::new(users)),
        Box::new(salesforce::Salesforce::new(users)),
        Box::new(teamleader::Teamleader::new(users)),
    ]
}

/// Members of a context.
fn context(members: &[(&str, &str)]) -> Map<String, Value> {
    members
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
        .collect()
}

/// Milliseconds as ISO 8601 in UTC: `fraction` digits, a suffix for the zone.
fn iso(millis: i64, fraction: usize, zone: &str) -> String {
    let time = jiff::Timestamp::from_millisecond(millis).unwrap_or_default();
    let seconds = time.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    match fraction {
        0 => format!("{seconds}{zone}"),
        digits => {
            let nanos = format!("{:03}000000", millis.rem_euclid(1000));
            format!("{seconds}.{}{zone}", &nanos[..digits])
        }
    }
}
