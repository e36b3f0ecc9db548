//! What an override adds to the vendor's requests: parameters, headers and members of the body, written out.
//! Never a credential, and never what the connector fills itself.

use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::OverrideProblem;
use super::parse::Said;
use crate::connector::Connector;
use crate::file::Request;
use crate::template::JsonTemplate;

/// Names that say by themselves that they hold a credential.
const SECRET: [&str; 12] = [
    "access_token",
    "api_key",
    "apikey",
    "api_token",
    "auth_token",
    "authorization",
    "client_secret",
    "hapikey",
    "password",
    "refresh_token",
    "secret",
    "token",
];
/// Headers that are the transport's own.
const OWN: [&str; 11] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// The longest value, in bytes.
const LONGEST: usize = 2000;

/// What a request has besides the connector's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extras {
    /// Query parameters.
    pub query: Vec<(String, String)>,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Members of the JSON body.
    pub body: Option<Value>,
}

impl Extras {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.query.is_empty() && self.headers.is_empty() && self.body.is_none()
    }

    /// As it is shown.
    pub fn to_json(&self) -> Value {
        let object = |pairs: &[(String, String)]| {
            let members = pairs
                .iter()
                .map(|(name, value)| (name.clone(), value.as_str().into()));
            Value::Object(members.collect())
        };
        let mut members = Map::new();
        if !self.query.is_empty() {
            members.insert("query".into(), object(&self.query));
        }
        if !self.headers.is_empty() {
            members.insert("headers".into(), object(&self.headers));
        }
        if let Some(body) = &self.body {
            members.insert("body".into(), body.clone());
        }
        Value::Object(members)
    }
}

/// Why a query parameter can't be set by an override, if it can't.
pub(super) fn forbidden_parameter(connector: &Connector, name: &str) -> Option<String> {
    let bare = name.split('[').next().unwrap_or_default();
    let mut schemes = connector.file.auth.schemes.values();
    let credential = schemes.any(|scheme| scheme.query.keys().any(|key| key.eq_ignore_ascii_case(bare)));
    (credential || is_secret(bare)).then(|| no_credential(name))
}

/// Why a header can't be set by an override, if it can't.
pub(super) fn forbidden_header(connector: &Connector, name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    if HeaderName::try_from(&lower).is_err() {
        return Some(format!("`{name}` is no name of a header"));
    }
    if OWN.contains(&lower.as_str()) || lower.starts_with("proxy-") {
        return Some(format!("`{name}` belongs to the transport; leave it out"));
    }
    let mut schemes = connector.file.auth.schemes.values();
    let credential = schemes.any(|scheme| scheme.headers.keys().any(|key| key.eq_ignore_ascii_case(&lower)));
    let secret = lower == "cookie" || is_secret(lower.trim_start_matches("x-"));
    (credential || secret).then(|| no_credential(name))
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    SECRET.contains(&name.as_str())
}

fn no_credential(name: &str) -> String {
    format!(
        "`{name}` holds a credential; give it to the account with PATCH /integrated-account/{{id}}/credentials"
    )
}

