//! How long a server waits at its start for the bundled connectors: reading 24 files, checking them and compiling
//! their mappings.

#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use crosswalk_connector::Registry;
use crosswalk_model::builtin;

fn load(criterion: &mut Criterion) {
    let models = builtin();
    criterion.bench_function("load the bundled connectors", |bencher| {
        bencher.iter(|| Registry::bundled(&models).unwrap());
    });
}

criterion_group!(benches, load);
criterion_main!(benches);
