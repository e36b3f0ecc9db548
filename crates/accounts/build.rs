//! Lists the migrations, so that adding one takes a file and no Rust.
//!
//! `sqlx::migrate!` does the same, but as a macro that links a second SQLite into the
//! compiler, which a cold build waits for.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let manifest = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let folder = Path::new(&manifest).join("migrations");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut steps = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let path = entry?.path();
        let step = named(&path)
            .ok_or_else(|| io::Error::other(format!("{} is not named VERSION_NAME.sql", path.display())))?;
        steps.push((step, path));
    }
    steps.sort();
    let mut list = String::from("&[\n");
    for ((version, name), path) in steps {
        writeln!(list, "    ({version}, {name:?}, include_str!({path:?})),").map_err(io::Error::other)?;
    }
    list.push_str("]\n");
    fs::write(Path::new(&out).join("migrations.rs"), list)
}

/// `0002_link_tokens.sql` as `(2, "link tokens")`.
fn named(path: &Path) -> Option<(i64, String)> {
    let (version, name) = path
        .file_name()?
        .to_str()?
        .strip_suffix(".sql")?
        .split_once('_')?;
    Some((version.parse().ok()?, name.replace('_', " ")))
}
