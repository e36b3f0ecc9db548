//! `crosswalk overrides show`

use clap::Args;
use http::Method;
use serde_json::{Value, json};

use crate::failure::Failed;
use crate::local::{EnvironmentArg, Local, Refusal, encode};
use crate::output::records::{Look, Member, Records};
use crate::output::{Format, print};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk overrides show --account ID\n  \
                  crosswalk overrides show --account ID --call get -o json")]
pub(crate) struct ShowArgs {
    /// The account's id.
    #[arg(long, value_name = "ID")]
    account: String,
    /// Which call is meant.
    #[arg(long, value_name = "CALL", default_value = "list", value_parser = ["list", "get"])]
    call: String,
    #[command(flatten)]
    pub(super) environment: EnvironmentArg,
    /// How to print.
    #[arg(short, long, value_name = "FORMAT")]
    output: Option<Format>,
}

pub(super) async fn run(local: &Local, args: &ShowArgs) -> Result<(), Failed> {
    for model in local.app.models() {
        let path = format!(
            "/unified/{}/meta/{}?integrated_account_id={}",
            model.name,
            args.call,
            encode(&args.account)
        );
        let meta = local
            .json(Method::GET, &path, None)
            .await
            .map_err(Refusal::of_account)?;
        let format = args.output.unwrap_or(Format::Table);
        let fields = meta["mapping"].as_object().into_iter().flatten();
        let rows: Vec<Value> = fields
            .map(|(name, field)| {
                json!({
                    "field": name,
                    "from": field["from"],
                    "expression": field["expression"],
                    "filtered_by": meta["query_schema"]["properties"][name]["filtered_by"],
                })
            })
            .collect();
        let members = ["field", "from", "filtered_by", "expression"];
        let members = members.map(|name| Member::new(name, Look::Text)).to_vec();
        Records::print_all(format, members, &rows)?;
        let request = &meta["request"];
        if format == Format::Table && request.as_object().is_some_and(|request| !request.is_empty()) {
            print(&format!("\nadded to each {}\n{request:#}\n", args.call))?;
        }
    }
    Ok(())
}
