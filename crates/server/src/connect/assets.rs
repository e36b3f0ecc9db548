//! The page's one style sheet and one script, written into each page, and the policy that allows them and
//! nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;

/// The style sheet.
pub(super) const STYLE: &str = include_str!("connect.css");
/// The script. Everything works without it but frames, filters and checks while typing.
pub(super) const SCRIPT: &str = include_str!("connect.js");

/// The content security policy of a page that these may frame.
pub(super) fn policy(frame_ancestors: &str) -> HeaderValue {
    let digest = |text: &str| STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors {frame_ancestors}",
        digest(SCRIPT),
        digest(STYLE)
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
