//! `/webhook`: where an environment wants to hear of its accounts.

use axum::extract::{Path, RawQuery, State};
use axum::response::IntoResponse;
use crosswalk_accounts::{
    AccountEvent, NewWebhook, StoreError, Webhook, WebhookId, WebhookUpdate, is_webhook_secret,
};
use http::{StatusCode, Uri};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::listing::{self, Plain};
use crate::app::App;
use crate::audit::Affected;
use crate::auth::Caller;
use crate::body::JsonObject;
use crate::error::{Answer, Failure, json_value};
use crate::reference::endpoint::{Endpoint, Group, Operation, named};
use crate::views;

/// The longest address.
const LONGEST_URL: usize = 2000;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let operation = |id: &str, summary: &str, description: &str| {
        Operation::new(id, Group::Webhooks, summary, description)
    };
    let of_id = |operation: Operation| operation.path("id", "The webhook.", "").fails(&[404]);
    vec![
        Endpoint::post(
            "/webhook",
            create,
            operation(
                "createWebhook",
                "Send events to an address",
                "The answer holds the secret that signs what is sent, this once.",
            )
            .body(
                named("NewWebhook"),
                json!({ "target_url": "https://example.com/hooks", "event_types": ["integrated_account:authentication_error"] }),
            )
            .answers(201, "The webhook and its secret.", named("WebhookWithSecret"), example(true)),
        ),
        Endpoint::get(
            "/webhook",
            list,
            operation("listWebhooks", "List webhooks", "Those of the token's environment, oldest first.").answers(
                200,
                "All of them.",
                named("WebhookPage"),
                json!({ "result": [example(false)], "next_cursor": null, "prev_cursor": null, "result_count": 1, "is_partial_response": false }),
            ),
        ),
        Endpoint::get(
            "/webhook/{id}",
            show,
            of_id(operation("getWebhook", "Get a webhook", "One webhook, without its secret.")).answers(
                200,
                "The webhook.",
                named("Webhook"),
                example(false),
            ),
        ),
        Endpoint::patch(
            "/webhook/{id}",
            update,
            of_id(operation(
                "updateWebhook",
                "Change a webhook",
                "Also turns it on or off, and gives it a new secret: then the old one signs as well for a day.",
            ))
            .body(named("WebhookChange"), json!({ "rotate_secret": true }))
            .answers(
                200,
                "The webhook as it is now, with its new secret if it got one.",
                named("WebhookWithSecret"),
                example(true),
            ),
        ),
        Endpoint::delete(
            "/webhook/{id}",
            delete,
            of_id(operation(
                "deleteWebhook",
                "Remove a webhook",
                "What was still to be sent is gone with it.",
            ))
            .answers_nothing(204, "It is gone."),
        ),
        Endpoint::post(
            "/webhook/{id}/test",
            test,
            of_id(operation(
                "testWebhook",
                "Send a test event",
                "Sends `webhook:test` once, now, and tells what came of it.",
            ))
            .answers(
                200,
                "What came of it.",
                named("WebhookTest"),
                json!({ "id": "msg_5d1f", "delivered": true, "status": 204, "error": null }),
            ),
        ),
        Endpoint::get(
            "/webhook/{id}/delivery",
            deliveries,
            listing::limited(
                of_id(operation(
                    "listDeliveries",
                    "What was sent lately",
                    "The newest deliveries, and what came of them. They are kept for a week.",
                )),
                "How many.",
            )
            .answers(
                200,
                "The newest first.",
                named("DeliveryPage"),
                json!({
                    "result": [{
                        "id": "msg_5d1f", "event": "integrated_account:active", "state": "delivered", "attempts": 1,
                        "next_attempt_at": null, "last_status": 204, "last_error": null,
                        "created_at": "2024-05-06T07:08:09.000Z", "finished_at": "2024-05-06T07:08:09.120Z",
                    }],
                    "next_cursor": null, "prev_cursor": null, "result_count": 1, "is_partial_response": false,
                }),
            ),
        ),
    ]
}

