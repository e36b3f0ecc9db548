//! Renders a connector's request templates into one vendor request.

use std::borrow::Cow;

use bytes::Bytes;
use crosswalk_connector::file::{Fragment, Request, Scheme};
use crosswalk_connector::{Escape, Extras, LiteralRules, PatternKind, TemplateError};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::target::CredentialSet;

/// What query names and values may hold unencoded. Brackets, `$`, `,` and `:` are common in vendors' names
/// and harmless in a query.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'$')
    .remove(b',')
    .remove(b':')
    .remove(b'@')
    .remove(b'/')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'!');

/// Why a request could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error("the header `{0}` can not hold its value")]
    Header(String),
}

/// A request, complete but for the credentials.
#[derive(Clone, Debug)]
pub(crate) struct Built {
    pub(crate) method: Method,
    /// Absolute.
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What pushed predicates, a sort and the caller's `remote_query` add to a list request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overlay {
    pub(crate) query: Vec<(String, Option<String>)>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) json: Option<Value>,
    pub(crate) variables: Map<String, Value>,
    pub(crate) clauses: Vec<String>,
    pub(crate) order: Option<String>,
}

impl Overlay {
    /// What overrides add to every request.
    pub(crate) fn extra(extras: &Extras) -> Self {
        Self {
            query: extras
                .query
                .iter()
                .map(|(name, value)| (name.clone(), Some(value.clone())))
                .collect(),
            headers: extras.headers.clone(),
            json: extras.body.clone(),
            ..Self::default()
        }
    }

    /// The fragment over its scope. Clause holes are written by the vendor's literal rules.
    pub(crate) fn render(
        fragment: &Fragment,
        scope: &Value,
        literals: Option<&LiteralRules>,
    ) -> Result<Self, TemplateError> {
        let mut overlay = Self {
            order: fragment.order.clone(),
            ..Self::default()
        };
        for (name, template) in &fragment.query {
            let value = match template {
                Some(template) => template.text(scope, Escape::Nothing)?,
                None => None,
            };
            overlay.query.push((name.clone(), value));
        }
        for (name, template) in &fragment.headers {
            if let Some(value) = template.text(scope, Escape::Nothing)? {
                overlay.headers.push((name.clone(), value));
            }
        }
        if let Some(json) = &fragment.json {
            overlay.json = json.render(scope)?;
        }
        for (name, variable) in &fragment.variables {
            if let Some(value) = variable.render(scope)? {
                overlay.variables.insert(name.clone(), value);
            }
        }
        if let Some(clause) = &fragment.clause {
            let scope = clause_scope(scope, literals);
            overlay.clauses.extend(clause.text(&scope, Escape::Nothing)?);
        }
        Ok(overlay)
    }

    /// Whether both set the same thing, so that one would spoil the other.
    pub(crate) fn collides(&self, other: &Self) -> bool {
        let query = self
            .query
            .iter()
            .any(|(name, _)| other.query.iter().any(|(other, _)| other == name));
        let headers = self.headers.iter().any(|(name, _)| {
            other
                .headers
                .iter()
                .any(|(other, _)| other.eq_ignore_ascii_case(name))
        });
        let variables = self
            .variables
            .keys()
            .any(|name| other.variables.contains_key(name));
        let json = match (&self.json, &other.json) {
            (Some(ours), Some(theirs)) => json_collides(ours, theirs),
            _ => false,
        };
        query || headers || variables || json || (self.order.is_some() && other.order.is_some())
    }

    /// How much longer it makes a URL, before encoding.
    pub(crate) fn url_length(&self) -> usize {
        let query = self
            .query
            .iter()
            .map(|(name, value)| name.len() + value.as_ref().map_or(0, String::len));
        query.chain(self.clauses.iter().map(String::len)).sum()
    }

    /// Lays `other` over this one.
    pub(crate) fn add(&mut self, other: Self) {
        self.query.extend(other.query);
        self.headers.extend(other.headers);
        match (&mut self.json, other.json) {
            (Some(ours), Some(theirs)) => merge(ours, theirs),
            (ours @ None, theirs) => *ours = theirs,
            (Some(_), None) => {}
        }
        self.variables.extend(other.variables);
        self.clauses.extend(other.clauses);
        if other.order.is_some() {
            self.order = other.order;
        }
    }

    /// How the vendor is told, for `explain`.
    pub(crate) fn vendor_form(&self) -> String {
        let mut parts: Vec<String> = self
            .query
            .iter()
            .map(|(name, value)| match value {
                Some(value) => format!("{name}={value}"),
                None => format!("without {name}"),
            })
            .collect();
        parts.extend(
            self.headers
                .iter()
                .map(|(name, value)| format!("{name}: {value}")),
        );
        parts.extend(self.json.iter().map(Value::to_string));
        parts.extend(
            self.variables
                .iter()
                .map(|(name, value)| format!("${name} = {value}")),
        );
        parts.extend(self.clauses.iter().cloned());
        parts.extend(self.order.iter().map(|order| format!("ORDER BY {order}")));
        parts.join(" & ")
    }
}

