//! Webhooks, over real processes: a receiver of our own stands where all outbound requests go.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::hmac;
use serde_json::{Value, json};
use support::{Client, Running, crosswalk, eventually};

const HOOK: &str = "/hooks.example.com/in";

/// A request that came.
#[derive(Clone, Debug)]
struct Came {
    path: String,
    headers: BTreeMap<String, String>,
    body: String,
}

impl Came {
    fn id(&self) -> String {
        self.headers["webhook-id"].clone()
    }

    fn event(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap();
        body["event"].as_str().unwrap().to_owned()
    }

    /// How many of its signatures were made with this secret.
    fn signed_with(&self, secret: &str) -> usize {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let signed = format!(
            "{}.{}.{}",
            self.id(),
            self.headers["webhook-timestamp"],
            self.body
        );
        self.headers["webhook-signature"]
            .split(' ')
            .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
            .filter(|signature| hmac::verify(&key, signed.as_bytes(), signature).is_ok())
            .count()
    }
}

/// Answers hooks with one status and vendors with another.
struct Receiver {
    address: String,
    came: Arc<Mutex<Vec<Came>>>,
    hook_status: Arc<AtomicU16>,
    vendor_status: Arc<AtomicU16>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let receiver = Self {
            address: listener.local_addr().unwrap().to_string(),
            came: Arc::default(),
            hook_status: Arc::new(AtomicU16::new(204)),
            vendor_status: Arc::new(AtomicU16::new(401)),
        };
        let (came, hook, vendor) = (
            Arc::clone(&receiver.came),
            Arc::clone(&receiver.hook_status),
            Arc::clone(&receiver.vendor_status),
        );
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (came, hook, vendor) = (Arc::clone(&came), Arc::clone(&hook), Arc::clone(&vendor));
                std::thread::spawn(move || serve(&stream.unwrap(), &came, &hook, &vendor));
            }
        });
        receiver
    }

    fn hooks(&self) -> Vec<Came> {
        let came = self.came.lock().unwrap();
        came.iter().filter(|came| came.path == HOOK).cloned().collect()
    }

    /// Waits until so many hooks came.
    fn wait(&self, count: usize) -> Vec<Came> {
        assert!(eventually(|| self.hooks().len() >= count), "{:#?}", self.hooks());
        self.hooks()
    }

    fn serve(&self, data: &Path) -> Running {
        let mut command = crosswalk(data);
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("CROSSWALK_EGRESS_URL", format!("http://{}", self.address));
        Running::start(command)
    }
}

fn serve(stream: &TcpStream, came: &Mutex<Vec<Came>>, hook: &AtomicU16, vendor: &AtomicU16) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim().split_once(':') else {
                break;
            };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers
            .get("content-length")
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let is_hook = path == HOOK;
        let body = String::from_utf8(body).unwrap();
        came.lock().unwrap().push(Came { path, headers, body });
        let status = if is_hook { hook } else { vendor }.load(Ordering::SeqCst);
        let answer = match status {
            204 => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
            status => format!(
                "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}"
            ),
        };
        if (&mut &*stream).write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn hook(client: &Client, more: &Value) -> Value {
    let mut body = json!({"target_url": "https://hooks.example.com/in"});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let made = client.send("POST", "/webhook", Some(&body));
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    made.json()
}

fn account(client: &Client, tenant: &str) -> String {
    let body = json!({
        "integration": "hubspot", "authentication_method": "api_key", "tenant_id": tenant,
        "context": {"api_key": "planted-key-4471"},
    });
    let made = client.send("POST", "/integrated-account?validate=false", Some(&body));
    assert_eq!(made.status, 201);
    made.json()["id"].as_str().unwrap().to_owned()
}

