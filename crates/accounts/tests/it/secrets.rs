//! Planted secrets are nowhere to be read.

use std::fs;

use base64::{Engine as _, engine::general_purpose};
use crosswalk_accounts::{CredentialsChange, MasterKey, NewToken, Purpose};
use secrecy::ExposeSecret;

use crate::support::{Does, Folder, Vendor, connection, new_account, secrets, soon};

const PLANTED: [&str; 3] = [
    "planted-access-4cfa",
    "refresh-900000001",
    "planted-replaced-77e0",
];

fn assert_absent(folder: &Folder, planted: &[String]) {
    let mut read = 0;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        read += bytes.len();
        for secret in planted {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} stands in {}", path.display());
        }
    }
    assert!(read > 50_000, "there was something to search ({read} bytes)");
}

#[tokio::test]
async fn planted_secrets_are_neither_on_disk_nor_in_debug() {
    let folder = Folder::new();
    let key = MasterKey::load(folder.path(), None).unwrap();
    let store = folder.open().await;
    let mut new = new_account("acme", "x");
    new.credentials = secrets(&[("access_token", PLANTED[0]), ("refresh_token", PLANTED[1])]);
    let mut shown = format!("{new:?}");
    let id = store
        .create_account(store.default_environment(), new)
        .await
        .unwrap()
        .id;
    let token = NewToken::of_environment("ci", store.default_environment().clone());
    let issued = store.create_token(token).await.unwrap();
    let principal = store
        .authenticate(issued.secret.expose_secret())
        .await
        .unwrap()
        .unwrap();
    let vendor = Vendor::new(&[Does::Answers]);
    let refresher = vendor.refresher(&store);
    let refreshed = refresher.refresh(&id, 1, soon()).await.unwrap();
    assert_eq!(
        refreshed.credentials.get("refresh_token"),
        Some("refresh-900000002")
    );
    let change = CredentialsChange {
        values: secrets(&[("access_token", PLANTED[2])]),
        keep_others: true,
        ..Default::default()
    };
    store
        .change_credentials(store.default_environment(), &id, &change)
        .await
        .unwrap();
    shown += &format!(
        "{issued:?} {principal:?} {refreshed:?} {change:?} {:?} {store:?} {refresher:?} {key:?} {:?}",
        connection(&store, &id).await,
        key.derive(Purpose::Credentials),
    );

    let mut planted: Vec<String> = PLANTED.map(str::to_owned).to_vec();
    planted.push("access-900000002".to_owned());
    planted.push("refresh-900000002".to_owned());
    planted.push(issued.secret.expose_secret().to_owned());
    let encoded: Vec<String> = planted
        .iter()
        .map(|secret| general_purpose::STANDARD_NO_PAD.encode(secret))
        .collect();
    planted.extend(encoded);
    for secret in &planted {
        assert!(!shown.contains(secret), "{secret} is printed");
    }
    // With the write-ahead log, and without.
    assert_absent(&folder, &planted);
    store.close().await;
    assert_absent(&folder, &planted);
}
