//! What an app sets up so that its customers can connect in a browser (the browser's side is `crate::connect`).

mod endpoints;
mod link_tokens;
mod oauth_apps;
mod redirect_uris;

pub(crate) use self::endpoints::endpoints;
