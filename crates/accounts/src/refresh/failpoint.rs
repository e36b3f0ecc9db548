//! Places where a test stops a process, to kill it there. They exist in debug builds only.

/// Goes no further if the variable `CROSSWALK_STOP_AT` names this place.
#[cfg(debug_assertions)]
pub(crate) async fn reached(place: &str) {
    if std::env::var("CROSSWALK_STOP_AT").is_ok_and(|at| at == place) {
        tracing::warn!(place, "stopped, as CROSSWALK_STOP_AT says");
        std::future::pending::<()>().await;
    }
}

/// Nothing stops a release build.
#[cfg(not(debug_assertions))]
pub(crate) async fn reached(_: &str) {}
