//! `crosswalk accounts remove`

use http::Method;

use super::OneToRemove;
use crate::failure::Failed;
use crate::local::{Local, Refusal, encode};

pub(super) async fn run(local: &Local, args: &OneToRemove) -> Result<(), Failed> {
    let path = format!("/integrated-account/{}", encode(&args.id));
    local
        .send(Method::DELETE, &path, None, None)
        .await
        .map_err(Refusal::of_account)?;
    eprintln!("removed {} and its credentials", args.id);
    Ok(())
}