fn json_collides(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => ours
            .iter()
            .any(|(name, value)| theirs.get(name).is_some_and(|other| json_collides(value, other))),
        _ => true,
    }
}

/// Lays one JSON value over another: objects member by member, anything else replaced.
pub(crate) fn merge(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (name, value) in over {
                match under.get_mut(&name) {
                    Some(member) => merge(member, value),
                    None => {
                        under.insert(name, value);
                    }
                }
            }
        }
        (under, over) => *under = over,
    }
}

/// The scope of a clause: values as literals of the vendor's language.
fn clause_scope(scope: &Value, literals: Option<&LiteralRules>) -> Value {
    let literal = |value: &Value| match value {
        Value::String(text) => literals.map_or_else(|| text.clone(), |rules| rules.text(text)),
        other => other.to_string(),
    };
    let mut clause = Map::new();
    if let Some(value) = scope.get("value") {
        // Instants come marked: a query language has its own literals for them.
        let text = match scope.get("bare") {
            Some(_) => value
                .as_str()
                .map(str::to_owned)
                .unwrap_or_else(|| value.to_string()),
            None => literal(value),
        };
        clause.insert("value".into(), Value::String(text));
        if let (Some(text), Some(rules)) = (value.as_str(), literals) {
            clause.insert(
                "contains".into(),
                rules.pattern(text, PatternKind::Contains).into(),
            );
            clause.insert(
                "starts_with".into(),
                rules.pattern(text, PatternKind::StartsWith).into(),
            );
        }
    }
    if let Some(values) = scope.get("values").and_then(Value::as_array) {
        clause.insert(
            "values".into(),
            values.iter().map(literal).collect::<Vec<_>>().join(", ").into(),
        );
    }
    Value::Object(clause)
}

/// Renders a request over its scope. `overlay` is laid over query, headers and body; `remote` over the query
/// after that.
pub(crate) fn build(
    base_url: &str,
    api_headers: &indexmap::IndexMap<String, crosswalk_connector::Template>,
    request: &Request,
    scope: &Value,
    overlay: &Overlay,
    remote: &[(String, String)],
) -> Result<Built, BuildError> {
    let mut url = match &request.url {
        Some(url) => url.text(scope, Escape::Percent)?.unwrap_or_default(),
        None => {
            let path = match &request.path {
                Some(path) => path.text(scope, Escape::Percent)?.unwrap_or_default(),
                None => String::new(),
            };
            format!("{base_url}{path}")
        }
    };
    let mut query: Vec<(Cow<'_, str>, String)> =
        Vec::with_capacity(request.query.len() + overlay.query.len());
    for (name, template) in &request.query {
        if let Some(value) = template.text(scope, Escape::Nothing)? {
            query.push((Cow::Borrowed(name), value));
        }
    }
    for (name, value) in &overlay.query {
        query.retain(|(known, _)| known != name);
        if let Some(value) = value {
            query.push((Cow::Borrowed(name), value.clone()));
        }
    }
    query.retain(|(known, _)| !remote.iter().any(|(name, _)| name == known));
    query.extend(
        remote
            .iter()
            .map(|(name, value)| (Cow::Borrowed(name.as_str()), value.clone())),
    );
    append_query(
        &mut url,
        query.iter().map(|(name, value)| (name.as_ref(), value.as_str())),
    );

    let mut headers = HeaderMap::new();
    for (name, template) in api_headers.iter().chain(&request.headers) {
        if let Some(value) = template.text(scope, Escape::Nothing)? {
            set_header(&mut headers, name, &value)?;
        }
    }
    for (name, value) in &overlay.headers {
        set_header(&mut headers, name, value)?;
    }
    let body = body(request, scope, overlay, &mut headers)?;
    let method = match request.method {
        crosswalk_connector::file::HttpMethod::Get => Method::GET,
        crosswalk_connector::file::HttpMethod::Post => Method::POST,
    };
    Ok(Built {
        method,
        url,
        headers,
        body,
    })
}

/// Adds to a vendor's own link what it lacks of the caller's `remote_query`. What it has stays: it may be the very
/// parameter that makes it the next page.
pub(crate) fn add_missing(url: &mut String, remote: &[(String, String)]) {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    let known: Vec<String> = query
        .split('&')
        .filter_map(|pair| pair.split('=').next())
        .map(|name| {
            percent_decode_str(&name.replace('+', " "))
                .decode_utf8_lossy()
                .into_owned()
        })
        .collect();
    let missing = remote.iter().filter(|(name, _)| !known.contains(name));
    append_query(url, missing.map(|(name, value)| (name.as_str(), value.as_str())));
}

fn body(
    request: &Request,
    scope: &Value,
    overlay: &Overlay,
    headers: &mut HeaderMap,
) -> Result<Bytes, BuildError> {
    let json = if let Some(template) = &request.json {
        let mut body = template.render(scope)?.unwrap_or_else(|| json!({}));
        if let Some(over) = &overlay.json {
            merge(&mut body, over.clone());
        }
        body
    } else if let Some(graphql) = &request.graphql {
        let mut variables = Map::new();
        for (name, template) in &graphql.variables {
            if let Some(value) = template.render(scope)? {
                variables.insert(name.clone(), value);
            }
        }
        variables.extend(overlay.variables.clone());
        json!({ "query": graphql.query, "variables": variables })
    } else if let Some(form) = &request.form {
        let mut text = String::new();
        for (name, template) in form {
            if let Some(value) = template.text(scope, Escape::Nothing)? {
                push_pair(&mut text, name, &value);
            }
        }
        headers
            .entry(CONTENT_TYPE)
            .or_insert(HeaderValue::from_static("application/x-www-form-urlencoded"));
        return Ok(Bytes::from(text));
    } else {
        return Ok(Bytes::new());
    };
    headers
        .entry(CONTENT_TYPE)
        .or_insert(HeaderValue::from_static("application/json"));
    Ok(Bytes::from(json.to_string()))
}

/// Appends `name=value` pairs to a URL, encoded.
pub(crate) fn append_query<'a>(url: &mut String, pairs: impl Iterator<Item = (&'a str, &'a str)>) {
    let mut text = String::new();
    for (name, value) in pairs {
        push_pair(&mut text, name, value);
    }
    if !text.is_empty() {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&text);
    }
}

