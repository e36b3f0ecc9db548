//! An engine over the sandbox, and the truth beside it.

#![allow(dead_code, clippy::unwrap_used, clippy::panic, unreachable_pub)]

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use crosswalk_connector::file::Method;
use crosswalk_connector::{Connector, Layer, LayerOverride, Overridden, OverriddenCall, Registry};
use crosswalk_engine::{
    CredentialProblem, CredentialSet, CredentialSource, CursorKey, Engine, EngineConfig, ListAnswer,
    StreamFormat, Target,
};
use crosswalk_model::{
    ApiError, Capabilities, Endpoint, Instant, Query, Row, UnifiedModel, Value, builtin, reference,
};
use crosswalk_sandbox::{Sandbox, SandboxAccount, SandboxConfig, TruthUser};
use crosswalk_transport::{Transport, TransportConfig};
use secrecy::SecretString;
use serde_json::json;
use smallvec::smallvec;

/// One vendor, connected.
pub struct House {
    pub sandbox: Sandbox,
    pub engine: Engine,
    pub target: Target,
    pub model: Arc<UnifiedModel>,
    pub deaths: Arc<Mutex<Vec<String>>>,
    vendor: &'static str,
    /// Whether the fields are swapped.
    swaps: bool,
}

/// Each field and the one whose mapping it takes.
const SWAPPED: [(&str, &str); 6] = [
    ("name", "email"),
    ("email", "name"),
    ("first_name", "last_name"),
    ("last_name", "first_name"),
    ("created_at", "updated_at"),
    ("updated_at", "created_at"),
];

/// Credentials that refresh themselves through the engine.
struct Source {
    engine: Engine,
    connector: Arc<Connector>,
    method: Method,
    set: Mutex<Arc<CredentialSet>>,
    deaths: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl CredentialSource for Source {
    async fn current(&self) -> Result<Arc<CredentialSet>, CredentialProblem> {
        let current = self.set.lock().unwrap().clone();
        match self.method {
            Method::Oauth2ClientCredentials if !current.values.contains_key("access_token") => {
                self.refresh(&current).await
            }
            _ => Ok(current),
        }
    }

    async fn refresh(&self, rejected: &CredentialSet) -> Result<Arc<CredentialSet>, CredentialProblem> {
        let current = self.set.lock().unwrap().clone();
        if current.version > rejected.version {
            return Ok(current);
        }
        for _ in 0..3 {
            match self
                .engine
                .exchange_token(&self.connector, self.method, &current)
                .await
            {
                Ok(answer) => {
                    let mut next = (*current).clone();
                    next.values.extend(answer.secrets);
                    next.settings.extend(answer.settings);
                    next.version += 1;
                    next.stored_at = now();
                    let next = Arc::new(next);
                    *self.set.lock().unwrap() = next.clone();
                    return Ok(next);
                }
                Err(crosswalk_engine::TokenFault::Passing(_)) => {}
                Err(crosswalk_engine::TokenFault::Unsupported) => {
                    return Err(CredentialProblem::NotRefreshable);
                }
                Err(crosswalk_engine::TokenFault::Refused(reason)) => {
                    return Err(CredentialProblem::NeedsReauth(reason));
                }
            }
        }
        Err(CredentialProblem::Passing("no luck".into()))
    }

    async fn dead(&self, _: &CredentialSet, reason: &str) {
        self.deaths.lock().unwrap().push(reason.to_owned());
    }
}

/// What a connector's file says of its vendor has to be true: nothing is refused, or it is seen.
fn strict() -> EngineConfig {
    EngineConfig {
        bare_when_refused: false,
        ..EngineConfig::default()
    }
}

impl House {
    pub async fn build(vendor: &'static str, people: usize) -> Self {
        Self::connect(vendor, people, strict(), |_| ()).await
    }

    /// With another engine.
    pub async fn with(vendor: &'static str, people: usize, config: EngineConfig) -> Self {
        Self::connect(vendor, people, config, |_| ()).await
    }

    /// With an account that is changed before it is connected.
    pub async fn build_with(
        vendor: &'static str,
        people: usize,
        change: impl FnOnce(&mut SandboxAccount),
    ) -> Self {
        Self::connect(vendor, people, strict(), change).await
    }

