//! Errors as answers.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use crosswalk_accounts::StoreError;
use crosswalk_model::ApiError;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};

/// A failed request, in the contract's shape.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) Box<ApiError>);

pub(crate) type Answer = Result<Response, Failure>;

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self(Box::new(error))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store failed");
        ApiError::new(500, "the server's database failed; try again").into()
    }
}

impl Failure {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        ApiError::new(status, message).into()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let error = *self.0;
        let mut response = Response::new(Body::from(error.to_json().to_string()));
        *response.status_mut() =
            StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in error.remote.iter().flat_map(|remote| &remote.headers) {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                headers.insert(name, value);
            }
        }
        if let Some(seconds) = error.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if error.status == 401 && error.remote.is_none() {
            headers.insert(http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// A JSON answer.
pub(crate) fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A JSON answer from a value.
pub(crate) fn json_value(status: StatusCode, value: &serde_json::Value) -> Response {
    json(status, value.to_string())
}
