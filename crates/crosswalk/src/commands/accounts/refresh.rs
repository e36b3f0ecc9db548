//! `crosswalk accounts refresh`: a new access token, now.

use http::Method;
use serde_json::json;

use super::One;
use crate::failure::Failed;
use crate::local::{Local, Refusal};
use crate::output::progress::Progress;
use crate::output::record::print_record;

pub(super) async fn run(local: &Local, args: &One) -> Result<(), Failed> {
    let body = json!({ "integrated_account_id": args.id });
    let waiting = Progress::waiting(|| "asking the CRM for a new token…".to_owned());
    let answer = local
        .send(
            Method::POST,
            "/integrated-account/refresh-credentials",
            Some(&body),
            None,
        )
        .await
        .map_err(Refusal::of_account)?;
    drop(waiting);
    print_record(args.output.output, super::members(), &answer.bytes().await)
}