fn example(with_secret: bool) -> Value {
    let mut webhook = json!({
        "id": "0f3f6f0e-7b0f-4f43-8a54-6a1d2b3c4d5e",
        "target_url": "https://example.com/hooks",
        "event_types": ["integrated_account:authentication_error"],
        "is_active": true,
        "state": "active",
        "environment_id": "9d1f6f0e-7b0f-4f43-8a54-6a1d2b3c4d5e",
        "failing_since": null,
        "disabled_reason": null,
        "last_error": null,
        "last_success_at": null,
        "created_at": "2024-05-06T07:08:09.000Z",
        "updated_at": "2024-05-06T07:08:09.000Z",
    });
    if with_secret {
        webhook["secret"] = "whsec_…".into();
    }
    webhook
}

/// `POST /webhook`. The answer holds the secret, this once.
async fn create(State(app): State<App>, caller: Caller, body: JsonObject) -> Answer {
    caller.whole_environment()?;
    body.only(&["target_url", "event_types", "is_active", "secret"])?;
    let target_url = body.text("target_url")?.ok_or_else(|| {
        Failure::new(
            400,
            "`target_url` is missing: the address that events are sent to, as https://example.com/hooks",
        )
    })?;
    check_address(&app, &target_url)?;
    let secret = body.text("secret")?.filter(|secret| !secret.is_empty());
    if secret.as_deref().is_some_and(|secret| !is_webhook_secret(secret)) {
        return Err(Failure::new(
            400,
            "`secret` must be `whsec_` and 24 to 64 bytes in base64; leave it out, and one is made",
        ));
    }
    let new = NewWebhook {
        target_url,
        event_types: event_types(&body)?.unwrap_or_default(),
        is_active: body.boolean("is_active")?.unwrap_or(true),
        secret: secret.map(SecretString::from),
    };
    let made = app.inner.store.create_webhook(caller.environment(), new).await;
    let (webhook, secret) = made.map_err(|error| match error {
        StoreError::TooMany { .. } => Failure::new(400, format!("{error}; delete one first")),
        other => other.into(),
    })?;
    let mut view = views::webhook(&webhook);
    view["secret"] = secret.expose_secret().into();
    Ok(Affected::new(webhook.id.as_str())
        .with(json!({ "target_host": host(&webhook) }))
        .mark(json_value(StatusCode::CREATED, &view)))
}

/// `GET /webhook`
async fn list(State(app): State<App>, caller: Caller) -> Answer {
    caller.whole_environment()?;
    let webhooks = app.inner.store.webhooks(caller.environment()).await?;
    let views: Vec<Value> = webhooks.iter().map(views::webhook).collect();
    Ok(listing::page(&views, None))
}

/// `GET /webhook/{id}`
async fn show(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    caller.whole_environment()?;
    let webhook = find(&app, &caller, &id).await?;
    Ok(json_value(StatusCode::OK, &views::webhook(&webhook)))
}

/// `PATCH /webhook/{id}`. With `rotate_secret` the answer holds the new secret, this once.
async fn update(State(app): State<App>, caller: Caller, Path(id): Path<String>, body: JsonObject) -> Answer {
    caller.whole_environment()?;
    body.only(&["target_url", "event_types", "is_active", "rotate_secret"])?;
    let target_url = body.text("target_url")?;
    if let Some(url) = &target_url {
        check_address(&app, url)?;
    }
    let update = WebhookUpdate {
        target_url,
        event_types: event_types(&body)?,
        is_active: body.boolean("is_active")?,
        rotate_secret: body.boolean("rotate_secret")?.unwrap_or(false),
    };
    let (webhook, secret) = app
        .inner
        .store
        .update_webhook(caller.environment(), &WebhookId::from(id.as_str()), update)
        .await?
        .ok_or_else(|| no_webhook(&id))?;
    let mut view = views::webhook(&webhook);
    if let Some(secret) = secret {
        view["secret"] = secret.expose_secret().into();
    }
    Ok(json_value(StatusCode::OK, &view))
}

