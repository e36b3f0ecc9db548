//! What can go wrong, on purpose.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::{Call, Reply};
use crate::vendors::Vendor;

/// Makes some of the next answers go wrong.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FaultRule {
    /// A part of the host; all hosts when empty.
    #[serde(default)]
    pub host: String,
    /// A part of the path, or of path and query as `/users?email=a@b.c`, decoded; all requests when empty.
    #[serde(default)]
    pub path: String,
    /// How many answers to let pass first.
    #[serde(default)]
    pub after: u32,
    /// How many answers go wrong.
    #[serde(default = "one")]
    pub times: u32,
    /// How.
    pub kind: Fault,
}

fn one() -> u32 {
    1
}

/// One way to go wrong.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// This status with this body.
    Status {
        /// The status.
        code: u16,
        /// The body.
        #[serde(default)]
        body: String,
    },
    /// The vendor's own throttling, with this `Retry-After` if there is one: seconds, a date, a time.
    Throttle {
        /// The header's value.
        #[serde(default)]
        retry_after: Option<String>,
    },
    /// The vendor's own answer to credentials that may not read users.
    Forbidden,
    /// The page before once more, with the cursor that led here.
    Repeat,
    /// The right answer, late.
    Delay {
        /// Milliseconds.
        millis: u64,
    },
    /// The connection ends in the middle of the body.
    CutBody,
    /// A page of HTML.
    Html,
    /// The right answer, cut in two.
    Truncated,
    /// Bytes that are no text.
    Bytes,
    /// An empty body.
    Empty,
    /// The first record without its id.
    WithoutId,
}

/// What is left of an answer.
pub(crate) enum Spoiled {
    /// Another answer.
    Reply(Reply),
    /// An answer whose body breaks off.
    Cut(Reply),
    /// The answer, late.
    Late(Reply, std::time::Duration),
}

impl FaultRule {
    pub(crate) fn meets(&self, call: &Call) -> bool {
        call.host.contains(&self.host)
            && (call.path.contains(&self.path) || call.target().contains(&self.path))
    }
}

impl Fault {
    /// Whether the vendor never sees the request, so that it spends no token and turns no page.
    pub(crate) fn comes_before(&self) -> bool {
        matches!(
            self,
            Self::Status { .. } | Self::Throttle { .. } | Self::Forbidden | Self::Html | Self::Repeat
        )
    }

    /// Spoils an answer; `before` is the vendor's last good one.
    pub(crate) fn spoil(&self, vendor: &dyn Vendor, reply: Reply, before: Option<Reply>) -> Spoiled {
        match self {
            Self::Status { code, body } => Spoiled::Reply(Reply::written(*code, body.clone())),
            Self::Throttle { retry_after } => Spoiled::Reply(match retry_after {
                Some(value) => vendor.throttled().with("retry-after", value),
                None => vendor.throttled(),
            }),
            Self::Forbidden => Spoiled::Reply(vendor.forbidden()),
            Self::Repeat => Spoiled::Reply(before.unwrap_or(reply)),
            Self::Delay { millis } => Spoiled::Late(reply, std::time::Duration::from_millis(*millis)),
            Self::CutBody => Spoiled::Cut(reply),
            Self::Html => Spoiled::Reply(Reply::text(
                200,
                "text/html",
                "<html><body>Bad gateway</body></html>",
            )),
            Self::Truncated => {
                let mut reply = reply;
                reply.body.truncate(reply.body.len() / 2);
                Spoiled::Reply(reply)
            }
            Self::Bytes => Spoiled::Reply(Reply {
                body: vec![0xff, 0xfe, 0x00, 0x80],
                ..reply
            }),
            Self::Empty => Spoiled::Reply(Reply {
                body: Vec::new(),
                ..reply
            }),
            Self::WithoutId => {
                let body = serde_json::from_slice::<Value>(&reply.body).map(without_id);
                Spoiled::Reply(match body {
                    Ok(body) => Reply {
                        body: body.to_string().into_bytes(),
                        ..reply
                    },
                    Err(_) => reply,
                })
            }
        }
    }
}

/// The first array of objects loses its first element's ids.
fn without_id(mut value: Value) -> Value {
    fn strip(value: &mut Value) -> bool {
        match value {
            Value::Array(items) => match items.first_mut() {
                Some(Value::Object(record)) => {
                    record.retain(|name, _| !name.eq_ignore_ascii_case("id"));
                    true
                }
                _ => false,
            },
            Value::Object(members) => members.values_mut().any(strip),
            _ => false,
        }
    }
    strip(&mut value);
    value
}
