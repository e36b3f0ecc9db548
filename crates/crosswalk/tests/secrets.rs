//! Marked secrets are planted everywhere, and looked for everywhere: answers, logs, metrics, files, output.
//!
//! The vendor is of the worst kind: it answers every request with an error that repeats all of the request, as
//! it came.

#![allow(clippy::unwrap_used)]

mod support;

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use support::{Client, crosswalk, request};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const MARKS: [&str; 9] = [
    "planted-access-5501",
    "planted-refresh-5502",
    "planted-client-secret-5503",
    "planted/api+key=5504",
    "planted-password-5505",
    "planted-fresh-access-5506",
    "planted-malformed-5507",
    "planted-extra-5508",
    "planted-imported-5509",
];

/// Repeats all of a request in an error.
fn echo(status: &Arc<AtomicU16>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let status = Arc::clone(status);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let status = Arc::clone(&status);
            std::thread::spawn(move || answer(&stream.unwrap(), &status));
        }
    });
    address
}

fn answer(stream: &TcpStream, status: &AtomicU16) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let (mut whole, mut length) = (String::new(), 0);
        loop {
            let before = whole.len();
            if reader.read_line(&mut whole).unwrap_or(0) == 0 {
                return;
            }
            let line = whole[before..].trim().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        whole.push_str(&String::from_utf8_lossy(&body));
        let body = json!({
            "message": whole, "error": "invalid_grant", "error_description": whole,
            "errors": [{ "message": whole, "detail": whole }],
        })
        .to_string();
        let status = status.load(Ordering::SeqCst);
        let head = format!(
            "HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        if (&mut &*stream)
            .write_all(format!("{head}{body}").as_bytes())
            .is_err()
        {
            return;
        }
    }
}

/// A server that logs all it can into a file.
struct Logged {
    child: Child,
    log: PathBuf,
    address: String,
}

