//! A server that shows the bytes it was sent and answers with the bytes it was told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use crosswalk_transport::{
    HostPolicy, OutboundRequest, OutboundResponse, Transport, TransportConfig, TransportError,
};
use http::{HeaderMap, Method};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// Which connection it came on, from 0.
    pub(crate) connection: usize,
    /// Request line and headers.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// What the server does next.
pub(crate) enum Reply {
    /// Writes this and waits for the next request.
    Keep(Vec<u8>),
    /// Writes this and closes.
    Close(Vec<u8>),
    /// Says nothing and keeps the connection.
    Silence,
}

pub(crate) fn ok(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

pub(crate) fn redirect(location: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n").into_bytes()
}

type Script = Arc<dyn Fn(&Seen) -> Reply + Send + Sync>;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    closed: Arc<Notify>,
}

impl Server {
    pub(crate) async fn start(script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            seen: Arc::default(),
            closed: Arc::default(),
        };
        let (seen, closed, script) = (
            Arc::clone(&server.seen),
            Arc::clone(&server.closed),
            Arc::new(script) as Script,
        );
        tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let (seen, closed, script) = (Arc::clone(&seen), Arc::clone(&closed), Arc::clone(&script));
                tokio::spawn(async move {
                    talk(stream, connection, &seen, &script).await;
                    closed.notify_one();
                });
            }
        });
        server
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until a connection has been closed by the server and its end can be seen by the client.
    pub(crate) async fn closed(&self) {
        self.closed.notified().await;
        // Sleeping lets the runtime look at its sockets, where the end of the connection already is.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    /// Its own URL for what follows the host.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A transport whose every request goes to this server.
    pub(crate) fn as_egress(&self) -> Transport {
        Transport::new(TransportConfig {
            egress: Some(format!("http://{}", self.address).parse().unwrap()),
            ..TransportConfig::default()
        })
        .unwrap()
    }
}

async fn talk(mut stream: TcpStream, connection: usize, seen: &Mutex<Vec<Seen>>, script: &Script) {
    let mut buffer = Vec::new();
    while let Some(request) = receive(&mut stream, &mut buffer, connection).await {
        seen.lock().unwrap().push(request.clone());
        match script(&request) {
            Reply::Keep(bytes) => stream.write_all(&bytes).await.unwrap(),
            Reply::Close(bytes) => {
                stream.write_all(&bytes).await.unwrap();
                return;
            }
            Reply::Silence => std::future::pending().await,
        }
    }
}

async fn receive(stream: &mut TcpStream, buffer: &mut Vec<u8>, connection: usize) -> Option<Seen> {
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(buffer.drain(..end).collect()).unwrap();
    let mut seen = Seen {
        connection,
        head,
        body: Vec::new(),
    };
    let length = seen
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap());
    while buffer.len() < length {
        stream.read_buf(buffer).await.unwrap();
    }
    seen.body = buffer.drain(..length).collect();
    Some(seen)
}

/// A transport that may talk to private addresses.
pub(crate) fn local() -> Transport {
    local_with(|_| {})
}

pub(crate) fn local_with(change: impl FnOnce(&mut TransportConfig)) -> Transport {
    let mut config = TransportConfig {
        allow_private: true,
        ..TransportConfig::default()
    };
    change(&mut config);
    Transport::new(config).unwrap()
}

/// A GET that may go to its own host.
pub(crate) fn get(url: &str) -> OutboundRequest {
    let url: http::Uri = url.parse().unwrap();
    let hosts = HostPolicy::only(url.host().map(str::to_owned).into_iter().collect::<Vec<_>>());
    OutboundRequest {
        method: Method::GET,
        url,
        headers: HeaderMap::new(),
        body: Bytes::new(),
        hosts,
    }
}

pub(crate) fn post(url: &str, body: &'static str) -> OutboundRequest {
    OutboundRequest {
        method: Method::POST,
        body: Bytes::from_static(body.as_bytes()),
        ..get(url)
    }
}

/// Sends with time enough.
pub(crate) async fn send(
    transport: &Transport,
    request: OutboundRequest,
) -> Result<OutboundResponse, TransportError> {
    transport
        .send(request, Instant::now() + Duration::from_secs(30))
        .await
}
