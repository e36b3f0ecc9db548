//! Checks a parameter tree against a model.

use std::collections::BTreeMap;

use serde_json::json;
use smallvec::SmallVec;

use super::grammar::{ParamTree, parse_pairs};
use super::nearest::nearest;
use super::{DEFAULT_LIMIT, Endpoint, Format, MAX_LIMIT, PageLimit, Query, Shape};
use crate::capabilities::Capabilities;
use crate::error::{ApiError, Insight};
use crate::instant::Instant;
use crate::predicate::{Cmp, Predicate, Test};
use crate::schema::{FieldId, FieldKind, FieldRole, Operator, Parameter, ParameterKind, UnifiedModel};
use crate::sort::Sort;
use crate::text::Text;

pub(super) const ACCOUNT: &str = "integrated_account_id";
const LIMIT: &str = "limit";
const CURSOR: &str = "next_cursor";
const SORT: &str = "sort_by";
const REMOTE_QUERY: &str = "remote_query";
const FORMAT: &str = "truto_response_format";
const KEY_BY: &str = "truto_key_by";
const IGNORE_REMOTE: &str = "truto_ignore_remote_data";
const EXCLUDE: &str = "truto_exclude_fields";
const IGNORE_LIMIT: &str = "truto_ignore_limit";
const EXPLAIN: &str = "crosswalk_explain";
/// The member of an answer that no model names.
const REMOTE_DATA: &str = "remote_data";

const LIST: &[&str] = &[
    ACCOUNT,
    LIMIT,
    CURSOR,
    SORT,
    REMOTE_QUERY,
    FORMAT,
    KEY_BY,
    IGNORE_REMOTE,
    EXCLUDE,
    IGNORE_LIMIT,
    EXPLAIN,
];
const GET: &[&str] = &[ACCOUNT, REMOTE_QUERY, FORMAT, IGNORE_REMOTE, EXCLUDE, EXPLAIN];
const PROXY_LIST: &[&str] = &[ACCOUNT, LIMIT, CURSOR, REMOTE_QUERY, IGNORE_LIMIT];
const PROXY_GET: &[&str] = &[ACCOUNT, REMOTE_QUERY];

pub(super) fn read(
    model: &UnifiedModel,
    given: &Capabilities<'_>,
    endpoint: Endpoint,
    raw_query: &str,
) -> Result<Query, ApiError> {
    let tree = parse_pairs(raw_query).map_err(|error| ApiError::bad_request(error.to_string()))?;
    let ParamTree::Map(members) = tree else {
        return Err(ApiError::bad_request("the query can not be read"));
    };
    let reader = Reader {
        model,
        given,
        endpoint,
    };
    let mut query = Query {
        account: None,
        predicates: Vec::new(),
        sort: None,
        limit: PageLimit::Exactly(DEFAULT_LIMIT),
        cursor: None,
        parameters: BTreeMap::new(),
        remote_query: Vec::new(),
        shape: Shape::default(),
        explain: false,
    };
    let mut ignore_limit = false;
    for (name, tree) in &members {
        if !reader.shaping().contains(&name.as_str()) {
            reader.model_parameter(&mut query, name, tree)?;
            continue;
        }
        match name.as_str() {
            ACCOUNT => query.account = Some(text(name, tree)?.trim().to_owned()).filter(|id| !id.is_empty()),
            LIMIT => query.limit = PageLimit::Exactly(limit(text(name, tree)?)?),
            CURSOR => {
                query.cursor = Some(text(name, tree)?.trim().to_owned()).filter(|cursor| !cursor.is_empty());
            }
            SORT => query.sort = Some(reader.sort(tree)?),
            REMOTE_QUERY => remote_query(name, tree, &mut query.remote_query)?,
            FORMAT => query.shape.format = reader.format(text(name, tree)?)?,
            KEY_BY => query.shape.key_by = Some(reader.field_path(name, text(name, tree)?)?),
            IGNORE_REMOTE => query.shape.ignore_remote_data = boolean(name, text(name, tree)?)?,
            EXCLUDE => {
                for path in list(name, tree)? {
                    query.shape.exclude.push(reader.field_path(name, &path)?);
                }
            }
            IGNORE_LIMIT => ignore_limit = boolean(name, text(name, tree)?)?,
            _ => query.explain = boolean(name, text(name, tree)?)?,
        }
    }
    if ignore_limit {
        query.limit = PageLimit::VendorPage;
    }
    if query.shape.format == Format::Stream && query.shape.key_by.is_some() {
        return Err(ApiError::bad_request(format!(
            "`{KEY_BY}` needs the whole list at once, and `{FORMAT}=stream` gives it piece by piece; leave one out"
        )));
    }
    Ok(query)
}

