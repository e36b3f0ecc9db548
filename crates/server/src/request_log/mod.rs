//! The request log: what every call of a known caller was, what it took, and which requests to the vendor were
//! behind it. No body, no query, no secret.
//!
//! A call is noted while it runs and handed to a writer when its answer is over, so that nobody waits for the
//! database. A call whose client went away is noted with status 499.

mod counted;
mod record;
mod trail;
mod writer;

pub(crate) use self::record::record;
pub(crate) use self::trail::{carried, note_account, note_caller, vendor_requests};
pub(crate) use self::writer::RequestLog;
