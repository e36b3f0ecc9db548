//! Queries as clients write them.

#![allow(clippy::unwrap_used)]

mod support;

use crosswalk_model::{Cmp, Endpoint, Format, Instant, PageLimit, Query, Test, Text};
use proptest::prelude::*;
use support::{model, parse, parse_for};

fn tests(raw: &str) -> Vec<Test> {
    let query = parse(raw).unwrap();
    query
        .predicates
        .into_iter()
        .map(|predicate| predicate.test)
        .collect()
}

#[test]
fn defaults() {
    let query = parse("").unwrap();
    assert_eq!(query.limit, PageLimit::Exactly(100));
    assert_eq!(query.shape.format, Format::Unified);
    assert!(query.account.is_none() && query.cursor.is_none() && query.sort.is_none());
    assert!(query.predicates.is_empty() && query.parameters.is_empty() && query.remote_query.is_empty());
    assert_eq!(parse("next_cursor=&integrated_account_id=").unwrap(), query);
}

#[test]
fn texts() {
    let text = Text::new;
    assert_eq!(tests("name=+Åsa+"), [Test::Eq(text("Åsa"))]);
    assert_eq!(tests("name[eq]=Åsa"), tests("name=Åsa"));
    assert_eq!(tests("email[ne]=a"), [Test::Ne(text("a"))]);
    assert_eq!(tests("email[contains]=a,b"), [Test::Contains(text("a,b"))]);
    assert_eq!(tests("email[starts_with]=a"), [Test::StartsWith(text("a"))]);
    assert_eq!(tests("email="), [Test::Eq(text(""))]);
    assert_eq!(tests("first_name=a&last_name[ne]=b").len(), 2);
    assert_eq!(tests("search_term=a"), [Test::Contains(text("a"))]);
}

#[test]
fn a_set_is_the_same_in_every_spelling() {
    let set = [Test::In(vec![Text::new("a"), Text::new("b")])];
    for raw in [
        "email[in]=a,b",
        "email[in]= b , a ,",
        "email[in][]=a&email[in][]=b",
        "email[in][0]=b&email[in][1]=a",
        "email%5Bin%5D=a&email%5Bin%5D=b",
        "email[in]=b,a,b",
    ] {
        assert_eq!(tests(raw), set, "{raw}");
    }
    // Texts that differ in case alone are one; which spelling stays does not depend on the order.
    assert_eq!(tests("email[in]=B,b"), tests("email[in]=b,B"));
    assert_eq!(tests("email[in]=b,B").len(), 1);
    // None is a set as well.
    assert_eq!(tests("email[in]="), [Test::In(Vec::new())]);
    assert_eq!(tests("id[in]=,"), [Test::IdIn(Vec::new())]);
    // An element of an array is one value, commas included.
    assert_eq!(tests("email[in][]=a,b"), [Test::In(vec![Text::new("a,b")])]);
}

#[test]
fn ids_are_exact() {
    assert_eq!(tests("id= aB "), [Test::IdEq("aB".into())]);
    assert_eq!(tests("id[ne]=aB"), [Test::IdNe("aB".into())]);
    assert_eq!(tests("id[in]=b,B,b"), [Test::IdIn(vec!["B".into(), "b".into()])]);
    assert_eq!(tests("id[contains]=B"), [Test::IdContains("B".into())]);
    assert_eq!(tests("id[starts_with]=B"), [Test::IdStartsWith("B".into())]);
}

#[test]
fn booleans_and_instants() {
    for yes in ["true", "TRUE", "True", "1"] {
        assert_eq!(tests(&format!("is_active={yes}")), [Test::Is(true)]);
    }
    assert_eq!(tests("is_active[eq]=0"), [Test::Is(false)]);
    let day = Instant::parse("2024-05-06").unwrap();
    for (operator, cmp) in [
        ("[gt]", Cmp::Gt),
        ("[gte]", Cmp::Gte),
        ("[lt]", Cmp::Lt),
        ("[lte]", Cmp::Lte),
        ("[eq]", Cmp::Eq),
        ("", Cmp::Eq),
    ] {
        let raw = format!("created_at{operator}=2024-05-06T02:00:00+02:00");
        assert_eq!(tests(&raw), [Test::At(cmp, day)]);
    }
    assert_eq!(
        tests("updated_at[gte]=2024-01-01&updated_at[lt]=2025-01-01").len(),
        2
    );
}

