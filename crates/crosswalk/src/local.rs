//! Requests to the API inside the process: the same handlers as over HTTP, whether a server runs or not.

use std::future::Future;

use clap::Args;
use crosswalk_accounts::{EnvironmentId, Store};
use crosswalk_server::{App, AppConfig, LocalClient, LocalResponse};
use http::Method;
use serde_json::Value;

use crate::cli::Global;
use crate::commands::stop::stopped;
use crate::failure::Failed;

/// Which environment is meant.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct EnvironmentArg {
    /// The environment; the first one when left out.
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<String>,
}

impl EnvironmentArg {
    /// The environment of that name, which has to be there.
    pub(crate) async fn find(&self, store: &Store) -> Result<EnvironmentId, Failed> {
        let Some(name) = &self.environment else {
            return Ok(store.default_environment().clone());
        };
        let known = store.environments().await?;
        if let Some(found) = known.iter().find(|environment| environment.name == *name) {
            return Ok(found.id.clone());
        }
        let names: Vec<&str> = known
            .iter()
            .map(|environment| environment.name.as_str())
            .collect();
        Err(Failed::new(format!(
            "there is no environment `{name}`; there is {}",
            names.join(", ")
        ))
        .with_hint(format!("`crosswalk token create --environment {name}` makes it.")))
    }
}

/// The data folder, opened.
pub(crate) struct Local {
    pub(crate) app: App,
    client: LocalClient,
}

/// An answer that is no success, in its own words.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refusal {
    /// The HTTP status.
    pub(crate) status: u16,
    /// What is wrong and what to do.
    pub(crate) message: String,
}

impl Local {
    /// Opens the data folder, making it if there is none.
    pub(crate) async fn open(global: &Global, environment: &EnvironmentArg) -> Result<Self, Failed> {
        Self::open_with(global.app_config()?, environment).await
    }

    /// The same, set up in another way.
    pub(crate) async fn open_with(config: AppConfig, environment: &EnvironmentArg) -> Result<Self, Failed> {
        let app = App::open(config).await?;
        match environment.find(app.store()).await {
            Ok(environment) => Ok(Self::over(app, &environment)),
            Err(failed) => {
                app.close().await;
                Err(failed)
            }
        }
    }

    /// A client of a server that is open already.
    pub(crate) fn over(app: App, environment: &EnvironmentId) -> Self {
        let client = app.local(environment);
        Self { app, client }
    }

    /// Does the work, or as much of it as there is time for before Ctrl-C, and closes the folder: a token
    /// refresh that is under way is never cut off, as its refresh token may work only once.
    pub(crate) async fn finish(&self, work: impl Future<Output = Result<(), Failed>>) -> Result<(), Failed> {
        let outcome = tokio::select! {
            outcome = work => outcome,
            () = stopped() => Err(Failed::interrupted()),
        };
        self.app.close().await;
        outcome
    }

    /// An answer, or the reason why there is none.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        accept: Option<&str>,
    ) -> Result<LocalResponse, Refusal> {
        let answer = self.client.request(method, path, body, accept).await;
        let response = answer.map_err(|error| Refusal {
            status: 400,
            message: format!("the request can not be made: {error}"),
        })?;
        if response.status.is_success() {
            return Ok(response);
        }
        let status = response.status.as_u16();
        let error = response.json().await;
        let message = error["message"]
            .as_str()
            .map_or_else(|| format!("it was answered with status {status}"), str::to_owned);
        Err(Refusal { status, message })
    }

    /// An answer that is JSON.
    pub(crate) async fn json(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Refusal> {
        Ok(self.send(method, path, body, None).await?.json().await)
    }
}

impl Refusal {
    /// The refusal of a call that names an account, with the way to the right name.
    pub(crate) fn of_account(self) -> Failed {
        self.when_missing("`crosswalk accounts list` shows the accounts that there are.")
    }

    /// The refusal of a call that names something; the hint is for a name of nothing that is there.
    pub(crate) fn when_missing(self, hint: &str) -> Failed {
        let is_missing = self.status == 404;
        let failed = Failed::from(self);
        if is_missing {
            failed.with_hint(hint)
        } else {
            failed
        }
    }
}

/// A text as part of a path or query.
pub(crate) fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
