//! Page after page of the vendor's lists.

use crosswalk_connector::TemplateError;
use crosswalk_connector::file::{ErrorClass, ListCall, Next, Numbered, RateLimit, Stop};
use crosswalk_mapping::{Found, PageEnd, PageProblem, read_page};
use crosswalk_model::Row;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::aside::aside;
use crate::fault::{Answer, Call, Fault, body_value};
use crate::guard::{Guard, PageDigest};
use crate::plan::{Plan, Pushing};
use crate::request::{self, BuildError, Built};
use crate::session::Session;
use crate::target::CredentialSet;

/// A place between two vendor pages: all that is needed to ask for the next one, on any replica.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Position {
    /// Which of the connector's walks.
    #[serde(rename = "w", default)]
    pub(crate) walk: usize,
    /// `page` of the request's scope; empty for the first page of a walk.
    #[serde(rename = "p", default, skip_serializing_if = "Map::is_empty")]
    pub(crate) page: Map<String, Value>,
    /// A link to follow as it stands, in place of the request.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub(crate) link: Option<String>,
    /// The page size of this walk. It stays, since page numbers count in it.
    #[serde(rename = "n", default)]
    pub(crate) size: u32,
    /// Whether it is a page of the bare list, into which nothing was pushed.
    #[serde(rename = "b", default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_bare: bool,
    /// What came before, for noticing circles.
    #[serde(rename = "g", default)]
    pub(crate) guard: Guard,
}

/// One vendor page, not yet read.
pub(crate) struct Page {
    position: Position,
    answer: Answer,
}

impl Page {
    /// The bytes that the vendor sent.
    pub(crate) fn size(&self) -> usize {
        self.answer.body.len()
    }
}

impl Position {
    /// Whether the same page is there, whatever came before it.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.walk == other.walk
            && self.page == other.page
            && self.link == other.link
            && self.size == other.size
            && self.is_bare == other.is_bare
    }
}

impl Page {
    /// The page as one asks for it at `position`, with all that came before.
    pub(crate) fn at(mut self, position: &Position) -> Self {
        self.position = position.clone();
        self
    }

    fn is_empty(&self) -> bool {
        self.answer.class == ErrorClass::Empty
    }

    /// The vendor's answer itself.
    pub(crate) fn into_answer(self) -> Answer {
        self.answer
    }
}

/// What reading a page left: how many records it had and where the next one is.
pub(crate) struct PageRead {
    pub(crate) records: usize,
    pub(crate) next: Option<Position>,
    /// How many records the vendor says its list has in all.
    pub(crate) total: Option<u64>,
    /// The page's size.
    pub(crate) bytes: usize,
}

/// Walks the lists of a plan.
pub(crate) struct Walker<'a> {
    session: &'a Session<'a>,
    plan: &'a Plan<'a>,
}

impl<'a> Walker<'a> {
    pub(crate) fn new(session: &'a Session<'a>, plan: &'a Plan<'a>) -> Self {
        Self { session, plan }
    }

    /// How many requests of this walk may be under way at once.
    pub(crate) fn most_together(&self) -> usize {
        self.session.config().together
    }

