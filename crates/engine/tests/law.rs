//! The law of the list, over every vendor of the sandbox: following `next_cursor` to its end yields exactly
//! sort(filter(all users)), whatever is asked and whatever goes wrong on the way.

#![allow(clippy::unwrap_used)]

mod support;

use crosswalk_model::Query;
use crosswalk_sandbox::{Fault, FaultRule};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use support::{House, users};

/// A query as a client might write it, over the fields that the vendor gives.
fn queries(house: &House) -> impl Strategy<Value = String> + use<> {
    let given = house.fields();
    let texts = || {
        prop_oneof![
            Just("user"),
            Just("smith"),
            Just("SMITH"),
            Just("zoë"),
            Just("ZOË"),
            Just("i"),
            Just("İpek"),
            Just("ß"),
            Just("'"),
            Just("%"),
            Just("_"),
            Just("\\"),
            Just("\""),
            Just("+"),
            Just("Niamh Straße"),
            Just("ana"),
            Just("user.1"),
            Just("user.11@example.com"),
            Just("MIXED.case.7@example.com"),
            Just("小龍"),
            Just(" o'q "),
            Just("k"),
        ]
    };
    let days = || {
        (-2_i64..20)
            .prop_map(|step| crosswalk_model::Instant(step * 40 * 86_400_000 + step % 3 * 500).to_string())
    };
    let mut parts: Vec<BoxedStrategy<Vec<(String, String)>>> = Vec::new();
    for name in ["name", "email", "first_name", "last_name", "nick"]
        .into_iter()
        .filter(|name| given.contains(*name))
    {
        let operator = prop_oneof![
            Just(""),
            Just("[eq]"),
            Just("[ne]"),
            Just("[contains]"),
            Just("[starts_with]"),
            Just("[in]")
        ];
        parts.push(
            (operator, texts())
                .prop_map(move |(operator, text)| vec![(format!("{name}{operator}"), text.to_owned())])
                .boxed(),
        );
    }
    for name in ["created_at", "updated_at"]
        .into_iter()
        .filter(|name| given.contains(*name))
    {
        let operator = prop_oneof![
            Just("[gt]"),
            Just("[gte]"),
            Just("[lt]"),
            Just("[lte]"),
            Just("[eq]"),
            Just("")
        ];
        parts.push(
            (operator, days())
                .prop_map(move |(operator, day)| vec![(format!("{name}{operator}"), day)])
                .boxed(),
        );
        parts.push(
            (days(), days())
                .prop_map(move |(from, to)| vec![(format!("{name}[gte]"), from), (format!("{name}[lt]"), to)])
                .boxed(),
        );
    }
    if given.contains("is_active") {
        parts.push(
            any::<bool>()
                .prop_map(|truth| vec![("is_active".to_owned(), truth.to_string())])
                .boxed(),
        );
    }
    parts.push(
        texts()
            .prop_map(|text| vec![("search_term".to_owned(), text.to_owned())])
            .boxed(),
    );
    let ids: Vec<String> = house
        .truth()
        .iter()
        .step_by(17)
        .map(|user| user.id.clone())
        .collect();
    let some_ids = proptest::sample::subsequence(ids.clone(), 0..3);
    parts.push(
        some_ids
            .prop_map(|ids| vec![("id[in]".to_owned(), ids.join(","))])
            .boxed(),
    );
    parts.push(
        proptest::sample::select(ids)
            .prop_map(|id| vec![("id".to_owned(), id)])
            .boxed(),
    );
    let filters = proptest::collection::vec(proptest::strategy::Union::new(parts), 0..3);
    let sorts: Vec<&str> = ["created_at", "email", "name", "updated_at", "nick"]
        .into_iter()
        .filter(|name| given.contains(*name))
        .collect();
    let sort = proptest::option::of((proptest::sample::select(sorts), any::<bool>()));
    (filters, sort).prop_map(|(filters, sort)| {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in filters.into_iter().flatten() {
            if !pairs.iter().any(|(known, _)| {
                *known == name
                    || known.starts_with(&format!("{name}["))
                    || name.starts_with(&format!("{known}["))
            }) {
                pairs.push((name, value));
            }
        }
        if let Some((field, descending)) = sort {
            pairs.push((
                format!("sort_by[{field}]"),
                if descending { "desc" } else { "asc" }.to_owned(),
            ));
        }
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        pairs
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect::<Vec<_>>()
            .join("&")
    })
}

fn limits() -> impl Strategy<Value = u32> {
    prop_oneof![1_u32..8, Just(24), Just(100), 60_u32..140, Just(1000)]
}

