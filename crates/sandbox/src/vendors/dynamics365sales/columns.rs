//! The columns of Dataverse's `systemuser`, and what a person has in them.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::people::{Person, uuid};
use crate::vendors::odata::{Cell, Kind};
use crate::vendors::{TruthUser, iso, whole_seconds};

const GUIDS: &[&str] = &[
    "systemuserid",
    "ownerid",
    "azureactivedirectoryobjectid",
    "organizationid",
    "address1_addressid",
    "address2_addressid",
    "_businessunitid_value",
    "_queueid_value",
    "_calendarid_value",
    "_defaultmailbox_value",
    "_createdby_value",
    "_modifiedby_value",
    "_transactioncurrencyid_value",
    "applicationid",
    "entityimageid",
    "processid",
    "stageid",
    "_createdonbehalfby_value",
    "_mobileofflineprofileid_value",
    "_modifiedonbehalfby_value",
    "_parentsystemuserid_value",
    "_positionid_value",
    "_siteid_value",
    "_territoryid_value",
];
const TEXTS: &[&str] = &[
    "firstname",
    "lastname",
    "fullname",
    "yomifullname",
    "internalemailaddress",
    "domainname",
    "windowsliveid",
    "jobtitle",
    "mobilephone",
    "address1_telephone1",
    "address1_country",
    "address1_composite",
    "defaultodbfoldername",
    "fab_salesregion",
    "address1_city",
    "address1_county",
    "address1_fax",
    "address1_line1",
    "address1_line2",
    "address1_line3",
    "address1_name",
    "address1_postalcode",
    "address1_postofficebox",
    "address1_stateorprovince",
    "address1_telephone2",
    "address1_telephone3",
    "address1_upszone",
    "address2_city",
    "address2_composite",
    "address2_country",
    "address2_county",
    "address2_fax",
    "address2_line1",
    "address2_line2",
    "address2_line3",
    "address2_name",
    "address2_postalcode",
    "address2_postofficebox",
    "address2_stateorprovince",
    "address2_telephone1",
    "address2_telephone2",
    "address2_telephone3",
    "address2_upszone",
    "applicationiduri",
    "disabledreason",
    "employeeid",
    "entityimage",
    "entityimage_url",
    "governmentid",
    "homephone",
    "middlename",
    "mobilealertemail",
    "nickname",
    "personalemailaddress",
    "photourl",
    "salutation",
    "sharepointemailaddress",
    "skills",
    "title",
    "traversedpath",
    "userpuid",
    "yammeremailaddress",
    "yammeruserid",
    "yomifirstname",
    "yomilastname",
    "yomimiddlename",
];
const BOOLS: &[&str] = &[
    "isdisabled",
    "islicensed",
    "isintegrationuser",
    "issyncwithdirectory",
    "setupuser",
    "defaultfilterspopulated",
    "displayinserviceviews",
    "isemailaddressapprovedbyo365admin",
];
const DATES: &[&str] = &["createdon", "modifiedon", "azuredeletedon", "overriddencreatedon"];
const INTS: &[&str] = &[
    "accessmode",
    "caltype",
    "azurestate",
    "deletedstate",
    "invitestatuscode",
    "incomingemaildeliverymethod",
    "outgoingemaildeliverymethod",
    "emailrouteraccessapproval",
    "preferredaddresscode",
    "preferredemailcode",
    "preferredphonecode",
    "userlicensetype",
    "identityid",
    "versionnumber",
    "address1_addresstypecode",
    "address1_shippingmethodcode",
    "address2_addresstypecode",
    "address2_shippingmethodcode",
    "address1_latitude",
    "address1_longitude",
    "address1_utcoffset",
    "address2_latitude",
    "address2_longitude",
    "address2_utcoffset",
    "entityimage_timestamp",
    "exchangerate",
    "importsequencenumber",
    "passporthi",
    "passportlo",
    "timezoneruleversionnumber",
    "utcconversiontimezonecode",
];
const KINDS: &[(Kind, &[&str])] = &[
    (Kind::Guid, GUIDS),
    (Kind::Text, TEXTS),
    (Kind::Bool, BOOLS),
    (Kind::Date, DATES),
    (Kind::Int, INTS),
];

/// What a column holds; names are lower case only.
pub(super) fn kind_of(name: &str) -> Option<Kind> {
    KINDS
        .iter()
        .find(|(_, names)| names.contains(&name))
        .map(|(kind, _)| *kind)
}

/// The key.
pub(super) fn id(index: usize) -> String {
    uuid(0x0365, index)
}

/// The id in Entra.
pub(super) fn object_id(index: usize) -> String {
    uuid(0x0aad, index)
}

/// Service users have no full name, application users a sign before it.
fn full_name(person: &Person) -> Option<String> {
    match person.index % 17 {
        3 => person.full_name().map(|name| format!("# {name}")),
        6 => None,
        _ => person.full_name(),
    }
}

/// The user as the unified API has to show it.
pub(super) fn truth(person: &Person) -> TruthUser {
    TruthUser {
        name: full_name(person).or_else(|| person.full_name()),
        created_at: Some(whole_seconds(person.created)),
        updated_at: Some(whole_seconds(person.updated)),
        ..TruthUser::of(person, id(person.index))
    }
}

