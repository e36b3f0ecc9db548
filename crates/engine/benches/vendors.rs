//! Requests and time to list a whole account of every vendor, when each of its answers takes a while: one page
//! after the other, and as the engine does it.
//!
//! `cargo bench -p crosswalk-engine --bench vendors -- [USERS] [MILLISECONDS]`; 10,000 and 50 unless told.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use crosswalk_engine::EngineConfig;
use crosswalk_sandbox::{Fault, FaultRule, Sandbox, SandboxConfig};
use support::House;

/// Requests and time of one whole list.
async fn list(vendor: &'static str, users: usize, latency: u64, together: usize) -> (u64, Duration) {
    let config = EngineConfig {
        together,
        ..EngineConfig::default()
    };
    let house = House::with(vendor, users, config).await;
    // Connections and tokens are there before the clock runs.
    drop(house.list(&house.query("limit=1")).await);
    let before = house.sandbox.stats(vendor).requests;
    house.sandbox.inject(FaultRule {
        host: String::new(),
        path: String::new(),
        after: 0,
        times: u32::MAX,
        kind: Fault::Delay { millis: latency },
    });
    let begun = Instant::now();
    let found = house.stream(&house.query("truto_ignore_remote_data=false")).await;
    let time = begun.elapsed();
    assert_eq!(found.len(), users, "{vendor}");
    (house.sandbox.stats(vendor).requests - before, time)
}

fn main() {
    let mut numbers = std::env::args().filter_map(|argument| argument.parse::<u64>().ok());
    let users = usize::try_from(numbers.next().unwrap_or(10_000)).unwrap();
    let latency = numbers.next().unwrap_or(50);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("{users} users, {latency} ms before every answer\n");
    println!(
        "{:18} {:>19} {:>22} {:>7}",
        "CRM", "one by one", "as it is", "faster"
    );
    for account in Sandbox::new(SandboxConfig { users: 1 }).accounts() {
        let vendor = account.integration;
        let (requests, alone) = runtime.block_on(list(vendor, users, latency, 1));
        let together = EngineConfig::default().together;
        let (ahead, time) = runtime.block_on(list(vendor, users, latency, together));
        println!(
            "{vendor:18} {requests:>6} in {:>6} ms {ahead:>9} in {:>6} ms {:>6.1}x",
            alone.as_millis(),
            time.as_millis(),
            alone.as_secs_f64() / time.as_secs_f64()
        );
    }
}
