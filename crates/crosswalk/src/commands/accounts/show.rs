//! `crosswalk accounts show`

use http::Method;

use super::One;
use crate::failure::Failed;
use crate::local::{Local, Refusal, encode};
use crate::output::record::print_record;

pub(super) async fn run(local: &Local, args: &One) -> Result<(), Failed> {
    let path = format!("/integrated-account/{}", encode(&args.id));
    let answer = local
        .send(Method::GET, &path, None, None)
        .await
        .map_err(Refusal::of_account)?;
    print_record(args.output.output, super::members(), &answer.bytes().await)
}
