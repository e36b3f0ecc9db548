//! JSON bodies.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt;
use serde_json::{Map, Value};

use crate::error::Failure;

/// The most bytes a body may have.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// How much of a larger one is read before the answer.
const PASSED_OVER: usize = 16 * MAX_BODY;

/// A JSON object.
pub(crate) struct JsonObject(pub(crate) Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for JsonObject {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let (parts, body): (_, Body) = request.into_parts();
        let kind = parts
            .headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        let essence = kind
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if essence != "application/json" && !essence.ends_with("+json") {
            return Err(Failure::new(
                415,
                "send the body as JSON, with `Content-Type: application/json`",
            ));
        }
        let bytes = read(body).await?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => Err(Failure::new(400, "the body must be a JSON object")),
            Err(error) => Err(Failure::new(
                400,
                format!(
                    "the body is not JSON, at line {} column {}",
                    error.line(),
                    error.column()
                ),
            )),
        }
    }
}

/// The body within its size. One that is larger is passed over, within reason, so that the client is done
/// sending and reads the answer.
async fn read(mut body: Body) -> Result<Vec<u8>, Failure> {
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Failure::new(400, "the body broke off"))?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length > PASSED_OVER {
            break;
        }
        if length <= MAX_BODY {
            bytes.extend_from_slice(&data);
        }
    }
    if length > MAX_BODY {
        return Err(Failure::new(
            413,
            format!("the body is larger than {MAX_BODY} bytes"),
        ));
    }
    Ok(bytes)
}

impl JsonObject {
    /// Refuses members that there are not.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Failure> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let shown: String = name.chars().take(60).collect();
                Err(Failure::new(
                    400,
                    format!("`{shown}` is no member here; there is {}", known.join(", ")),
                ))
            }
        }
    }

    /// A text member; `None` when absent or null.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
            Some(_) => Err(Failure::new(400, format!("`{name}` must be a text"))),
        }
    }

    /// A boolean member; `None` when absent or null.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(Failure::new(400, format!("`{name}` must be true or false"))),
        }
    }

    /// An object member; empty when absent or null.
    pub(crate) fn object(&self, name: &str) -> Result<Map<String, Value>, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(members)) => Ok(members.clone()),
            Some(_) => Err(Failure::new(400, format!("`{name}` must be an object"))),
        }
    }
}