#[test]
fn an_accounts_life_is_told_and_signed() {
    let data = tempfile::tempdir().unwrap();
    let receiver = Receiver::start();
    let server = receiver.serve(data.path());
    let client = Client::new(data.path(), &server);
    let made = hook(&client, &json!({}));
    let secret = made["secret"].as_str().unwrap();
    let id = account(&client, "acme");
    receiver.wait(2);
    let list = format!("/unified/crm/users?integrated_account_id={id}");
    assert_eq!(client.get(&list).status, 401);
    receiver.wait(3);
    // The vendor has it back.
    receiver.vendor_status.store(200, Ordering::SeqCst);
    let again = json!({"integrated_account_id": id});
    assert_eq!(
        client
            .send("POST", "/integrated-account/refresh-credentials", Some(&again))
            .status,
        200
    );
    receiver.wait(4);
    // And not: then a person gives it new credentials.
    receiver.vendor_status.store(401, Ordering::SeqCst);
    assert_eq!(client.get(&list).status, 401);
    receiver.wait(5);
    let fresh = json!({"context": {"api_key": "planted-key-4472"}});
    let path = format!("/integrated-account/{id}/credentials");
    assert_eq!(client.send("PATCH", &path, Some(&fresh)).status, 422);
    assert_eq!(
        client
            .send("PATCH", &format!("{path}?validate=false"), Some(&fresh))
            .status,
        200
    );
    receiver.wait(6);
    assert_eq!(
        client
            .send("DELETE", &format!("/integrated-account/{id}"), None)
            .status,
        204
    );
    let told = receiver.wait(7);
    let mut events: Vec<String> = told.iter().map(Came::event).collect();
    events[..2].sort();
    assert_eq!(
        events,
        [
            "integrated_account:active",
            "integrated_account:created",
            "integrated_account:authentication_error",
            "integrated_account:reactivated",
            "integrated_account:authentication_error",
            "integrated_account:active",
            "integrated_account:deleted",
        ]
    );
    for came in &told {
        assert_eq!(came.signed_with(secret), 1);
        assert_eq!(came.headers["content-type"], "application/json");
        let body: Value = serde_json::from_str(&came.body).unwrap();
        assert_eq!(
            (
                &body["id"],
                &body["payload"]["id"],
                &body["payload"]["tenant_id"],
                &body["webhook_id"]
            ),
            (&json!(came.id()), &json!(id), &json!("acme"), &made["id"])
        );
        assert!(!came.body.contains("planted"), "{}", came.body);
    }
    let error: Value = serde_json::from_str(&told[2].body).unwrap();
    assert_eq!(error["payload"]["status"], "needs_reauth");
    assert!(error["payload"]["last_error"].is_string());
    // The secret is shown once.
    let listed = String::from_utf8(client.get("/webhook").body).unwrap();
    assert!(
        listed.contains("hooks.example.com") && !listed.contains("whsec_"),
        "{listed}"
    );
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(receiver.hooks().len(), 7, "each was sent once");
}

