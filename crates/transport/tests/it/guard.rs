//! What is never sent.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crosswalk_transport::{
    HostPolicy, Refusal, Resolve, Resolving, SystemResolver, Transport, TransportConfig, TransportError,
};

use crate::support::{Reply, Server, get, ok, send};

/// Answers every name with these addresses, the first of them once.
struct Names {
    rounds: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Names {
    fn all(addresses: &[&str]) -> Arc<Self> {
        Self::in_turn(&[addresses])
    }

    fn in_turn(rounds: &[&[&str]]) -> Arc<Self> {
        let rounds = rounds
            .iter()
            .map(|round| round.iter().map(|text| text.parse().unwrap()).collect())
            .collect();
        Arc::new(Self {
            rounds,
            asked: AtomicUsize::new(0),
        })
    }
}

impl Resolve for Names {
    fn resolve(&self, _: &str) -> Resolving {
        let turn = self.asked.fetch_add(1, Ordering::Relaxed);
        let found = self.rounds[turn.min(self.rounds.len() - 1)].clone();
        Box::pin(async move { Ok(found) })
    }
}

fn transport(allow_private: bool, names: Arc<dyn Resolve>) -> Transport {
    let config = TransportConfig {
        allow_private,
        ..TransportConfig::default()
    };
    Transport::with_resolver(config, names).unwrap()
}

async fn refusal(transport: &Transport, url: &str) -> Refusal {
    match send(transport, get(url)).await {
        Err(TransportError::Refused { reason, .. }) => reason,
        other => panic!("{url}: {other:?}"),
    }
}

#[tokio::test]
async fn private_addresses_are_refused_by_literal() {
    let transport = transport(false, Arc::new(SystemResolver));
    for host in [
        "127.0.0.1",
        "10.0.0.1:8443",
        "169.254.169.254",
        "[::1]",
        "[::ffff:127.0.0.1]:8443",
        "[fd00::1]",
    ] {
        assert_eq!(
            refusal(&transport, &format!("https://{host}/")).await,
            Refusal::PrivateAddress,
            "{host}"
        );
    }
}

#[tokio::test]
async fn numbers_that_the_system_takes_for_addresses_are_refused_too() {
    let transport = transport(false, Arc::new(SystemResolver));
    for host in ["2130706433", "0x7f000001", "127.1", "0177.0.0.1", "localhost"] {
        // Where the system does not take it for an address there is no connection either.
        let error = send(&transport, get(&format!("https://{host}/")))
            .await
            .unwrap_err();
        assert!(!error.may_have_arrived(), "{host}: {error}");
        assert!(
            matches!(
                error,
                TransportError::Refused {
                    reason: Refusal::PrivateAddress,
                    ..
                } | TransportError::Connect { .. }
            ),
            "{host}: {error}"
        );
    }
}

#[tokio::test]
async fn private_addresses_are_refused_by_name() {
    for address in ["127.0.0.1", "192.168.1.1", "100.64.0.1", "::1", "64:ff9b::a00:1"] {
        let transport = transport(false, Names::all(&[address]));
        assert_eq!(
            refusal(&transport, "https://api.example/").await,
            Refusal::PrivateAddress,
            "{address}"
        );
    }
}

#[tokio::test]
async fn a_name_is_resolved_once_and_judged_by_that_answer() {
    let server = Server::start(|_| Reply::Keep(ok("{}"))).await;
    // Public at first, ours when asked again.
    let names = Names::in_turn(&[&["127.0.0.1"], &["1.1.1.1"]]);
    let transport = transport(false, Arc::clone(&names) as Arc<dyn Resolve>);
    let url = format!("https://api.example:{}/", server.address.port());
    assert_eq!(refusal(&transport, &url).await, Refusal::PrivateAddress);
    assert_eq!(names.asked.load(Ordering::Relaxed), 1);
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_name_without_addresses_is_no_connection() {
    let transport = transport(false, Names::all(&[]));
    let error = send(&transport, get("https://api.example/")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no connection to api.example: its name has no address"
    );
}

#[tokio::test]
async fn private_addresses_once_allowed_are_reached_by_name_and_port() {
    let server = Server::start(|_| Reply::Keep(ok("{}"))).await;
    // Plain http passes over the public one.
    let transport = transport(true, Names::all(&["1.1.1.1", "127.0.0.1"]));
    let port = server.address.port();
    send(&transport, get(&format!("http://inside.example:{port}/")))
        .await
        .unwrap();
    assert_eq!(
        server.seen()[0].header("host"),
        Some(format!("inside.example:{port}").as_str())
    );
}

#[tokio::test]
async fn plain_http_goes_nowhere_or_to_private_addresses() {
    let public = || Names::all(&["1.1.1.1"]);
    assert_eq!(
        refusal(&transport(false, public()), "http://api.example/").await,
        Refusal::PlainHttp
    );
    assert_eq!(
        refusal(&transport(true, public()), "http://api.example/").await,
        Refusal::PlainHttpToPublic
    );
}

#[tokio::test]
async fn user_names_and_other_hosts_are_refused_before_anything_is_sent() {
    let server = Server::start(|_| Reply::Keep(ok("{}"))).await;
    let transport = server.as_egress();
    assert_eq!(
        refusal(&transport, "https://user:secret@api.example/").await,
        Refusal::UserInfo
    );
    let mut request = get("https://evil.example/?key=secret");
    request.hosts = HostPolicy::only(vec!["api.example".to_owned()]);
    let error = send(&transport, request).await.unwrap_err();
    assert_eq!(
        error,
        TransportError::Refused {
            host: "evil.example".to_owned(),
            reason: Refusal::ForbiddenHost
        }
    );
    assert!(!error.to_string().contains("secret"));
    assert!(!error.may_have_arrived() && !error.is_retryable());
    for nowhere in ["/relative", "ftp://api.example/"] {
        let mut request = get("https://api.example/");
        request.url = nowhere.parse().unwrap();
        let error = send(&transport, request).await.unwrap_err();
        assert!(matches!(error, TransportError::Unusable(_)), "{nowhere}: {error}");
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn the_host_policy_minds_no_case() {
    let server = Server::start(|_| Reply::Keep(ok("{}"))).await;
    let mut request = get("https://API.Example/");
    request.hosts = HostPolicy::only(vec!["api.example".to_owned()]);
    send(&server.as_egress(), request).await.unwrap();
    assert_eq!(server.seen().len(), 1);
}
