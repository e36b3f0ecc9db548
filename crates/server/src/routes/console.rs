//! `/console`: the page that people work with, and its files. They are built from `console/` and committed there
//! as `console/dist`, so that building the server takes no Node.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::Response;
use http::HeaderMap;

use super::reference::{UNCHANGED, served};
use crate::error::{Answer, Failure};
use crate::reference::Page;
use crate::reference::endpoint::{Access, Endpoint, Group, Operation};

/// What the console may do: run its own files and ask this server. Pictures of users are where their CRM keeps them.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static PAGE: LazyLock<Page> = LazyLock::new(|| {
    Page::new(
        "text/html; charset=utf-8",
        include_str!("../../../../console/dist/index.html"),
    )
});

static ASSETS: LazyLock<[(&str, Page); 2]> = LazyLock::new(|| {
    [
        (
            "console.js",
            Page::new(
                "text/javascript; charset=utf-8",
                include_str!("../../../../console/dist/console.js"),
            ),
        ),
        (
            "console.css",
            Page::new(
                "text/css; charset=utf-8",
                include_str!("../../../../console/dist/console.css"),
            ),
        ),
    ]
});

pub(super) fn endpoints() -> Vec<Endpoint> {
    let operation = |id: &str, summary: &str, description: &str| {
        Operation::new(id, Group::Server, summary, description).access(Access::Open)
    };
    vec![
        Endpoint::get(
            "/console",
            page,
            operation(
                "getConsole",
                "The console",
                "The page to look after accounts and to try calls on. It asks for an API token, which it keeps in memory only.",
            )
            .answers_as(200, "The page.", &["text/html"])
            .answers_nothing(304, UNCHANGED),
        ),
        Endpoint::get(
            "/console/assets/{name}",
            asset,
            operation("getConsoleAsset", "A file of the console", "Its style and its script.")
                .path("name", "The file's name.", "console.js")
                .answers_as(200, "The file.", &["text/css", "text/javascript"])
                .answers_nothing(304, UNCHANGED)
                .fails(&[404]),
        ),
    ]
}

async fn page(headers: HeaderMap) -> Response {
    served(&PAGE, &headers, POLICY)
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Answer {
    let (_, file) = ASSETS.iter().find(|(known, _)| *known == name).ok_or_else(|| {
        let shown: String = name.chars().take(100).collect();
        Failure::new(
            404,
            format!("the console has no file `{shown}`; begin at /console"),
        )
    })?;
    Ok(served(file, &headers, POLICY))
}
