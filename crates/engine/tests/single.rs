//! One user by id, over every vendor of the sandbox: each user of the list is found as the list shows it, and
//! nobody else is.

#![allow(clippy::unwrap_used)]

mod support;

use crosswalk_sandbox::{Sandbox, SandboxConfig};
use support::House;

const PEOPLE: usize = 120;

async fn problems(vendor: &'static str) -> Vec<String> {
    let house = House::build(vendor, PEOPLE).await;
    let query = house.query("");
    let mut problems = Vec::new();
    for line in house.expected(&query).iter().step_by(3) {
        let user: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = user["id"].as_str().unwrap();
        match house.engine.get(&house.model, &house.target, id, &query).await {
            Ok(body) => {
                let mut found: serde_json::Value = serde_json::from_slice(&body).unwrap();
                found.as_object_mut().unwrap().shift_remove("remote_data");
                if found != user {
                    problems.push(format!("{vendor}: {found} instead of {user}"));
                }
            }
            Err(error) => problems.push(format!("{vendor}: {id}: {} {}", error.status, error.message)),
        }
    }
    let ids: Vec<String> = house.truth().into_iter().map(|user| user.id).collect();
    let alien = ids[0].chars().rev().collect::<String>();
    for id in [
        "me",
        "self",
        "0",
        "%2e%2e",
        "count",
        "9999999999999999999",
        &alien,
    ] {
        if ids.iter().any(|known| known == id) {
            continue;
        }
        match house.engine.get(&house.model, &house.target, id, &query).await {
            Err(error) if error.status == 404 => {}
            Err(error) => problems.push(format!("{vendor}: {id}: {} {}", error.status, error.message)),
            Ok(_) => problems.push(format!("{vendor}: {id} was found")),
        }
    }
    problems
}

#[test]
fn finds_each_and_nobody_else() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let vendors = Sandbox::new(SandboxConfig { users: 1 }).accounts();
    let problems: Vec<String> = vendors
        .iter()
        .flat_map(|account| runtime.block_on(problems(account.integration)))
        .collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
