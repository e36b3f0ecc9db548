//! The Model Context Protocol: what agents use in place of the HTTP API.
//!
//! The tools are made from the unified models, and for a token of one account from what its connector supports.
//! A tool's call is a request to this very server, with the caller's own rights, so that it can do nothing else
//! and says nothing else than the API.

mod http;
mod query;
mod schema;
mod stdio;
mod tools;

use std::sync::Arc;

use crosswalk_accounts::Principal;
use crosswalk_connector::OverriddenCall;
use crosswalk_model::UnifiedModel;
use rmcp::handler::server::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, Implementation,
    ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Map, Value, json};

pub(crate) use self::http::endpoints;
use self::schema::Told;
use self::tools::Call;
use crate::app::App;
use crate::auth::Caller;
use crate::local::LocalClient;
use crate::views;

const INSTRUCTIONS: &str = "Crosswalk reads the users of many CRMs in one shape. Each connected CRM is an integrated \
    account: list_accounts shows them, and the other tools take one's id as integrated_account_id. Filters are joined by \
    AND. Lists come in pages: give next_cursor back with the same arguments until it is null. get_capabilities tells \
    what an account supports. An error's message says what to change.";

/// Answers one caller's agent.
#[derive(Clone)]
pub(crate) struct Agent {
    app: App,
    caller: Arc<Principal>,
}

impl Agent {
    pub(crate) fn new(app: App, caller: Arc<Principal>) -> Self {
        Self { app, caller }
    }

    /// Makes a tool's request to this server. What is refused is told in the API's own words.
    async fn answer(&self, call: Call) -> CallToolResult {
        let client = self.app.local_as(Arc::clone(&self.caller));
        match call {
            Call::Refused(message) => CallToolResult::error(vec![ContentBlock::text(message)]),
            Call::Get(target) => match get(&client, &target).await {
                Ok(body) => CallToolResult::structured(body),
                Err(refusal) => refusal,
            },
            Call::Only(target) => match get(&client, &target).await {
                Ok(body) => CallToolResult::structured(
                    json!({ "result": [body], "next_cursor": null, "prev_cursor": null, "result_count": 1, "is_partial_response": false }),
                ),
                Err(refusal) => refusal,
            },
            Call::Each(targets) => {
                let mut bodies = Map::new();
                for (name, target) in targets {
                    match get(&client, &target).await {
                        Ok(body) => drop(bodies.insert(name, body)),
                        Err(refusal) => return refusal,
                    }
                }
                CallToolResult::structured(Value::Object(bodies))
            }
        }
    }

    async fn tools(&self) -> Vec<Tool> {
        let whole = |model: &Arc<UnifiedModel>| Told {
            model: Arc::clone(model),
            own: None,
        };
        let models = self.app.models();
        let Some(id) = &self.caller.account_id else {
            return tools::of(&models.iter().map(whole).collect::<Vec<_>>(), false);
        };
        let caller = Caller(Arc::clone(&self.caller));
        let Ok(reached) = self.app.find(&caller, id).await else {
            return tools::of(&models.iter().map(whole).collect::<Vec<_>>(), true);
        };
        let mut told = Vec::new();
        for model in models {
            let call = OverriddenCall::List;
            let overridden = self.app.overridden(&reached, model, call).await.ok().flatten();
            let model = overridden.as_ref().map_or(model, |overridden| &overridden.model);
            // A connector that has nothing of a model has no tools for it.
            if let Some(own) = views::meta(&reached.connector, model, "list", overridden.as_deref()) {
                told.push(Told {
                    model: Arc::clone(model),
                    own: Some(own),
                });
            }
        }
        tools::of(&told, true)
    }
}

/// One answer, or the refusal in the words of its error.
async fn get(client: &LocalClient, target: &str) -> Result<Value, CallToolResult> {
    let answer = client.request(::http::Method::GET, target, None, None).await;
    let Ok(answer) = answer else {
        let message = ContentBlock::text("the arguments make no valid request");
        return Err(CallToolResult::error(vec![message]));
    };
    let succeeded = answer.status.is_success();
    let body = answer.json().await;
    if succeeded {
        return Ok(body);
    }
    let message = body["message"].as_str().unwrap_or("it failed").to_owned();
    // Nothing structured, which clients hold to the schema of successes. What an error has beyond its message
    // (the vendor's words, a cursor to go on from) stands in a text of its own.
    let mut content = vec![ContentBlock::text(message)];
    if body.as_object().is_some_and(|members| members.len() > 3) {
        content.push(ContentBlock::text(body.to_string()));
    }
    Err(CallToolResult::error(content))
}

impl ServerHandler for Agent {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("crosswalk", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(self.tools().await))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments: Map<String, Value> = request.arguments.unwrap_or_default();
        let own = self.caller.account_id.as_ref();
        let Some(call) = tools::call(&self.app, own, &request.name, arguments) else {
            let known: Vec<_> = self.tools().await.into_iter().map(|tool| tool.name).collect();
            return Err(ErrorData::invalid_params(
                format!(
                    "there is no tool `{}`; there is {}",
                    request.name,
                    known.join(", ")
                ),
                None,
            ));
        };
        Ok(self.answer(call).await.into())
    }
}