/// Follows the cursor; every page but the last has to be full, none empty but the only one.
async fn walk(house: &House, raw: &str, limits: &[u32]) -> Result<Vec<String>, TestCaseError> {
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    for page in 0.. {
        prop_assert!(page < 400, "{} does not end", raw);
        let limit = limits[page % limits.len()];
        let mut query: Query = house.query(&format!("{raw}&limit={limit}"));
        query.cursor = cursor.take();
        let answer = house
            .list(&query)
            .await
            .map_err(|error| TestCaseError::fail(format!("{raw}: {}", error.message)))?;
        let users = users(&answer.body);
        prop_assert_eq!(users.len(), answer.count);
        found.extend(users);
        match answer.next_cursor {
            Some(next) => {
                prop_assert_eq!(answer.count, limit as usize, "{} page {} is short", raw, page);
                cursor = Some(next);
            }
            None => {
                prop_assert!(answer.count <= limit as usize);
                prop_assert!(answer.count > 0 || page == 0, "{} ends with an empty page", raw);
                break;
            }
        }
    }
    Ok(found)
}

fn hold(vendor: &'static str, cases: u32, faults: bool) {
    hold_for(vendor, cases, faults, |house| house);
}

fn hold_for(vendor: &'static str, cases: u32, faults: bool, furnish: impl FnOnce(House) -> House) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let house = furnish(runtime.block_on(House::build(vendor, 230)));
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 60,
        ..Config::default()
    });
    let strategy = (
        queries(&house),
        proptest::collection::vec(limits(), 1..3),
        0_u32..4,
    );
    runner
        .run(&strategy, |(raw, limits, fault)| {
            if faults {
                house.sandbox.clear_faults();
                house.sandbox.inject(FaultRule {
                    host: String::new(),
                    path: String::new(),
                    after: fault,
                    times: 1,
                    kind: match fault {
                        0 => Fault::Status {
                            code: 503,
                            body: "{}".into(),
                        },
                        1 => Fault::Throttle {
                            retry_after: Some("0".into()),
                        },
                        2 => Fault::CutBody,
                        _ => Fault::Status {
                            code: 500,
                            body: String::new(),
                        },
                    },
                });
                if fault == 3 && house.refreshes() {
                    house.sandbox.expire_tokens("");
                }
            }
            let expected = house.expected(&house.query(&raw));
            let found = runtime.block_on(walk(&house, &raw, &limits))?;
            prop_assert_eq!(&found, &expected, "{}", raw);
            let streamed = runtime.block_on(house.stream(&house.query(&raw)));
            prop_assert_eq!(&streamed, &expected, "streamed {}", raw);
            // The shape may change between pages.
            let page = house.query(&format!("{raw}&limit={}", limits[0]));
            let page = runtime
                .block_on(house.list(&page))
                .map_err(|error| TestCaseError::fail(error.message))?;
            if let Some(cursor) = page.next_cursor {
                let mut rest = house.query(&raw);
                rest.cursor = Some(cursor);
                let rest = runtime.block_on(house.stream(&rest));
                prop_assert_eq!(&rest[..], &expected[page.count..], "the rest of {}", raw);
            }
            Ok(())
        })
        .unwrap();
}

/// A vendor whose pages come again and again is found out; one that sends all at once repeats nothing.
fn end(vendor: &'static str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let house = runtime.block_on(House::build(vendor, 230));
    house.sandbox.inject(FaultRule {
        host: String::new(),
        path: String::new(),
        after: 1,
        times: u32::MAX,
        kind: Fault::Repeat,
    });
    match runtime.block_on(walk(&house, "", &[20])) {
        Ok(found) => assert_eq!(found, house.expected(&house.query(""))),
        Err(error) => assert!(error.to_string().contains("repeat themselves"), "{error}"),
    }
}

macro_rules! laws {
    ($($vendor:ident,)*) => {$(
        mod $vendor {
            #[test]
            fn holds() {
                super::hold(stringify!($vendor), 48, false);
            }

            #[test]
            fn holds_under_faults() {
                super::hold(stringify!($vendor), 10, true);
            }

            #[test]
            fn holds_with_overrides() {
                super::hold_for(stringify!($vendor), 16, false, super::House::swapped);
            }

            #[test]
            fn ends_when_pages_repeat() {
                super::end(stringify!($vendor));
            }
        }
    )*};
}

laws! {
    accelo,
    activecampaign,
    attio,
    capsule,
    close,
    dynamics365sales,
    freshsales,
    highlevel,
    hubspot,
    insightly,
    keap,
    mondaycrm,
    nutshell,
    onepagecrm,
    outreach,
    pipedrive,
    pipeliner,
    planhat,
    salesflare,
    salesforce,
    teamleader,
    wix,
    zendesksell,
    zohocrm,
}
