//! `crosswalk health`: whether a server serves, for whoever watches over it and has no shell.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use http::Request;
use http::header::HOST;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::failure::Failed;
use crate::output::print;

/// More than a server says of its health.
const LONGEST_ANSWER: usize = 64 * 1024;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk health\n  \
                  crosswalk health --listen 127.0.0.1:9090 --timeout 5\n\n\
                  It exits with 0 when the server serves and with 1 when it does not: made for the health \
                  checks of containers and for scripts that wait for a start:\n  \
                  until crosswalk health 2>/dev/null; do sleep 0.2; done")]
pub(crate) struct HealthArgs {
    /// The address that the server listens on.
    #[arg(
        long,
        env = "CROSSWALK_LISTEN",
        hide_env_values = true,
        default_value = "127.0.0.1:8080",
        value_name = "ADDR"
    )]
    listen: String,
    /// Within how many seconds it has to answer.
    #[arg(long, default_value_t = 2, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=60))]
    timeout: u64,
}

pub(crate) async fn run(args: HealthArgs) -> Result<(), Failed> {
    let limit = Duration::from_secs(args.timeout);
    let asked = async {
        let address = reachable(&args.listen).await?;
        ask(address).await
    };
    let answer = tokio::time::timeout(limit, asked).await;
    answer.map_err(|_| {
        Failed::new(format!(
            "nothing answered at {} within {} s",
            args.listen, args.timeout
        ))
    })??;
    print("ok\n")
}

/// An address to listen on as one to connect to: a server that listens everywhere is asked at the loopback.
async fn reachable(listen: &str) -> Result<SocketAddr, Failed> {
    let mut found = tokio::net::lookup_host(listen).await.map_err(|error| {
        Failed::usage(format!(
            "--listen: `{listen}` is no address and port, as 127.0.0.1:8080 ({error})"
        ))
    })?;
    let mut address = found
        .next()
        .ok_or_else(|| Failed::usage(format!("--listen: `{listen}` names no address")))?;
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    Ok(address)
}

async fn ask(address: SocketAddr) -> Result<(), Failed> {
    let url = format!("http://{address}/health");
    let silent = |error: &dyn std::fmt::Display| Failed::new(format!("{url} does not answer: {error}"));
    let stream = TcpStream::connect(address).await;
    let stream = TokioIo::new(stream.map_err(|error| silent(&error))?);
    let connected = http1::handshake(stream).await;
    let (mut sender, connection) = connected.map_err(|error| silent(&innermost(&error)))?;
    tokio::spawn(connection);
    let request = Request::get("/health")
        .header(HOST, address.to_string())
        .body(Empty::<Bytes>::new())
        .map_err(|error| silent(&error))?;
    let answer = sender
        .send_request(request)
        .await
        .map_err(|error| silent(&innermost(&error)))?;
    let status = answer.status();
    let body = Limited::new(answer.into_body(), LONGEST_ANSWER).collect().await;
    let body: Value = body
        .ok()
        .and_then(|body| serde_json::from_slice(&body.to_bytes()).ok())
        .unwrap_or_default();
    if status.is_success() && body["status"] == "ok" {
        return Ok(());
    }
    Err(Failed::new(format!(
        "{url} answers with status {}, and not as a server of crosswalk that serves",
        status.as_u16()
    )))
}

/// What is at the bottom of an error: the client's own words only say that something failed.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn what_listens_everywhere_is_asked_here() {
        for (listen, asked) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:80", "[::1]:80"),
            ("10.1.2.3:9", "10.1.2.3:9"),
        ] {
            assert_eq!(reachable(listen).await.unwrap().to_string(), asked);
        }
        assert!(reachable("8080").await.is_err());
    }
}
