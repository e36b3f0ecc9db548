//! What the pages are, for the reference.

use serde_json::{Value, json};

use super::{callback, check, show, status, submit};
use crate::reference::endpoint::{Access, Endpoint, Group, Operation};

pub(crate) fn endpoints() -> Vec<Endpoint> {
    vec![
        Endpoint::get("/connect-account", show::page, page_shown()),
        Endpoint::post("/connect-account", submit::form, form_sent()),
        Endpoint::get("/connect-account/check", check::setting, check_setting()),
        Endpoint::get("/connect-account/status", status::attempt, attempt_status()),
        Endpoint::get("/connect-account/done", status::done, done()),
        Endpoint::get("/oauth/callback", callback::back, back()),
    ]
}

const HTML: &[&str] = &["text/html"];

fn text() -> Value {
    json!({ "type": "string" })
}

/// A page for people: all its answers are HTML, also those that say what is wrong.
fn page(id: &str, summary: &str, description: &str) -> Operation {
    Operation::new(id, Group::Connecting, summary, description)
        .access(Access::Open)
        .answers_as(200, "The page.", HTML)
        .answers_as(400, "A page that says what is wrong.", HTML)
        .answers_as(
            401,
            "A page that says that the link is not good, or not any more.",
            HTML,
        )
        .answers_as(404, "A page that says that this can not be connected.", HTML)
        .answers_as(500, "A page that says that the server failed.", HTML)
        .answers_as(502, "A page that says that the CRM failed.", HTML)
}

fn with_query(operation: Operation) -> Operation {
    operation
        .query("link_token", "The link token.", text(), "")
        .query("integration", "The connector that is chosen already.", text(), "")
        .query(
            "integrations",
            "The only connectors to choose from, with commas between them.",
            text(),
            "",
        )
        .query(
            "no_back",
            "Whether the way back to the choice is closed.",
            text(),
            "",
        )
        .query("auth_format", "The only authentication method.", text(), "")
        .query(
            "way",
            "The authentication method that is chosen first.",
            text(),
            "",
        )
        .query("iframe", "Whether the page is in a frame.", text(), "")
}

fn page_shown() -> Operation {
    with_query(page(
        "showConnectPage",
        "The connect page",
        "For a person's browser. It posts its result to the window that opened it, as the browser SDK expects.",
    ))
}

fn form_sent() -> Operation {
    with_query(page(
        "sendConnectForm",
        "A form of the connect page",
        "Credentials and settings by name, form-encoded; the CRM is asked before anything is stored. Where there is a consent, the answer leads there.",
    ))
    .query("attempt", "The page's own name for this try.", text(), "")
    .answers_as(413, "A page that says that this is too much.", HTML)
    .answers_as(422, "The form again, with what is wrong.", HTML)
}

fn check_setting() -> Operation {
    Operation::new(
        "checkSetting",
        Group::Connecting,
        "Whether a setting looks right",
        "What the connect page asks while a person types.",
    )
    .access(Access::Open)
    .query("integration", "The connector.", text(), "")
    .query("name", "The setting.", text(), "")
    .query("value", "What was typed.", text(), "")
    .answers(
        200,
        "Whether it is, and how it would be kept.",
        json!({ "type": "object", "required": ["ok"], "properties": { "ok": { "type": "boolean" }, "value": text(), "message": text() } }),
        json!({ "ok": true, "value": "northbridge" }),
    )
    .fails(&[404])
}

fn attempt_status() -> Operation {
    Operation::new(
        "getConnectStatus",
        Group::Connecting,
        "Whether a consent has ended",
        "What a framed connect page asks while the consent goes on in a window beside it.",
    )
    .access(Access::Open)
    .query("link_token", "The link token.", text(), "")
    .query("attempt", "The page's own name for the try.", text(), "")
    .answers(
        200,
        "The flow that has ended, or null.",
        json!({ "type": "object", "required": ["flow"], "properties": { "flow": { "type": ["string", "null"] } } }),
        json!({ "flow": null }),
    )
    .fails(&[401, 500])
}

fn done() -> Operation {
    page(
        "showConnectEnd",
        "How a consent ended",
        "The page that a consent ends on.",
    )
    .query("flow", "The flow.", text(), "")
    .query("iframe", "Whether the page is in a frame.", text(), "")
    .answers_as(202, "It has not ended yet.", HTML)
}

fn back() -> Operation {
    page(
        "comeBackFromConsent",
        "Back from the CRM",
        "Where CRMs send browsers after the consent: register it with your app there.",
    )
    .query("state", "What the browser was sent out with.", text(), "")
    .query("code", "The code to exchange.", text(), "")
    .query("error", "Why there is none.", text(), "")
    .answers_as(202, "It has not ended yet.", HTML)
}
