//! What service managers and containers rely on: a key from a file, and a health check without a shell.

#![allow(clippy::unwrap_used)]

mod support;

use std::io::Read;
use std::net::TcpListener;
use std::path::Path;

use support::{crosswalk, ended, house};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A command on the data folder, with a variable set.
fn with(data: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> (i32, String, String) {
    let mut command = crosswalk(data);
    command.envs(variables.iter().copied()).args(arguments);
    ended(command)
}

#[test]
fn the_key_comes_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = folder.path().join("crosswalk.key");
    std::fs::write(&file, format!("{KEY}\n")).unwrap();
    let path = file.to_str().unwrap();
    let (code, _, errors) = with(&data, &[("CROSSWALK_KEY_FILE", path)], &["token", "create"]);
    assert_eq!(code, 0, "{errors}");
    assert!(!data.join("key").exists(), "no key is made where one is given");
    // It is the key that the file says, however it is handed in.
    let credentials = folder.path().to_str().unwrap();
    for variable in [
        ("CROSSWALK_KEY", KEY),
        ("CROSSWALK_KEY_FILE", path),
        ("CREDENTIALS_DIRECTORY", credentials),
    ] {
        let (code, _, errors) = with(&data, &[variable], &["token", "list"]);
        assert_eq!(code, 0, "{variable:?}: {errors}");
    }
    let (code, _, errors) = with(&data, &[], &["token", "list"]);
    assert!(code == 1 && errors.contains("is missing"), "{errors}");
    // An empty variable is none, as compose files and unit files set them.
    let (code, _, errors) = with(
        &data,
        &[("CROSSWALK_KEY", ""), ("CROSSWALK_KEY_FILE", path)],
        &["token", "list"],
    );
    assert_eq!(code, 0, "{errors}");
    // A folder of credentials without the key leaves the data folder's own.
    let other = folder.path().join("other");
    let (code, _, errors) = with(
        &other,
        &[("CREDENTIALS_DIRECTORY", data.to_str().unwrap())],
        &["token", "create"],
    );
    assert!(code == 0 && other.join("key").exists(), "{errors}");
}

#[test]
fn a_wrong_key_file_is_told_without_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = folder.path().join("mistaken");
    let path = file.to_str().unwrap();
    let refused = |variables: &[(&str, &str)]| {
        let (code, _, errors) = with(&data, variables, &["token", "create"]);
        assert_ne!(code, 0);
        assert!(!data.exists(), "nothing is made");
        errors
    };
    let errors = refused(&[("CROSSWALK_KEY_FILE", path)]);
    assert!(
        errors.contains(&format!("CROSSWALK_KEY_FILE: {path} can not be read")),
        "{errors}"
    );
    for content in [b"".as_slice(), b"hunter2", &[0xff; 32]] {
        std::fs::write(&file, content).unwrap();
        let errors = refused(&[("CROSSWALK_KEY_FILE", path)]);
        assert!(
            errors.contains(path) && errors.contains("is not 32 bytes"),
            "{errors}"
        );
        assert!(!errors.contains("hunter2"));
    }
    std::fs::write(&file, KEY).unwrap();
    // Credentials that can't be looked at are not taken for none: another key would be made.
    let errors = refused(&[("CREDENTIALS_DIRECTORY", path)]);
    assert!(errors.contains("can not be read"), "{errors}");
    let errors = refused(&[("CROSSWALK_KEY_FILE", path), ("CROSSWALK_KEY", KEY)]);
    assert!(errors.contains("both set") && !errors.contains(KEY), "{errors}");
}

#[test]
fn a_key_file_is_rotated_by_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = folder.path().join("crosswalk.key");
    std::fs::write(&file, KEY).unwrap();
    let path = file.to_str().unwrap();
    let given = [("CROSSWALK_KEY_FILE", path)];
    assert_eq!(with(&data, &given, &["token", "create"]).0, 0);
    let (code, new, errors) = with(&data, &given, &["keys", "rotate"]);
    assert_eq!(code, 0, "{errors}");
    assert!(errors.contains(path) && errors.contains("--finish"), "{errors}");
    assert!(!errors.contains(new.trim()));
    // The file is another's: it is not touched, and until it is changed nothing is forgotten.
    assert_eq!(std::fs::read_to_string(&file).unwrap(), KEY);
    let (code, _, errors) = with(&data, &given, &["keys", "rotate", "--finish"]);
    assert!(
        code == 1 && errors.contains(&format!("{path} is still the old key")),
        "{errors}"
    );
    std::fs::write(&file, new.trim()).unwrap();
    let (code, _, errors) = with(&data, &given, &["keys", "rotate", "--finish"]);
    assert_eq!(code, 0, "{errors}");
    let (code, _, errors) = with(&data, &[("CROSSWALK_KEY", KEY)], &["token", "list"]);
    assert!(code == 1 && errors.contains("not the key"), "{errors}");
}

#[test]
fn health_is_asked_without_a_shell() {
    let (data, sandbox, server, client) = house(1);
    assert_eq!(client.get("/health").status, 200);
    let health = |listen: &str| with(data.path(), &[("CROSSWALK_LISTEN", listen)], &["health"]);
    assert_eq!(health(&server.address), (0, "ok\n".to_owned(), String::new()));
    let (_, port) = server.address.rsplit_once(':').unwrap();
    // The very value that made the server listen everywhere.
    assert_eq!(health(&format!("0.0.0.0:{port}")).0, 0);
    let (code, _, errors) = health(&sandbox.address);
    assert!(
        code == 1 && errors.contains("not as a server of crosswalk"),
        "{errors}"
    );
    let address = server.address.clone();
    drop(server);
    let (code, out, errors) = health(&address);
    assert!(
        code == 1 && out.is_empty() && errors.contains("does not answer"),
        "{errors}"
    );
    assert_eq!(health("8080").0, 2);
}

#[test]
fn health_does_not_wait_for_ever() {
    let data = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let silent = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        drop(stream.read_to_end(&mut Vec::new()));
    });
    let (code, _, errors) = with(
        data.path(),
        &[],
        &["health", "--listen", &address, "--timeout", "1"],
    );
    assert!(code == 1 && errors.contains("within 1 s"), "{errors}");
    silent.join().unwrap();
}
