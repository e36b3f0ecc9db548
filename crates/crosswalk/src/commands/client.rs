//! Requests to the API inside the process: the same handlers as over HTTP, whether a server runs or not.

use crosswalk_server::{App, LocalClient, LocalResponse};
use http::Method;
use serde_json::Value;

use crate::cli::Global;
use crate::failure::Failed;

/// The data folder, opened.
pub(crate) struct Local {
    pub(crate) app: App,
    client: LocalClient,
}

impl Local {
    pub(crate) async fn open(global: &Global) -> Result<Self, Failed> {
        Ok(Self::over(App::open(global.app_config()).await?))
    }

    /// A client of a server that is open already.
    pub(crate) fn over(app: App) -> Self {
        let client = app.local(app.store().default_environment());
        Self { app, client }
    }

    /// An answer, or the error's message.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        accept: Option<&str>,
    ) -> Result<LocalResponse, Failed> {
        let response = self.client.request(method, path, body, accept).await?;
        if response.status.is_success() {
            return Ok(response);
        }
        let status = response.status.as_u16();
        let error = response.json().await;
        let message = error["message"]
            .as_str()
            .map_or_else(|| format!("status {status}"), str::to_owned);
        Err(Failed::new(message))
    }

    pub(crate) async fn json(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Failed> {
        Ok(self.send(method, path, body, None).await?.json().await)
    }
}

/// A text for a path or query.
pub(crate) fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// A member as a table shows it.
pub(crate) fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
