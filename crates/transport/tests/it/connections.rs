//! Connections: kept, replaced, given up.

use std::time::{Duration, Instant};

use crosswalk_transport::TransportError;
use tokio::net::TcpListener;

use crate::support::{Reply, Server, get, local, local_with, ok, post, send};

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request_of_any_clone() {
    let server = Server::start(|_| Reply::Keep(ok("{}"))).await;
    let transport = local();
    for _ in 0..5 {
        send(&transport.clone(), get(&server.url("/"))).await.unwrap();
    }
    assert!(server.seen().iter().all(|seen| seen.connection == 0));
}

#[tokio::test]
async fn a_pooled_connection_that_was_closed_is_replaced() {
    let server = Server::start(|_| Reply::Close(ok("{}"))).await;
    let transport = local();
    for _ in 0..3 {
        send(&transport, post(&server.url("/"), "{}")).await.unwrap();
        server.closed().await;
    }
    let connections: Vec<usize> = server.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0, 1, 2]);
}

#[tokio::test]
async fn a_request_that_was_received_is_not_sent_again() {
    let server = Server::start(|seen| {
        if seen.line().contains("/first") {
            Reply::Keep(ok("{}"))
        } else {
            Reply::Close(Vec::new())
        }
    })
    .await;
    let transport = local();
    send(&transport, get(&server.url("/first"))).await.unwrap();
    let error = send(&transport, get(&server.url("/second"))).await.unwrap_err();
    assert!(matches!(error, TransportError::Cut { .. }), "{error}");
    assert!(error.is_retryable() && error.may_have_arrived());
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn the_deadline_covers_headers_and_body() {
    for reply in [
        None,
        Some(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345".to_vec()),
    ] {
        let server = Server::start(move |_| match &reply {
            None => Reply::Silence,
            Some(bytes) => Reply::Keep(bytes.clone()),
        })
        .await;
        let deadline = Instant::now() + Duration::from_millis(50);
        let error = local()
            .send(get(&server.url("/?key=secret")), deadline)
            .await
            .unwrap_err();
        assert_eq!(
            error,
            TransportError::Timeout {
                host: "127.0.0.1".to_owned()
            }
        );
        assert!(error.is_retryable() && error.may_have_arrived());
    }
}

#[tokio::test]
async fn nobody_listening_is_no_connection() {
    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let error = send(&local(), get(&format!("http://{free}/?key=secret")))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "no connection to 127.0.0.1: it refuses connections"
    );
    assert!(error.is_retryable() && !error.may_have_arrived());
}

#[tokio::test]
async fn a_server_without_tls_is_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = listener.local_addr().unwrap();
    // One accepts and says nothing, the other talks something else.
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        std::future::pending::<()>().await;
        drop(stream);
    });
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let talkative = other.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = other.accept().await.unwrap();
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    });
    let transport = local_with(|config| config.connect_timeout = Duration::from_millis(100));
    for address in [silent, talkative] {
        let error = send(&transport, get(&format!("https://{address}/")))
            .await
            .unwrap_err();
        assert!(matches!(error, TransportError::Connect { .. }), "{error}");
        assert!(error.is_retryable() && !error.may_have_arrived());
    }
}

#[tokio::test]
async fn a_host_is_reached_without_a_request() {
    let server = Server::start(|_| Reply::Keep(ok("{}"))).await;
    let url = server.url("/").parse().unwrap();
    local().reach(&url).await.unwrap();
    // Under the override it is the override that is reached, whatever the host.
    let elsewhere = "https://api.example/".parse().unwrap();
    server.as_egress().reach(&elsewhere).await.unwrap();
    assert!(server.seen().is_empty());
    // The guards hold here too.
    let guarded = local_with(|config| config.allow_private = false);
    let error = guarded.reach(&url).await.unwrap_err();
    assert!(matches!(error, TransportError::Refused { .. }), "{error}");
    // Nobody who speaks TLS, and nobody at all.
    let plain = format!("https://{}/", server.address).parse().unwrap();
    let error = local().reach(&plain).await.unwrap_err();
    assert!(matches!(error, TransportError::Connect { .. }), "{error}");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = format!("http://{}/", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    drop(listener);
    let error = local().reach(&gone).await.unwrap_err();
    assert!(error.to_string().contains("refuses connections"), "{error}");
}