    /// What the vendor documents of its limits.
    pub(crate) fn rate_limit(&self) -> &'a RateLimit {
        &self.session.connector().file.rate_limit
    }

    /// Where the page after a full one is, if pages are counted, and how many records come before it.
    pub(crate) fn counted_on(&self, last: &Position) -> Option<(Position, u64)> {
        let size = u64::from(self.page_size(last)?);
        let (name, count, before) = match self.plan.list.next.get() {
            Next::Number(numbered) => {
                let number = last.page.get("number")?.as_u64()? + 1;
                (
                    "number",
                    number,
                    number.checked_sub(numbered.first.into())? * size,
                )
            }
            Next::Offset(_) => {
                let offset = last.page.get("offset")?.as_u64()? + size;
                ("offset", offset, offset)
            }
            _ => return None,
        };
        let position = Position {
            walk: last.walk,
            page: Map::from_iter([(name.to_owned(), count.into())]),
            link: None,
            size: last.size,
            is_bare: last.is_bare,
            guard: last.guard,
        };
        (size > 0).then_some((position, before))
    }

    /// Where the first page of the first walk is; `None` when the query excludes every walk.
    pub(crate) fn start(&self, size: u32) -> Option<Position> {
        Some(self.walk_start(*self.plan.walks.first()?, size))
    }

    fn walk_start(&self, walk: usize, size: u32) -> Position {
        let mut page = Map::new();
        match self.plan.list.next.get() {
            Next::Number(numbered) => drop(page.insert("number".into(), numbered.first.into())),
            Next::Offset(_) => drop(page.insert("offset".into(), 0.into())),
            _ => {}
        }
        Position {
            walk,
            page,
            link: None,
            size,
            is_bare: self.plan.pushing == Pushing::Nothing,
            guard: Guard::default(),
        }
    }

    /// Asks for the page at a position.
    pub(crate) async fn fetch(&self, position: &Position) -> Result<Page, Fault> {
        let layout = Some(self.plan.layout);
        let answer = self
            .session
            .send(Call::List, layout, |credentials| {
                self.request(position, credentials)
            })
            .await?;
        match answer.class {
            ErrorClass::Ok | ErrorClass::Empty => Ok(Page {
                position: position.clone(),
                answer,
            }),
            _ => Err(Fault::Answered {
                answer: Box::new(answer),
                wait: None,
            }),
        }
    }

    /// The request for a position.
    pub(crate) fn request(
        &self,
        position: &Position,
        credentials: &CredentialSet,
    ) -> Result<Built, BuildError> {
        let connector = self.session.connector();
        let scope = self.plan.scope(position, credentials)?;
        let base_url = connector.base_url(&scope)?;
        let api_headers = &connector.file.api.headers;
        let mut built = request::build(
            &base_url,
            api_headers,
            &self.plan.list.request,
            &scope,
            &self.plan.overlay,
            &self.plan.remote_query,
        )?;
        if let Some(link) = &position.link {
            built.url = absolute(&base_url, link);
            request::add_missing(&mut built.url, &self.plan.remote_query);
        }
        Ok(built)
    }

    /// Reads a page in one pass, giving each record with its index, and finds the next page.
    pub(crate) fn read<'b>(
        &self,
        page: &'b Page,
        each: &mut dyn FnMut(usize, &Row<'b>),
    ) -> Result<PageRead, Fault> {
        let mut digest = PageDigest::default();
        let mut index = 0;
        let end = if page.is_empty() {
            PageEnd {
                count: 0,
                found: Found::Null,
                residue: Vec::new(),
            }
        } else {
            let mut read = || {
                read_page(
                    self.plan.layout,
                    self.plan.mapping,
                    &page.answer.body,
                    &mut |row| {
                        digest.add(row.raw);
                        each(index, row);
                        index += 1;
                    },
                )
            };
            let end = if self.plan.mapping.may_take_long() {
                aside(read)
            } else {
                read()
            };
            end.map_err(|problem| match &problem {
                PageProblem::Record { problem: inner, .. } => match Fault::record(inner) {
                    Fault::Override(_) => Fault::Override(problem.to_string()),
                    _ => Fault::Malformed(page_problem(&problem)),
                },
                _ => Fault::Malformed(page_problem(&problem)),
            })?
        };
        match end.found {
            Found::Array | Found::Null => {}
            Found::Missing | Found::NotArray => {
                let place = &self.plan.list.records;
                let what = if place.is_empty() {
                    "a list".to_owned()
                } else {
                    format!("a list at `{place}`")
                };
                return Err(Fault::Malformed(format!("its answer has not {what}")));
            }
        }
        let total = self.total(&end).map_err(|error| template_fault(&error))?;
        let next = match self.next(page, &end, total)? {
            Some(mut next) => {
                next.guard = page.position.guard.after(digest.finish()).ok_or_else(|| {
                    Fault::Malformed("its pages repeat themselves, so the list would never end".to_owned())
                })?;
                Some(next)
            }
            None => self.next_walk(page.position.walk, page.position.size),
        };
        Ok(PageRead {
            records: end.count,
            next,
            total,
            bytes: page.answer.body.len(),
        })
    }

    fn next_walk(&self, walk: usize, size: u32) -> Option<Position> {
        let at = self.plan.walks.iter().position(|known| *known == walk)?;
        Some(self.walk_start(*self.plan.walks.get(at + 1)?, size))
    }

    /// How many records were asked for; unknown where the caller's `remote_query` says it.
    fn page_size(&self, here: &Position) -> Option<u32> {
        (!self.plan.sized_by_caller).then_some(here.size)
    }

    /// How many records the vendor says there are.
    fn total(&self, end: &PageEnd) -> Result<Option<u64>, TemplateError> {
        let (Next::Number(Numbered {
            total: Some(total), ..
        })
        | Next::Offset(Numbered {
            total: Some(total), ..
        })) = self.plan.list.next.get()
        else {
            return Ok(None);
        };
        Ok(match total.evaluate(&body_value(&end.residue))? {
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            _ => None,
        })
    }

    /// The next page of the same walk.
    fn next(&self, page: &Page, end: &PageEnd, total: Option<u64>) -> Result<Option<Position>, Fault> {
        if page.is_empty() {
            return Ok(None);
        }
        let here = &page.position;
        let onward = |page: Map<String, Value>, link: Option<String>| Position {
            walk: here.walk,
            page,
            link,
            size: here.size,
            is_bare: here.is_bare,
            guard: here.guard,
        };
        let failed = |error: TemplateError| template_fault(&error);
        let body = || body_value(&end.residue);
        Ok(match self.plan.list.next.get() {
            Next::None => None,
            Next::Cursor(expression) => match expression.evaluate(&body()).map_err(failed)? {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) if text.is_empty() => None,
                Some(cursor) => Some(onward(Map::from_iter([("cursor".to_owned(), cursor)]), None)),
            },
            Next::Number(numbered) => {
                let number = here
                    .page
                    .get("number")
                    .and_then(Value::as_u64)
                    .unwrap_or(numbered.first.into());
                let size = self.page_size(here);
                let before = size.map(|size| number.saturating_sub(numbered.first.into()) * u64::from(size));
                more(numbered, &body, total, end.count, before, size)
                    .map_err(failed)?
                    .then(|| onward(Map::from_iter([("number".to_owned(), (number + 1).into())]), None))
            }
            Next::Offset(numbered) => {
                let offset = here.page.get("offset").and_then(Value::as_u64).unwrap_or(0);
                let count = u64::try_from(end.count).unwrap_or(u64::MAX);
                more(
                    numbered,
                    &body,
                    total,
                    end.count,
                    Some(offset),
                    self.page_size(here),
                )
                .map_err(failed)?
                .then(|| {
                    onward(
                        Map::from_iter([("offset".to_owned(), (offset + count).into())]),
                        None,
                    )
                })
            }
            Next::Link(expression) => match expression.evaluate(&body()).map_err(failed)? {
                Some(Value::String(link)) if !link.is_empty() => Some(onward(Map::new(), Some(link))),
                _ => None,
            },
            Next::LinkHeader => next_link(&page.answer.headers).map(|link| onward(Map::new(), Some(link))),
            Next::Expression(expression) => {
                let scope = json!({
                    "response": body(),
                    "headers": headers_value(&page.answer.headers),
                    "page": here.page,
                    "count": end.count,
                    "limit": here.size,
                });
                match expression.evaluate(&scope).map_err(failed)? {
                    Some(Value::Object(next)) if !next.is_empty() => Some(onward(next, None)),
                    _ => None,
                }
            }
        })
    }
}

