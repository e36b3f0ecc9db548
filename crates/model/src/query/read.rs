//! Checks the parameters of a call against a model and what a connector gives of it.

use std::collections::BTreeMap;

use super::grammar::pairs;
use super::names::{
    ACCOUNT, CURSOR, EXCLUDE, EXPLAIN, FORMAT, IGNORE_LIMIT, IGNORE_REMOTE, KEY_BY, LIMIT, REMOTE_QUERY, SORT,
};
use super::scalar::{boolean, limit, list, non_empty, text};
use super::tree::{ParamTree, grow};
use super::{DEFAULT_LIMIT, Endpoint, Format, PageLimit, Query, Shape, names, object};
use crate::capabilities::Capabilities;
use crate::error::ApiError;
use crate::schema::{FieldId, Parameter, ParameterKind, UnifiedModel};

/// Reads a raw query string. Unknown parameters are found first and named together; every other mistake is
/// reported alone, in the order of the query.
pub(super) fn read(
    model: &UnifiedModel,
    given: &Capabilities<'_>,
    endpoint: Endpoint,
    raw_query: &str,
) -> Result<Query, ApiError> {
    // What is for the vendor keeps the form in which it was given; the rest is read whatever the form.
    let (remote, own): (Vec<_>, Vec<_>) = pairs(raw_query)?
        .into_iter()
        .partition(|pair| pair.base == REMOTE_QUERY);
    let ParamTree::Map(members) = grow(own)? else {
        return Err(ApiError::bad_request("the query can not be read"));
    };
    let reader = Reader {
        model,
        given,
        endpoint,
    };
    let meant = reader.meanings(&members)?;
    let mut query = Query {
        account: None,
        predicates: Vec::new(),
        sort: None,
        limit: PageLimit::Exactly(DEFAULT_LIMIT),
        cursor: None,
        parameters: BTreeMap::new(),
        remote_query: object::remote_query(remote)?,
        shape: Shape::default(),
        explain: false,
    };
    let mut ignores_limit = false;
    for ((name, tree), meaning) in members.iter().zip(meant) {
        match meaning {
            Meaning::Shared => reader.shared(&mut query, &mut ignores_limit, name, tree)?,
            Meaning::Filter(field) => reader.filter(&mut query, field, tree)?,
            Meaning::Search(parameter) => reader.search(&mut query, parameter, tree)?,
            Meaning::Object(parameter) => object::members(&mut query, parameter, tree)?,
        }
    }
    if ignores_limit {
        query.limit = PageLimit::VendorPage;
    }
    if query.shape.format == Format::Stream && query.shape.key_by.is_some() {
        return Err(ApiError::bad_request(format!(
            "`{KEY_BY}` needs the whole list at once, and `{FORMAT}=stream` gives it piece by piece; leave one out"
        )));
    }
    Ok(query)
}

/// What a parameter's name stands for in a call.
#[derive(Clone, Copy)]
pub(super) enum Meaning<'a> {
    /// One that is the same for every model.
    Shared,
    /// A field to filter by.
    Filter(FieldId),
    /// A text to find in several fields.
    Search(&'a Parameter),
    /// Named members.
    Object(&'a Parameter),
}

/// What a query is read against.
pub(super) struct Reader<'a> {
    pub(super) model: &'a UnifiedModel,
    pub(super) given: &'a Capabilities<'a>,
    pub(super) endpoint: Endpoint,
}

impl<'a> Reader<'a> {
    /// What each parameter stands for, or one error that names all those that stand for nothing here.
    fn meanings(&self, members: &[(String, ParamTree)]) -> Result<Vec<Meaning<'a>>, ApiError> {
        let meanings: Vec<Option<Meaning<'a>>> = members.iter().map(|(name, _)| self.meaning(name)).collect();
        if meanings.iter().any(Option::is_none) {
            let unknown = members
                .iter()
                .zip(&meanings)
                .filter(|(_, meaning)| meaning.is_none());
            return Err(self.unknown(unknown.map(|(member, _)| member)));
        }
        Ok(meanings.into_iter().flatten().collect())
    }

    fn meaning(&self, name: &str) -> Option<Meaning<'a>> {
        if names::of(self.endpoint).contains(&name) {
            return Some(Meaning::Shared);
        }
        if let Some(parameter) = self.parameters().find(|parameter| parameter.name == name) {
            return Some(match parameter.kind {
                ParameterKind::Search => Meaning::Search(parameter),
                ParameterKind::Object => Meaning::Object(parameter),
            });
        }
        self.filters()
            .find(|field| self.model.field(*field).name == name)
            .map(Meaning::Filter)
    }

    /// The fields that this call can be filtered by.
    pub(super) fn filters(&self) -> impl Iterator<Item = FieldId> {
        let lists = self.endpoint == Endpoint::List;
        self.model
            .fields()
            .filter(move |(id, field)| {
                lists && self.given.fields.contains(*id) && !field.kind.operators().is_empty()
            })
            .map(|(id, _)| id)
    }

    /// The model's own parameters that this call takes.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &'a Parameter> {
        let unified = matches!(self.endpoint, Endpoint::List | Endpoint::Get);
        self.model
            .parameters
            .iter()
            .filter(move |parameter| match parameter.kind {
                ParameterKind::Search => self.endpoint == Endpoint::List,
                ParameterKind::Object => unified && self.given.parameters.contains(&parameter.name.as_str()),
            })
    }

    /// A parameter that is the same for every model.
    fn shared(
        &self,
        query: &mut Query,
        ignores_limit: &mut bool,
        name: &str,
        tree: &ParamTree,
    ) -> Result<(), ApiError> {
        match name {
            ACCOUNT => query.account = non_empty(text(name, tree)?),
            LIMIT => query.limit = limit(text(name, tree)?)?,
            CURSOR => query.cursor = non_empty(text(name, tree)?),
            SORT => query.sort = Some(self.sort(tree)?),
            FORMAT => query.shape.format = self.format(text(name, tree)?)?,
            KEY_BY => query.shape.key_by = Some(self.key_path(name, text(name, tree)?)?),
            IGNORE_REMOTE => query.shape.ignore_remote_data = boolean(name, text(name, tree)?)?,
            EXCLUDE => {
                for path in list(name, tree)? {
                    query.shape.exclude.push(self.field_path(name, &path)?);
                }
            }
            IGNORE_LIMIT => *ignores_limit = boolean(name, text(name, tree)?)?,
            EXPLAIN => query.explain = boolean(name, text(name, tree)?)?,
            _ => return Err(self.unknown(std::iter::once(&(name.to_owned(), tree.clone())))),
        }
        Ok(())
    }

    /// Whether the model knows a name, though this call or CRM may not.
    pub(super) fn is_of_model(&self, name: &str) -> bool {
        let field = self.model.field_id(name).map(|id| self.model.field(id));
        field.is_some_and(|field| !field.kind.operators().is_empty())
            || self
                .model
                .parameters
                .iter()
                .any(|parameter| parameter.name == name)
    }
}
