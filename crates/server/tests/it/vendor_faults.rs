//! Five situations, each in every vendor's own words: bad credentials, a missing scope, throttling, nothing there,
//! and an answer that is no answer.

use std::time::Duration;

use crosswalk_engine::EngineConfig;
use crosswalk_sandbox::{Fault, FaultRule, Sandbox, SandboxConfig};
use http::Method;
use serde_json::{Map, Value, json};

use crate::house::{Answer, House};

const USERS: usize = 12;

async fn house() -> House {
    House::patient(
        USERS,
        EngineConfig {
            deadline: Duration::from_secs(4),
            margin: Duration::from_millis(500),
            ..EngineConfig::default()
        },
    )
    .await
}

/// What is wrong, by vendor and situation; all of it is shown at once.
#[derive(Default)]
struct Verdicts(Vec<String>);

impl Verdicts {
    fn hold(&mut self, vendor: &str, situation: &str, answer: &Answer, held: bool) {
        if !held {
            let body: String = answer.json().to_string().chars().take(400).collect();
            self.0
                .push(format!("{vendor}: {situation}: {} {body}", answer.status));
        }
    }

    fn none(self) {
        assert!(
            self.0.is_empty(),
            "{} wrong:\n{}",
            self.0.len(),
            self.0.join("\n")
        );
    }
}

fn spoil(house: &House, times: u32, kind: Fault) {
    house.sandbox.clear_faults();
    house.sandbox.inject(FaultRule {
        host: String::new(),
        path: String::new(),
        after: 0,
        times,
        kind,
    });
}

/// Whether it is an error of the vendor's, told in the contract's shape.
fn is_remote(answer: &Answer, status: u16) -> bool {
    let body = answer.json();
    answer.status == status
        && body["truto_is_remote_error"] == true
        && body["statusCode"] == status
        && !answer.message().is_empty()
        && answer.headers.contains_key("x-request-id")
}

async fn status(house: &House, vendor: &str) -> Value {
    let account = house
        .get(&format!("/integrated-account/{}", house.accounts[vendor]))
        .await;
    account.json()["status"].clone()
}

/// An account whose every secret is wrong: 401, `needs_reauth` with the reason, and no further request.
#[tokio::test]
async fn bad_credentials() {
    let (house, mut verdicts) = (house().await, Verdicts::default());
    for account in house.sandbox.accounts() {
        let vendor = account.integration;
        let secrets = [
            "api_key",
            "access_token",
            "refresh_token",
            "client_secret",
            "username",
            "password",
        ];
        let mut wrong: Map<String, Value> = Map::new();
        for name in secrets {
            if account.context.contains_key(name) {
                wrong.insert(name.to_owned(), "marked-wrong-secret".into());
            }
        }
        if account.authentication_method == "oauth2_client_credentials" {
            wrong.insert("access_token".into(), "marked-wrong-secret".into());
        }
        let id = &house.accounts[vendor];
        let changed = house
            .send(
                Method::PATCH,
                &format!("/integrated-account/{id}/credentials?validate=false"),
                Some(&json!({ "context": wrong })),
            )
            .await;
        verdicts.hold(vendor, "change of credentials", &changed, changed.status == 200);
        let answer = house.users(vendor, &[]).await;
        verdicts.hold(vendor, "first call", &answer, is_remote(&answer, 401));
        let account_now = house.get(&format!("/integrated-account/{id}")).await;
        let told = account_now.json();
        let given_up =
            told["status"] == "needs_reauth" && told["last_error"].as_str().is_some_and(|it| !it.is_empty());
        verdicts.hold(vendor, "account", &account_now, given_up);
        let before = house.sandbox.requests().len();
        let again = house.users(vendor, &[]).await;
        let silent = house.sandbox.requests().len() == before;
        verdicts.hold(vendor, "second call", &again, is_remote(&again, 401) && silent);
        for said in [&answer, &account_now, &again] {
            let body = String::from_utf8_lossy(&said.body);
            verdicts.hold(vendor, "secrecy", said, !body.contains("marked-wrong-secret"));
        }
        // An account that never worked is not kept.
        let mut context = account.context.clone();
        context.extend(wrong);
        let created = house
            .send(
                Method::POST,
                "/integrated-account",
                Some(&json!({
                    "tenant_id": "t-2", "integration": vendor,
                    "authentication_method": account.authentication_method, "context": context,
                })),
            )
            .await;
        verdicts.hold(vendor, "create", &created, created.status == 422);
        let kept = house
            .get(&format!("/integrated-account?tenant_id=t-2&integration={vendor}"))
            .await;
        verdicts.hold(vendor, "nothing is kept", &kept, kept.json()["result_count"] == 0);
    }
    verdicts.none();
}

