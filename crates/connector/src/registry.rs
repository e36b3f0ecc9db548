//! The connectors of a process: those compiled in, and those of a directory laid over them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crosswalk_model::UnifiedModel;

use crate::connector::Connector;
use crate::diagnostic::Diagnostics;

/// The bundled files, by connector name.
static BUNDLED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/bundled.rs"));

/// Why connectors could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// A file is wrong.
    #[error(transparent)]
    Wrong(#[from] Diagnostics),
    /// A directory or file can't be read.
    #[error("can't read {path}: {source}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A directory has no connector.
    #[error("{0} has no connector: expected NAME/connector.yaml or NAME.yaml")]
    NothingThere(PathBuf),
}

/// All connectors, by name.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    connectors: BTreeMap<String, Arc<Connector>>,
}

impl Registry {
    /// The connectors that are compiled in.
    pub fn bundled(models: &[UnifiedModel]) -> Result<Self, RegistryError> {
        let mut registry = Self::default();
        for (file, text) in BUNDLED {
            registry.add(Connector::load(file, text, models)?);
        }
        Ok(registry)
    }

    /// Adds every `NAME/connector.yaml` and `NAME.yaml` of a directory; a name that is known is replaced.
    /// Returns how many there were.
    pub fn add_directory(
        &mut self,
        directory: &Path,
        models: &[UnifiedModel],
    ) -> Result<usize, RegistryError> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |source| RegistryError::Unreadable { path, source }
        };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(directory).map_err(unreadable(directory))? {
            let path = entry.map_err(unreadable(directory))?.path();
            let nested = path.join("connector.yaml");
            if nested.is_file() {
                files.push(nested);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "yaml" || extension == "yml")
            {
                files.push(path);
            }
        }
        if files.is_empty() {
            return Err(RegistryError::NothingThere(directory.to_owned()));
        }
        files.sort();
        for path in &files {
            let text = std::fs::read_to_string(path).map_err(unreadable(path))?;
            self.add(Connector::load(&path.display().to_string(), &text, models)?);
        }
        Ok(files.len())
    }

    /// Adds one connector, in place of another of its name.
    pub fn add(&mut self, connector: Connector) {
        self.connectors
            .insert(connector.name().to_owned(), Arc::new(connector));
    }

    /// The connector of that name.
    pub fn get(&self, name: &str) -> Option<&Arc<Connector>> {
        self.connectors.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Connector>> {
        self.connectors.values()
    }
}
