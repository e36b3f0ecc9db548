//! Queries as clients write them, and the messages they get.

#![allow(clippy::unwrap_used)]

use crosswalk_model::{
    ApiError, Capabilities, Endpoint, FieldSet, Format, PageLimit, Query, Test, UnifiedModel, builtin,
};
use proptest::prelude::*;

fn model() -> UnifiedModel {
    builtin()
        .into_iter()
        .find(|model| model.name == "crm/users")
        .unwrap()
}

fn parse_as(endpoint: Endpoint, raw: &str, without: &[&str]) -> Result<Query, ApiError> {
    let model = model();
    let mut fields = FieldSet::default();
    for (id, field) in model.fields() {
        if !without.contains(&field.name.as_str()) {
            fields.insert(id);
        }
    }
    let given = Capabilities {
        label: "Example CRM",
        fields,
        parameters: Vec::new(),
    };
    Query::parse(&model, &given, endpoint, raw)
}

fn parse(raw: &str) -> Result<Query, ApiError> {
    parse_as(Endpoint::List, raw, &[])
}

fn message(raw: &str) -> String {
    let error = parse(raw).unwrap_err();
    assert_eq!(error.status, 400, "{raw}");
    error.message
}

#[test]
fn defaults() {
    let query = parse("").unwrap();
    assert_eq!(query.limit, PageLimit::Exactly(100));
    assert_eq!(query.shape.format, Format::Unified);
    assert!(query.cursor.is_none() && query.sort.is_none() && query.predicates.is_empty());
    assert!(parse("next_cursor=").unwrap().cursor.is_none());
}

#[test]
fn operators_and_types() {
    let query = parse("email[contains]= Ab &is_active=TRUE&created_at[gte]=2024-05-06&id[in]=1,2").unwrap();
    assert_eq!(query.predicates.len(), 4);
    assert!(
        matches!(&query.predicates[0].test, Test::Contains(text) if text.given == "Ab" && text.folded == "ab")
    );
    assert_eq!(query.predicates[1].test, Test::Is(true));
    assert_eq!(query.predicates[3].test, Test::IdIn(vec!["1".into(), "2".into()]));
    assert_eq!(query.predicates[0].parameter, "email[contains]");
}

#[test]
fn messages_name_the_parameter_and_the_way_out() {
    assert!(message("limit=0").contains("`limit` must be 1 to 1000"));
    assert!(message("limit=1001").contains("1 to 1000"));
    assert!(message("limit=5&limit=6").contains("`limit` takes one value"));
    assert!(message("email=a&email=b").contains("`email` takes one value"));
    assert!(message("e_mail=a").contains("did you mean `email`?"));
    assert!(message("email[like]=a").contains("`email[like]`"));
    assert!(message("is_active=yes").contains("true or false"));
    assert!(message("created_at[gt]=yesterday").contains("ISO 8601"));
    assert!(message("sort_by=phone").contains("created_at"));
    assert!(message("sort_by[email]=up").contains("`asc` or `desc`"));
    assert!(message("truto_response_format=xml").contains("normalized"));
    assert!(message("truto_exclude_fields[]=nam").contains("did you mean `name`?"));
    assert!(message("truto_key_by=phone").contains("no field of the answer"));
    assert!(message("truto_key_by=email&truto_response_format=stream").contains("leave one out"));
    assert!(message("workspace[id]=1").contains("`workspace`"));
    assert!(message("urls=x").contains("`urls`"));
    let error = parse_as(Endpoint::List, "updated_at[gt]=2024-01-01", &["updated_at"]).unwrap_err();
    assert!(error.message.contains("Example CRM can not answer `updated_at`"));
    assert_eq!(error.insight[0].key, "unsupported_query_parameters");
}

#[test]
fn a_get_takes_fewer_parameters() {
    assert!(parse_as(Endpoint::Get, "truto_response_format=raw", &[]).is_ok());
    assert!(parse_as(Endpoint::Get, "truto_response_format=stream", &[]).is_err());
    assert!(parse_as(Endpoint::Get, "limit=3", &[]).is_err());
    assert!(parse_as(Endpoint::Get, "email=a", &[]).is_err());
}

#[test]
fn shaping() {
    let query = parse("truto_exclude_fields=id,urls.type&truto_key_by=email&truto_ignore_remote_data=1&truto_ignore_limit=true&crosswalk_explain=true").unwrap();
    assert_eq!(
        query.shape.exclude,
        [vec!["id".to_owned()], vec!["urls".to_owned(), "type".to_owned()]]
    );
    assert_eq!(query.limit, PageLimit::VendorPage);
    assert!(query.explain && query.shape.ignore_remote_data);
    let query =
        parse("remote_query[foo]=bar&remote_query[a][b]=1&remote_query[c][]=x&remote_query[c][]=y").unwrap();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(
        query.remote_query,
        [
            pair("foo", "bar"),
            pair("a[b]", "1"),
            pair("c", "x"),
            pair("c", "y")
        ]
    );
}

proptest! {
    #[test]
    fn spelling_and_order_do_not_change_what_a_cursor_is_bound_to(limit in 1_u32..1000) {
        let one = parse(&format!("id[in][]=1&id[in][]=2&email=A&sort_by=email&limit={limit}")).unwrap();
        let other = parse("sort_by[email]=asc&email[eq]=A&id[in]=1,2&truto_exclude_fields=id").unwrap();
        prop_assert_eq!(one.binding(), other.binding());
    }

    #[test]
    fn nothing_makes_it_panic(raw in "[a-z_]{0,12}(\\[[a-z]{0,6}\\])?=[ -~é]{0,20}(&[a-z_]{1,12}=[ -~]{0,8})?") {
        let _ = parse(&raw);
    }
}

#[test]
fn other_meanings_bind_otherwise() {
    let base = parse("email=a").unwrap().binding();
    for other in [
        "email=b",
        "email[ne]=a",
        "name=a",
        "email=a&sort_by=email",
        "email=a&remote_query[x]=1",
        "",
    ] {
        assert_ne!(parse(other).unwrap().binding(), base, "{other}");
    }
}