#[test]
fn sorting_and_paging() {
    let sort = |raw: &str| parse(raw).unwrap().sort.unwrap();
    assert_eq!(sort("sort_by=created_at"), sort("sort_by[created_at]=ASC"));
    assert!(sort("sort_by[created_at]=desc").descending);
    for field in ["created_at", "email", "name", "updated_at"] {
        assert_eq!(model().field(sort(&format!("sort_by={field}")).field).name, field);
    }
    assert_eq!(parse("limit=1000").unwrap().limit, PageLimit::Exactly(1000));
    let query = parse("limit=7&truto_ignore_limit=true&next_cursor=abc&integrated_account_id=x").unwrap();
    assert_eq!(query.limit, PageLimit::VendorPage);
    assert_eq!(
        (query.cursor.as_deref(), query.account.as_deref()),
        (Some("abc"), Some("x"))
    );
}

#[test]
fn shaping() {
    let path = |path: &str| path.split('.').map(str::to_owned).collect::<Vec<_>>();
    let query = parse(
        "truto_exclude_fields=id,urls.type,remote_data.a.b&truto_key_by=urls.0.url\
         &truto_ignore_remote_data=1&crosswalk_explain=true&truto_response_format=normalized",
    )
    .unwrap();
    assert_eq!(
        query.shape.exclude,
        [path("id"), path("urls.type"), path("remote_data.a.b")]
    );
    assert_eq!(query.shape.key_by, Some(path("urls.0.url")));
    assert_eq!(query.shape.format, Format::Normalized);
    assert!(query.explain && query.shape.ignore_remote_data);
    assert!(parse("truto_exclude_fields=").unwrap().shape.exclude.is_empty());
}

#[test]
fn what_is_for_the_vendor_keeps_its_form() {
    let query = parse(
        "remote_query[foo]=bar+baz&remote_query[a][b]=1&remote_query[c][]=x&limit=3\
         &remote_query[c][]=y&remote_query[d]=1&remote_query[d]=2&remote_query[7]=&remote_query[d][x]=3",
    )
    .unwrap();
    let given: Vec<String> = query
        .remote_query
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(
        given,
        [
            "foo=bar baz",
            "a[b]=1",
            "c[]=x",
            "c[]=y",
            "d=1",
            "d=2",
            "7=",
            "d[x]=3"
        ]
    );
}

#[test]
fn objects() {
    let with = |raw: &str| {
        parse_for(Endpoint::List, &[], &["workspace"], raw)
            .unwrap()
            .parameters
    };
    assert_eq!(with("workspace[id]= w1 ")["workspace"]["id"], "w1");
    assert!(with("workspace[id]=").is_empty());
    let get = parse_for(Endpoint::Get, &[], &["workspace"], "workspace[id]=w1").unwrap();
    assert_eq!(get.parameters["workspace"]["id"], "w1");
}

#[test]
fn other_calls_take_fewer_parameters() {
    let takes = |endpoint, raw: &str| parse_for(endpoint, &[], &[], raw).is_ok();
    let common = "integrated_account_id=x&remote_query[a]=1";
    let get =
        "truto_response_format=raw&truto_ignore_remote_data=1&truto_exclude_fields=id&crosswalk_explain=1";
    assert!(takes(Endpoint::Get, &format!("{common}&{get}")));
    for raw in [
        "limit=3",
        "email=a",
        "id=1",
        "search_term=a",
        "sort_by=name",
        "next_cursor=",
        "truto_key_by=id",
        "truto_ignore_limit=1",
        "truto_response_format=stream",
        "truto_response_format=normalized",
    ] {
        assert!(takes(Endpoint::List, raw), "{raw}");
        assert!(!takes(Endpoint::Get, raw), "{raw}");
    }
    assert!(takes(
        Endpoint::ProxyList,
        &format!("{common}&limit=3&next_cursor=a&truto_ignore_limit=1")
    ));
    assert!(!takes(Endpoint::ProxyList, "email=a"));
    assert!(takes(Endpoint::ProxyGet, common));
    assert!(!takes(Endpoint::ProxyGet, "limit=3"));
}

#[test]
fn the_account_is_found_before_the_rest_is_understood() {
    let account = Query::account_of;
    assert_eq!(
        account("nonsense=1&integrated_account_id=+x+")
            .unwrap()
            .as_deref(),
        Some("x")
    );
    assert_eq!(account("integrated_account_id=").unwrap(), None);
    assert_eq!(account("a=1&a[b]=2").unwrap(), None);
    assert!(account("integrated_account_id=1&integrated_account_id=2").is_err());
    assert!(account("a[=1").is_err());
}

