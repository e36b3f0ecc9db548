//! `crosswalk users get`

use clap::Args;
use crosswalk_model::UnifiedModel;
use http::Method;

use super::{Common, members};
use crate::failure::Failed;
use crate::local::{Local, encode};
use crate::output::Format;
use crate::output::progress::Progress;
use crate::output::record::print_record;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk users get 31018446 --account ID\n  \
                  crosswalk users get 31018446 --account ID --remote-data -o json")]
pub(super) struct GetArgs {
    /// The user's id.
    #[arg(value_name = "USER_ID")]
    id: String,
    #[command(flatten)]
    pub(super) common: Common,
}

pub(super) async fn run(local: &Local, model: &UnifiedModel, args: &GetArgs) -> Result<(), Failed> {
    let members = match args.common.output.output {
        Some(Format::Csv) => members(local, model, &args.common).await?,
        _ => Vec::new(),
    };
    let path = format!(
        "/unified/{}/{}?integrated_account_id={}&truto_ignore_remote_data={}",
        model.name,
        encode(&args.id),
        encode(&args.common.account),
        !args.common.remote_data,
    );
    let waiting = Progress::waiting(|| "asking…".to_owned());
    let answer = local.send(Method::GET, &path, None, None).await?;
    drop(waiting);
    print_record(args.common.output.output, members, &answer.bytes().await)
}
