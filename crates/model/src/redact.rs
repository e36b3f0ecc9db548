//! Secrets taken out of texts that come from outside.
//!
//! Some vendors answer a bad credential with the credential, as it was sent: bare, in base64 as HTTP Basic
//! has it, or percent-encoded as a URL has it. None of these may get into a message, a log or a database.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Shorter values are left standing: a user name such as `info` would tear holes into any message.
const SHORTEST: usize = 6;
const INSTEAD: &str = "[redacted]";

/// `text` without any of the secrets that are in it, in whatever form.
pub fn redact<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> String {
    let mut secrets: Vec<&str> = secrets
        .into_iter()
        .filter(|secret| secret.len() >= SHORTEST)
        .collect();
    // The longest first, for one may be a part of another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let mut clean = text.to_owned();
    for secret in &secrets {
        clean = clean.replace(secret, INSTEAD);
        let escaped = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        if escaped != **secret {
            clean = clean.replace(&escaped, INSTEAD);
        }
    }
    without_encoded(&clean, &secrets)
}

/// The text without runs of base64 or percent-encoding that hold a secret.
fn without_encoded(text: &str, secrets: &[&str]) -> String {
    let is_encoded =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_' | '=' | '%' | '.' | '~');
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_encoded) {
        let (before, run) = rest.split_at(start);
        let end = run.find(|c| !is_encoded(c)).unwrap_or(run.len());
        let (run, after) = run.split_at(end);
        clean.push_str(before);
        clean.push_str(if holds(run, secrets) { INSTEAD } else { run });
        rest = after;
    }
    clean.push_str(rest);
    clean
}

fn holds(run: &str, secrets: &[&str]) -> bool {
    if run.len() < SHORTEST {
        return false;
    }
    let contains = |bytes: &[u8]| {
        secrets.iter().any(|secret| {
            bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes())
        })
    };
    if run.contains('%') && contains(&percent_decode_str(run).collect::<Vec<u8>>()) {
        return true;
    }
    // `name=value` and paths hold more than the value.
    run.split(['=', '.', '%', '~'])
        .filter(|part| part.len() >= SHORTEST)
        .any(|part| {
            [STANDARD_NO_PAD, URL_SAFE_NO_PAD]
                .iter()
                .any(|form| form.decode(part).is_ok_and(|bytes| contains(&bytes)))
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_goes_and_short_words_stay() {
        let secrets = ["secret-one", "secret-one+longer/", "info"];
        let basic = STANDARD.encode("info:secret-one");
        assert_eq!(
            redact("info: secret-one+longer/ and secret-one", secrets),
            "info: [redacted] and [redacted]"
        );
        assert_eq!(
            redact(&format!("Authorization: Basic {basic}, you said"), secrets),
            "Authorization: Basic [redacted], you said"
        );
        assert_eq!(
            redact("?key=secret%2Done%2Blonger%2F&x", secrets),
            "?key=[redacted]&x"
        );
        assert_eq!(
            redact("?key=secret-one%2blonger%2f", secrets),
            "?key=[redacted]%2blonger%2f"
        );
    }

    proptest! {
        #[test]
        fn nothing_is_left(before in ".{0,20}", secret in "[!-~]{6,40}", user in "[a-z]{0,9}", after in ".{0,20}") {
            let escaped = utf8_percent_encode(&secret, NON_ALPHANUMERIC).to_string();
            let basic = STANDARD.encode(format!("{user}:{secret}"));
            for form in [&secret, &escaped, &basic] {
                let clean = redact(&format!("{before} {form} {after}"), [secret.as_str()]);
                let leaks = clean.contains(form.as_str()) && !format!("{before}  {after} [redacted]").contains(form.as_str());
                prop_assert!(!leaks, "{clean}");
            }
        }

        #[test]
        fn what_holds_no_secret_stays(text in ".{0,60}") {
            prop_assert_eq!(redact(&text, ["a secret that is nowhere"]), text);
        }
    }
}