/// What a filter or a sort sees.
pub(super) fn cell(person: &Person, name: &str) -> Cell {
    match name {
        "createdon" => return Cell::Date(whole_seconds(person.created)),
        "modifiedon" => return Cell::Date(whole_seconds(person.updated)),
        _ => {}
    }
    match (value(person, name), kind_of(name)) {
        (Value::Bool(truth), _) => Cell::Bool(truth),
        (Value::Number(number), _) => Cell::Int(number.as_i64().unwrap_or_default()),
        (Value::String(text), Some(Kind::Guid)) => Cell::Guid(text),
        // What other dates there are say when something was changed.
        (Value::String(_), Some(Kind::Date)) => Cell::Date(whole_seconds(person.updated)),
        (Value::String(text), _) => Cell::Text(text),
        _ => Cell::Null,
    }
}

fn value(person: &Person, name: &str) -> Value {
    let index = person.index;
    match name {
        "systemuserid" | "ownerid" => json!(id(index)),
        "azureactivedirectoryobjectid" => json!(object_id(index)),
        "organizationid" => json!("43a81e07-6c2d-4b95-8f10-9e7d5c3b2a16"),
        "_businessunitid_value" => json!("0b6f49d2-2d4a-e811-a95c-000d3ab9c1f0"),
        "address1_addressid"
        | "address2_addressid"
        | "_queueid_value"
        | "_calendarid_value"
        | "_defaultmailbox_value" => json!(uuid(name.len() as u64, index)),
        "applicationid" => json!((index % 17 == 3).then(|| uuid(0x0a99, index))),
        "firstname" => json!(person.first),
        "lastname" => json!(person.last),
        "fullname" | "yomifullname" => json!(full_name(person)),
        "internalemailaddress" => json!(person.email),
        // Addresses of other kinds, to be left alone.
        "domainname" | "windowsliveid" => json!(format!("upn.{index}@northlight.example.com")),
        "personalemailaddress" => json!(format!("private.{index}@example.org")),
        "jobtitle" => json!("Account Executive"),
        "defaultodbfoldername" => json!("Dynamics365"),
        "disabledreason" if !person.active => json!("User is deleted in Microsoft Entra ID."),
        "isdisabled" => json!(!person.active),
        "islicensed" => json!(person.active),
        "createdon" => json!(iso(person.created, 0, "Z")),
        "modifiedon" => json!(iso(person.updated, 0, "Z")),
        "azuredeletedon" if !person.active => json!(iso(person.updated, 0, "Z")),
        "overriddencreatedon" if index.is_multiple_of(9) => json!(iso(person.updated, 0, "Z")),
        "azurestate" | "deletedstate" => json!(i32::from(!person.active && index.is_multiple_of(2))),
        "invitestatuscode" => json!(index % 5),
        "userlicensetype" => json!(-1),
        "identityid" => json!(100 + index),
        "versionnumber" => json!(version(index)),
        // No double can hold it.
        "entityimage_timestamp" if person.picture.is_some() => {
            json!(638_598_412_345_678_901_u64 + index as u64)
        }
        "entityimage_url" if person.picture.is_some() => {
            json!(format!(
                "/Image/download.aspx?Entity=systemuser&Attribute=entityimage&Id={}",
                id(index)
            ))
        }
        name if name.ends_with("typecode")
            || name.ends_with("methodcode")
            || name.starts_with("preferred") =>
        {
            json!(1)
        }
        "accessmode" | "emailrouteraccessapproval" => json!(0),
        "caltype" => json!(7),
        "incomingemaildeliverymethod" | "outgoingemaildeliverymethod" => json!(2),
        "issyncwithdirectory" => json!(true),
        name if BOOLS.contains(&name) => json!(false),
        _ => Value::Null,
    }
}

fn version(index: usize) -> usize {
    3_214_143 + index * 3
}

/// The columns that some have a value in, and the others, written.
static WRITTEN: LazyLock<(Vec<&str>, String)> = LazyLock::new(|| {
    let columns = || KINDS.iter().flat_map(|(_, names)| names.iter().copied());
    let people: Vec<Person> = (0..64).map(Person::nth).collect();
    let (used, empty): (Vec<&str>, Vec<&str>) =
        columns().partition(|name| people.iter().any(|person| !value(person, name).is_null()));
    let empty: String = empty.iter().map(|name| format!(r#","{name}":null"#)).collect();
    (used, empty)
});

/// The members of a record, after `before`: all columns, or those selected and the keys.
pub(super) fn record(person: &Person, select: Option<&[&str]>, before: Map<String, Value>) -> String {
    let mut record = before;
    record.insert(
        "@odata.etag".into(),
        format!("W/\"{}\"", version(person.index)).into(),
    );
    let mut put = |name: &str| {
        record.insert(name.to_owned(), value(person, name));
    };
    let Some(names) = select else {
        let (used, empty) = &*WRITTEN;
        used.iter().for_each(|name| put(name));
        let mut text = Value::Object(record).to_string();
        text.insert_str(text.len() - 1, empty);
        return text;
    };
    names
        .iter()
        .chain(&["systemuserid", "ownerid"])
        .for_each(|name| put(name));
    Value::Object(record).to_string()
}
