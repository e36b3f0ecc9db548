//! Ctrl-C and its kin.

use std::time::Duration;

use crate::failure::INTERRUPTED;

/// Resolves when the process is asked to stop (SIGINT, SIGTERM).
pub(crate) async fn stopped() {
    let interrupt = async { drop(tokio::signal::ctrl_c().await) };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    () = interrupt => {}
                    _ = terminate.recv() => {}
                }
            }
            Err(_) => interrupt.await,
        }
    }
    #[cfg(not(unix))]
    interrupt.await;
}

/// Resolves when the process is asked to stop; asked a second time, it ends at once.
pub(crate) async fn stopped_gently() {
    stopped().await;
    tokio::spawn(async {
        stopped().await;
        std::process::exit(i32::from(INTERRUPTED));
    });
    tokio::spawn(async {
        // Most servers are gone before anybody wonders.
        tokio::time::sleep(Duration::from_millis(300)).await;
        say!("finishing what is under way; Ctrl-C again cuts it off");
    });
}
