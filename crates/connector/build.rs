//! Lists the connector files of the repository, so that adding one takes no Rust.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let manifest = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let connectors = Path::new(&manifest).join("../../connectors");
    println!("cargo:rerun-if-changed={}", connectors.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&connectors)? {
        let entry = entry?;
        if entry.path().join("connector.yaml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    let mut list = String::from("&[\n");
    for name in names {
        let path = connectors.join(&name).join("connector.yaml");
        let shown = format!("connectors/{name}/connector.yaml");
        writeln!(list, "    ({shown:?}, include_str!({path:?})),").map_err(io::Error::other)?;
    }
    list.push_str("]\n");
    fs::write(Path::new(&out).join("bundled.rs"), list)
}
