//! `/_sandbox/…`: steering from outside.

use http::Method;
use serde_json::{Value, json};

use crate::call::Reply;
use crate::faults::FaultRule;
use crate::server::Sandbox;

pub(crate) fn answer(
    sandbox: &Sandbox,
    method: &Method,
    path: &str,
    query: &[(String, String)],
    body: &[u8],
) -> Reply {
    let vendor = query
        .iter()
        .find(|(name, _)| name == "vendor")
        .map_or("", |(_, value)| value.as_str());
    match (method.as_str(), path) {
        ("GET", "accounts") => {
            let accounts: Vec<Value> = sandbox
                .accounts()
                .into_iter()
                .map(|account| {
                    json!({
                        "integration": account.integration,
                        "authentication_method": account.authentication_method,
                        "context": account.context,
                    })
                })
                .collect();
            Reply::json(200, &json!(accounts))
        }
        ("POST", "faults") => match serde_json::from_slice::<FaultRule>(body) {
            Ok(rule) => {
                sandbox.inject(rule);
                Reply::json(201, &json!({"injected": true}))
            }
            Err(error) => Reply::json(400, &json!({"message": error.to_string()})),
        },
        ("DELETE", "faults") => {
            sandbox.clear_faults();
            Reply::json(200, &json!({"cleared": true}))
        }
        ("POST", "expire-tokens") => {
            sandbox.expire_tokens(vendor);
            Reply::json(200, &json!({"expired": true}))
        }
        ("GET", "stats") => {
            let stats = sandbox
                .inner
                .vendors
                .iter()
                .map(|known| (known.name().to_owned(), json!(sandbox.stats(known.name()))));
            Reply::json(200, &Value::Object(stats.collect()))
        }
        ("GET", "requests") => Reply::json(200, &json!(sandbox.requests())),
        _ => Reply::json(
            404,
            &json!({"message": "there is accounts, faults, expire-tokens, stats, requests"}),
        ),
    }
}
