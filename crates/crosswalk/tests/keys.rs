//! Keys and backups, over real processes.

#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::Value;
use support::{Client, Running, crosswalk, files, house, request};

const OLD: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn run(data: &Path, key: Option<&str>, arguments: &[&str]) -> (i32, String, String) {
    let mut command = crosswalk(data);
    if let Some(key) = key {
        command.env("CROSSWALK_KEY", key);
    }
    let output = command.args(arguments).output().unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn keys(data: &Path, key: Option<&str>) -> Vec<Value> {
    let (code, out, errors) = run(data, key, &["keys", "list", "-o", "json"]);
    assert_eq!(code, 0, "{errors}");
    serde_json::from_str(&out).unwrap()
}

#[test]
fn keys_rotate_while_servers_work() {
    let data = tempfile::tempdir().unwrap();
    let sandbox = Running::sandbox(data.path(), 10);
    let servers = [
        Running::serve(data.path(), &sandbox),
        Running::serve(data.path(), &sandbox),
    ];
    let client = Client::new(data.path(), &servers[0]);
    let id = client.connect(&sandbox, "teamleader");
    for _ in 0..20 {
        client.connect(&sandbox, "hubspot");
    }
    let before = keys(data.path(), None);
    let old_file = std::fs::read(data.path().join("key")).unwrap();
    // Callers on both servers all the while, whose token rotates under them.
    let (stop, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let callers: Vec<_> = servers
        .iter()
        .map(|server| {
            let client = Client {
                address: server.address.clone(),
                token: client.token.clone(),
            };
            let (stop, calls) = (Arc::clone(&stop), Arc::clone(&calls));
            let list = format!("/unified/crm/users?integrated_account_id={id}&limit=1");
            std::thread::spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    let answer = client.get(&list);
                    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
                    calls.fetch_add(1, Ordering::SeqCst);
                    std::thread::sleep(std::time::Duration::from_millis(30));
                }
            })
        })
        .collect();
    let expire = || {
        request(
            &sandbox.address,
            "POST",
            "/_sandbox/expire-tokens?vendor=teamleader",
            &[],
            Some(b""),
        );
    };
    expire();
    let (code, _, errors) = run(data.path(), None, &["keys", "rotate"]);
    assert_eq!(code, 0, "{errors}");
    expire();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    stop.store(true, Ordering::SeqCst);
    callers.into_iter().for_each(|caller| caller.join().unwrap());
    assert!(calls.load(Ordering::SeqCst) > 20);
    let after = keys(data.path(), None);
    assert_eq!(after.len(), 1, "{after:?}");
    assert_ne!(after[0]["id"], before[0]["id"]);
    assert_eq!(after[0]["values"], 21);
    // The old key is kept for old backups, and opens this database no more.
    let kept = data
        .path()
        .join(format!("key.{}", before[0]["id"].as_str().unwrap()));
    assert_eq!(std::fs::read(&kept).unwrap(), old_file);
    assert_ne!(std::fs::read(data.path().join("key")).unwrap(), old_file);
    let old = String::from_utf8(old_file).unwrap();
    let (code, _, errors) = run(data.path(), Some(old.trim()), &["token", "list"]);
    assert!(
        code == 1 && errors.contains("not the key of the database"),
        "{errors}"
    );
    // A fresh start has the new one.
    drop(servers);
    let server = Running::serve(data.path(), &sandbox);
    let client = Client {
        address: server.address.clone(),
        ..client
    };
    let list = format!("/unified/crm/users?integrated_account_id={id}&limit=1");
    assert_eq!(client.get(&list).status, 200);
}

#[test]
fn a_key_of_the_surroundings_is_handed_over() {
    let data = tempfile::tempdir().unwrap();
    let sandbox = Running::sandbox(data.path(), 10);
    let serve = |key: &str| {
        let mut command = crosswalk(data.path());
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("CROSSWALK_EGRESS_URL", format!("http://{}", sandbox.address))
            .env("CROSSWALK_KEY", key);
        Running::start(command)
    };
    let server = serve(OLD);
    let (_, token, _) = run(data.path(), Some(OLD), &["token", "create"]);
    let client = Client {
        address: server.address.clone(),
        token: token.trim().to_owned(),
    };
    let id = client.connect(&sandbox, "hubspot");
    let (code, new, errors) = run(data.path(), Some(OLD), &["keys", "rotate"]);
    assert_eq!(code, 0, "{errors}");
    let new = new.trim();
    assert!(errors.contains("--finish") && !errors.contains(new), "{errors}");
    let list = format!("/unified/crm/users?integrated_account_id={id}&limit=1");
    assert_eq!(client.get(&list).status, 200);
    // Until it is finished both keys start a server.
    drop(server);
    for key in [OLD, new] {
        let server = serve(key);
        let client = Client {
            address: server.address.clone(),
            ..client.clone()
        };
        assert_eq!(client.get(&list).status, 200);
    }
    let (code, _, errors) = run(data.path(), Some(OLD), &["keys", "rotate", "--finish"]);
    assert!(code == 1 && errors.contains("still the old key"), "{errors}");
    assert_eq!(run(data.path(), Some(new), &["keys", "rotate", "--finish"]).0, 0);
    let (code, _, errors) = run(data.path(), Some(OLD), &["accounts", "list"]);
    assert!(code == 1 && errors.contains("not the key"), "{errors}");
    assert!(run(data.path(), Some(new), &["accounts", "list"]).1.contains(&id));
    assert!(!data.path().join("key").exists());
    let (code, _, errors) = run(data.path(), Some(new), &["keys", "rotate", "--new-key", OLD]);
    assert!(code == 2 && !errors.contains(OLD), "{errors}");
}

#[test]
fn a_backup_is_whole_and_comes_back() {
    let (data, sandbox, _server, client) = house(10);
    let id = client.connect(&sandbox, "hubspot");
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("crosswalk.backup");
    let name = file.to_str().unwrap();
    let (code, _, errors) = run(data.path(), None, &["backup", name]);
    assert_eq!(code, 0, "{errors}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    // Nothing is written over.
    let taken = std::fs::read(&file).unwrap();
    assert_eq!(run(data.path(), None, &["backup", name]).0, 1);
    assert!(std::fs::read(&file).unwrap() == taken, "the file was changed");
    // Later changes are not in it.
    assert_eq!(
        client
            .send("DELETE", &format!("/integrated-account/{id}"), None)
            .status,
        204
    );

    let restored = tempfile::tempdir().unwrap();
    std::fs::copy(&file, restored.path().join("crosswalk.db")).unwrap();
    // Without its key, and with a wrong one, it is refused and stays as it is.
    let before = files(restored.path());
    let (code, _, errors) = run(restored.path(), None, &["accounts", "list"]);
    assert!(code == 1 && errors.contains("is missing"), "{errors}");
    let (code, _, errors) = run(restored.path(), Some(OLD), &["accounts", "list"]);
    assert!(code == 1 && errors.contains("nothing was changed"), "{errors}");
    let mut after = files(restored.path());
    after.remove("lock");
    assert!(after == before, "the folder was changed");
    std::fs::copy(data.path().join("key"), restored.path().join("key")).unwrap();
    let server = Running::serve(restored.path(), &sandbox);
    let client = Client {
        address: server.address.clone(),
        ..client
    };
    let list = format!("/unified/crm/users?integrated_account_id={id}&limit=1");
    assert_eq!(client.get(&list).status, 200);
}
