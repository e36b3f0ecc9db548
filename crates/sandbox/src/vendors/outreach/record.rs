//! What a user looks like: attributes, relationships, links.

use serde_json::{Map, Value, json};

use super::filter::Refusal;
use super::{Outreach, ROOT};
use crate::call::Call;
use crate::people::Person;
use crate::vendors::{iso, whole_seconds};

const FIRST_ID: usize = 5213;
/// What a record has beside its type, id and links; some of it is missing from the published schema.
const ATTRIBUTES: &[&str] = &[
    "accountsViewId",
    "activityNotificationsDisabled",
    "bounceWarningEmailEnabled",
    "callsViewId",
    "createdAt",
    "currentSignInAt",
    "custom1",
    "dailyDigestEmailEnabled",
    "duties",
    "email",
    "enableVoiceRecordings",
    "firstName",
    "globalId",
    "inboundCallBehavior",
    "lastName",
    "lastSignInAt",
    "locked",
    "name",
    "notificationsEnabled",
    "onboardedAt",
    "passwordExpiresAt",
    "phoneNumber",
    "phoneType",
    "primaryTimezone",
    "scimExternalId",
    "title",
    "updatedAt",
    "userGuid",
    "username",
    "weeklyDigestEmailEnabled",
];
pub(super) const RELATIONSHIPS: &[&str] = &[
    "batches",
    "calendar",
    "creator",
    "mailbox",
    "mailboxes",
    "phones",
    "profile",
    "role",
    "teams",
    "updater",
];

impl Outreach {
    pub(super) fn id(index: usize) -> usize {
        FIRST_ID + index * 7
    }

    pub(super) fn index_of(&self, id: usize) -> Option<usize> {
        let offset = id.checked_sub(FIRST_ID)?;
        (offset % 7 == 0)
            .then_some(offset / 7)
            .filter(|index| *index < self.users)
    }

    /// Computed by the vendor, and sometimes not there although the parts are.
    fn name(person: &Person) -> Option<String> {
        match person.index % 11 {
            6 => None,
            8 => Some(String::new()),
            _ => person.full_name(),
        }
    }

    /// Practically always whole seconds, not quite.
    fn precise(person: &Person, millis: i64) -> i64 {
        if person.index.is_multiple_of(8) {
            millis
        } else {
            whole_seconds(millis)
        }
    }

    pub(super) fn created(person: &Person) -> Option<i64> {
        (person.index % 41 != 17).then(|| Self::precise(person, person.created))
    }

    pub(super) fn updated(person: &Person) -> Option<i64> {
        (person.index % 43 != 5).then(|| Self::precise(person, person.updated))
    }

    fn signed_in(person: &Person) -> Option<i64> {
        (person.index % 6 != 4).then_some(whole_seconds(person.updated))
    }

    /// An attribute's value, or the id.
    pub(super) fn attribute(person: &Person, name: &str) -> Value {
        let date = |at: Option<i64>| json!(at.map(|at| iso(at, 3, "Z")));
        match name {
            "id" => json!(Self::id(person.index)),
            "createdAt" => date(Self::created(person)),
            "updatedAt" => date(Self::updated(person)),
            "currentSignInAt" | "lastSignInAt" => date(Self::signed_in(person)),
            "email" => json!(person.email),
            "firstName" => json!(person.first),
            "lastName" => json!(person.last),
            "name" => json!(Self::name(person)),
            "locked" => json!(!person.active),
            "username" => json!(format!("user{}", person.index)),
            "duties" => json!([{"id": 2, "name": "Account Executive", "duty_type": "default"}]),
            "inboundCallBehavior" => json!("inbound_voicemail"),
            "phoneType" => json!("voip"),
            "callsViewId" => json!(314),
            name if name.ends_with("Enabled") || name.ends_with("Disabled") => json!(true),
            _ => Value::Null,
        }
    }

    /// The milliseconds of an attribute that is a date.
    pub(super) fn instant_of(person: &Person, name: &str) -> Option<i64> {
        match name {
            "createdAt" => Self::created(person),
            "updatedAt" => Self::updated(person),
            _ => Self::signed_in(person),
        }
    }

    fn relationship(person: &Person, name: &str) -> Value {
        let id = Self::id(person.index);
        let related = |path: &str| format!("{ROOT}/{path}?filter%5Buser%5D%5Bid%5D={id}");
        match name {
            "batches" => {
                json!({"links": {"related": format!("{ROOT}/batches?filter%5Bcreator%5D%5Bid%5D={id}")}})
            }
            "mailboxes" | "phones" => {
                json!({"data": [], "links": {"related": related(name)}, "meta": {"count": 0}})
            }
            "teams" => {
                json!({"data": [{"type": "team", "id": 2}], "links": {"related": related(name)}, "meta": {"count": 1}})
            }
            "profile" => json!({"data": {"type": "profile", "id": 2}}),
            "role" => json!({"data": {"type": "role", "id": 13}}),
            "creator" => json!({"data": {"type": "user", "id": 1}}),
            _ => json!({"data": null}),
        }
    }

    pub(super) fn record(person: &Person, fields: Option<&[&str]>) -> Value {
        let is_asked = |name: &&&str| fields.is_none_or(|fields| fields.contains(*name));
        let attributes: Map<String, Value> = ATTRIBUTES
            .iter()
            .filter(is_asked)
            .map(|name| ((*name).to_owned(), Self::attribute(person, name)))
            .collect();
        let relationships: Map<String, Value> = RELATIONSHIPS
            .iter()
            .filter(is_asked)
            .map(|name| ((*name).to_owned(), Self::relationship(person, name)))
            .collect();
        let id = Self::id(person.index);
        json!({
            "type": "user", "id": id, "attributes": attributes, "relationships": relationships,
            "links": {"self": format!("{ROOT}/users/{id}")}
        })
    }

    /// The fields asked for, all of them known.
    pub(super) fn fields(call: &Call) -> Result<Option<Vec<&str>>, Refusal> {
        let Some(text) = call.param("fields[user]") else {
            return Ok(None);
        };
        let names: Vec<&str> = text.split(',').collect();
        match names
            .iter()
            .find(|name| !ATTRIBUTES.contains(name) && !RELATIONSHIPS.contains(name))
        {
            Some(name) => Err(Refusal::new(
                "fieldsParameter.invalid",
                format!("'{name}' is no field of user"),
            )),
            None => Ok(Some(names)),
        }
    }
}