#[test]
fn predicates_show_as_parameters_that_mean_the_same() {
    let raw =
        "email[contains]=ab&id[in]=1,2&is_active=true&created_at[gt]=2024-05-06T00:00:00.000Z&name[ne]=x";
    let shown: Vec<String> = parse(raw)
        .unwrap()
        .predicates
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(shown.join("&"), raw);
}

/// Parameters of all kinds, in spellings that mean the same.
const SPELLINGS: &[[&str; 2]] = &[
    ["email=A", "email%5Beq%5D=+A"],
    ["id[in][]=1&id[in][]=2", "id[in][1]=1&id[in][0]=2"],
    ["name[in]=x,y", "name[in][]=y&name[in][]=x"],
    ["is_active=1", "is_active[eq]=True"],
    [
        "created_at[gt]=2024-05-06",
        "created_at[gt]=2024-05-06T02:00:00%2B02:00",
    ],
    [
        "updated_at=2024-05-06",
        "updated_at[eq]=2024-05-06T00:00:00.0000001Z",
    ],
    ["search_term=a", "search_term=a+"],
    ["workspace[id]=w", "workspace%5Bid%5D=w"],
    ["sort_by=email", "sort_by[email]=asc"],
    ["remote_query[x]=1", "remote_query%5Bx%5D=%31"],
    ["limit=5", "limit=900&truto_exclude_fields=id&crosswalk_explain=1"],
];

fn binding(raw: &str) -> Vec<u8> {
    parse_for(Endpoint::List, &[], &["workspace"], raw)
        .unwrap()
        .binding()
}

proptest! {
    #[test]
    fn spelling_and_order_do_not_change_what_a_cursor_is_bound_to(
        order in Just((0..SPELLINGS.len()).collect::<Vec<_>>()).prop_shuffle(),
        picked in proptest::collection::vec(0_usize..2, SPELLINGS.len()),
        some in 0..=SPELLINGS.len(),
    ) {
        let chosen = &order[..some];
        let shuffled: Vec<&str> = chosen.iter().map(|at| SPELLINGS[*at][picked[*at]]).collect();
        let mut sorted = chosen.to_vec();
        sorted.sort_unstable();
        let plain: Vec<&str> = sorted.iter().map(|at| SPELLINGS[*at][0]).collect();
        prop_assert_eq!(binding(&shuffled.join("&")), binding(&plain.join("&")));
    }

    #[test]
    fn nothing_makes_it_panic(
        raw in prop_oneof![
            "[a-z_]{0,12}(\\[[a-z]{0,6}\\])?=[ -~é]{0,20}(&[a-z_]{1,12}=[ -~]{0,8})?",
            "(email|id|is_active|created_at|sort_by|limit|workspace|remote_query|truto_key_by|truto_exclude_fields)(\\[[a-z0]{0,3}\\]){0,2}=[ -~]{0,12}(&(email|id|sort_by)(\\[[a-z0]{0,3}\\]){0,2}=.{0,6})?",
            "(?s).{0,60}",
        ]
    ) {
        for endpoint in [Endpoint::List, Endpoint::Get, Endpoint::ProxyList, Endpoint::ProxyGet] {
            if let Err(error) = parse_for(endpoint, &[], &["workspace"], &raw) {
                prop_assert_eq!(error.status, 400);
            }
        }
        let _ = Query::account_of(&raw);
    }
}

#[test]
fn other_meanings_bind_otherwise() {
    let all = [
        "",
        "email=a",
        "email=b",
        "email[ne]=a",
        "email[in]=a",
        "email[contains]=a",
        "name=a",
        "id=a",
        "search_term=a",
        "email[in][]=a,b",
        "email[in]=a,b",
        "is_active=true",
        "is_active=false",
        "created_at[gt]=2024-01-01",
        "created_at[gte]=2024-01-01",
        "created_at[gt]=2024-01-02",
        "sort_by=email",
        "sort_by[email]=desc",
        "sort_by=name",
        "workspace[id]=a",
        "remote_query[x]=1",
        "remote_query[x]=1&remote_query[x]=2",
        "remote_query[x]=2&remote_query[x]=1",
        "remote_query[x][]=1",
        "email=a&remote_query[x]=1",
    ];
    for (at, one) in all.iter().enumerate() {
        for other in &all[at + 1..] {
            assert_ne!(binding(one), binding(other), "{one} and {other}");
        }
    }
}