/// Lays what the layers say over each other and checks it against the connector's request.
pub(super) fn lay(
    connector: &Connector,
    request: Option<&Request>,
    layers: &[&Said],
    problems: &mut Vec<OverrideProblem>,
) -> Extras {
    let (mut query, mut headers, mut body) = (Map::new(), Map::new(), None);
    for said in layers {
        let speaks = !said.query.is_empty() || !said.headers.is_empty() || said.body.is_some();
        let Some(request) = request else {
            if speaks {
                problems.push(OverrideProblem::new(
                    &said.path,
                    format!(
                        "{} has no call for one record, its list is searched: write `query`, `headers` and `body` \
                         under `list`",
                        connector.label()
                    ),
                ));
            }
            continue;
        };
        for (name, value) in &said.query {
            let path = format!("{}.query.{name}", said.path);
            let why = forbidden_parameter(connector, name).or_else(|| {
                let filled = request
                    .query
                    .get(name)
                    .is_some_and(|template| !template.is_constant());
                filled.then(|| filled_here(name))
            });
            set(&mut query, name, value, why, path, problems);
        }
        for (name, value) in &said.headers {
            let path = format!("{}.headers.{name}", said.path);
            let why = forbidden_header(connector, name).or_else(|| {
                let mut known = request.headers.iter().chain(&connector.file.api.headers);
                let filled = known
                    .any(|(known, template)| known.eq_ignore_ascii_case(name) && !template.is_constant());
                filled.then(|| filled_here(name))
            });
            let unfit = value
                .as_str()
                .is_some_and(|text| HeaderValue::try_from(text).is_err());
            let why = why.or_else(|| unfit.then(|| "has signs that no header can hold".to_owned()));
            set(&mut headers, name, value, why, path, problems);
        }
        if let Some(given) = &said.body {
            let path = format!("{}.body", said.path);
            match &request.json {
                None => problems.push(OverrideProblem::new(
                    path,
                    format!("{} is not asked with a JSON body here", connector.label()),
                )),
                Some(template) => {
                    check_body(Some(template), given, &path, problems);
                    match &mut body {
                        Some(body) => merge(body, given.clone()),
                        None => body = Some(given.clone()),
                    }
                }
            }
        }
    }
    let texts = |members: Map<String, Value>| {
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        members
            .into_iter()
            .map(|(name, value)| (name, text(value)))
            .collect()
    };
    Extras {
        query: texts(query),
        headers: texts(headers),
        body: body
            .map(without_nulls)
            .filter(|body| body.as_object().is_none_or(|body| !body.is_empty())),
    }
}

fn filled_here(name: &str) -> String {
    format!("`{name}` is filled by the connector itself (pages and filters rest on it)")
}

fn set(
    members: &mut Map<String, Value>,
    name: &str,
    value: &Value,
    why: Option<String>,
    path: String,
    problems: &mut Vec<OverrideProblem>,
) {
    let why = why.or_else(|| match value {
        Value::Array(_) | Value::Object(_) => Some("must be a text, a number or a truth".to_owned()),
        Value::String(text) if text.len() > LONGEST => Some(format!("is longer than {LONGEST} bytes")),
        _ => None,
    });
    match (why, value) {
        (Some(why), _) => problems.push(OverrideProblem::new(path, why)),
        (None, Value::Null) => drop(members.shift_remove(name)),
        (None, value) => drop(members.insert(name.to_owned(), value.clone())),
    }
}

/// Members that the connector fills, or that hold a credential by their name, are not replaced.
fn check_body(under: Option<&JsonTemplate>, over: &Value, path: &str, problems: &mut Vec<OverrideProblem>) {
    if let Value::Object(members) = over {
        let known = match under {
            Some(JsonTemplate::Object(known)) => Some(known),
            _ => None,
        };
        if known.is_some() || under.is_none() {
            for (name, value) in members {
                let path = format!("{path}.{name}");
                if is_secret(name) {
                    problems.push(OverrideProblem::new(path, no_credential(name)));
                } else {
                    check_body(known.and_then(|known| known.get(name)), value, &path, problems);
                }
            }
            return;
        }
    }
    let mut filled = false;
    if let Some(under) = under {
        under.templates(&mut |template| filled |= !template.is_constant());
    }
    if filled {
        let name = path.rsplit('.').next().unwrap_or(path);
        problems.push(OverrideProblem::new(path, filled_here(name)));
    }
}

/// Objects member by member, anything else replaced.
fn merge(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (name, value) in over {
                match under.get_mut(&name) {
                    Some(member) => merge(member, value),
                    None => drop(under.insert(name, value)),
                }
            }
        }
        (under, over) => *under = over,
    }
}

/// Null takes an earlier layer's member back.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .filter(|(_, member)| !member.is_null())
                .map(|(name, member)| (name, without_nulls(member)))
                .collect(),
        ),
        other => other,
    }
}