    async fn connect(
        vendor: &'static str,
        people: usize,
        config: EngineConfig,
        change: impl FnOnce(&mut SandboxAccount),
    ) -> Self {
        let sandbox = Sandbox::new(SandboxConfig { users: people });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let egress = format!("http://{}", listener.local_addr().unwrap());
        // The vendor lives on a thread of its own, so that tests may block.
        let served = sandbox.clone();
        let listener = listener.into_std().unwrap();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                served
                    .serve(listener, Box::pin(std::future::pending()))
                    .await
                    .unwrap();
            });
        });
        let models = builtin();
        let registry = Registry::bundled(&models).unwrap();
        let connector = registry.get(vendor).unwrap().clone();
        let transport = Transport::new(TransportConfig {
            egress: Some(egress.parse().unwrap()),
            ..TransportConfig::default()
        })
        .unwrap();
        let engine = Engine::new(transport, &CursorKey::new([9; 32]), config).unwrap();
        let mut account = sandbox
            .accounts()
            .into_iter()
            .find(|account| account.integration == vendor)
            .unwrap();
        change(&mut account);
        let method = Method::from_name(account.authentication_method).unwrap();
        let (settings, secrets): (Vec<_>, Vec<_>) = account
            .context
            .into_iter()
            .partition(|(name, _)| connector.file.settings.contains_key(name));
        let set = CredentialSet {
            values: secrets
                .into_iter()
                .map(|(name, value)| (name, SecretString::from(value.as_str().unwrap())))
                .collect(),
            settings: settings.into_iter().collect(),
            version: 1,
            stored_at: now(),
        };
        let deaths = Arc::default();
        let source = Source {
            engine: engine.clone(),
            connector: connector.clone(),
            method,
            set: Mutex::new(Arc::new(set)),
            deaths: Arc::clone(&deaths),
        };
        let target = Target {
            connector,
            account: "account-1".into(),
            method,
            credentials: Arc::new(source),
            requests: Default::default(),
            overrides: None,
        };
        let model = models
            .into_iter()
            .find(|model| model.name == "crm/users")
            .unwrap();
        Self {
            sandbox,
            engine,
            target,
            model: Arc::new(model),
            deaths,
            vendor,
            swaps: false,
        }
    }

    /// The same account, proving itself another way.
    pub fn proven_by(mut self, method: Method, given: &[(&str, &str)]) -> Self {
        let connector = self.target.connector.clone();
        let (settings, secrets): (Vec<_>, Vec<_>) = given
            .iter()
            .partition(|(name, _)| connector.file.settings.contains_key(*name));
        let settings = settings
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect();
        let set = CredentialSet {
            values: secrets
                .into_iter()
                .map(|(name, value)| (name.to_owned(), SecretString::from(value)))
                .collect(),
            settings: connector.check_settings(method, &settings).unwrap(),
            version: 1,
            stored_at: now(),
        };
        let source = Source {
            engine: self.engine.clone(),
            connector,
            method,
            set: Mutex::new(Arc::new(set)),
            deaths: Arc::clone(&self.deaths),
        };
        self.target.method = method;
        self.target.credentials = Arc::new(source);
        self
    }

    /// Whether an access token that ended can be had anew.
    pub fn refreshes(&self) -> bool {
        let scheme = self.target.connector.scheme(self.target.method).unwrap();
        match (&scheme.token, self.target.method) {
            (Some(_), Method::Oauth2ClientCredentials) => true,
            (Some(token), _) => !token.refresh.unsupported,
            (None, _) => false,
        }
    }

    pub fn truth(&self) -> Vec<TruthUser> {
        self.sandbox.truth(self.vendor)
    }

    /// Overrides that swap fields with others of their kind, negate the truth and add a text, so that what
    /// comes out is known: what the vendor filters and sorts by is now something else.
    pub fn swapped(mut self) -> Self {
        let (unified, _) = self.target.connector.unified("crm/users").unwrap();
        let written = |name: &str| {
            use crosswalk_connector::file::{FieldMapping, InstantText};
            let mapping = unified.fields.get(name)?;
            Some(match mapping.get() {
                FieldMapping::Expression(expression) => json!({ "value": expression }),
                FieldMapping::Read(read) => json!({
                    "value": read.value,
                    "read": match &read.read {
                        InstantText::UnixSeconds => json!("unix_seconds"),
                        InstantText::UnixMillis => json!("unix_millis"),
                        InstantText::Zone(zone) => json!({ "zone": zone }),
                    },
                }),
            })
        };
        let mut fields = serde_json::Map::new();
        for (name, other) in SWAPPED {
            if let (Some(_), Some(other)) = (written(name), written(other)) {
                fields.insert(name.to_owned(), other);
            }
        }
        if let Some(active) = written("is_active") {
            let negated = format!("$not({})", active["value"].as_str().unwrap());
            fields.insert("is_active".into(), json!({ "value": negated }));
        }
        let mut nick = written("email").unwrap();
        nick["kind"] = json!("text");
        fields.insert("nick".into(), nick);
        self.overridden(&json!({ "response_mapping": fields }));
        self.swaps = true;
        self
    }

    /// Lays an override of the list over the connector.
    pub fn overridden(&mut self, value: &serde_json::Value) {
        let layer = LayerOverride {
            layer: Layer::Account,
            call: OverriddenCall::List,
            value,
            path: "list".into(),
        };
        let model = builtin().remove(0);
        let built = Overridden::build(&self.target.connector, &model, OverriddenCall::List, &[layer]);
        let built = built.unwrap_or_else(|problems| panic!("{}: {}", self.vendor, problems[0]));
        self.model = Arc::clone(&built.model);
        self.target.overrides = Some(Arc::new(built));
    }

    /// The fields that the account gives.
    pub fn fields(&self) -> BTreeSet<String> {
        let (_, compiled) = self.target.unified("crm/users").unwrap();
        let fields = compiled.fields.iter();
        fields.map(|field| self.model.field(field).name.clone()).collect()
    }

    pub fn query(&self, raw: &str) -> Query {
        self.query_with(raw, &[])
    }

    /// A query that may have these parameters as well.
    pub fn query_with(&self, raw: &str, parameters: &[&'static str]) -> Query {
        let (_, unified) = self.target.unified("crm/users").unwrap();
        let given = Capabilities {
            label: self.vendor,
            fields: unified.fields,
            parameters: parameters.to_vec(),
        };
        Query::parse(&self.model, &given, Endpoint::List, raw)
            .unwrap_or_else(|error| panic!("{raw}: {}", error.message))
    }

    pub async fn list(&self, query: &Query) -> Result<ListAnswer, ApiError> {
        self.engine.list(&self.model, &self.target, query).await
    }

    /// Every user of a stream.
    pub async fn stream(&self, query: &Query) -> Vec<String> {
        let mut stream = self
            .engine
            .stream(
                self.model.clone(),
                self.target.clone(),
                query.clone(),
                StreamFormat::Envelope,
            )
            .await
            .unwrap();
        let mut body = Vec::new();
        while let Some(chunk) = stream.next().await {
            body.extend_from_slice(&chunk);
        }
        users(&body)
    }

    /// What the law says, as the fields of each user in one line.
    pub fn expected(&self, query: &Query) -> Vec<String> {
        let truth = self.truth();
        let rows = truth.iter().map(|user| self.row(user)).collect();
        reference::list(&self.model, query, rows)
            .iter()
            .map(|row| self.line(row))
            .collect()
    }

    fn row(&self, user: &TruthUser) -> Row<'static> {
        let mut row = Row {
            values: smallvec![Value::Null; self.model.fields.len()],
            raw: b"",
        };
        let text = |text: &Option<String>| text.clone().map_or(Value::Null, |text| Value::Text(text.into()));
        let instant = |at: Option<i64>| at.map_or(Value::Null, |at| Value::Instant(Instant(at)));
        let urls: Vec<serde_json::Value> = user
            .urls
            .iter()
            .map(|(kind, url)| serde_json::json!({"type": kind, "url": url}))
            .collect();
        let given = self.fields();
        let source = |name: &'static str| {
            let swap = SWAPPED.iter().find(|(from, to)| {
                self.swaps && *from == name && given.contains(*from) && given.contains(*to)
            });
            swap.map_or(name, |(_, to)| to)
        };
        let values = [
            ("id", Value::Text(user.id.clone().into())),
            ("name", text(&user.name)),
            ("email", text(&user.email)),
            ("is_active", user.is_active.map_or(Value::Null, Value::Bool)),
            ("urls", Value::Json(serde_json::to_vec(&urls).unwrap().into())),
            ("created_at", instant(user.created_at)),
            ("updated_at", instant(user.updated_at)),
            ("first_name", text(&user.first_name)),
            ("last_name", text(&user.last_name)),
        ];
        for (name, _) in &values {
            if given.contains(*name) {
                let (_, value) = values.iter().find(|(known, _)| *known == source(name)).unwrap();
                let value = match value {
                    Value::Bool(truth) => Value::Bool(*truth != self.swaps),
                    other => other.clone(),
                };
                row.values[usize::from(self.model.field_id(name).unwrap().0)] = value;
            }
        }
        if let Some(nick) = self.model.field_id("nick") {
            row.values[usize::from(nick.0)] = text(&user.email);
        }
        row
    }

    fn line(&self, row: &Row<'_>) -> String {
        let given = self.fields();
        let mut members = serde_json::Map::new();
        for (id, field) in self
            .model
            .output_fields()
            .filter(|(_, field)| given.contains(&field.name))
        {
            let mut json = Vec::new();
            crosswalk_mapping::write::write_value(&mut json, &row.values[usize::from(id.0)]);
            members.insert(field.name.clone(), serde_json::from_slice(&json).unwrap());
        }
        serde_json::Value::Object(members).to_string()
    }
}

fn now() -> i64 {
    i64::try_from(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap()
}

/// The users of an envelope, each in one line without `remote_data`.
pub fn users(body: &[u8]) -> Vec<String> {
    let envelope: serde_json::Value = serde_json::from_slice(body).unwrap();
    assert!(envelope.get("error").is_none(), "{envelope}");
    envelope["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| {
            let mut user = user.as_object().unwrap().clone();
            assert!(user.shift_remove("remote_data").is_some());
            serde_json::Value::Object(user).to_string()
        })
        .collect()
}
