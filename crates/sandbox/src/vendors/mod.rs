//! The stand-ins, one file each, written from the vendors' documentation alone.

mod accelo;
mod activecampaign;
mod attio;
mod capsule;
mod close;
mod dynamics365sales;
mod entra;
mod freshsales;
mod highlevel;
mod hubspot;
mod insightly;
mod keap;
mod like;
mod mondaycrm;
mod nutshell;
mod odata;
mod onepagecrm;
mod outreach;
mod pipedrive;
mod pipeliner;
mod planhat;
mod salesflare;
mod salesforce;
mod soql;
mod teamleader;
mod wix;
mod zendesksell;
mod zohocrm;

use serde_json::{Map, Value};

use crate::call::{Call, Reply};
use crate::consent::Consent;
use crate::people::Person;
use crate::tokens::{CLIENT_ID, CLIENT_SECRET, Tokens};

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

impl SandboxAccount {
    /// One with such credentials and settings.
    fn new(integration: &'static str, authentication_method: &'static str, context: &[(&str, &str)]) -> Self {
        let member = |(name, value): &(&str, &str)| ((*name).to_owned(), Value::from(*value));
        Self {
            integration,
            authentication_method,
            context: context.iter().map(member).collect(),
        }
    }

    /// One that went through a consent page: its first tokens and the app they were given to, after settings.
    fn connected(integration: &'static str, tokens: &Tokens, settings: &[(&str, &str)]) -> Self {
        let (access, refresh) = (tokens.first_access(), tokens.first_refresh());
        let given = [
            ("access_token", access.as_str()),
            ("refresh_token", refresh.as_str()),
            ("client_id", CLIENT_ID),
            ("client_secret", CLIENT_SECRET),
        ];
        Self::new(integration, "oauth2", &[settings, &given].concat())
    }
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

impl TruthUser {
    /// A person with all that a vendor could give. Empty texts are none.
    fn of(person: &Person, id: String) -> Self {
        let part = |part: Option<&str>| part.filter(|part| !part.is_empty()).map(str::to_owned);
        Self {
            id,
            name: person.full_name(),
            first_name: part(person.first),
            last_name: part(person.last),
            email: person.address(),
            is_active: Some(person.active),
            created_at: Some(person.created),
            updated_at: Some(person.updated),
            urls: Vec::new(),
        }
    }
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
        Box::new(activecampaign::ActiveCampaign::new(users)),
        Box::new(attio::Attio::new(users)),
        Box::new(capsule::Capsule::new(users)),
        Box::new(close::Close::new(users)),
        Box::new(dynamics365sales::Dynamics::new(users)),
        Box::new(freshsales::Freshsales::new(users)),
        Box::new(highlevel::Highlevel::new(users)),
        Box::new(hubspot::HubSpot::new(users)),
        Box::new(insightly::Insightly::new(users)),
        Box::new(keap::Keap::new(users)),
        Box::new(mondaycrm::Monday::new(users)),
        Box::new(nutshell::Nutshell::new(users)),
        Box::new(onepagecrm::OnePageCrm::new(users)),
        Box::new(outreach::Outreach::new(users)),
        Box::new(pipedrive::Pipedrive::new(users)),
        Box::new(pipeliner::Pipeliner::new(users)),
        Box::new(planhat::Planhat::new(users)),
        Box::new(salesflare::Salesflare::new(users)),
        Box::new(salesforce::Salesforce::new(users)),
        Box::new(teamleader::Teamleader::new(users)),
        Box::new(wix::Wix::new(users)),
        Box::new(zendesksell::ZendeskSell::new(users)),
        Box::new(zohocrm::Zoho::new(users)),
    ]
}

/// Milliseconds without those below the second.
fn whole_seconds(millis: i64) -> i64 {
    millis.div_euclid(1000) * 1000
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

/// Milliseconds as ISO 8601 in a zone so many minutes east of UTC, to the second.
fn iso_east(millis: i64, minutes: i64) -> String {
    let local = iso(millis + minutes * 60_000, 0, "");
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{local}{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

/// Milliseconds as `2018-03-09 14:05:51`, UTC.
fn spaced(millis: i64) -> String {
    iso(millis, 0, "").replace('T', " ")
}

/// Reads an instant with an offset, or in UTC with `T` or a space.
fn instant(text: &str) -> Option<i64> {
    let text = text.trim();
    let time = match text.parse::<jiff::Timestamp>() {
        Ok(time) => time,
        Err(_) => format!("{}Z", text.replacen(' ', "T", 1)).parse().ok()?,
    };
    Some(time.as_millisecond())
}
