//! The vendors' consent pages: a person allows or denies, and comes back with a code.

use http::Method;

use crate::call::{Call, Reply, pairs};
use crate::tokens::{CLIENT_ID, Challenge, Tokens};

/// What a vendor's consent page asks for and gives back.
#[derive(Clone, Debug)]
pub(crate) struct Consent {
    /// The vendor's name as people know it.
    pub title: &'static str,
    /// How it treats PKCE.
    pub pkce: Pkce,
    /// Parameters that must be there beside `client_id` and `redirect_uri`, with their value where only one
    /// is right.
    pub required: &'static [(&'static str, Option<&'static str>)],
    /// Parameters that it sends back beside `code` and `state`.
    pub extra: Vec<(&'static str, String)>,
}

/// How a vendor treats PKCE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pkce {
    /// A challenge is kept and checked when there is one.
    Optional,
    /// A challenge must be there.
    Required,
    /// Not known to the vendor: a challenge goes unread, and a verifier is not asked for.
    Ignored,
}

impl Consent {
    /// The page, or the way back after a decision.
    pub(crate) fn answer(&self, call: &Call, tokens: &Tokens) -> Reply {
        if let Err(problem) = self.check(call) {
            return self.page(400, &format!("<p role=\"alert\">{}</p>", escape(&problem)));
        }
        let given = |name: &str| call.param(name).unwrap_or_default();
        if call.method == Method::GET {
            return self.page(
                200,
                "<p>An app asks to read the users of this account.</p>\
                 <form method=\"post\"><button name=\"decision\" value=\"allow\">Allow</button> \
                 <button name=\"decision\" value=\"deny\">Deny</button></form>",
            );
        }
        let decision = pairs(std::str::from_utf8(&call.body).unwrap_or_default());
        let allowed = decision
            .iter()
            .any(|(name, value)| name == "decision" && value == "allow");
        let mut back: Vec<(&str, String)> = if allowed {
            let code = tokens.code(given("redirect_uri"), self.challenge(call));
            let mut back = vec![("code", code)];
            back.extend(self.extra.iter().cloned());
            back
        } else {
            vec![
                ("error", "access_denied".to_owned()),
                ("error_description", "The user denied the request.".to_owned()),
            ]
        };
        if let Some(state) = call.param("state") {
            back.push(("state", state.to_owned()));
        }
        let query: Vec<String> = back
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        let target = given("redirect_uri");
        let joint = if target.contains('?') { '&' } else { '?' };
        Reply::text(302, "text/html", "").with("location", format!("{target}{joint}{}", query.join("&")))
    }

    fn check(&self, call: &Call) -> Result<(), String> {
        if call.method != Method::GET && call.method != Method::POST {
            return Err("This page answers GET and POST.".into());
        }
        if call.param("client_id") != Some(CLIENT_ID) {
            return Err("The client_id is not known.".into());
        }
        let target = call.param("redirect_uri").unwrap_or_default();
        if !target.starts_with("http://") && !target.starts_with("https://") {
            return Err("The redirect_uri is missing or no address.".into());
        }
        for (name, value) in self.required {
            match (call.param(name), value) {
                (None | Some(""), _) => return Err(format!("The parameter {name} is missing.")),
                (Some(given), Some(right)) if given != *right => {
                    return Err(format!("The parameter {name} has to be {right}."));
                }
                _ => {}
            }
        }
        let challenged = call.param("code_challenge").is_some();
        match self.pkce {
            Pkce::Required if !challenged => Err("The parameter code_challenge is missing.".into()),
            _ => Ok(()),
        }
    }

    fn challenge(&self, call: &Call) -> Option<Challenge> {
        if self.pkce == Pkce::Ignored {
            return None;
        }
        let text = call.param("code_challenge")?.to_owned();
        Some(match call.param("code_challenge_method") {
            Some("S256") => Challenge::Sha256(text),
            _ => Challenge::Plain(text),
        })
    }

    fn page(&self, status: u16, inside: &str) -> Reply {
        let title = escape(self.title);
        let html = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{title} (sandbox)</title>\
             <style>:root{{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}}\
             body{{max-width:28rem;margin:15vh auto;padding:0 1.5rem}}button{{font:inherit;padding:.5rem 1.5rem}}</style>\
             <h1>{title}</h1>{inside}<p><small>A sandbox's stand-in for {title}'s consent page.</small></p></html>"
        );
        Reply::text(status, "text/html; charset=utf-8", &html)
    }
}

fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}
