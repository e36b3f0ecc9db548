//! What clients are told: which parameter, and what to change.

#![allow(clippy::unwrap_used)]

mod support;

use crosswalk_model::{ApiError, Endpoint};
use insta::assert_snapshot;
use serde_json::json;
use support::{parse, parse_for};

fn refused(raw: &str) -> ApiError {
    let error = parse(raw).unwrap_err();
    assert_eq!(error.status, 400, "{raw}");
    error
}

fn message(raw: &str) -> String {
    refused(raw).message
}

#[test]
fn unknown_parameters() {
    assert_snapshot!(message("e_mail=a"), @"`e_mail` is not a parameter of this call; did you mean `email`? Accepted are: id, name, email, is_active, created_at, updated_at, first_name, last_name, search_term, integrated_account_id, limit, next_cursor, sort_by, remote_query, truto_response_format, truto_key_by, truto_ignore_remote_data, truto_exclude_fields, truto_ignore_limit, crosswalk_explain");
    assert_snapshot!(message("phone=a&shoe_size[gt]=1"), @"`phone` is not a parameter of this call; leave it out. `shoe_size` is not a parameter of this call; leave it out. Accepted are: id, name, email, is_active, created_at, updated_at, first_name, last_name, search_term, integrated_account_id, limit, next_cursor, sort_by, remote_query, truto_response_format, truto_key_by, truto_ignore_remote_data, truto_exclude_fields, truto_ignore_limit, crosswalk_explain");
    assert_snapshot!(message("workspace[id]=1"), @"Example CRM can not answer `workspace[id]`; leave it out. Accepted are: id, name, email, is_active, created_at, updated_at, first_name, last_name, search_term, integrated_account_id, limit, next_cursor, sort_by, remote_query, truto_response_format, truto_key_by, truto_ignore_remote_data, truto_exclude_fields, truto_ignore_limit, crosswalk_explain");
    assert_eq!(
        refused("phone=a&e_mail=b").insight[0].key,
        "unsupported_query_parameters"
    );
    assert_eq!(
        refused("phone=a&e_mail=b").insight[0].value,
        json!(["phone", "e_mail"])
    );
    assert!(message("urls=x").contains("`urls` is not a parameter of this call"));
    assert!(message("toString=x").contains("`toString`"));
    let get = parse_for(Endpoint::Get, &[], &["workspace"], "email=a").unwrap_err();
    assert_snapshot!(get.message, @"`email` is not a parameter of this call; leave it out. Accepted are: workspace[id], integrated_account_id, remote_query, truto_response_format, truto_ignore_remote_data, truto_exclude_fields, crosswalk_explain");
}

#[test]
fn what_the_crm_can_not_answer() {
    let poor = |raw: &str| {
        let without = ["updated_at", "first_name", "last_name"];
        parse_for(Endpoint::List, &without, &[], raw).unwrap_err()
    };
    assert_snapshot!(poor("updated_at[gt]=2024-01-01").message, @"Example CRM can not answer `updated_at`; leave it out. Accepted are: id, name, email, is_active, created_at, search_term, integrated_account_id, limit, next_cursor, sort_by, remote_query, truto_response_format, truto_key_by, truto_ignore_remote_data, truto_exclude_fields, truto_ignore_limit, crosswalk_explain");
    assert_eq!(
        poor("first_name=a").insight[0].key,
        "unsupported_query_parameters"
    );
    assert_snapshot!(poor("sort_by=updated_at").message, @"Example CRM can not be sorted by `updated_at`. `sort_by` takes name, email, created_at");
    assert_eq!(
        poor("sort_by=updated_at").insight[0].key,
        "unsupported_query_parameters"
    );
    assert_snapshot!(poor("truto_exclude_fields[]=updated_at").message, @"`truto_exclude_fields` names `updated_at`, which is no field of the answer. Its fields are: id, name, email, is_active, urls, created_at, remote_data");
}

#[test]
fn operators() {
    assert_snapshot!(message("email[like]=a"), @"`email[like]` is not a filter. There is `email` and `email[eq]`, `email[ne]`, `email[in]`, `email[contains]`, `email[starts_with]`");
    assert_snapshot!(message("email[start_with]=a"), @"`email[start_with]` is not a filter; did you mean `starts_with`? There is `email` and `email[eq]`, `email[ne]`, `email[in]`, `email[contains]`, `email[starts_with]`");
    assert_snapshot!(message("is_active[ne]=true"), @"`is_active[ne]` is not a filter. There is `is_active` and `is_active[eq]`");
    assert_snapshot!(message("created_at[in]=2024-01-01"), @"`created_at[in]` is not a filter. There is `created_at` and `created_at[gt]`, `created_at[gte]`, `created_at[lt]`, `created_at[lte]`, `created_at[eq]`");
    assert_eq!(refused("email[like]=a").insight[0].value, json!(["email[like]"]));
    assert_snapshot!(message("email[in][a]=b"), @"`email[in]` takes a list of texts: write `email[in][]=a&email[in][]=b` or `email[in]=a,b`");
}

