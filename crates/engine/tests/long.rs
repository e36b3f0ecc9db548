//! Filters that are too long for a URL.

#![allow(clippy::unwrap_used)]

mod support;

use support::{House, users};

#[tokio::test]
async fn long_lists_of_values_are_filtered_here() {
    let house = House::build("salesforce", 60).await;
    let ask = async |many: usize| {
        let addresses: Vec<String> = (0..many)
            .map(|index| format!("user.{index}@example.com"))
            .collect();
        let query = house.query(&format!(
            "crosswalk_explain=true&email[in]={}",
            addresses.join(",")
        ));
        let answer = house.list(&query).await.unwrap();
        assert_eq!(users(&answer.body), house.expected(&query));
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        body["explain"]["pushed"].as_array().unwrap().len()
    };
    assert_eq!(ask(3).await, 1);
    assert_eq!(ask(400).await, 0);
}
