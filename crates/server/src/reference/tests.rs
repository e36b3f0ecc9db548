#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::extract::Request;
use http::header::{ALLOW, ETAG, IF_NONE_MATCH};
use http::{Method, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

use crate::app::{App, AppConfig};

async fn app() -> (tempfile::TempDir, App) {
    let folder = tempfile::tempdir().unwrap();
    let config = AppConfig {
        data_dir: folder.path().to_owned(),
        ..AppConfig::default()
    };
    (folder, App::open(config).await.unwrap())
}

async fn answer(app: &App, method: Method, path: &str) -> http::Response<Body> {
    let request = Request::builder().method(method).uri(path);
    let request = request.body(Body::empty()).unwrap();
    app.router().oneshot(request).await.unwrap()
}

fn document(app: &App) -> Value {
    serde_json::from_slice(&app.reference().openapi.body).unwrap()
}

/// The document's operations: by path, the methods.
fn told(document: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .map(|(path, operations)| {
            let methods = operations.as_object().unwrap().keys();
            (
                path.clone(),
                methods.map(|method| method.to_uppercase()).collect(),
            )
        })
        .collect()
}

/// A path that the router takes: holes are filled, so that none of them is a word of another route.
fn filled(path: &str) -> String {
    let parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { "zz" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn what_is_told_is_there_and_nothing_else() {
    let (_folder, app) = app().await;
    for (path, methods) in told(&document(&app)) {
        // No route takes TRACE, so the refusal names what the path does take.
        let refused = answer(&app, Method::TRACE, &filled(&path)).await;
        assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        let allowed: BTreeSet<String> = refused.headers()[ALLOW]
            .to_str()
            .unwrap()
            .split(',')
            .map(str::to_owned)
            .filter(|method| method != "HEAD")
            .collect();
        assert_eq!(allowed, methods, "{path}");
    }
}

#[tokio::test]
async fn every_route_is_told() {
    let (_folder, app) = app().await;
    let told: BTreeSet<String> = told(&document(&app))
        .into_keys()
        .map(|path| filled(&path))
        .collect();
    let routed: BTreeSet<String> = crate::routes::endpoints()
        .iter()
        .map(|endpoint| filled(&endpoint.path.replace("{model}/{resource}", "crm/users")))
        .collect();
    assert_eq!(told, routed);
    // The router's own list of paths, as its `Debug` shows it: a route put past the list would be seen here.
    let shown = format!("{:?}", app.router());
    let known: BTreeSet<&str> = crate::routes::endpoints()
        .iter()
        .map(|endpoint| endpoint.path)
        .collect();
    let missing: Vec<&str> = shown
        .split('"')
        .filter(|part| part.starts_with('/') && !known.contains(part))
        // The fallback's own two.
        .filter(|part| *part != "/" && !part.contains("__private__axum_fallback"))
        .collect();
    assert_eq!(missing, Vec::<&str>::new(), "routes that nobody described");
}

#[tokio::test]
async fn operations_and_references_are_sound() {
    let (_folder, app) = app().await;
    let document = document(&app);
    let mut ids = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} twice");
            let mut names = BTreeSet::new();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let name = parameter["name"].as_str().unwrap();
                assert!(names.insert(name), "{method} {path}: `{name}` twice");
                if parameter["in"] == "path" {
                    assert!(path.contains(&format!("{{{name}}}")), "{method} {path}: `{name}`");
                }
            }
            for hole in path.split('{').skip(1) {
                let name = hole.split('}').next().unwrap();
                assert!(names.contains(name), "{method} {path}: `{name}` is not told");
            }
        }
    }
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
                }
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
}

#[tokio::test]
async fn every_filter_and_field_carries_the_matrix() {
    let (_folder, app) = app().await;
    let document = document(&app);
    for model in app.models() {
        let list = &document["paths"][format!("/unified/{}", model.name)]["get"];
        let parameters = list["parameters"].as_array().unwrap();
        let support = |name: &str| {
            let found = parameters.iter().find(|parameter| parameter["name"] == name);
            found.map(|parameter| parameter["x-crosswalk-support"].clone())
        };
        for (id, field) in model.fields() {
            let given: BTreeSet<&str> = app
                .registry()
                .iter()
                .filter(|connector| connector.support(model, id).is_some())
                .map(|connector| connector.name())
                .collect();
            let rows = [
                (!field.kind.operators().is_empty()).then(|| support(&field.name).unwrap()),
                model.output_fields().any(|(output, _)| output == id).then(|| {
                    let name = super::schemas::record_name(model);
                    document["components"]["schemas"][name]["properties"][&field.name]["x-crosswalk-support"]
                        .clone()
                }),
            ];
            for row in rows.into_iter().flatten() {
                let told: BTreeSet<&str> = row.as_object().unwrap().keys().map(String::as_str).collect();
                assert_eq!(told, given, "{}", field.name);
            }
        }
        assert!(
            support("sort_by")
                .unwrap()
                .as_object()
                .is_some_and(|row| !row.is_empty())
        );
    }
}

#[tokio::test]
async fn it_is_served_to_anybody_and_only_when_it_changed() {
    let (_folder, app) = app().await;
    let first = answer(&app, Method::GET, "/openapi.json").await;
    assert_eq!(first.status(), StatusCode::OK);
    let request = Request::builder()
        .uri("/openapi.json")
        .header(IF_NONE_MATCH, &first.headers()[ETAG]);
    let again = app
        .router()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(again.headers()[ETAG], first.headers()[ETAG]);
}