fn template_fault(error: &TemplateError) -> Fault {
    Fault::Malformed(error.to_string())
}

/// Whether counted pages go on after one of `count` records that `before` others preceded. Where the caller
/// set a page size of its own, only an empty page is a sure end.
fn more(
    numbered: &Numbered,
    body: &dyn Fn() -> Value,
    total: Option<u64>,
    count: usize,
    before: Option<u64>,
    size: Option<u32>,
) -> Result<bool, TemplateError> {
    if let Some(more) = &numbered.more {
        let body = body();
        if more.evaluate(&body)?.is_some_and(|value| !value.is_null()) {
            // An empty page that promises more would not move an offset on.
            return Ok(count > 0 && more.is_true(&body)?);
        }
        return Ok(false);
    }
    if count == 0 {
        return Ok(false);
    }
    if let (Some(total), Some(before)) = (total, before) {
        return Ok(before + u64::try_from(count).unwrap_or(u64::MAX) < total);
    }
    Ok(match numbered.stop {
        Stop::Empty => true,
        Stop::Short => size.is_none_or(|size| u64::try_from(count).unwrap_or(u64::MAX) >= u64::from(size)),
    })
}

/// A link as an absolute address: as it is, or against the base URL's origin, or beside the base URL's path.
fn absolute(base_url: &str, link: &str) -> String {
    if link.starts_with("https://") || link.starts_with("http://") {
        return link.to_owned();
    }
    let origin_end = base_url
        .find("://")
        .map(|at| at + 3)
        .and_then(|start| base_url[start..].find('/').map(|at| start + at))
        .unwrap_or(base_url.len());
    if let Some(host) = link.strip_prefix("//") {
        return format!("https://{host}");
    }
    if link.starts_with('/') {
        format!("{}{link}", &base_url[..origin_end])
    } else {
        format!("{base_url}/{link}")
    }
}

