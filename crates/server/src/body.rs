//! JSON bodies.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::{Map, Value};

use crate::error::Failure;

/// The most bytes a body may have.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

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
        let too_large = || Failure::new(413, format!("the body is larger than {MAX_BODY} bytes"));
        let announced = parts
            .headers
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if announced.is_some_and(|length| length > MAX_BODY) {
            return Err(too_large());
        }
        let bytes = to_bytes(body, MAX_BODY).await.map_err(|_| too_large())?;
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

impl JsonObject {
    /// A text member; `None` when absent or null.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
            Some(_) => Err(Failure::new(400, format!("`{name}` must be a text"))),
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
