//! The protocol over standard input and output, for agents that start their servers themselves.

use std::io;
use std::sync::Arc;

use crosswalk_accounts::{AccountId, EnvironmentId, Principal, TokenId};
use futures_util::future::BoxFuture;
use rmcp::ServiceExt;

use super::Agent;
use crate::app::App;
use crate::local::LOCAL_TOKEN;

impl App {
    /// Answers an agent on standard input and output until it hangs up, as the owner of an environment or of one
    /// account of it.
    pub fn mcp_over_stdio<'a>(
        &'a self,
        environment: &'a EnvironmentId,
        account: Option<AccountId>,
    ) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            let mut caller = Principal::of_environment(TokenId::from(LOCAL_TOKEN), environment.clone());
            caller.account_id = account;
            let agent = Agent::new(self.clone(), Arc::new(caller));
            let running = agent.serve(rmcp::transport::stdio()).await;
            let running = running.map_err(|error| io::Error::other(error.to_string()))?;
            running.waiting().await?;
            Ok(())
        })
    }
}
