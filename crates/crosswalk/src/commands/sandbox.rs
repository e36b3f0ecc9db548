//! `crosswalk sandbox`

use crosswalk_sandbox::{Sandbox, SandboxConfig};

use super::serve::{listen, stopped};
use crate::cli::SandboxArgs;
use crate::failure::Failed;

pub(crate) async fn run(args: SandboxArgs) -> Result<(), Failed> {
    let listener = listen(&args.listen).await?;
    let address = listener.local_addr()?;
    let sandbox = Sandbox::new(SandboxConfig { users: args.users });
    let names: Vec<&str> = sandbox
        .accounts()
        .iter()
        .map(|account| account.integration)
        .collect();
    eprintln!(
        "the sandbox listens on http://{address} and stands in for {}",
        names.join(", ")
    );
    eprintln!("point a server at it:  CROSSWALK_EGRESS_URL=http://{address} crosswalk serve");
    eprintln!("credentials to connect with:  curl http://{address}/_sandbox/accounts");
    sandbox.serve(listener, stopped()).await?;
    Ok(())
}
