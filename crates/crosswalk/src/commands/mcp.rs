//! `crosswalk mcp`: tools for an agent that starts its servers itself.

use clap::Args;
use crosswalk_accounts::AccountId;
use crosswalk_server::App;

use super::stop::stopped;
use crate::cli::Global;
use crate::failure::Failed;
use crate::local::EnvironmentArg;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk mcp\n  \
                  crosswalk mcp --account ID --environment staging\n\n\
                  An agent's configuration starts it by this command:\n  \
                  {\"mcpServers\": {\"crosswalk\": {\n  \
                  \"command\": \"crosswalk\", \"args\": [\"mcp\", \"--data\", \"/var/lib/crosswalk\"]}}}\n\n\
                  Agents elsewhere use the same tools at /mcp of a running server, with an API token as \
                  bearer.")]
pub(crate) struct McpArgs {
    /// Serve this account only.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    #[command(flatten)]
    environment: EnvironmentArg,
}

pub(crate) async fn run(global: &Global, args: McpArgs) -> Result<(), Failed> {
    global.require_data()?;
    let app = App::open(global.app_config()?).await?;
    let outcome = tokio::select! {
        outcome = serve(&app, &args) => outcome,
        () = stopped() => Ok(()),
    };
    app.close().await;
    outcome
}

async fn serve(app: &App, args: &McpArgs) -> Result<(), Failed> {
    let environment = args.environment.find(app.store()).await?;
    let account = args.account.as_deref().map(AccountId::from);
    if let Some(id) = &account
        && app.store().account(&environment, id).await?.is_none()
    {
        return Err(Failed::new(format!("there is no integrated account `{id}`"))
            .with_hint("`crosswalk accounts list` shows the accounts that there are."));
    }
    app.mcp_over_stdio(&environment, account).await?;
    Ok(())
}