struct Reader<'a> {
    model: &'a UnifiedModel,
    given: &'a Capabilities<'a>,
    endpoint: Endpoint,
}

impl Reader<'_> {
    /// The parameters that are the same for every model.
    fn shaping(&self) -> &'static [&'static str] {
        match self.endpoint {
            Endpoint::List => LIST,
            Endpoint::Get => GET,
            Endpoint::ProxyList => PROXY_LIST,
            Endpoint::ProxyGet => PROXY_GET,
        }
    }

    fn is_proxy(&self) -> bool {
        matches!(self.endpoint, Endpoint::ProxyList | Endpoint::ProxyGet)
    }

    /// A filter, a search or an object parameter.
    fn model_parameter(&self, query: &mut Query, name: &str, tree: &ParamTree) -> Result<(), ApiError> {
        if !self.is_proxy()
            && let Some(parameter) = self
                .model
                .parameters
                .iter()
                .find(|parameter| parameter.name == name)
        {
            return match parameter.kind {
                ParameterKind::Search if self.endpoint == Endpoint::List => {
                    self.search(query, parameter, tree)
                }
                ParameterKind::Object if self.given.parameters.contains(&name) => {
                    object(query, parameter, tree)
                }
                _ => Err(self.unsupported(name)),
            };
        }
        if self.endpoint != Endpoint::List {
            return Err(self.unsupported(name));
        }
        let field = self.model.field_id(name).filter(|field| {
            self.given.fields.contains(*field) && self.model.field(*field).kind != FieldKind::Links
        });
        match field {
            Some(field) => self.filter(query, field, tree),
            None => Err(self.unsupported(name)),
        }
    }

    /// The names that this call takes.
    fn accepted(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        if self.endpoint == Endpoint::List {
            names.extend(
                self.model
                    .fields()
                    .filter(|(id, field)| self.given.fields.contains(*id) && field.kind != FieldKind::Links)
                    .map(|(_, field)| field.name.as_str()),
            );
        }
        if !self.is_proxy() {
            names.extend(
                self.model
                    .parameters
                    .iter()
                    .filter(|parameter| match parameter.kind {
                        ParameterKind::Search => self.endpoint == Endpoint::List,
                        ParameterKind::Object => self.given.parameters.contains(&parameter.name.as_str()),
                    })
                    .map(|parameter| parameter.name.as_str()),
            );
        }
        names.extend(self.shaping());
        names
    }

    fn unsupported(&self, name: &str) -> ApiError {
        let shown: String = name.chars().take(80).collect();
        let accepted = self.accepted();
        let known_to_model = self
            .model
            .field_id(name)
            .is_some_and(|id| self.model.field(id).kind != FieldKind::Links)
            || self
                .model
                .parameters
                .iter()
                .any(|parameter| parameter.name == name);
        let why = if known_to_model && self.endpoint == Endpoint::List {
            format!("{} can not answer `{shown}`", self.given.label)
        } else {
            format!("`{shown}` is not a parameter of this call")
        };
        let hint = match nearest(name, accepted.iter().copied()) {
            Some(near) if near != name => format!("; did you mean `{near}`?"),
            _ => "; leave it out".to_owned(),
        };
        ApiError::bad_request(format!("{why}{hint} Accepted are: {}", accepted.join(", "))).with_insight(
            Insight::new(
                "unsupported_query_parameters",
                "These parameters are not understood by this call for this account.",
                json!([shown]),
            ),
        )
    }

    fn filter(&self, query: &mut Query, field: FieldId, tree: &ParamTree) -> Result<(), ApiError> {
        let name = &self.model.field(field).name;
        let kind = self.model.field(field).kind;
        match tree {
            ParamTree::Map(operators) => {
                for (operator, value) in operators {
                    let known = kind.operators().iter().find(|known| known.as_str() == operator);
                    let Some(known) = known else {
                        let operators: Vec<&str> =
                            kind.operators().iter().map(|known| known.as_str()).collect();
                        return Err(ApiError::bad_request(format!(
                            "`{name}[{operator}]` is not an operator of `{name}`; there is {}",
                            operators.join(", ")
                        )));
                    };
                    let parameter = format!("{name}[{operator}]");
                    let test = test(&parameter, kind, *known, value)?;
                    query.predicates.push(Predicate {
                        fields: SmallVec::from_slice(&[field]),
                        test,
                        parameter,
                    });
                }
                Ok(())
            }
            value => {
                let test = test(name, kind, Operator::Eq, value)?;
                query.predicates.push(Predicate {
                    fields: SmallVec::from_slice(&[field]),
                    test,
                    parameter: name.clone(),
                });
                Ok(())
            }
        }
    }

    fn search(&self, query: &mut Query, parameter: &Parameter, tree: &ParamTree) -> Result<(), ApiError> {
        let given = text(&parameter.name, tree)?;
        let fields: SmallVec<[FieldId; 2]> = self
            .model
            .searched(parameter)
            .into_iter()
            .filter(|field| self.given.fields.contains(*field))
            .collect();
        query.predicates.push(Predicate {
            fields,
            test: Test::Contains(Text::new(given)),
            parameter: parameter.name.clone(),
        });
        Ok(())
    }

    fn sort(&self, tree: &ParamTree) -> Result<Sort, ApiError> {
        let (name, direction) = match tree {
            ParamTree::Text(name) => (name.trim(), "asc"),
            ParamTree::Map(members) => match members.as_slice() {
                [(name, ParamTree::Text(direction))] => (name.trim(), direction.trim()),
                [(name, _)] => {
                    return Err(ApiError::bad_request(format!(
                        "`{SORT}[{name}]` takes one value: `asc` or `desc`"
                    )));
                }
                _ => return Err(ApiError::bad_request(format!("`{SORT}` takes one field"))),
            },
            ParamTree::List(_) => return Err(ApiError::bad_request(format!("`{SORT}` takes one field"))),
        };
        let sortable: Vec<&str> = self
            .model
            .fields()
            .filter(|(id, field)| field.sortable && self.given.fields.contains(*id))
            .map(|(_, field)| field.name.as_str())
            .collect();
        let descending = match direction.to_ascii_lowercase().as_str() {
            "asc" => false,
            "desc" => true,
            _ => {
                return Err(ApiError::bad_request(format!(
                    "`{SORT}[{name}]` must be `asc` or `desc`, not `{direction}`"
                )));
            }
        };
        match self.model.field_id(name).filter(|_| sortable.contains(&name)) {
            Some(field) => Ok(Sort { field, descending }),
            None => Err(ApiError::bad_request(format!(
                "{} can not be sorted by `{name}`; `{SORT}` takes {}",
                self.given.label,
                sortable.join(", ")
            ))
            .with_insight(Insight::new(
                "unsupported_query_parameters",
                "These parameters are not understood by this call for this account.",
                json!([SORT]),
            ))),
        }
    }

    fn format(&self, given: &str) -> Result<Format, ApiError> {
        let known: &[(&str, Format)] = match self.endpoint {
            Endpoint::Get => &[("unified", Format::Unified), ("raw", Format::Raw)],
            _ => &[
                ("unified", Format::Unified),
                ("raw", Format::Raw),
                ("normalized", Format::Normalized),
                ("stream", Format::Stream),
            ],
        };
        known
            .iter()
            .find(|(name, _)| *name == given.trim())
            .map(|(_, format)| *format)
            .ok_or_else(|| {
                let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                ApiError::bad_request(format!(
                    "`{FORMAT}` must be one of {}, not `{given}`",
                    names.join(", ")
                ))
            })
    }

    /// A dotted path that begins with a field of the answer.
    fn field_path(&self, parameter: &str, given: &str) -> Result<Vec<String>, ApiError> {
        let path: Vec<String> = given.trim().split('.').map(str::to_owned).collect();
        let outputs = || {
            self.model
                .output_fields()
                .filter(|(id, _)| self.given.fields.contains(*id))
                .map(|(_, field)| field.name.as_str())
                .chain(std::iter::once(REMOTE_DATA))
        };
        let first = path.first().map_or("", String::as_str);
        let field = self.model.field_id(first).map(|id| self.model.field(id));
        let nests = first == REMOTE_DATA || field.is_some_and(|field| field.kind == FieldKind::Links);
        let known =
            outputs().any(|name| name == first) && field.is_none_or(|field| field.role == FieldRole::Output);
        if !known || path.iter().any(String::is_empty) || (path.len() > 1 && !nests) {
            let hint = match nearest(first, outputs()) {
                Some(near) if near != first => format!("; did you mean `{near}`?"),
                _ => String::new(),
            };
            let names: Vec<&str> = outputs().collect();
            return Err(ApiError::bad_request(format!(
                "`{parameter}` names `{given}`, which is no field of the answer{hint} Its fields are: {}",
                names.join(", ")
            )));
        }
        Ok(path)
    }
}

