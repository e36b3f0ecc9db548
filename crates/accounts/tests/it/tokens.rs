//! API tokens, in one process and across two.

use std::time::Duration;

use crosswalk_accounts::{EnvironmentId, NewToken, Store, StoreError, TokenId};
use secrecy::ExposeSecret;

use crate::support::{Folder, eventually, expired, new_account, now_ms};

fn token(store: &Store, name: &str) -> NewToken {
    NewToken::of_environment(name, store.default_environment().clone())
}

#[tokio::test]
async fn a_token_opens_its_environment_until_revoked() {
    let folder = Folder::new();
    let store = folder.open().await;
    let issued = store.create_token(token(&store, "ci")).await.unwrap();
    let secret = issued.secret.expose_secret();
    assert!(secret.starts_with("cw_") && secret.len() == 46, "{secret}");
    let principal = store.authenticate(secret).await.unwrap().unwrap();
    assert_eq!(&principal.environment_id, store.default_environment());
    assert_eq!(principal.token_id, issued.token.id);
    assert_eq!(principal.account_id, None);
    let mut other = secret.to_owned();
    other.replace_range(10..11, if &other[10..11] == "A" { "B" } else { "A" });
    for wrong in [
        "",
        "cw_",
        "nonsense",
        &other,
        &secret[1..],
        &format!("{secret} "),
        &secret.replace("cw", "CW"),
    ] {
        assert_eq!(store.authenticate(wrong).await.unwrap(), None, "{wrong}");
    }
    assert!(store.revoke_token(&issued.token.id).await.unwrap());
    assert!(!store.revoke_token(&issued.token.id).await.unwrap());
    assert!(!store.revoke_token(&TokenId::from("none")).await.unwrap());
    assert_eq!(store.authenticate(secret).await.unwrap(), None);
    let listed = store
        .list_tokens(Some(store.default_environment()))
        .await
        .unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].name, "ci");
    assert!(listed[0].revoked_at.is_some());
}

#[tokio::test]
async fn elsewhere_a_token_counts_at_once_and_its_end_soon() {
    let folder = Folder::new();
    let (here, there) = (folder.open().await, folder.open().await);
    // A refusal just before must not be remembered.
    assert_eq!(
        there
            .authenticate(&format!("cw_{}", "A".repeat(43)))
            .await
            .unwrap(),
        None
    );
    let issued = here.create_token(token(&here, "x")).await.unwrap();
    let secret = issued.secret.expose_secret();
    assert!(there.authenticate(secret).await.unwrap().is_some());
    here.revoke_token(&issued.token.id).await.unwrap();
    eventually(|| async { there.authenticate(secret).await.unwrap().is_none() }).await;
}

#[tokio::test]
async fn a_token_ends_when_it_says() {
    let folder = Folder::new();
    let store = folder.open().await;
    let over = NewToken {
        expires_at: Some(now_ms() - 1),
        ..token(&store, "over")
    };
    let over = store.create_token(over).await.unwrap();
    assert_eq!(
        store.authenticate(over.secret.expose_secret()).await.unwrap(),
        None
    );
    let soon = NewToken {
        expires_at: Some(now_ms() + 200),
        ..token(&store, "soon")
    };
    let soon = store.create_token(soon).await.unwrap();
    eventually(|| async {
        store
            .authenticate(soon.secret.expose_secret())
            .await
            .unwrap()
            .is_none()
    })
    .await;
}

#[tokio::test]
async fn an_account_token_names_its_account_and_goes_with_it() {
    let folder = Folder::new();
    let store = folder.open().await;
    let account = expired(&store).await;
    let scoped = NewToken {
        account_id: Some(account.id.clone()),
        ..token(&store, "one")
    };
    let issued = store.create_token(scoped.clone()).await.unwrap();
    let principal = store
        .authenticate(issued.secret.expose_secret())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(principal.account_id.as_ref(), Some(&account.id));

    let elsewhere = store.create_environment("staging").await.unwrap();
    let foreign = NewToken {
        environment_id: elsewhere.id.clone(),
        ..scoped
    };
    assert!(matches!(
        store.create_token(foreign).await,
        Err(StoreError::NotFound(_))
    ));
    let nowhere = NewToken {
        environment_id: EnvironmentId::from("none"),
        ..token(&store, "x")
    };
    assert!(matches!(
        store.create_token(nowhere).await,
        Err(StoreError::NotFound(_))
    ));

    store
        .delete_account(store.default_environment(), &account.id)
        .await
        .unwrap();
    assert_eq!(
        store.authenticate(issued.secret.expose_secret()).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn uses_are_noted_in_bulk() {
    let folder = Folder::new();
    let store = folder.open().await;
    let issued = store.create_token(token(&store, "x")).await.unwrap();
    let account = store
        .create_account(store.default_environment(), new_account("t", "hubspot"))
        .await
        .unwrap();
    for _ in 0..50 {
        store.authenticate(issued.secret.expose_secret()).await.unwrap();
        store.touch(&account.id);
    }
    store.flush_last_used().await;
    let used = store.list_tokens(None).await.unwrap()[0].last_used_at.unwrap();
    let read = store
        .account(store.default_environment(), &account.id)
        .await
        .unwrap()
        .unwrap();
    assert!(read.last_used_at.is_some());
    assert_eq!(read.updated_at, account.updated_at);
    // Within the minute nothing more is written.
    tokio::time::sleep(Duration::from_millis(5)).await;
    store.authenticate(issued.secret.expose_secret()).await.unwrap();
    store.flush_last_used().await;
    assert_eq!(store.list_tokens(None).await.unwrap()[0].last_used_at, Some(used));
}