/// The target of `rel="next"` among the `Link` headers.
fn next_link(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(http::header::LINK)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find_map(|value| {
            let mut rest = value;
            loop {
                let start = rest.find('<')? + 1;
                let end = start + rest[start..].find('>')?;
                let target = &rest[start..end];
                let after = &rest[end + 1..];
                let params = &after[..after
                    .find(",<")
                    .or_else(|| after.find(", <"))
                    .unwrap_or(after.len())];
                let is_next = params.split(';').any(|param| {
                    let (name, value) = param.split_once('=').unwrap_or((param, ""));
                    name.trim().eq_ignore_ascii_case("rel")
                        && value
                            .trim()
                            .trim_end_matches(',')
                            .trim_matches('"')
                            .split(' ')
                            .any(|rel| rel.eq_ignore_ascii_case("next"))
                });
                if is_next {
                    return Some(target.to_owned());
                }
                rest = after;
            }
        })
}

fn headers_value(headers: &HeaderMap) -> Value {
    let mut names = Map::new();
    for (name, value) in headers {
        if let Ok(value) = value.to_str() {
            names.entry(name.as_str()).or_insert_with(|| value.into());
        }
    }
    Value::Object(names)
}

/// A page problem in words for the client.
pub(crate) fn page_problem(problem: &PageProblem) -> String {
    problem.to_string()
}

/// The page size to ask for, where the vendor takes one.
pub(crate) fn page_size(list: &ListCall, wanted: Option<u32>) -> u32 {
    match list.page_size {
        Some(size) => wanted.map_or(size.max, |wanted| wanted.clamp(size.min, size.max)),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn links_are_resolved_against_the_base_url() {
        let base = "https://a.example/api/v2";
        assert_eq!(absolute(base, "https://a.example/x"), "https://a.example/x");
        assert_eq!(
            absolute(base, "/services/data/q-200"),
            "https://a.example/services/data/q-200"
        );
        assert_eq!(
            absolute(base, "users?page=2"),
            "https://a.example/api/v2/users?page=2"
        );
        assert_eq!(absolute("https://a.example", "/x"), "https://a.example/x");
    }

    #[test]
    fn the_next_link_is_found_among_others() {
        let mut headers = HeaderMap::new();
        assert_eq!(next_link(&headers), None);
        headers.insert(
            "link",
            r#"<https://a/x?page=1>; rel="prev", <https://a/x?page=3&embed=a,b>; rel="next""#
                .parse()
                .unwrap(),
        );
        assert_eq!(next_link(&headers).unwrap(), "https://a/x?page=3&embed=a,b");
        headers.insert("link", r#"<https://a/x?page=1>; rel="first""#.parse().unwrap());
        assert_eq!(next_link(&headers), None);
    }
}
