//! The browser at the other end: the address it uses, and the cookie that tells it from others.

use axum::http::HeaderMap;
use http::header::{COOKIE, HOST};
use http::{HeaderValue, Uri};

use super::ConnectPage;
use super::redirect::is_loopback;

const NAME: &str = "crosswalk_connect";
/// How long it lasts, in seconds: as long as a consent may take.
const LIFE: i64 = 30 * 60;

/// The browser's own value, which it got from here before.
pub(super) fn cookie(headers: &HeaderMap) -> Option<String> {
    let cookies = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == NAME && value.len() == 43)
        .map(|(_, value)| value.to_owned())
}

/// The header that gives the browser its value. Scripts can't read it, and other sites' requests carry it only
/// when they send the person here, as a vendor does after the consent.
pub(super) fn set_cookie(page: &ConnectPage, value: &str) -> Option<HeaderValue> {
    let secure = if page.base.starts_with("https:") {
        "; Secure"
    } else {
        ""
    };
    let path = if page.prefix.is_empty() { "/" } else { &page.prefix };
    HeaderValue::try_from(format!(
        "{NAME}={value}; Path={path}; Max-Age={LIFE}; HttpOnly; SameSite=Lax{secure}"
    ))
    .ok()
}

/// The address under which the browser knows this server, where that is this machine under another name than
/// the public one (`localhost` for `127.0.0.1`). The page's messages have to come from there.
pub(super) fn other_base(page: &ConnectPage, headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let host = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| uri.authority().map(http::uri::Authority::as_str))?;
    let public: Uri = page.base.parse().ok()?;
    if public.authority().is_some_and(|public| public.as_str() == host) {
        return None;
    }
    let given: Uri = format!("http://{host}").parse().ok()?;
    let authority = given.authority()?;
    (is_loopback(authority.host()) && !host.contains('@')).then(|| format!("http://{host}{}", page.prefix))
}
