//! Real processes, and HTTP spoken by hand.

#![allow(dead_code, clippy::unwrap_used, unreachable_pub)]

pub mod browser;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// A running `crosswalk`, ended with the test.
pub struct Running {
    child: Child,
    pub address: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The binary without the environment's settings.
pub fn crosswalk(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crosswalk"));
    for name in [
        "CROSSWALK_KEY",
        "CROSSWALK_KEY_FILE",
        "CREDENTIALS_DIRECTORY",
        "CROSSWALK_EGRESS_URL",
        "CROSSWALK_LISTEN",
        "CROSSWALK_DATABASE",
        "RUST_LOG",
    ] {
        command.env_remove(name);
    }
    command.env("CROSSWALK_DATA", data);
    command
}

impl Running {
    /// Asks it to end in peace (SIGTERM), and waits until it has.
    pub fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").arg(id).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }

    /// Starts a command and waits until it says where it listens.
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("it ended before it listened").unwrap();
            if let Some((_, rest)) = line.split_once("listens on http://") {
                break rest.split([',', ' ']).next().unwrap().to_owned();
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    pub fn sandbox(data: &Path, users: u32) -> Self {
        let mut command = crosswalk(data);
        command.args([
            "sandbox",
            "--listen",
            "127.0.0.1:0",
            "--users",
            &users.to_string(),
        ]);
        Self::start(command)
    }

    pub fn serve(data: &Path, sandbox: &Self) -> Self {
        let mut command = crosswalk(data);
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("CROSSWALK_EGRESS_URL", format!("http://{}", sandbox.address));
        Self::start(command)
    }
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// One request on a connection of its own.
pub fn request(
    address: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut text = format!("{method} {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(body) = body {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    stream.write_all(text.as_bytes()).unwrap();
    stream.write_all(body.unwrap_or_default()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let at = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    let head = String::from_utf8_lossy(&bytes[..at]).into_owned();
    let mut body = bytes[at + 4..].to_vec();
    if head.to_lowercase().contains("transfer-encoding: chunked") {
        body = unchunk(&body);
    }
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body }
}

fn unchunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some(at) = bytes.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..at]).unwrap().trim(), 16).unwrap();
        if size == 0 {
            break;
        }
        out.extend_from_slice(&bytes[at + 2..at + 2 + size]);
        bytes = &bytes[at + 4 + size..];
    }
    out
}

/// A client of a server.
#[derive(Clone)]
pub struct Client {
    pub address: String,
    pub token: String,
}

impl Client {
    /// A client with a fresh token of the data folder.
    pub fn new(data: &Path, server: &Running) -> Self {
        let output = crosswalk(data)
            .args(["token", "create", "--name", "test"])
            .output()
            .unwrap();
        assert!(output.status.success());
        let token = String::from_utf8(output.stdout).unwrap();
        assert_eq!(token.lines().count(), 1);
        Self {
            address: server.address.clone(),
            token: token.trim().to_owned(),
        }
    }

    pub fn get(&self, target: &str) -> Answer {
        self.send("GET", target, None)
    }

    pub fn send(&self, method: &str, target: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {}", self.token);
        let mut headers = vec![("Authorization", bearer.as_str())];
        if body.is_some() {
            headers.push(("Content-Type", "application/json"));
        }
        let body = body.map(|body| body.to_string().into_bytes());
        request(&self.address, method, target, &headers, body.as_deref())
    }

    /// Connects the sandbox's account of a vendor; gives its id.
    pub fn connect(&self, sandbox: &Running, vendor: &str) -> String {
        let accounts = request(&sandbox.address, "GET", "/_sandbox/accounts", &[], None).json();
        let account = accounts
            .as_array()
            .unwrap()
            .iter()
            .find(|account| account["integration"] == vendor)
            .unwrap();
        let mut body = account.clone();
        body["tenant_id"] = json!("tenant");
        let answer = self.send("POST", "/integrated-account", Some(&body));
        assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
        answer.json()["id"].as_str().unwrap().to_owned()
    }
}

/// A new data folder, a sandbox with so many users a vendor, a server of both, and a client of the server.
pub fn house(users: u32) -> (TempDir, Running, Running, Client) {
    let data = tempfile::tempdir().unwrap();
    let sandbox = Running::sandbox(data.path(), users);
    let server = Running::serve(data.path(), &sandbox);
    let client = Client::new(data.path(), &server);
    (data, sandbox, server, client)
}

/// Runs a command to its end; its exit code, output and errors.
pub fn ended(mut command: Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// The same for a command on a data folder, with the sandbox as the vendors where there is one.
pub fn run(data: &Path, sandbox: Option<&Running>, arguments: &[&str]) -> (i32, String, String) {
    let mut command = crosswalk(data);
    if let Some(sandbox) = sandbox {
        command.env("CROSSWALK_EGRESS_URL", format!("http://{}", sandbox.address));
    }
    command.args(arguments);
    ended(command)
}

/// Whether something comes to be so within ten seconds.
pub fn eventually(mut so: impl FnMut() -> bool) -> bool {
    (0..100).any(|_| {
        let is_so = so();
        if !is_so {
            std::thread::sleep(Duration::from_millis(100));
        }
        is_so
    })
}

/// The files of a folder, and what is in them.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

impl Running {
    /// What a stand-in has counted.
    pub fn stats(&self, vendor: &str) -> Value {
        request(&self.address, "GET", "/_sandbox/stats", &[], None).json()[vendor].clone()
    }

    /// What the stand-ins were asked.
    pub fn asked(&self) -> Value {
        request(&self.address, "GET", "/_sandbox/requests", &[], None).json()
    }

    /// Makes a vendor's access tokens worth nothing.
    pub fn expire(&self, vendor: &str) {
        let path = format!("/_sandbox/expire-tokens?vendor={vendor}");
        request(&self.address, "POST", &path, &[], Some(b""));
    }

    /// Makes the stand-ins fail.
    pub fn fault(&self, rule: &Value) {
        let headers = [("Content-Type", "application/json")];
        let body = rule.to_string();
        let answer = request(
            &self.address,
            "POST",
            "/_sandbox/faults",
            &headers,
            Some(body.as_bytes()),
        );
        assert_eq!(answer.status, 201);
    }

    /// Lets them work again.
    pub fn mend(&self) {
        request(&self.address, "DELETE", "/_sandbox/faults", &[], None);
    }
}
