//! Whether the server serves, and how it fares.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;

use crate::app::App;
use crate::auth::Caller;
use crate::error::{Answer, json};
use crate::reference::endpoint::{Access, Endpoint, Group, Operation, named};

pub(super) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get(
            "/health",
            health,
            Operation::new(
                "getHealth",
                Group::Server,
                "Whether the server serves",
                "Answers as soon as requests can be served. No token is needed.",
            )
            .access(Access::Open)
            .answers(
                200,
                "It does.",
                named("Health"),
                serde_json::json!({ "status": "ok" }),
            ),
        ),
        Endpoint::get(
            "/metrics",
            metrics,
            Operation::new(
                "getMetrics",
                Group::Server,
                "How the server fares",
                "Requests, latencies and vendor calls in the text format of Prometheus.",
            )
            .answers_as(200, "The metrics.", &["text/plain"]),
        ),
    ]
}

/// `GET /health`
async fn health() -> Response {
    json(http::StatusCode::OK, r#"{"status":"ok"}"#)
}

/// `GET /metrics`: Prometheus text. It tells how much each vendor is used, so it wants a token.
async fn metrics(State(app): State<App>, caller: Caller) -> Answer {
    caller.whole_environment()?;
    app.inner.metrics.run_upkeep();
    Ok((
        [(CONTENT_TYPE, "text/plain; version=0.0.4")],
        app.inner.metrics.render(),
    )
        .into_response())
}
