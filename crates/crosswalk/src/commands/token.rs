//! `crosswalk token`

use crosswalk_accounts::{MasterKey, NewToken, Store, TokenId};
use crosswalk_model::Instant;
use secrecy::ExposeSecret;

use crate::cli::{Global, TokenCommand};
use crate::failure::Failed;
use crate::output::table::{Table, terminal_width};
use crate::output::{colours, print};

pub(crate) async fn run(global: &Global, command: TokenCommand) -> Result<(), Failed> {
    let key = MasterKey::load(&global.data, global.app_config().key.as_ref())?;
    let store = Store::open(&global.data, &key).await?;
    match command {
        TokenCommand::Create { name } => {
            let environment_id = store.default_environment().clone();
            let issued = store
                .create_token(NewToken {
                    name,
                    environment_id,
                    account_id: None,
                    expires_at: None,
                })
                .await?;
            print(&format!("{}\n", issued.secret.expose_secret()));
        }
        TokenCommand::List => {
            let mut table = Table::new(&["id", "name", "account", "created", "last used", "state"]);
            for token in store.list_tokens(None).await? {
                let instant = |at: Option<i64>| at.map(|at| Instant(at).to_string()).unwrap_or_default();
                let state = if token.revoked_at.is_some() {
                    "revoked"
                } else {
                    "good"
                };
                table.row(vec![
                    token.id.to_string(),
                    token.name,
                    token.account_id.map(|id| id.to_string()).unwrap_or_default(),
                    instant(Some(token.created_at)),
                    instant(token.last_used_at),
                    state.to_owned(),
                ]);
            }
            print(&table.render(terminal_width(), colours()));
        }
        TokenCommand::Revoke { id } => {
            if !store.revoke_token(&TokenId::from(id.as_str())).await? {
                return Err(Failed::new(format!(
                    "there is no token `{id}` to revoke; see `crosswalk token list`"
                )));
            }
            eprintln!("revoked; it counts everywhere within a second");
        }
    }
    store.close().await;
    Ok(())
}