/// What is shown of accounts and connectors has exactly the members that its schema tells.
#[tokio::test]
async fn schemas_are_what_is_shown() {
    let (_folder, app) = app().await;
    let document = document(&app);
    let members = |name: &str| -> BTreeSet<String> {
        let properties = &document["components"]["schemas"][name]["properties"];
        properties.as_object().unwrap().keys().cloned().collect()
    };
    let keys = |value: &Value| -> BTreeSet<String> { value.as_object().unwrap().keys().cloned().collect() };
    for connector in app.registry().iter() {
        assert_eq!(
            keys(&crate::views::integration(connector)),
            members("Integration")
        );
        let whole = crate::views::integration_in_full(connector);
        assert_eq!(keys(&whole), members("IntegrationInFull"));
        for setting in whole["settings"].as_array().unwrap() {
            assert_eq!(keys(setting), members("Setting"));
        }
        for model in app.models() {
            let mut meta = keys(&crate::views::meta(connector, model, "list", None).unwrap());
            meta.insert("integrated_account_id".to_owned());
            assert_eq!(meta, members("Meta"));
        }
    }
}

#[tokio::test]
async fn pages_lead_to_pages_and_to_nothing_outside() {
    let (_folder, app) = app().await;
    let pages = &app.reference().pages;
    for (key, page) in pages
        .iter()
        .filter(|(_, page)| page.kind.starts_with("text/html"))
    {
        let html = std::str::from_utf8(&page.body).unwrap();
        assert!(pages.contains_key(&if key.is_empty() {
            "index.md".to_owned()
        } else {
            format!("{key}.md")
        }));
        let ids: Vec<&str> = attributes(html, "id").collect();
        assert_eq!(
            ids.iter().collect::<BTreeSet<_>>().len(),
            ids.len(),
            "{key}: an id twice"
        );
        for source in attributes(html, "src") {
            assert!(source.starts_with('.'), "{key}: {source}");
        }
        for link in
            attributes(html, "href").filter(|link| !link.starts_with("http") && !link.starts_with('#'))
        {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let path = path.trim_start_matches("./").trim_start_matches("../");
            let Some(to) = path.strip_prefix("docs") else {
                assert!(
                    ["console", "openapi.json", "llms.txt"].contains(&path),
                    "{key}: {link}"
                );
                continue;
            };
            let page = pages.get(to.trim_start_matches('/'));
            let page = page.unwrap_or_else(|| panic!("{key}: {link} leads nowhere"));
            let html = std::str::from_utf8(&page.body).unwrap();
            assert!(
                anchor.is_empty() || attributes(html, "id").any(|id| id == anchor),
                "{key}: {link}"
            );
        }
    }
}

/// The values of an attribute. The pages' own writer quotes all of them.
fn attributes<'h>(html: &'h str, name: &str) -> impl Iterator<Item = &'h str> {
    let begin = format!(" {name}=\"");
    html.split("<script id")
        .next()
        .unwrap()
        .split('<')
        .flat_map(move |tag| {
            let tag = tag.split('>').next().unwrap_or_default();
            tag.split_once(begin.as_str())
                .and_then(|(_, rest)| rest.split('"').next())
        })
}

#[tokio::test]
async fn pages_may_do_nothing_but_ask_this_server() {
    let (_folder, app) = app().await;
    for path in [
        "/docs",
        "/docs/unified",
        "/docs/crm/hubspot",
        "/docs/unified.md",
        "/llms.txt",
        "/console",
    ] {
        let answer = answer(&app, Method::GET, path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
    }
    assert_eq!(
        answer(&app, Method::GET, "/docs/nothing").await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn every_call_parameter_and_crm_is_told() {
    let (_folder, app) = app().await;
    let page = |key: &str| std::str::from_utf8(&app.reference().pages[key].body).unwrap();
    for (path, operations) in document(&app)["paths"].as_object().unwrap() {
        for operation in operations.as_object().unwrap().values() {
            let group = super::endpoint::Group::ALL
                .iter()
                .find(|group| group.title() == operation["tags"][0])
                .unwrap();
            for text in [page(group.slug()), page(&format!("{}.md", group.slug()))] {
                assert!(text.contains(path.as_str()), "{path}");
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    assert!(
                        text.contains(parameter["name"].as_str().unwrap()),
                        "{path}: {parameter}"
                    );
                }
            }
        }
    }
    for connector in app.registry().iter() {
        let own = page(&format!("crm/{}.md", connector.name()));
        for step in &connector.file.setup {
            assert!(own.contains(step.as_str()), "{}: {step}", connector.name());
        }
    }
}

#[tokio::test]
async fn what_a_connector_says_is_text() {
    let folder = tempfile::tempdir().unwrap();
    let connectors = folder.path().join("connectors");
    std::fs::create_dir_all(&connectors).unwrap();
    let hubspot = include_str!("../../../../connectors/hubspot/connector.yaml");
    let evil = hubspot.replace(
        "label: HubSpot\n",
        "label: \"</script><script>alert(1)</script>\"\n",
    );
    std::fs::write(connectors.join("hubspot.yaml"), evil).unwrap();
    let config = AppConfig {
        data_dir: folder.path().join("data"),
        connectors: Some(connectors),
        ..AppConfig::default()
    };
    let app = App::open(config).await.unwrap();
    for (key, page) in &app.reference().pages {
        if page.kind.starts_with("text/html") {
            let html = std::str::from_utf8(&page.body).unwrap();
            assert!(!html.contains("<script>alert"), "{key}");
        }
    }
}
