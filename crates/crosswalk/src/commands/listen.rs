//! Sockets to listen on.

use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::failure::Failed;

/// Listens on `ADDRESS:PORT`.
pub(crate) async fn listen(address: &str) -> Result<(TcpListener, SocketAddr), Failed> {
    bind(address).await.map_err(|error| explain(address, &error))
}

/// The same, or on a free port where that one is taken.
pub(crate) async fn listen_somewhere(address: &str) -> Result<(TcpListener, SocketAddr), Failed> {
    match bind(address).await {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let host = address.rsplit_once(':').map_or("127.0.0.1", |(host, _)| host);
            let (listener, taken) = listen(&format!("{host}:0")).await?;
            say!("{address} is in use by another program; taking {taken} instead");
            Ok((listener, taken))
        }
        bound => bound.map_err(|error| explain(address, &error)),
    }
}

/// The address that a browser of this machine knows a listener by.
pub(crate) fn public_address(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("http://localhost:{}", address.port())
    } else {
        format!("http://{address}")
    }
}

async fn bind(address: &str) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

fn explain(address: &str, error: &std::io::Error) -> Failed {
    match error.kind() {
        ErrorKind::AddrInUse => Failed::new(format!("{address} is in use by another program"))
            .with_hint("Stop what listens there, or choose another with --listen ADDRESS:PORT (port 0 takes any free one)."),
        ErrorKind::PermissionDenied => Failed::new(format!("listening on {address} is not permitted"))
            .with_hint("Ports below 1024 are the system's; choose a higher one with --listen ADDRESS:PORT."),
        ErrorKind::InvalidInput => Failed::usage(format!(
            "--listen: `{address}` is not an address and port, as 127.0.0.1:8080"
        )),
        _ => Failed::new(format!("can't listen on {address}: {error}")),
    }
}
