//! `crosswalk serve`

use std::time::Duration;

use crosswalk_server::{App, serve};
use tokio::net::TcpListener;

use crate::cli::{Global, ServeArgs};
use crate::failure::Failed;

pub(crate) async fn run(global: &Global, args: ServeArgs) -> Result<(), Failed> {
    let listener = listen(&args.listen).await?;
    let mut config = global.app_config();
    config.public_url = args.public_url;
    config.cors_origins = args.cors_origin;
    config.token_rate = args.token_rate;
    config.account_rate = args.account_rate;
    config.engine.deadline = Duration::from_secs(args.deadline);
    config.engine.margin = config.engine.deadline.mul_f64(0.12);
    config.engine.request_timeout = config.engine.deadline.mul_f64(0.8);
    let app = App::open(config).await?;
    let address = listener.local_addr()?;
    eprintln!(
        "crosswalk listens on http://{address}, its data is in {}",
        global.data.display()
    );
    serve(app, listener, stopped()).await?;
    Ok(())
}

pub(crate) async fn listen(address: &str) -> Result<TcpListener, Failed> {
    TcpListener::bind(address).await.map_err(|error| {
        Failed::new(match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                format!("{address} is in use; stop what listens there, or choose another with --listen")
            }
            _ => format!("can't listen on {address}: {error}"),
        })
    })
}

/// Resolves when the process is asked to stop.
pub(crate) async fn stopped() {
    let interrupt = async { drop(tokio::signal::ctrl_c().await) };
    #[cfg(unix)]
    {
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        match terminate {
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