#[test]
fn values() {
    assert_snapshot!(message("is_active=yes"), @"`is_active` must be true or false, not `yes`");
    assert_snapshot!(message("created_at[gt]=yesterday"), @"`created_at[gt]` must be an ISO 8601 instant with its offset, such as 2024-05-06T07:08:09Z, or a date such as 2024-05-06, not `yesterday`");
    assert_snapshot!(message("created_at=2024-05-06T07:08:09"), @"`created_at` must be an ISO 8601 instant with its offset, such as 2024-05-06T07:08:09Z, or a date such as 2024-05-06, not `2024-05-06T07:08:09`");
    for raw in [
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=ten",
        "limit=",
        "limit=99999999999",
    ] {
        assert!(
            message(raw).starts_with("`limit` must be a whole number from 1 to 1000, not `"),
            "{raw}"
        );
    }
    // What is repeated is cut short.
    assert!(message(&format!("limit={}", "é".repeat(9999))).chars().count() < 150);
    assert!(message(&format!("{}=1", "é".repeat(9999))).chars().count() < 700);
}

#[test]
fn forms() {
    assert_snapshot!(message("limit=5&limit=6"), @"`limit` takes one value and is given several times; give it once");
    assert_snapshot!(message("limit[]=5"), @"`limit` takes one value, not a list; write `limit=…`");
    assert_snapshot!(message("limit[x]=5"), @"`limit` takes one value, not `limit[x]`");
    assert_snapshot!(message("email=a&email=b"), @"`email` takes one value; for any one of several write `email[in]=a,b`");
    assert_snapshot!(message("email=a&email[ne]=b"), @"the parameter `email[ne]` is given in forms that exclude each other; give it once, in one form");
    assert_snapshot!(message("email[=a"), @"the parameter `email[` has brackets that do not pair up; write `a[b]=c`, `a[b][c]=d` or `a[]=b`");
    assert_snapshot!(message("remote_query=a"), @"`remote_query` needs the name of the CRM's parameter: write `remote_query[name]=value`");
    let error = parse_for(Endpoint::List, &[], &["workspace"], "workspace=1").unwrap_err();
    assert_snapshot!(error.message, @"`workspace` takes members; there is `workspace[id]`");
    let error = parse_for(Endpoint::List, &[], &["workspace"], "workspace[ids]=1").unwrap_err();
    assert_snapshot!(error.message, @"`workspace[ids]` is not a parameter of this call; did you mean `id`? There is `workspace[id]`");
}

#[test]
fn order_and_shape() {
    assert_snapshot!(message("sort_by=phone"), @"Example CRM can not be sorted by `phone`. `sort_by` takes name, email, created_at, updated_at");
    assert_snapshot!(message("sort_by=-created_at"), @"Example CRM can not be sorted by `-created_at`; did you mean `created_at`? `sort_by` takes name, email, created_at, updated_at");
    assert_snapshot!(message("sort_by[email]=up"), @"`sort_by[email]` must be `asc` or `desc`, not `up`");
    assert_snapshot!(message("sort_by[email]=asc&sort_by[name]=asc"), @"`sort_by` takes one field, as `sort_by=field` or `sort_by[field]=desc`");
    assert_snapshot!(message("truto_response_format=xml"), @"`truto_response_format` must be one of unified, raw, normalized, stream, not `xml`");
    assert_snapshot!(message("truto_exclude_fields[]=nam"), @"`truto_exclude_fields` names `nam`, which is no field of the answer; did you mean `name`? Its fields are: id, name, email, is_active, urls, created_at, updated_at, remote_data");
    assert_snapshot!(message("truto_exclude_fields[]=urls.kind"), @"`truto_exclude_fields` names `urls.kind`, which is no field of the answer. Inside `urls` there is: type, url");
    assert_snapshot!(message("truto_exclude_fields[]=name.first"), @"`truto_exclude_fields` names `name.first`, which is no field of the answer. `name` has nothing inside");
    assert_snapshot!(message("truto_exclude_fields[name]=1"), @"`truto_exclude_fields` takes a list of texts: write `truto_exclude_fields[]=a&truto_exclude_fields[]=b` or `truto_exclude_fields=a,b`");
    assert_snapshot!(message("truto_key_by=first_name"), @"`truto_key_by` names `first_name`, which is no field of the answer. Its fields are: id, name, email, is_active, urls, created_at, updated_at, remote_data");
    assert_snapshot!(message("truto_key_by=email&truto_response_format=stream"), @"`truto_key_by` needs the whole list at once, and `truto_response_format=stream` gives it piece by piece; leave one out");
    for raw in [
        "truto_key_by=",
        "truto_key_by=email.",
        "truto_key_by=.email",
        "truto_exclude_fields=urls.0.type",
    ] {
        assert!(message(raw).contains("no field of the answer"), "{raw}");
    }
}