/// `DELETE /webhook/{id}`
async fn delete(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    caller.whole_environment()?;
    let known = WebhookId::from(id.as_str());
    if !app
        .inner
        .store
        .delete_webhook(caller.environment(), &known)
        .await?
    {
        return Err(no_webhook(&id));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /webhook/{id}/test`: sends an event that tells nothing, once, and says what came of it.
async fn test(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    caller.whole_environment()?;
    let known = WebhookId::from(id.as_str());
    let delivery = app
        .inner
        .store
        .enqueue_test(caller.environment(), &known)
        .await?
        .ok_or_else(|| no_webhook(&id))?;
    let attempt = app.inner.deliverer.send_now(&delivery).await?;
    let view = match attempt {
        Some(attempt) => json!({
            "id": delivery,
            "delivered": attempt.error.is_none(),
            "status": attempt.status,
            "error": attempt.error,
        }),
        // A server was faster than this process.
        None => json!({ "id": delivery, "delivered": null, "status": null, "error": null }),
    };
    Ok(json_value(StatusCode::OK, &view))
}

/// `GET /webhook/{id}/delivery`: what was sent lately, and what came of it.
async fn deliveries(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Answer {
    caller.whole_environment()?;
    let webhook = find(&app, &caller, &id).await?;
    let limit = Plain::read(raw.as_deref(), &["limit"])?.limit()?;
    let found = app
        .inner
        .store
        .deliveries(caller.environment(), &webhook.id, limit)
        .await?;
    let views: Vec<Value> = found.iter().map(views::delivery).collect();
    Ok(listing::page(&views, None))
}

async fn find(app: &App, caller: &Caller, id: &str) -> Result<Webhook, Failure> {
    app.inner
        .store
        .webhook(caller.environment(), &WebhookId::from(id))
        .await?
        .ok_or_else(|| no_webhook(id))
}

fn no_webhook(id: &str) -> Failure {
    let shown: String = id.chars().take(100).collect();
    Failure::new(404, format!("there is no webhook `{shown}`"))
}

fn event_types(body: &JsonObject) -> Result<Option<Vec<String>>, Failure> {
    let wrong = || {
        let known = AccountEvent::ALL.map(AccountEvent::as_str).join(", ");
        Failure::new(
            400,
            format!("`event_types` must be an array of: {known}; an empty one means all"),
        )
    };
    match body.0.get("event_types") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(items)) => {
            let mut events = Vec::with_capacity(items.len());
            for item in items {
                let event = AccountEvent::ALL
                    .into_iter()
                    .find(|event| item.as_str() == Some(event.as_str()))
                    .ok_or_else(wrong)?;
                if !events.iter().any(|known| known == event.as_str()) {
                    events.push(event.as_str().to_owned());
                }
            }
            Ok(Some(events))
        }
        Some(_) => Err(wrong()),
    }
}

/// Refuses what could not be sent to anyway, so that whoever types it hears of it. What a name resolves to is
/// judged at every attempt.
fn check_address(app: &App, url: &str) -> Result<(), Failure> {
    let wrong = |problem: &str| Err(Failure::new(400, format!("`target_url` {problem}")));
    if url.len() > LONGEST_URL || url.contains('#') || !url.is_ascii() {
        return wrong("must be an https:// address of at most 2000 ASCII characters, without fragment");
    }
    let Ok(uri) = url.parse::<Uri>() else {
        return wrong("is not an address; write it as https://example.com/hooks");
    };
    let private = app.inner.allow_private;
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if private => {}
        _ => return wrong("must begin with https://"),
    }
    let Some(authority) = uri.authority().filter(|authority| !authority.host().is_empty()) else {
        return wrong("names no host");
    };
    if authority.as_str().contains('@') {
        return wrong("must not hold a user name or password; the signature tells who sends");
    }
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let is_private = match host.parse() {
        Ok(address) => !crosswalk_transport::is_public(address),
        Err(_) => host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost"),
    };
    if is_private && !private {
        return wrong("leads to a private address, which is not asked (see --allow-private)");
    }
    Ok(())
}

/// The host alone: what comes after it may be a secret of the receiver.
fn host(webhook: &Webhook) -> Option<String> {
    let uri: Uri = webhook.target_url.parse().ok()?;
    uri.host().map(str::to_owned)
}