fn test(parameter: &str, kind: FieldKind, operator: Operator, tree: &ParamTree) -> Result<Test, ApiError> {
    if operator == Operator::In {
        let values = list(parameter, tree)?;
        return Ok(match kind {
            FieldKind::Id => Test::IdIn(values.iter().map(|value| value.trim().to_owned()).collect()),
            _ => Test::In(values.iter().map(|value| Text::new(value)).collect()),
        });
    }
    let given = text(parameter, tree)?;
    Ok(match kind {
        FieldKind::Id => {
            let id = given.trim().to_owned();
            match operator {
                Operator::Ne => Test::IdNe(id),
                Operator::Contains => Test::IdContains(id),
                Operator::StartsWith => Test::IdStartsWith(id),
                _ => Test::IdEq(id),
            }
        }
        FieldKind::Boolean => Test::Is(boolean(parameter, given)?),
        FieldKind::Instant => {
            let at = Instant::parse(given).ok_or_else(|| {
                ApiError::bad_request(format!(
                    "`{parameter}` must be an ISO 8601 instant such as 2024-05-06T07:08:09Z or 2024-05-06, not `{}`",
                    cut(given)
                ))
            })?;
            let cmp = match operator {
                Operator::Gt => Cmp::Gt,
                Operator::Gte => Cmp::Gte,
                Operator::Lt => Cmp::Lt,
                Operator::Lte => Cmp::Lte,
                _ => Cmp::Eq,
            };
            Test::At(cmp, at)
        }
        FieldKind::Text | FieldKind::Links => {
            let text = Text::new(given);
            match operator {
                Operator::Ne => Test::Ne(text),
                Operator::Contains => Test::Contains(text),
                Operator::StartsWith => Test::StartsWith(text),
                _ => Test::Eq(text),
            }
        }
    })
}

