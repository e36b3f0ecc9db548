//! One server's state.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crosswalk_accounts::{
    AccountFilter, AccountStatus, KeyError, MasterKey, Purpose, RefreshConfig, Refresher, RequestLogBounds,
    Store, StoreError,
};
use crosswalk_connector::{Registry, RegistryError};
use crosswalk_engine::{CursorKey, Engine, EngineConfig};
use crosswalk_model::UnifiedModel;
use crosswalk_transport::{EgressError, EgressUrl, Transport, TransportConfig, TransportError};
use futures_util::future::BoxFuture;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::SecretString;

use crate::background::Background;
use crate::connect::ConnectPage;
use crate::deliverer::Deliverer;
use crate::glue::Exchange;
use crate::glue::overrides::OverrideCache;
use crate::limits::Limits;
use crate::reference::Reference;
use crate::request_log::RequestLog;

/// How a server is set up.
#[derive(Clone, Debug, Default)]
pub struct AppConfig {
    /// Where state lives.
    pub data_dir: PathBuf,
    /// The master key, when it is not in the data folder.
    pub key: Option<SecretString>,
    /// Further connectors, laid over the bundled ones.
    pub connectors: Option<PathBuf>,
    /// Where every outbound request goes instead.
    pub egress: Option<String>,
    /// Whether plain http and private addresses may be asked.
    pub allow_private: bool,
    /// The address that customers' browsers see.
    pub public_url: Option<String>,
    /// Who may show the connect page in a frame, as CSP has it; anybody when empty.
    pub frame_ancestors: Vec<String>,
    /// Origins that browsers may call from.
    pub cors_origins: Vec<String>,
    /// Requests a minute that a token may make.
    pub token_rate: Option<u32>,
    /// Requests a minute that an account may get.
    pub account_rate: Option<u32>,
    /// How much of the request log is kept; no rows, no log.
    pub request_log: RequestLogBounds,
    /// The engine's patience.
    pub engine: EngineConfig,
}

impl AppConfig {
    /// The bundled connectors, and those laid over them.
    pub(crate) fn registry(&self, models: &[UnifiedModel]) -> Result<Registry, StartError> {
        let mut registry = Registry::bundled(models)?;
        if let Some(directory) = &self.connectors {
            registry.add_directory(directory, models)?;
        }
        Ok(registry)
    }

    /// The egress override, if there is one.
    pub(crate) fn egress(&self) -> Result<Option<EgressUrl>, StartError> {
        let text = self
            .egress
            .as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty());
        Ok(text.map(str::parse).transpose()?)
    }

    /// What vendors are asked through.
    pub(crate) fn transport(&self) -> Result<Transport, StartError> {
        Ok(Transport::new(TransportConfig {
            egress: self.egress()?,
            allow_private: self.allow_private,
            ..TransportConfig::default()
        })?)
    }
}

/// Why a server can not start, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A connector.
    #[error("a connector is wrong:\n{0}")]
    Connectors(#[from] RegistryError),
    /// The egress override.
    #[error("CROSSWALK_EGRESS_URL: {0}")]
    Egress(#[from] EgressError),
    /// The outbound side.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The machine.
    #[error("{0}")]
    Machine(String),
}

/// One server's state. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) refresher: Refresher,
    pub(crate) engine: Engine,
    pub(crate) registry: Arc<Registry>,
    pub(crate) models: Vec<Arc<UnifiedModel>>,
    pub(crate) limits: Limits,
    pub(crate) overrides: OverrideCache,
    pub(crate) metrics: PrometheusHandle,
    pub(crate) cors_origins: Vec<String>,
    pub(crate) public_url: Option<String>,
    pub(crate) reference: OnceLock<Reference>,
    pub(crate) request_log: Option<RequestLog>,
    pub(crate) background: Background,
    pub(crate) connect: ConnectPage,
    pub(crate) deliverer: Deliverer,
    pub(crate) allow_private: bool,
}

