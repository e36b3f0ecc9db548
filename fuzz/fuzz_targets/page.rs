//! Pages of any bytes: never a panic, and what is read is what `serde_json` reads.
#![no_main]

use crosswalk_mapping::{Found, Layout, Mapping, Path, Origin, Reading, Source, read_page};
use crosswalk_model::builtin;
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

#[derive(serde::Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
}

fuzz_target!(|body: &[u8]| {
    let layout = Layout { records: Path::parse("results").unwrap(), unwrap: Path::default() };
    let mut records = Vec::new();
    let read = read_page(&layout, &Mapping::raw_only(), body, &mut |row| records.push(row.raw));
    if let Ok(page) = serde_json::from_slice::<Page<'_>>(body)
        && let Ok(end) = read
        && end.found == Found::Array
    {
        let expected: Vec<&[u8]> = page.results.iter().map(|raw| raw.get().as_bytes()).collect();
        assert_eq!(records, expected);
    }
    // The whole mapping over the same bytes, for panics alone.
    let model = builtin().remove(0);
    let fields = ["id", "name", "is_active", "created_at"].iter().filter_map(|name| {
        let expression = if *name == "name" { "$join([a, b][$ != null and $ != \"\"], \" \")" } else { name };
        Some((model.field_id(name)?, Source { expression: expression.to_owned(), reading: Reading::Auto, origin: Origin::Connector }))
    });
    let mapping = Mapping::compile(&model, fields.collect()).unwrap();
    let _ = read_page(&layout, &mapping, body, &mut |_| {});
});
