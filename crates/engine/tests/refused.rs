//! Vendors that refuse what their documents promise: the list is read bare and filtered here, and the law holds.

#![allow(clippy::unwrap_used)]

mod support;

use crosswalk_engine::EngineConfig;
use crosswalk_sandbox::{Fault, FaultRule};
use support::{House, users};

/// Vendors, what they refuse, and a query that they are asked it for.
const REFUSED: [(&str, &str, &str); 6] = [
    ("dynamics365sales", "$filter=", "email=user.3@example.com"),
    ("dynamics365sales", "$orderby=", "sort_by=created_at"),
    ("salesforce", "IsActive = true", "is_active=true&search_term=user"),
    ("salesforce", "ORDER BY CreatedDate", "sort_by=created_at"),
    ("pipeliner", "filter[email]", "email[contains]=user.1"),
    (
        "insightly",
        "updated_after_utc",
        "updated_at[gte]=2001-06-01T00:00:00Z",
    ),
];

async fn refusing(vendor: &'static str, part: &str) -> House {
    let house = House::with(vendor, 130, EngineConfig::default()).await;
    house.sandbox.inject(FaultRule {
        host: String::new(),
        path: part.to_owned(),
        after: 0,
        times: u32::MAX,
        kind: Fault::Status {
            code: 400,
            body: "{}".to_owned(),
        },
    });
    house
}

#[tokio::test]
async fn a_refused_filter_is_done_here() {
    for (vendor, part, raw) in REFUSED {
        let house = refusing(vendor, part).await;
        let query = house.query(&format!("{raw}&limit=7&crosswalk_explain=true"));
        let expected = house.expected(&query);
        let mut found = Vec::new();
        let mut next = String::new();
        let mut pages = 0;
        loop {
            let query = house.query(&format!(
                "{raw}&limit=7&crosswalk_explain=true&next_cursor={next}"
            ));
            let answer = house.list(&query).await.unwrap();
            found.extend(users(&answer.body));
            if pages == 0 {
                let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
                let explain = &body["explain"];
                let requests = explain["vendor_requests"].as_array().unwrap();
                assert!(
                    requests.iter().any(|request| request["status"] == 400),
                    "{vendor} was not asked for {part}: {explain}"
                );
            }
            pages += 1;
            match answer.next_cursor {
                Some(cursor) => next = cursor,
                None => break,
            }
        }
        let refused = house
            .sandbox
            .requests()
            .iter()
            .filter(|request| request.status == 400)
            .count();
        assert!(
            refused == 1 || raw.starts_with("sort_by"),
            "{vendor}: a cursor of the bare list asked for {part} again, {refused} times over {pages} pages"
        );
        assert_eq!(found, expected, "{vendor} {raw}");
        assert_eq!(house.stream(&house.query(raw)).await, expected, "{vendor} {raw}");
    }
}

#[tokio::test]
async fn the_caller_s_own_parameters_are_the_caller_s_to_mend() {
    let house = refusing("dynamics365sales", "$filter=").await;
    let query = house.query("email=user.3@example.com&remote_query[$top]=5");
    let error = house.list(&query).await.unwrap_err();
    assert_eq!(error.status, 400, "{error:?}");
}
