//! What goes over the wire.

use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, USER_AGENT,
};
use http::{HeaderValue, Method};

use crate::support::{Reply, Seen, Server, get, local, ok, post, send};

#[tokio::test]
async fn the_override_gets_everything_with_the_real_host_in_front() {
    let server = Server::start(|_| Reply::Keep(ok("{}"))).await;
    let transport = server.as_egress();
    for url in [
        "https://api.vendor.example/v3/owners?limit=2",
        "https://api.vendor.example:8443/v3",
        "https://api.vendor.example:443",
        "https://api.vendor.example/q?filter=a%2Fb%20c%253c&d[]=x+y&e='1'",
        "http://10.0.0.1/inside",
        "https://api.vendor.example//a/./../b/?",
    ] {
        send(&transport, get(url)).await.unwrap();
    }
    let seen = server.seen();
    let lines: Vec<&str> = seen.iter().map(Seen::line).collect();
    assert_eq!(
        lines,
        [
            "GET /api.vendor.example/v3/owners?limit=2 HTTP/1.1",
            "GET /api.vendor.example:8443/v3 HTTP/1.1",
            "GET /api.vendor.example/ HTTP/1.1",
            "GET /api.vendor.example/q?filter=a%2Fb%20c%253c&d[]=x+y&e='1' HTTP/1.1",
            "GET /10.0.0.1/inside HTTP/1.1",
            "GET /api.vendor.example//a/./../b/? HTTP/1.1",
        ]
    );
    let host = server.address.to_string();
    assert!(seen.iter().all(|seen| seen.header("host") == Some(host.as_str())));
}

#[tokio::test]
async fn path_and_query_are_sent_as_they_are() {
    let server = Server::start(|_| Reply::Keep(ok("{}"))).await;
    let transport = local();
    send(&transport, get(&server.url("/a%2fb/%7E?x=%20+%253c&y[]=1")))
        .await
        .unwrap();
    send(&transport, get(&server.url("?x=1"))).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].line(), "GET /a%2fb/%7E?x=%20+%253c&y[]=1 HTTP/1.1");
    assert_eq!(seen[1].line(), "GET /?x=1 HTTP/1.1");
}

#[tokio::test]
async fn a_bare_get_says_who_asks_and_for_what() {
    let server = Server::start(|_| Reply::Keep(ok("{}"))).await;
    send(&local(), get(&server.url("/"))).await.unwrap();
    let seen = &server.seen()[0];
    let agent = concat!("Crosswalk/", env!("CARGO_PKG_VERSION"));
    assert_eq!(seen.header("user-agent"), Some(agent));
    assert_eq!(seen.header("accept"), Some("application/json"));
    assert_eq!(seen.header("content-length"), None);
    // Next door compression only costs time.
    assert_eq!(seen.header("accept-encoding"), None);
}

#[tokio::test]
async fn given_headers_win_unless_they_follow_from_url_and_body() {
    let server = Server::start(|_| Reply::Keep(ok("{}"))).await;
    let mut request = post(&server.url("/"), "{}");
    for (name, value) in [
        (USER_AGENT, "vendor-app (me@example.com)"),
        (ACCEPT, "application/vnd.api+json"),
        (ACCEPT_ENCODING, "gzip"),
        (HOST, "elsewhere.example"),
        (CONTENT_LENGTH, "7"),
        (TRANSFER_ENCODING, "chunked"),
    ] {
        request.headers.insert(name, HeaderValue::from_static(value));
    }
    request.headers.append("x-many", HeaderValue::from_static("1"));
    request.headers.append("x-many", HeaderValue::from_static("2"));
    send(&local(), request).await.unwrap();
    let seen = &server.seen()[0];
    assert_eq!(seen.header("user-agent"), Some("vendor-app (me@example.com)"));
    assert_eq!(seen.header("accept"), Some("application/vnd.api+json"));
    assert_eq!(seen.header("accept-encoding"), Some("gzip"));
    assert_eq!(seen.header("host"), Some(server.address.to_string().as_str()));
    assert_eq!(seen.header("content-length"), Some("2"));
    assert_eq!(seen.header("transfer-encoding"), None);
    assert!(seen.head.contains("x-many: 1\r\nx-many: 2\r\n"));
    assert_eq!(seen.body, b"{}");
}

#[tokio::test]
async fn a_write_without_a_body_says_so() {
    let server = Server::start(|_| Reply::Keep(ok("{}"))).await;
    let transport = local();
    send(&transport, post(&server.url("/"), "")).await.unwrap();
    let mut delete = get(&server.url("/"));
    delete.method = Method::DELETE;
    send(&transport, delete).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].header("content-length"), Some("0"));
    assert_eq!(seen[1].header("content-length"), None);
}

#[tokio::test]
async fn debug_prints_hold_no_secret() {
    let server = Server::start(|_| Reply::Keep(ok("{\"access_token\":\"secret\"}"))).await;
    let mut request = post(&server.url("/secret?key=secret"), "secret");
    request
        .headers
        .insert(AUTHORIZATION, HeaderValue::from_static("Bearer secret"));
    let shown = format!("{request:?}");
    let answer = send(&local(), request).await.unwrap();
    assert!(
        !format!("{shown}{answer:?}").contains("secret"),
        "{shown}{answer:?}"
    );
}