/// Appends one encoded pair to a query or form.
pub(crate) fn push_pair(text: &mut String, name: &str, value: &str) {
    if !text.is_empty() {
        text.push('&');
    }
    const NAME: &AsciiSet = &QUERY.remove(b'[').remove(b']');
    text.extend(utf8_percent_encode(name, NAME));
    text.push('=');
    text.extend(utf8_percent_encode(value, QUERY));
}

fn set_header(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), BuildError> {
    let bad = || BuildError::Header(name.to_owned());
    let key = HeaderName::try_from(name).map_err(|_| bad())?;
    let value = HeaderValue::try_from(value).map_err(|_| bad())?;
    headers.insert(key, value);
    Ok(())
}

/// The same request with the account's credentials. They are marked sensitive, and never part of
/// [`Built::url`], which logs and `explain` show.
pub(crate) fn authorize(
    built: &Built,
    scheme: &Scheme,
    credentials: &CredentialSet,
) -> Result<(String, HeaderMap), BuildError> {
    let scope = credentials.scope();
    let mut headers = built.headers.clone();
    for (name, template) in &scheme.headers {
        if let Some(value) = template.text(&scope, Escape::Nothing)? {
            set_header(&mut headers, name, value.trim())?;
            if let Some(header) = headers.get_mut(name.as_str()) {
                header.set_sensitive(true);
            }
        }
    }
    if let Some(pair) = &scheme.basic {
        let user = pair.user.text(&scope, Escape::Nothing)?.unwrap_or_default();
        let password = pair.password.text(&scope, Escape::Nothing)?.unwrap_or_default();
        headers.insert(AUTHORIZATION, basic(&user, &password)?);
    }
    let mut url = built.url.clone();
    if !scheme.query.is_empty() {
        let mut pairs = Vec::new();
        for (name, template) in &scheme.query {
            if let Some(value) = template.text(&scope, Escape::Nothing)? {
                pairs.push((name.as_str(), value));
            }
        }
        append_query(
            &mut url,
            pairs.iter().map(|(name, value)| (*name, value.as_str())),
        );
    }
    Ok((url, headers))
}

/// An HTTP Basic header, marked sensitive.
pub(crate) fn basic(user: &str, password: &str) -> Result<HeaderValue, BuildError> {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    let mut value = HeaderValue::try_from(format!("Basic {text}"))
        .map_err(|_| BuildError::Header("authorization".into()))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_gets_what_it_lacks() {
        let remote = [
            ("zz".to_owned(), "1 2".to_owned()),
            ("page[x]".to_owned(), "9".to_owned()),
        ];
        for (link, whole) in [
            (
                "https://x/a?page%5Bx%5D=2&b",
                "https://x/a?page%5Bx%5D=2&b&zz=1%202",
            ),
            ("https://x/a?zz=0&page[x]=2", "https://x/a?zz=0&page[x]=2"),
        ] {
            let mut url = link.to_owned();
            add_missing(&mut url, &remote);
            assert_eq!(url, whole);
        }
        let mut url = "https://x/a?b=%2c".to_owned();
        add_missing(&mut url, &[]);
        assert_eq!(url, "https://x/a?b=%2c");
    }
}
