//! Requests and answers, as the vendors see them.

use bytes::Bytes;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use serde_json::Value;

/// One request to a vendor.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The real host.
    pub host: String,
    /// The path, percent-encoded as it came.
    pub path: String,
    /// The query, as it came.
    pub raw_query: String,
    /// The query, decoded, in order.
    pub query: Vec<(String, String)>,
    /// The verb.
    pub method: Method,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Call {
    /// The first query parameter of that name.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Path and query, decoded.
    pub(crate) fn target(&self) -> String {
        let query: Vec<String> = self
            .query
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!("{}?{}", self.path, query.join("&"))
    }

    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The token of `Authorization: Bearer`.
    pub(crate) fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// User name and password of `Authorization: Basic`.
    pub(crate) fn basic(&self) -> Option<(String, String)> {
        use base64::Engine as _;
        let (scheme, text) = self.header("authorization")?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(text.trim())
            .ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (user, password) = text.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The body as a form.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        pairs(std::str::from_utf8(&self.body).unwrap_or_default())
    }

    /// The body's members, of a JSON object or else of a form; what is no text is left empty.
    pub(crate) fn fields(&self) -> Vec<(String, String)> {
        match self.json() {
            Some(Value::Object(members)) => members
                .into_iter()
                .map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned()))
                .collect(),
            _ => self.form(),
        }
    }

    /// Whether the body says that it is of that kind.
    pub(crate) fn is_kind(&self, kind: &str) -> bool {
        self.header("content-type")
            .is_some_and(|given| given.split(';').next().is_some_and(|given| given.trim() == kind))
    }

    /// The path below a prefix, decoded.
    pub(crate) fn below(&self, prefix: &str) -> Option<String> {
        let rest = self.path.strip_prefix(prefix)?;
        percent_decode_str(rest)
            .decode_utf8()
            .ok()
            .map(std::borrow::Cow::into_owned)
    }
}

/// The first value of that name, empty where there is none.
pub(crate) fn first<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs
        .iter()
        .find(|(known, _)| known == name)
        .map_or("", |(_, value)| value.as_str())
}

/// Decodes `a=1&b=2`.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    let decode = |part: &str| {
        percent_decode_str(&part.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

/// A vendor's answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    /// The status.
    pub status: u16,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// The content type.
    pub kind: &'static str,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// JSON.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            kind: "application/json",
            body: body.to_string().into_bytes(),
        }
    }

    /// JSON that is written already.
    pub(crate) fn written(status: u16, body: String) -> Self {
        Self {
            status,
            headers: Vec::new(),
            kind: "application/json",
            body: body.into_bytes(),
        }
    }

    /// A page or text.
    pub(crate) fn text(status: u16, kind: &'static str, body: &str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            kind,
            body: body.as_bytes().to_vec(),
        }
    }

    /// With a header.
    #[must_use]
    pub(crate) fn with(mut self, name: &'static str, value: impl std::fmt::Display) -> Self {
        let value = value.to_string();
        self.headers.push((name, value));
        self
    }
}
