//! Bodies: whole or not at all.

use std::io::Write;

use crosswalk_transport::TransportError;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::Method;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};

use crate::support::{Reply, Server, get, local, local_with, ok, send};

fn gzipped(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    let encoded = encoder.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        encoded.len()
    );
    [head.as_bytes(), &encoded].concat()
}

async fn error_of(reply: Vec<u8>, limit: usize) -> TransportError {
    let server = Server::start(move |_| Reply::Close(reply.clone())).await;
    let transport = local_with(|config| config.max_body = limit);
    send(&transport, get(&server.url("/?key=secret")))
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_body_of_many_pieces_is_gathered() {
    let body: String = (0..200_000).map(|n| char::from(b'a' + (n % 26) as u8)).collect();
    let expected = body.clone();
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nabcde\r\n1;x=y\r\nf\r\n{:x}\r\n{body}\r\n0\r\nx-trailer: 1\r\n\r\n",
        body.len()
    );
    let server = Server::start(move |seen| {
        Reply::Keep(if seen.line().contains("/chunked") {
            chunked.clone().into_bytes()
        } else {
            ok(&body)
        })
    })
    .await;
    let transport = local();
    let answer = send(&transport, get(&server.url("/"))).await.unwrap();
    assert_eq!(answer.body, expected);
    let answer = send(&transport, get(&server.url("/chunked"))).await.unwrap();
    assert_eq!(answer.body, format!("abcdef{expected}"));
}

#[tokio::test]
async fn a_gzip_body_is_decoded() {
    let page = b"{\"results\":[]}".repeat(1000);
    let reply = gzipped(&page);
    let server = Server::start(move |_| Reply::Keep(reply.clone())).await;
    let answer = send(&local(), get(&server.url("/"))).await.unwrap();
    assert_eq!(answer.body, page);
    assert!(!answer.headers.contains_key(CONTENT_ENCODING));
    assert!(!answer.headers.contains_key(CONTENT_LENGTH));
}

#[tokio::test]
async fn a_gzip_body_that_grows_beyond_the_limit_is_refused() {
    let error = error_of(gzipped(&[b' '; 100_000]), 10_000).await;
    assert!(
        matches!(error, TransportError::TooLarge { limit: 10_000, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_compression_that_was_not_asked_for_is_an_error() {
    let reply = b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 1\r\n\r\nx";
    let error = error_of(reply.to_vec(), 100).await;
    assert!(matches!(error, TransportError::Encoding { .. }), "{error}");
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_announced_or_not() {
    for reply in [
        ok("12345678901"),
        b"HTTP/1.1 200 OK\r\n\r\n12345678901".to_vec(),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8\r\n12345678\r\n3\r\n901\r\n0\r\n\r\n"
            .to_vec(),
        // Announced only: nothing of it is waited for.
        b"HTTP/1.1 200 OK\r\ncontent-length: 9223372036854775807\r\n\r\n".to_vec(),
    ] {
        let error = error_of(reply, 10).await;
        assert!(
            matches!(error, TransportError::TooLarge { limit: 10, .. }),
            "{error}"
        );
        assert!(error.may_have_arrived() && !error.is_retryable());
    }
    let server = Server::start(|_| Reply::Keep(ok("1234567890"))).await;
    let transport = local_with(|config| config.max_body = 10);
    assert_eq!(
        send(&transport, get(&server.url("/"))).await.unwrap().body.len(),
        10
    );
}

#[tokio::test]
async fn a_cut_answer_is_never_taken_for_a_whole_one() {
    for reply in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n123",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n123\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\ncontent-length: 5\r\n\r\n1234567890",
        b"SSH-2.0-OpenSSH_9.6\r\n",
    ] {
        let error = error_of(reply.to_vec(), 100).await;
        assert!(
            matches!(error, TransportError::Cut { .. }),
            "{error} after {}",
            String::from_utf8_lossy(reply)
        );
        assert!(error.is_retryable() && error.may_have_arrived());
        assert!(!error.to_string().contains("secret"));
    }
}

#[tokio::test]
async fn what_follows_the_announced_length_answers_no_other_request() {
    let server = Server::start(|seen| {
        Reply::Keep(if seen.line().contains("/first") {
            [ok("first"), ok("smuggled")].concat()
        } else {
            ok("second")
        })
    })
    .await;
    let transport = local();
    let first = send(&transport, get(&server.url("/first"))).await.unwrap();
    assert_eq!(&first.body[..], b"first");
    let second = send(&transport, get(&server.url("/second"))).await.unwrap();
    assert_eq!(&second.body[..], b"second");
}

#[tokio::test]
async fn answers_without_a_body_have_none() {
    let server = Server::start(|seen| {
        Reply::Keep(if seen.line().starts_with("HEAD") {
            b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n".to_vec()
        } else {
            b"HTTP/1.1 204 No Content\r\ncontent-encoding: gzip\r\n\r\n".to_vec()
        })
    })
    .await;
    let transport = local_with(|config| config.max_body = 100);
    let mut head = get(&server.url("/"));
    head.method = Method::HEAD;
    assert!(send(&transport, head).await.unwrap().body.is_empty());
    let answer = send(&transport, get(&server.url("/"))).await.unwrap();
    assert_eq!(answer.status, 204);
    assert!(answer.body.is_empty());
}