impl Logged {
    fn start(data: &Path, log: PathBuf, egress: &str) -> Self {
        let child = crosswalk(data)
            .args(["--log-level", "trace", "serve", "--listen", "127.0.0.1:0"])
            .env("CROSSWALK_EGRESS_URL", format!("http://{egress}"))
            .env("CROSSWALK_KEY", KEY)
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut running = Self {
            child,
            log,
            address: String::new(),
        };
        for _ in 0..200 {
            let text = std::fs::read_to_string(&running.log).unwrap();
            if let Some((_, rest)) = text.split_once("listens on http://") {
                running.address = rest.split([',', ' ']).next().unwrap().to_owned();
                return running;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("it never listened");
    }
}

impl Drop for Logged {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What has been seen, and where.
#[derive(Default)]
struct Seen(Vec<(String, Vec<u8>)>);

impl Seen {
    fn add(&mut self, place: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0.push((place.into(), bytes.into()));
    }

    fn assert_absent(&self, secret: &str) {
        let escaped: String = secret
            .bytes()
            .map(|byte| match byte {
                byte if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) => {
                    char::from(byte).to_string()
                }
                byte => format!("%{byte:02X}"),
            })
            .collect();
        // As HTTP Basic has it, behind a user name of any length: what of its base64 is the same.
        let middle = |before: &str| {
            let text = STANDARD.encode(format!("{before}{secret}"));
            text[8..text.len() - 8].to_owned()
        };
        let forms = [
            secret.to_owned(),
            escaped,
            middle("123456"),
            middle("1234567"),
            middle("12345678"),
        ];
        for (place, bytes) in &self.0 {
            for form in &forms {
                let found = bytes
                    .windows(form.len())
                    .position(|window| window == form.as_bytes());
                if let Some(at) = found {
                    let around = &bytes[at.saturating_sub(200)..(at + 60).min(bytes.len())];
                    panic!(
                        "{secret} ({form}) stands in {place}: …{}…",
                        String::from_utf8_lossy(around)
                    );
                }
            }
        }
    }
}

#[test]
fn planted_secrets_come_out_nowhere() {
    let data = tempfile::tempdir().unwrap();
    let place = tempfile::tempdir().unwrap();
    let status = Arc::new(AtomicU16::new(401));
    let egress = echo(&status);
    let server = Logged::start(data.path(), place.path().join("log"), &egress);
    let run = |arguments: &[&str]| {
        let output = crosswalk(data.path())
            .args(arguments)
            .env("CROSSWALK_EGRESS_URL", format!("http://{egress}"))
            .env("CROSSWALK_KEY", KEY)
            .output()
            .unwrap();
        [output.stdout, output.stderr].concat()
    };
    let token = String::from_utf8(run(&["token", "create", "--name", "planted"]))
        .unwrap()
        .trim()
        .to_owned();
    let client = Client {
        address: server.address.clone(),
        token: token.clone(),
    };
    let mut seen = Seen::default();
    let mut secrets: Vec<String> = MARKS.map(str::to_owned).to_vec();
    secrets.push(token.clone());
    secrets.push(KEY.trim_end_matches('=').to_owned());

    let oauth = json!({
        "access_token": MARKS[0], "refresh_token": MARKS[1], "client_id": "planted-client",
        "client_secret": MARKS[2], "expires_at": 1, "extra": MARKS[7],
    });
    let accounts = [
        json!({"integration": "hubspot", "authentication_method": "oauth2", "context": oauth}),
        json!({"integration": "hubspot", "authentication_method": "api_key", "context": {"api_key": MARKS[3]}}),
        json!({"integration": "insightly", "authentication_method": "api_key", "context": {"pod": "na1", "api_key": MARKS[3]}}),
        json!({"integration": "close", "authentication_method": "api_key", "context": {"api_key": MARKS[3]}}),
        json!({"integration": "nutshell", "authentication_method": "basic", "context": {"username": "me@example.com", "password": MARKS[4]}}),
        json!({"integration": "onepagecrm", "authentication_method": "basic", "context": {"username": "u123", "password": MARKS[4]}}),
        json!({"integration": "close", "authentication_method": "oauth2", "context": oauth}),
        json!({"integration": "zendesksell", "authentication_method": "oauth2", "context": oauth}),
        json!({"integration": "teamleader", "authentication_method": "oauth2", "context": oauth}),
    ];
    let hook = client.send(
        "POST",
        "/webhook",
        Some(&json!({"target_url": "https://hooks.example.com/in"})),
    );
    secrets.push(
        hook.json()["secret"].as_str().unwrap()["whsec_".len()..]
            .trim_end_matches('=')
            .to_owned(),
    );
    let hook_path = format!("/webhook/{}", hook.json()["id"].as_str().unwrap());
    let mut made = 0;
    for account in &accounts {
        let mut send = |method: &str, target: &str, body: Option<&Value>| {
            let answer = client.send(method, target, body);
            seen.add(
                format!("{method} {target}"),
                [answer.head.as_bytes(), &answer.body].concat(),
            );
            answer
        };
        // Refused, with all of the request repeated; and by a vendor that fails.
        for code in [401, 403, 400, 500] {
            // What is tried again takes time, and says the same for all.
            if code == 500 && made > 0 {
                continue;
            }
            status.store(code, Ordering::SeqCst);
            send("POST", "/integrated-account", Some(account));
        }
        status.store(401, Ordering::SeqCst);
        let answer = send("POST", "/integrated-account?validate=false", Some(account));
        if answer.status != 201 {
            continue;
        }
        made += 1;
        let id = answer.json()["id"].as_str().unwrap().to_owned();
        let fresh = json!({"context": {"access_token": MARKS[5]}});
        for code in [400, 403, 429, 500, 401] {
            if matches!(code, 429 | 500) && made > 1 {
                continue;
            }
            status.store(code, Ordering::SeqCst);
            for target in [
                format!("/unified/crm/users?integrated_account_id={id}&limit=1&crosswalk_explain=true"),
                format!("/unified/crm/users?integrated_account_id={id}&truto_response_format=stream"),
                format!("/unified/crm/users/1?integrated_account_id={id}"),
            ] {
                if code != 500 || target.contains("/1?") {
                    send("GET", &target, None);
                }
            }
        }
        send(
            "PATCH",
            &format!("/integrated-account/{id}/credentials"),
            Some(&fresh),
        );
        send(
            "POST",
            "/integrated-account/refresh-credentials",
            Some(&json!({"integrated_account_id": id})),
        );
        send("GET", &format!("/integrated-account/{id}"), None);
        let own = client.send(
            "POST",
            "/integrated-account/token",
            Some(&json!({"integrated_account_id": id})),
        );
        secrets.push(own.json()["token"].as_str().unwrap().to_owned());
        if made % 2 == 0 {
            send("DELETE", &format!("/integrated-account/{id}"), None);
        }
    }
    assert!(made >= 7, "{made} accounts");
    // Requests that are wrong, with secrets in them.
    let bearer = format!("Bearer {token}");
    for (kind, body) in [
        ("application/json", format!("{{\"integration\": \"{}\"", MARKS[6])),
        ("application/json", format!("[\"{}\"]", MARKS[6])),
        ("text/plain", MARKS[6].to_owned()),
        (
            "application/json",
            format!("{{\"integration\": \"hubspot\", \"context\": \"{}\"}}", MARKS[6]),
        ),
        (
            "application/json",
            format!(
                "{{\"integration\": \"hubspot\", \"context\": {{\"access_token\": \"{}\", \"expires_at\": \"soon\"}}}}",
                MARKS[6]
            ),
        ),
    ] {
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", kind)];
        let answer = request(
            &server.address,
            "POST",
            "/integrated-account",
            &headers,
            Some(body.as_bytes()),
        );
        seen.add(
            format!("a wrong body: {kind}"),
            [answer.head.as_bytes(), &answer.body].concat(),
        );
    }
    let file = place.path().join("import.ndjson");
    let row = json!({"integration": "hubspot", "method": "api_key", "context": {"api_key": MARKS[8]}});
    std::fs::write(&file, format!("{row}\n{{\"integration\": \"{}\n", MARKS[8])).unwrap();
    let import = file.display().to_string();
    let backup = place.path().join("backup").display().to_string();
    for command in [
        &["accounts", "import", &import, "--validate"][..],
        &["accounts", "import", &import, "-o", "json"],
        &["accounts", "list", "-o", "json"],
        &["accounts", "check", "--all", "-o", "ndjson"],
        &["token", "list", "-o", "json"],
        &["webhooks", "list", "-o", "json"],
        &["audit", "-o", "json"],
        &["keys", "list"],
        &["--log-level", "trace", "accounts", "check", "--all"],
        &["backup", &backup],
    ] {
        seen.add(command.join(" "), run(command));
    }
    for target in [
        "/integrated-account?limit=1000",
        "/audit-log?limit=1000",
        "/metrics",
        "/webhook",
        &format!("{hook_path}/delivery"),
    ] {
        let answer = client.get(target);
        assert_eq!(answer.status, 200, "{target}");
        seen.add(target, answer.body);
    }
    // Time for the last deliveries and writes.
    std::thread::sleep(Duration::from_secs(3));
    seen.add("the log", std::fs::read(&server.log).unwrap());
    drop(server);
    let mut bytes = 0;
    let files = std::fs::read_dir(data.path())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    for path in files.chain([backup.into()]) {
        let contents = std::fs::read(&path).unwrap();
        bytes += contents.len();
        seen.add(path.display().to_string(), contents);
    }
    let log = seen
        .0
        .iter()
        .find(|(place, _)| place == "the log")
        .unwrap()
        .1
        .len();
    assert!(
        bytes > 100_000 && log > 20_000,
        "there was something to search: {bytes}, {log}"
    );
    for secret in &secrets {
        seen.assert_absent(secret);
    }
}
