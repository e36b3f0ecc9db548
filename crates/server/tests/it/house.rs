//! A server whose vendors are the sandbox's, with one account connected for each of them.

use std::collections::BTreeMap;

use crosswalk_accounts::EnvironmentId;
use crosswalk_engine::EngineConfig;
use crosswalk_sandbox::{Sandbox, SandboxConfig};
use crosswalk_server::{App, AppConfig, LocalClient};
use http::{HeaderMap, Method};
use serde_json::{Value, json};

/// The server, its client, the vendors and the accounts' ids by vendor.
pub(crate) struct House {
    pub(crate) app: App,
    pub(crate) sandbox: Sandbox,
    pub(crate) accounts: BTreeMap<&'static str, String>,
    client: LocalClient,
    _data: tempfile::TempDir,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&self.body).into_owned()))
    }

    /// The error's message.
    pub(crate) fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_owned()
    }
}

impl House {
    pub(crate) async fn build(users: usize) -> Self {
        // A vendor that refuses what its connector's file promises is to be seen here.
        let strict = EngineConfig {
            bare_when_refused: false,
            ..EngineConfig::default()
        };
        Self::patient(users, strict).await
    }

    /// With an engine that waits for so long.
    pub(crate) async fn patient(users: usize, engine: EngineConfig) -> Self {
        let sandbox = Sandbox::new(SandboxConfig { users });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let egress = format!("http://{}", listener.local_addr().unwrap());
        let served = sandbox.clone();
        tokio::spawn(async move { served.serve(listener, Box::pin(std::future::pending())).await });
        let data = tempfile::tempdir().unwrap();
        let app = App::open(AppConfig {
            data_dir: data.path().to_owned(),
            egress: Some(egress),
            engine,
            ..AppConfig::default()
        })
        .await
        .unwrap();
        let environments = app.store().environments().await.unwrap();
        let environment: &EnvironmentId = &environments[0].id;
        let mut house = Self {
            client: app.local(environment),
            app,
            accounts: BTreeMap::new(),
            sandbox,
            _data: data,
        };
        for account in house.sandbox.accounts() {
            let answer = house
                .send(
                    Method::POST,
                    "/integrated-account",
                    Some(&json!({
                        "tenant_id": "t-1",
                        "integration": account.integration,
                        "authentication_method": account.authentication_method,
                        "context": account.context,
                    })),
                )
                .await;
            assert_eq!(answer.status, 201, "{}: {}", account.integration, answer.json());
            let id = answer.json()["id"].as_str().unwrap().to_owned();
            house.accounts.insert(account.integration, id);
        }
        house
    }

    pub(crate) async fn send(&self, method: Method, target: &str, body: Option<&Value>) -> Answer {
        let answer = self.client.request(method, target, body, None).await.unwrap();
        Answer {
            status: answer.status.as_u16(),
            headers: answer.headers.clone(),
            body: answer.bytes().await,
        }
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.send(Method::GET, target, None).await
    }

    /// `GET /unified/crm/users` for a vendor's account.
    pub(crate) async fn users(&self, vendor: &str, query: &[(&str, &str)]) -> Answer {
        let mut target = format!(
            "/unified/crm/users?integrated_account_id={}",
            self.accounts[vendor]
        );
        for (name, value) in query {
            target.push_str(&format!("&{name}={}", encode(value)));
        }
        self.get(&target).await
    }

    /// One user.
    pub(crate) async fn user(&self, vendor: &str, id: &str) -> Answer {
        let account = &self.accounts[vendor];
        self.get(&format!(
            "/unified/crm/users/{}?integrated_account_id={account}",
            encode(id)
        ))
        .await
    }

    /// Every user of a list, over all its pages; the first page that is an error instead.
    pub(crate) async fn walk(&self, vendor: &str, query: &[(&str, &str)]) -> Result<Vec<Value>, Answer> {
        let mut users = Vec::new();
        let mut cursor = String::new();
        loop {
            let mut with_cursor = query.to_vec();
            with_cursor.push(("next_cursor", &cursor));
            let answer = self.users(vendor, &with_cursor).await;
            if answer.status != 200 {
                return Err(answer);
            }
            let envelope = answer.json();
            users.extend(envelope["result"].as_array().unwrap().iter().cloned());
            match &envelope["next_cursor"] {
                Value::String(next) => cursor.clone_from(next),
                _ => return Ok(users),
            }
        }
    }
}

/// A value as it stands in a query or path.
pub(crate) fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
