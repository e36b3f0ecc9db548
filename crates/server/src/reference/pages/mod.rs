//! The pages at `/docs`, made once: HTML that needs no script to be read, the same as Markdown, and `/llms.txt`.

mod crm;
mod layout;
mod markdown;
mod matrix;
mod operation;
mod prose;
mod start;
mod support;

use std::collections::BTreeMap;

use crosswalk_connector::{Connector, Registry};
use crosswalk_model::UnifiedModel;
use serde_json::{Map, Value};

use super::endpoint::Group;
use super::matrix::Matrix;
use super::{Described, Page, schemas};

/// What stands in examples until the page knows the address that its reader sees.
const ADDRESS: &str = "http://127.0.0.1:8080";

const HTML: &str = "text/html; charset=utf-8";
const MARKDOWN: &str = "text/markdown; charset=utf-8";

/// What all pages are made from.
pub(crate) struct Site<'a> {
    pub(crate) described: &'a [Described],
    pub(crate) models: &'a [(&'a UnifiedModel, &'a Matrix)],
    pub(crate) registry: &'a Registry,
    pub(crate) schemas: Map<String, Value>,
    /// The address in examples.
    pub(crate) base: String,
}

impl<'a> Site<'a> {
    pub(crate) fn new(
        described: &'a [Described],
        models: &'a [(&'a UnifiedModel, &'a Matrix)],
        registry: &'a Registry,
        public_url: Option<&str>,
    ) -> Self {
        let names: Vec<&str> = registry.iter().map(|connector| connector.name()).collect();
        let mut all: Map<String, Value> = schemas::own(&names).into_iter().collect();
        for (model, matrix) in models {
            all.extend(schemas::of_model(model, matrix));
        }
        Self {
            described,
            models,
            registry,
            schemas: all,
            base: public_url.unwrap_or(ADDRESS).to_owned(),
        }
    }

    /// Every page, by what follows `/docs/` in its address; the first is the empty one.
    pub(crate) fn pages(&self) -> BTreeMap<String, Page> {
        let mut pages = BTreeMap::new();
        let mut add = |key: String, html: String, markdown: String| {
            let beside = if key.is_empty() {
                "index.md".to_owned()
            } else {
                format!("{key}.md")
            };
            pages.insert(beside, Page::new(MARKDOWN, markdown));
            pages.insert(key, Page::new(HTML, html));
        };
        add(String::new(), start::html(self), start::markdown(self));
        for group in self.groups() {
            add(
                group.slug().to_owned(),
                operation::html(self, group),
                markdown::group(self, group),
            );
        }
        for connector in self.connectors() {
            add(
                format!("crm/{}", connector.name()),
                crm::html(self, connector),
                crm::markdown(self, connector),
            );
        }
        pages
    }

    /// `/llms.txt`: where everything is, for agents.
    pub(crate) fn llms(&self) -> Page {
        Page::new("text/plain; charset=utf-8", markdown::llms(self))
    }

    /// The groups that have an endpoint.
    fn groups(&self) -> impl Iterator<Item = Group> {
        Group::ALL
            .iter()
            .copied()
            .filter(|group| self.of_group(*group).next().is_some())
    }

    fn of_group(&self, group: Group) -> impl Iterator<Item = &Described> {
        self.described
            .iter()
            .filter(move |endpoint| endpoint.operation.group == group)
    }

    /// By label, whatever the case.
    fn connectors(&self) -> Vec<&Connector> {
        let mut connectors: Vec<&Connector> = self.registry.iter().map(AsRef::as_ref).collect();
        connectors.sort_by_key(|connector| connector.label().to_lowercase());
        connectors
    }

    /// The model that an endpoint is about.
    fn model(&self, endpoint: &Described) -> Option<(&'a UnifiedModel, &'a Matrix)> {
        endpoint.model.and_then(|at| self.models.get(at)).copied()
    }
}
