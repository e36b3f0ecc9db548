//! Redirects stay on their origin.

use crosswalk_transport::{Refusal, TransportError};
use http::HeaderValue;
use http::header::AUTHORIZATION;

use crate::support::{Reply, Server, get, local, ok, post, redirect, send};

#[tokio::test]
async fn the_same_origin_is_followed_with_the_same_headers() {
    let server = Server::start(|seen| match seen.line() {
        "GET /a HTTP/1.1" => Reply::Keep(redirect("/b/c?x=%20")),
        "GET /b/c?x=%20 HTTP/1.1" => Reply::Keep(redirect("d")),
        _ => Reply::Keep(ok("done")),
    })
    .await;
    let mut request = get(&server.url("/a"));
    request
        .headers
        .insert(AUTHORIZATION, HeaderValue::from_static("Bearer t"));
    let answer = send(&local(), request).await.unwrap();
    assert_eq!(&answer.body[..], b"done");
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    assert_eq!(seen[2].line(), "GET /b/d HTTP/1.1");
    assert!(
        seen.iter()
            .all(|seen| seen.header("authorization") == Some("Bearer t"))
    );
}

#[tokio::test]
async fn under_the_override_a_redirect_is_of_the_real_host() {
    let server = Server::start(|seen| match seen.line() {
        "GET /api.example/a HTTP/1.1" => Reply::Keep(redirect("https://api.example/b")),
        "GET /api.example/b HTTP/1.1" => Reply::Keep(redirect("/c")),
        _ => Reply::Keep(ok("done")),
    })
    .await;
    send(&server.as_egress(), get("https://api.example/a"))
        .await
        .unwrap();
    assert_eq!(server.seen()[2].line(), "GET /api.example/c HTTP/1.1");
}

#[tokio::test]
async fn another_host_is_refused_and_never_asked() {
    let server = Server::start(|_| Reply::Keep(redirect("https://evil.example/steal?token=secret"))).await;
    let error = send(&server.as_egress(), get("https://api.example/a"))
        .await
        .unwrap_err();
    assert_eq!(
        error,
        TransportError::Refused {
            host: "api.example".to_owned(),
            reason: Refusal::RedirectElsewhere("evil.example".to_owned()),
        }
    );
    assert!(error.to_string().contains("evil.example"));
    assert!(!error.to_string().contains("secret"));
    assert!(error.may_have_arrived() && !error.is_retryable());
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn another_port_is_another_origin() {
    let other = Server::start(|_| Reply::Keep(ok("{}"))).await;
    let target = other.url("/");
    let server = Server::start(move |_| Reply::Keep(redirect(&target))).await;
    let error = send(&local(), get(&server.url("/"))).await.unwrap_err();
    assert!(
        matches!(
            error,
            TransportError::Refused {
                reason: Refusal::RedirectElsewhere(_),
                ..
            }
        ),
        "{error}"
    );
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn a_write_is_not_repeated() {
    let server = Server::start(|_| Reply::Keep(redirect("/again"))).await;
    let error = send(&local(), post(&server.url("/"), "{}")).await.unwrap_err();
    assert!(error.may_have_arrived());
    assert!(
        matches!(
            error,
            TransportError::Refused {
                reason: Refusal::RedirectedWrite,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn circles_end() {
    let server = Server::start(|_| Reply::Keep(redirect("/"))).await;
    let error = send(&local(), get(&server.url("/"))).await.unwrap_err();
    assert!(
        matches!(
            error,
            TransportError::Refused {
                reason: Refusal::RedirectLoop,
                ..
            }
        ),
        "{error}"
    );
    // The first request and three redirects.
    assert_eq!(server.seen().len(), 4);
}
