//! Whether the server serves, and how it fares.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;

use crate::app::App;
use crate::auth::Caller;
use crate::error::{Answer, json};

/// `GET /health`
pub(crate) async fn health() -> Response {
    json(http::StatusCode::OK, r#"{"status":"ok"}"#)
}

/// `GET /metrics`: Prometheus text. It tells how much each vendor is used, so it wants a token.
pub(crate) async fn metrics(State(app): State<App>, caller: Caller) -> Answer {
    caller.whole_environment()?;
    app.inner.metrics.run_upkeep();
    Ok((
        [(CONTENT_TYPE, "text/plain; version=0.0.4")],
        app.inner.metrics.render(),
    )
        .into_response())
}
