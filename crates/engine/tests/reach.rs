//! How far a list reaches: over pages of the caller's size, and over one workspace and no other.

#![allow(clippy::unwrap_used)]

mod support;

use support::{House, users};

const PEOPLE: usize = 230;

/// A page that is shorter than this API would have asked for is no end when the caller said how long it is.
#[tokio::test]
async fn a_callers_page_size_ends_no_list() {
    for (vendor, name) in [
        ("accelo", "_limit"),
        ("activecampaign", "limit"),
        ("close", "_limit"),
        ("hubspot", "limit"),
        ("insightly", "top"),
    ] {
        let house = House::build(vendor, PEOPLE).await;
        let query = house.query(&format!("remote_query[{name}]=40&limit=1000"));
        let answer = house.list(&query).await.unwrap();
        assert_eq!(users(&answer.body), house.expected(&query), "{vendor}");
        assert_eq!(answer.next_cursor, None, "{vendor}");
    }
}

/// The stand-in's agency has a second location with people of its own.
const OTHER_LOCATION: &str = "Vn2KdR7mGfYq4sXeJ0Lw";

async fn agency(company: bool) -> House {
    House::build_with("highlevel", PEOPLE, |account| {
        account.authentication_method = "api_key";
        account
            .context
            .retain(|name, _| name == "location_id" || (company && name == "company_id"));
        let key = "pit-7c1e2f0a-5d3b-4c6e-9f80-1a2b3c4d5e6f";
        account.context.insert("api_key".into(), key.into());
    })
    .await
}

fn ids(body: &[u8]) -> Vec<String> {
    let mut ids: Vec<String> = users(body)
        .iter()
        .map(|user| {
            let user: serde_json::Value = serde_json::from_str(user).unwrap();
            user["id"].as_str().unwrap().to_owned()
        })
        .collect();
    ids.sort();
    ids
}

/// With the company's id there is a search, without it an older list: both give the location's users and theirs
/// alone, to lists and single users alike.
#[tokio::test]
async fn a_workspace_has_its_own_users_and_no_others() {
    for company in [true, false] {
        let house = agency(company).await;
        let own = house.query_with("limit=1000", &["workspace"]);
        let elsewhere = house.query_with(
            &format!("limit=1000&workspace[id]={OTHER_LOCATION}"),
            &["workspace"],
        );
        let here = ids(&house.list(&own).await.unwrap().body);
        let there = ids(&house.list(&elsewhere).await.unwrap().body);
        assert_eq!(here.len(), PEOPLE);
        let stranger = there.iter().find(|id| !here.contains(id)).unwrap();
        let neighbour = here.iter().find(|id| !there.contains(id)).unwrap();
        for (id, query, is_found) in [
            (stranger, &elsewhere, true),
            (stranger, &own, false),
            (neighbour, &own, true),
            (neighbour, &elsewhere, false),
        ] {
            let found = house.engine.get(&house.model, &house.target, id, query).await;
            match found {
                Ok(_) => assert!(is_found, "{id}, {company}"),
                Err(error) => assert!(
                    !is_found && error.status == 404,
                    "{id}, {company}: {}",
                    error.message
                ),
            }
        }
    }
}