#[test]
fn what_failed_is_tried_again_after_a_crash_and_by_one_of_two() {
    let data = tempfile::tempdir().unwrap();
    let receiver = Receiver::start();
    let server = receiver.serve(data.path());
    let client = Client::new(data.path(), &server);
    let made = hook(&client, &json!({"event_types": ["integrated_account:created"]}));
    receiver.hook_status.store(500, Ordering::SeqCst);
    account(&client, "acme");
    let first = receiver.wait(1)[0].clone();
    let log = format!("/webhook/{}/delivery", made["id"].as_str().unwrap());
    assert!(eventually(
        || client.get(&log).json()["result"][0]["attempts"] == 1
    ));
    let waiting = client.get(&log).json()["result"][0].clone();
    assert_eq!(
        (&waiting["state"], &waiting["last_status"]),
        (&json!("pending"), &json!(500))
    );
    // SIGKILL.
    drop(server);
    receiver.hook_status.store(200, Ordering::SeqCst);
    let servers = [receiver.serve(data.path()), receiver.serve(data.path())];
    let second = receiver.wait(2)[1].clone();
    assert_eq!((second.id(), &second.body), (first.id(), &first.body));
    // Two servers at work send each of many once.
    let clients = servers.each_ref().map(|server| Client {
        address: server.address.clone(),
        token: client.token.clone(),
    });
    for number in 0..40 {
        account(&clients[number % 2], "acme");
    }
    receiver.wait(42);
    std::thread::sleep(Duration::from_secs(2));
    let told = receiver.hooks();
    let mut ids: Vec<String> = told[1..].iter().map(Came::id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((told.len(), ids.len()), (42, 41));
    let shown = clients[0].get("/webhook").json();
    assert_eq!(shown["result"][0]["state"], "active");
    assert!(shown["result"][0]["last_success_at"].is_string());
}

#[test]
fn webhooks_are_changed_tried_and_turned_off() {
    let data = tempfile::tempdir().unwrap();
    let receiver = Receiver::start();
    let server = receiver.serve(data.path());
    let client = Client::new(data.path(), &server);
    for (body, words) in [
        (json!({}), "`target_url` is missing"),
        (json!({"target_url": "http://example.com/"}), "https://"),
        (json!({"target_url": "ftp://example.com/"}), "https://"),
        (json!({"target_url": "https://127.0.0.1/"}), "private"),
        (json!({"target_url": "https://[::1]:8080/x"}), "private"),
        (json!({"target_url": "https://169.254.169.254/latest"}), "private"),
        (json!({"target_url": "https://localhost/x"}), "private"),
        (json!({"target_url": "https://me:pw@example.com/x"}), "user name"),
        (json!({"target_url": "https://example.com/#x"}), "fragment"),
        (
            json!({"target_url": "https://example.com/", "event_types": ["account:born"]}),
            "integrated_account:created",
        ),
        (
            json!({"target_url": "https://example.com/", "event_types": "all"}),
            "array",
        ),
        (
            json!({"target_url": "https://example.com/", "secret": "short"}),
            "whsec_",
        ),
        (json!({"target_url": "https://example.com/", "url": "x"}), "`url`"),
    ] {
        let answer = client.send("POST", "/webhook", Some(&body));
        let message = answer.json()["message"].as_str().unwrap_or_default().to_owned();
        assert_eq!(answer.status, 400, "{body}");
        assert!(message.contains(words), "{body}: {message}");
    }
    let secret = format!("whsec_{}", STANDARD.encode([7; 32]));
    let made = hook(&client, &json!({"secret": secret}));
    assert_eq!(made["secret"], json!(secret));
    let path = format!("/webhook/{}", made["id"].as_str().unwrap());
    let tried = client.send("POST", &format!("{path}/test"), None).json();
    assert_eq!(
        (&tried["delivered"], &tried["status"]),
        (&json!(true), &json!(204))
    );
    assert_eq!(receiver.hooks()[0].signed_with(&secret), 1);
    // After a rotation both secrets sign.
    let rotated = client
        .send("PATCH", &path, Some(&json!({"rotate_secret": true})))
        .json();
    let fresh = rotated["secret"].as_str().unwrap();
    client.send("POST", &format!("{path}/test"), None);
    let came = receiver.hooks()[1].clone();
    assert_eq!((came.signed_with(&secret), came.signed_with(fresh)), (1, 1));
    // A test that fails is not repeated.
    receiver.hook_status.store(503, Ordering::SeqCst);
    let tried = client.send("POST", &format!("{path}/test"), None).json();
    assert_eq!(
        (&tried["delivered"], &tried["status"]),
        (&json!(false), &json!(503))
    );
    assert_eq!(
        client.get(&format!("{path}/delivery")).json()["result"][0]["state"],
        "failed"
    );
    // Who is gone is asked no more, until somebody says so.
    receiver.hook_status.store(410, Ordering::SeqCst);
    account(&client, "acme");
    assert!(eventually(|| client.get(&path).json()["state"] == "off"));
    let shown = client.get(&path).json();
    assert!(
        shown["disabled_reason"].as_str().unwrap().contains("410"),
        "{shown}"
    );
    let before = receiver.hooks().len();
    account(&client, "acme");
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(receiver.hooks().len(), before);
    receiver.hook_status.store(204, Ordering::SeqCst);
    let on = client
        .send("PATCH", &path, Some(&json!({"is_active": true})))
        .json();
    assert_eq!(
        (&on["state"], &on["disabled_reason"]),
        (&json!("active"), &Value::Null)
    );
    account(&client, "acme");
    receiver.wait(before + 2);
    // Another environment's is not there, and tokens of some accounts see none.
    let out = crosswalk(data.path())
        .args(["token", "create", "--environment", "staging"])
        .output()
        .unwrap();
    let stranger = Client {
        token: String::from_utf8(out.stdout).unwrap().trim().to_owned(),
        ..client.clone()
    };
    assert_eq!(stranger.get(&path).status, 404);
    assert_eq!(stranger.send("DELETE", &path, None).status, 404);
    assert_eq!(stranger.get("/webhook").json()["result_count"], 0);
    assert_eq!(client.send("DELETE", &path, None).status, 204);
    assert_eq!(client.get(&path).status, 404);
    // The command line does the same.
    let run = |arguments: &[&str]| {
        let output = crosswalk(data.path())
            .args([&["webhooks"], arguments].concat())
            .env("CROSSWALK_EGRESS_URL", format!("http://{}", receiver.address))
            .output()
            .unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, out, errors) = run(&["add", "https://hooks.example.com/in", "-o", "json"]);
    assert_eq!(code, 0, "{errors}");
    let made: Value = serde_json::from_str(&out).unwrap();
    let id = made["id"].as_str().unwrap();
    let (code, _, errors) = run(&["test", id]);
    assert!(code == 0 && errors.contains("delivered"), "{errors}");
    assert_eq!(run(&["update", id, "--off"]).0, 0);
    assert!(run(&["list"]).1.contains("off"));
    assert!(run(&["deliveries", id]).1.contains("webhook:test"));
    assert_eq!(run(&["remove", id]).0, 0);
    assert_eq!(run(&["remove", id]).0, 1);
}