/// Living credentials that may not read users: 403, and the account stays as it is.
#[tokio::test]
async fn a_missing_scope() {
    let (house, mut verdicts) = (house().await, Verdicts::default());
    for vendor in house.accounts.keys() {
        spoil(&house, 1, Fault::Forbidden);
        let answer = house.users(vendor, &[]).await;
        let insight = answer.json()["truto_error_insight"]["forbidden_error"].clone();
        let told = insight["value"]["missing_scopes"].is_array() && insight["description"].is_string();
        verdicts.hold(vendor, "list", &answer, is_remote(&answer, 403) && told);
        verdicts.hold(
            vendor,
            "status",
            &answer,
            status(&house, vendor).await == "active",
        );
    }
    verdicts.none();
}

/// Whether it is a 429 that says in how many whole seconds to come back.
fn is_limit(answer: &Answer) -> bool {
    let seconds = answer
        .headers
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let insight = answer.json()["truto_error_insight"]["rate_limit_error"]["description"].is_string();
    is_remote(answer, 429) && seconds.is_some_and(|seconds| seconds > 0) && insight
}

/// A limit that passes is waited for; one that does not is a 429 with whole seconds.
#[tokio::test]
async fn throttling() {
    let (house, mut verdicts) = (house().await, Verdicts::default());
    for vendor in house.accounts.keys() {
        spoil(&house, 1, Fault::Throttle { retry_after: None });
        let begun = std::time::Instant::now();
        let answer = house.users(vendor, &[]).await;
        // What the vendor asks for may be longer than the deadline; then the answer has to say so at once.
        let waited =
            answer.status == 200 || (answer.status == 429 && begun.elapsed() < Duration::from_secs(2));
        verdicts.hold(vendor, "once", &answer, waited);
        spoil(
            &house,
            u32::MAX,
            Fault::Throttle {
                retry_after: Some("3600".into()),
            },
        );
        let answer = house.users(vendor, &[]).await;
        verdicts.hold(vendor, "for good", &answer, is_limit(&answer));
        verdicts.hold(
            vendor,
            "status",
            &answer,
            status(&house, vendor).await == "active",
        );
    }
    verdicts.none();
}

/// The same of the call that tells whether a new account is good; what could not be asked is not kept.
#[tokio::test]
async fn throttling_while_connecting() {
    let (house, mut verdicts) = (house().await, Verdicts::default());
    for account in house.sandbox.accounts() {
        let vendor = account.integration;
        let body = json!({
            "tenant_id": "t-3", "integration": vendor,
            "authentication_method": account.authentication_method, "context": account.context,
        });
        spoil(&house, 1, Fault::Throttle { retry_after: None });
        let answer = house.send(Method::POST, "/integrated-account", Some(&body)).await;
        let waited = answer.status == 201 || is_limit(&answer);
        verdicts.hold(vendor, "once", &answer, waited);
        let mut kept = usize::from(answer.status == 201);
        let for_good = Fault::Throttle {
            retry_after: Some("3600".into()),
        };
        spoil(&house, u32::MAX, for_good);
        let answer = house.send(Method::POST, "/integrated-account", Some(&body)).await;
        // Salesforce reads the token before it counts the call, which is answer enough.
        let held = match vendor {
            "salesforce" => answer.status == 201,
            _ => is_limit(&answer),
        };
        kept += usize::from(answer.status == 201);
        verdicts.hold(vendor, "for good", &answer, held);
        let list = format!("/integrated-account?tenant_id=t-3&integration={vendor}");
        let list = house.get(&list).await;
        verdicts.hold(
            vendor,
            "nothing is kept",
            &list,
            list.json()["result_count"] == kept,
        );
    }
    verdicts.none();
}