fn object(query: &mut Query, parameter: &Parameter, tree: &ParamTree) -> Result<(), ApiError> {
    let name = &parameter.name;
    let ParamTree::Map(members) = tree else {
        let member = parameter.members.first().map_or("id", String::as_str);
        return Err(ApiError::bad_request(format!(
            "`{name}` takes members: write `{name}[{member}]=…`"
        )));
    };
    let mut found = BTreeMap::new();
    for (member, value) in members {
        if !parameter.members.contains(member) {
            return Err(ApiError::bad_request(format!(
                "`{name}[{member}]` is not a parameter of this call; there is {}",
                parameter
                    .members
                    .iter()
                    .map(|member| format!("`{name}[{member}]`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            )));
        }
        let value = text(&format!("{name}[{member}]"), value)?.trim().to_owned();
        if !value.is_empty() {
            found.insert(member.clone(), value);
        }
    }
    if !found.is_empty() {
        query.parameters.insert(name.clone(), found);
    }
    Ok(())
}

/// The vendor's parameters in the form in which they were given.
fn remote_query(path: &str, tree: &ParamTree, out: &mut Vec<(String, String)>) -> Result<(), ApiError> {
    let ParamTree::Map(members) = tree else {
        return Err(ApiError::bad_request(format!(
            "`{path}` takes members: write `{path}[name]=value`"
        )));
    };
    fn flatten(name: &str, tree: &ParamTree, out: &mut Vec<(String, String)>) {
        match tree {
            ParamTree::Text(text) => out.push((name.to_owned(), text.clone())),
            ParamTree::List(items) => items.iter().for_each(|item| match item {
                ParamTree::Text(text) => out.push((name.to_owned(), text.clone())),
                nested => flatten(&format!("{name}[]"), nested, out),
            }),
            ParamTree::Map(members) => {
                members
                    .iter()
                    .for_each(|(member, tree)| flatten(&format!("{name}[{member}]"), tree, out));
            }
        }
    }
    members.iter().for_each(|(name, tree)| flatten(name, tree, out));
    Ok(())
}

fn text<'t>(parameter: &str, tree: &'t ParamTree) -> Result<&'t str, ApiError> {
    match tree {
        ParamTree::Text(text) => Ok(text),
        ParamTree::List(_) => Err(ApiError::bad_request(format!(
            "`{parameter}` takes one value and is given several times; give it once"
        ))),
        ParamTree::Map(members) => {
            let inner = members.first().map_or("", |(name, _)| name.as_str());
            Err(ApiError::bad_request(format!(
                "`{parameter}` takes one value, not `{parameter}[{inner}]`"
            )))
        }
    }
}

/// Several values: an array in any spelling, or one comma-separated text.
fn list(parameter: &str, tree: &ParamTree) -> Result<Vec<String>, ApiError> {
    match tree {
        ParamTree::Text(text) => Ok(text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()),
        ParamTree::List(items) => items
            .iter()
            .map(|item| match item {
                ParamTree::Text(text) => Ok(text.clone()),
                _ => Err(ApiError::bad_request(format!(
                    "`{parameter}` takes a list of texts"
                ))),
            })
            .collect(),
        ParamTree::Map(_) => Err(ApiError::bad_request(format!(
            "`{parameter}` takes a list: write `{parameter}[]=a&{parameter}[]=b` or `{parameter}=a,b`"
        ))),
    }
}

fn boolean(parameter: &str, given: &str) -> Result<bool, ApiError> {
    match given.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(ApiError::bad_request(format!(
            "`{parameter}` must be true or false, not `{}`",
            cut(given)
        ))),
    }
}

fn limit(given: &str) -> Result<u32, ApiError> {
    given
        .trim()
        .parse::<u32>()
        .ok()
        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
        .ok_or_else(|| {
            ApiError::bad_request(format!(
                "`{LIMIT}` must be 1 to {MAX_LIMIT}, not `{}`",
                cut(given)
            ))
        })
}

fn cut(text: &str) -> String {
    text.chars().take(60).collect()
}
