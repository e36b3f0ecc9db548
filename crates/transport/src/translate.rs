//! The HTTP library's errors in our words. Its own may quote addresses, so none of them is passed on.

use std::error::Error;
use std::io;

use hyper_util::client::legacy;

use crate::error::TransportError;
use crate::refusal::Refusal;

/// Why a request got no answer.
pub(crate) fn of_request(host: &str, error: &legacy::Error) -> TransportError {
    if error.is_connect() {
        of_connection(host, error)
    } else {
        of_answer(host, error)
    }
}

/// Why there is no connection.
pub(crate) fn of_connection(host: &str, error: &(dyn Error + 'static)) -> TransportError {
    if let Some(refusal) = find::<Refusal>(error) {
        return TransportError::refused(host, refusal.clone());
    }
    TransportError::Connect {
        host: host.to_owned(),
        reason: find::<io::Error>(error).map_or_else(|| "it can not be reached".to_owned(), io_words),
    }
}

/// Why an answer broke off.
pub(crate) fn of_answer(host: &str, error: &(dyn Error + 'static)) -> TransportError {
    let http = find::<hyper::Error>(error);
    let io = find::<io::Error>(error).map(io::Error::kind);
    let reason = if http.is_some_and(hyper::Error::is_parse) {
        "its answer is not HTTP"
    } else if http.is_some_and(hyper::Error::is_timeout) {
        "it fell silent"
    } else if http.is_some_and(hyper::Error::is_incomplete_message)
        || io == Some(io::ErrorKind::UnexpectedEof)
    {
        "it ended early"
    } else {
        "it broke off"
    };
    TransportError::Cut {
        host: host.to_owned(),
        reason: reason.to_owned(),
    }
}

/// The system's words without its numbers.
fn io_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "it refuses connections".to_owned(),
        _ => {
            let text = error.to_string();
            match text.split_once(" (os error") {
                Some((words, _)) => words.to_owned(),
                None => text,
            }
        }
    }
}

/// The first cause of this kind, the error itself included.
fn find<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    std::iter::successors(Some(error), |error| (*error).source()).find_map(|error| error.downcast_ref())
}
