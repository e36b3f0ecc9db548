//! `crosswalk accounts list`

use clap::Args;
use http::Method;
use serde_json::Value;

use crate::failure::Failed;
use crate::local::{EnvironmentArg, Local, encode};
use crate::output::records::Records;
use crate::output::{Format, OutputArg};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk accounts list --status needs_reauth\n  \
                  crosswalk accounts list --tenant acme --output csv\n  \
                  crosswalk accounts list --integration hubspot -o json | jq -r \".[].id\"")]
pub(crate) struct ListArgs {
    /// Only those of this connector.
    #[arg(long, value_name = "NAME")]
    integration: Option<String>,
    /// Only those of this tenant.
    #[arg(long, value_name = "TENANT")]
    tenant: Option<String>,
    /// Only those in this status: active, needs_reauth …
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    #[command(flatten)]
    pub(super) environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

pub(super) async fn run(local: &Local, args: &ListArgs) -> Result<(), Failed> {
    let filters = [
        ("integration", &args.integration),
        ("tenant_id", &args.tenant),
        ("status", &args.status),
    ];
    let mut query = String::new();
    for (name, value) in filters {
        if let Some(value) = value {
            query.push_str(&format!("&{name}={}", encode(value)));
        }
    }
    let accounts = all(local, &query).await?;
    let format = args.output.output.unwrap_or(Format::Table);
    if accounts.is_empty() && format == Format::Table {
        say!("there are no such accounts; connect one with `crosswalk accounts add`");
        return Ok(());
    }
    Records::print_all(format, super::members(), &accounts)
}

/// All accounts that fit, page by page. `query` begins with `&` or is empty.
pub(super) async fn all(local: &Local, query: &str) -> Result<Vec<Value>, Failed> {
    let mut accounts = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/integrated-account?limit=1000&next_cursor={cursor}{query}");
        let mut page = local.json(Method::GET, &path, None).await?;
        if let Value::Array(found) = page["result"].take() {
            accounts.extend(found);
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = encode(next),
            None => return Ok(accounts),
        }
    }
}