impl App {
    /// Opens the data folder, loads the connectors and gets everything ready to serve.
    pub fn open(config: AppConfig) -> BoxFuture<'static, Result<Self, StartError>> {
        Box::pin(Self::opened(config))
    }

    async fn opened(config: AppConfig) -> Result<Self, StartError> {
        let models = crosswalk_model::builtin();
        let registry = config.registry(&models)?;
        let egress = config.egress()?;
        let transport = config.transport()?;
        let key = {
            let (folder, key) = (config.data_dir.clone(), config.key.clone());
            tokio::task::spawn_blocking(move || MasterKey::load(&folder, key.as_ref()))
                .await
                .map_err(|error| StartError::Machine(error.to_string()))??
        };
        let cursors = CursorKey::new(*key.derive(Purpose::Cursors).expose());
        let redirect_uri = config
            .public_url
            .as_deref()
            .map(|url| format!("{}/oauth/callback", url.trim_end_matches('/')));
        let engine_config = EngineConfig {
            redirect_uri: config.engine.redirect_uri.clone().or(redirect_uri),
            ..config.engine.clone()
        };
        let engine = Engine::new(transport, &cursors, engine_config)
            .map_err(|error| StartError::Machine(error.to_string()))?;
        let store = Store::open(&config.data_dir, &key).await?;
        let deliverer = Deliverer::new(store.clone(), egress, config.allow_private)?;
        let registry = Arc::new(registry);
        let exchange = Exchange {
            store: store.clone(),
            engine: engine.clone(),
            registry: Arc::clone(&registry),
        };
        let refresher = Refresher::new(store.clone(), Arc::new(exchange), RefreshConfig::default())?;
        let inner = Inner {
            request_log: RequestLog::start(store.clone(), config.request_log),
            store,
            refresher,
            engine,
            registry,
            models: models.into_iter().map(Arc::new).collect(),
            overrides: OverrideCache::default(),
            limits: Limits::new(config.token_rate, config.account_rate),
            metrics: crate::around::recorder(),
            cors_origins: config.cors_origins,
            connect: ConnectPage::new(config.public_url.as_deref(), &config.frame_ancestors),
            public_url: config.public_url,
            reference: OnceLock::new(),
            background: Background::default(),
            deliverer,
            allow_private: config.allow_private,
        };
        let app = Self {
            inner: Arc::new(inner),
        };
        app.drop_half_connected().await?;
        Ok(app)
    }

    /// Accounts that a process left behind while it checked them were never told to anybody.
    async fn drop_half_connected(&self) -> Result<(), StoreError> {
        let long_ago = jiff::Timestamp::now().as_millisecond() - 10 * 60 * 1000;
        for environment in self.inner.store.environments().await? {
            let filter = AccountFilter {
                status: Some(AccountStatus::Connecting),
                ..AccountFilter::default()
            };
            let page = self
                .inner
                .store
                .list_accounts(&environment.id, &filter, 1000, None)
                .await?;
            for account in page
                .accounts
                .iter()
                .filter(|account| account.created_at < long_ago)
            {
                self.inner
                    .store
                    .delete_account(&environment.id, &account.id)
                    .await?;
            }
        }
        Ok(())
    }

    /// The accounts and tokens.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The connectors.
    pub fn registry(&self) -> &Registry {
        &self.inner.registry
    }

    /// The unified models.
    pub fn models(&self) -> &[Arc<UnifiedModel>] {
        &self.inner.models
    }

    /// What this server is, made when it is first asked for. `serve` asks at once; a command line that only
    /// makes one request never does.
    pub(crate) fn reference(&self) -> &Reference {
        self.inner.reference.get_or_init(|| Reference::of(self))
    }

    /// Lets running refreshes end and closes the database.
    pub fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let give_up = Instant::now() + Duration::from_secs(20);
            self.inner.background.settle(give_up).await;
            self.inner.refresher.settle(give_up).await;
            if let Some(log) = &self.inner.request_log {
                log.flush().await;
            }
            self.inner.store.close().await;
        })
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("App")
    }
}
