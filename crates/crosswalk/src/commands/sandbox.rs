//! `crosswalk sandbox`: the stand-ins of the CRMs alone.

use clap::Args;
use crosswalk_sandbox::{Sandbox, SandboxConfig};

use super::listen::listen;
use super::stop::stopped;
use crate::failure::Failed;
use crate::output::style::Style;
use crate::output::text;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk sandbox\n  \
                  crosswalk sandbox --listen 127.0.0.1:9000 --users 10000\n  \
                  CROSSWALK_EGRESS_URL=http://127.0.0.1:9000 crosswalk serve\n\n\
                  It has no state on disk and speaks to nobody. /_sandbox/accounts shows credentials that \
                  it takes, and /_sandbox/faults makes its CRMs fail.")]
pub(crate) struct SandboxArgs {
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:9000", value_name = "ADDR")]
    listen: String,
    #[command(flatten)]
    size: Size,
}

/// How large the stand-ins are.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Size {
    /// How many users each CRM has.
    #[arg(long, default_value_t = 250, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) users: u32,
}

impl Size {
    pub(crate) fn config(self) -> SandboxConfig {
        SandboxConfig {
            users: usize::try_from(self.users).unwrap_or(usize::MAX),
        }
    }
}

pub(crate) async fn run(args: SandboxArgs) -> Result<(), Failed> {
    let (listener, address) = listen(&args.listen).await?;
    let sandbox = Sandbox::new(args.size.config());
    let accounts = sandbox.accounts();
    let names: Vec<&str> = accounts.iter().map(|account| account.integration).collect();
    let style = Style::for_errors();
    say!(
        "The sandbox listens on {} and stands in for {}, with {} each.\n\n\
         Point a server (or any command) at it:\n  {}\n\n\
         Credentials to connect with:\n  {}",
        style.accent(format!("http://{address}")),
        names.join(", "),
        text::counted(u64::from(args.size.users), "user", "users"),
        style.accent(format!("CROSSWALK_EGRESS_URL=http://{address} crosswalk serve")),
        style.accent(format!("curl http://{address}/_sandbox/accounts")),
    );
    sandbox.serve(listener, Box::pin(stopped())).await?;
    Ok(())
}