/// A token endpoint's limit costs no account: it is waited for once, or told.
#[tokio::test]
async fn throttled_refreshes() {
    let (house, mut verdicts) = (house().await, Verdicts::default());
    let (vendor, host) = ("outreach", "api.outreach.io");
    for (times, retry_after, situation) in [(1, "1", "once"), (u32::MAX, "600", "for good")] {
        house.sandbox.expire_tokens(vendor);
        house.sandbox.clear_faults();
        house.sandbox.inject(FaultRule {
            host: host.into(),
            path: "/oauth/token".into(),
            after: 0,
            times,
            kind: Fault::Throttle {
                retry_after: Some(retry_after.into()),
            },
        });
        let answer = house.users(vendor, &[]).await;
        let held = match times {
            1 => answer.status == 200,
            _ => is_limit(&answer) && answer.headers["retry-after"] == "600",
        };
        verdicts.hold(vendor, situation, &answer, held);
        let status = status(&house, vendor).await;
        verdicts.hold(vendor, "status", &answer, status == "active");
    }
    house.sandbox.clear_faults();
    // What was told holds for calls; a person may try before.
    let asked = house.sandbox.stats(vendor).token_requests;
    let answer = house.users(vendor, &[]).await;
    let held = is_limit(&answer) && house.sandbox.stats(vendor).token_requests == asked;
    verdicts.hold(vendor, "believed", &answer, held);
    let body = json!({ "integrated_account_id": house.accounts[vendor] });
    let answer = house
        .send(
            Method::POST,
            "/integrated-account/refresh-credentials",
            Some(&body),
        )
        .await;
    verdicts.hold(vendor, "by hand", &answer, answer.status == 200);
    let answer = house.users(vendor, &[]).await;
    verdicts.hold(vendor, "over", &answer, answer.status == 200);
    verdicts.none();
}

/// An id of the vendor's form that nobody has: 404, in our words.
#[tokio::test]
async fn nothing_there() {
    let (house, mut verdicts) = (house().await, Verdicts::default());
    let larger = Sandbox::new(SandboxConfig { users: USERS + 1 });
    for vendor in house.accounts.keys() {
        let nobody = larger
            .truth(vendor)
            .into_iter()
            .map(|user| user.id)
            .find(|id| house.sandbox.truth(vendor).iter().all(|user| user.id != *id))
            .unwrap();
        let answer = house.user(vendor, &nobody).await;
        verdicts.hold(
            vendor,
            "get",
            &answer,
            answer.status == 404 && answer.json()["statusCode"] == 404,
        );
        let listed = house.users(vendor, &[("id", &nobody)]).await;
        let empty = listed.status == 200
            && listed.json()["result"] == json!([])
            && listed.json()["next_cursor"] == Value::Null;
        verdicts.hold(vendor, "list", &listed, empty);
    }
    verdicts.none();
}

/// Pages of HTML, halves, noise and nothing are the vendor's failures, and never lists without users.
#[tokio::test]
async fn malformed_answers() {
    let (house, mut verdicts) = (house().await, Verdicts::default());
    for vendor in house.accounts.keys() {
        for kind in [
            Fault::Html,
            Fault::Truncated,
            Fault::Bytes,
            Fault::Empty,
            Fault::CutBody,
        ] {
            let situation = format!("{kind:?}");
            spoil(&house, u32::MAX, kind);
            let answer = house.users(vendor, &[]).await;
            verdicts.hold(vendor, &situation, &answer, matches!(answer.status, 502 | 504));
        }
        verdicts.hold(
            vendor,
            "status",
            &house.users(vendor, &[("limit", "0")]).await,
            status(&house, vendor).await == "active",
        );
    }
    house.sandbox.clear_faults();
    for vendor in house.accounts.keys() {
        let answer = house.users(vendor, &[]).await;
        verdicts.hold(vendor, "afterwards", &answer, answer.status == 200);
    }
    verdicts.none();
}
