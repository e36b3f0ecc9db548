//! A server, a sandbox, and a simple browser.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::Request;
use crosswalk_accounts::EnvironmentId;
use crosswalk_sandbox::{CLIENT_ID, CLIENT_SECRET, Sandbox, SandboxConfig};
use crosswalk_server::{App, AppConfig};
use http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderMap, Method, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

pub const BASE: &str = "http://127.0.0.1:8080";

/// A server over a sandbox.
pub struct World {
    pub app: App,
    pub sandbox: Sandbox,
    pub egress: String,
    pub environment: EnvironmentId,
    pub folder: TempDir,
}

/// What a browser shows.
#[derive(Debug)]
pub struct Shown {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub html: String,
}

/// A browser with its cookies.
pub struct Browser<'a> {
    world: &'a World,
    cookies: BTreeMap<String, String>,
}

impl World {
    pub async fn new() -> Self {
        let sandbox = Sandbox::new(SandboxConfig { users: 5 });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let egress = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(sandbox.clone().serve(listener, Box::pin(std::future::pending())));
        let folder = tempfile::tempdir().unwrap();
        let app = App::open(AppConfig {
            data_dir: folder.path().to_owned(),
            egress: Some(egress.clone()),
            public_url: Some(BASE.to_owned()),
            ..AppConfig::default()
        })
        .await
        .unwrap();
        let environment = app.store().default_environment().clone();
        Self {
            app,
            sandbox,
            egress,
            environment,
            folder,
        }
    }

    /// With the sandbox's app at every vendor that has a consent page.
    pub async fn with_apps() -> Self {
        let world = Self::new().await;
        for name in world.consenting() {
            let body = json!({ "integration": name, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET });
            let (status, answer) = world
                .api(Method::POST, "/environment-integration", Some(&body))
                .await;
            assert_eq!(status, 201, "{answer}");
        }
        world
    }

    /// The connectors with a consent page whose stand-in is there.
    pub fn consenting(&self) -> Vec<String> {
        let there: Vec<&str> = self
            .sandbox
            .accounts()
            .iter()
            .map(|account| account.integration)
            .collect();
        self.app
            .registry()
            .iter()
            .filter(|connector| there.contains(&connector.name()))
            .filter(|connector| {
                let mut methods = connector.file.auth.schemes.keys();
                methods.any(|method| connector.consents(*method))
            })
            .map(|connector| connector.name().to_owned())
            .collect()
    }

    pub async fn api(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        let client = self.app.local(&self.environment);
        let response = client.request(method, path, body, None).await.unwrap();
        (response.status.as_u16(), response.json().await)
    }

    /// A link token.
    pub async fn link(&self, body: Value) -> String {
        let (status, answer) = self.api(Method::POST, "/link-token", Some(&body)).await;
        assert_eq!(status, 201, "{answer}");
        answer["link_token"].as_str().unwrap().to_owned()
    }

    /// All accounts.
    pub async fn accounts(&self) -> Vec<Value> {
        let (_, answer) = self.api(Method::GET, "/integrated-account", None).await;
        answer["result"].as_array().unwrap().clone()
    }

    pub fn browser(&self) -> Browser<'_> {
        Browser {
            world: self,
            cookies: BTreeMap::new(),
        }
    }

    /// What the sandbox's vendor asks to connect an account with.
    pub fn context(&self, integration: &str) -> (String, BTreeMap<String, String>) {
        let account = self
            .sandbox
            .accounts()
            .into_iter()
            .find(|account| account.integration == integration)
            .unwrap();
        let values = account
            .context
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect();
        (account.authentication_method.to_owned(), values)
    }

    /// How many users the account gives.
    pub async fn users(&self, account: &str) -> (u16, usize) {
        let mut path = format!("/unified/crm/users?integrated_account_id={account}&limit=1000");
        let (status, answer) = self.api(Method::GET, &path, None).await;
        if answer["message"]
            .as_str()
            .is_some_and(|message| message.contains("workspace"))
        {
            path.push_str("&workspace[id]=unknown");
        }
        (status, answer["result"].as_array().map_or(0, Vec::len))
    }
}

impl Browser<'_> {
    async fn request(&mut self, method: Method, url: &str, body: Option<String>) -> Shown {
        let (router, target, own) = match url.strip_prefix(&self.world.egress) {
            Some(target) => (self.world.sandbox.router(), target, false),
            None => (
                self.world.app.router(),
                url.strip_prefix(BASE).unwrap_or(url),
                true,
            ),
        };
        let mut request = Request::builder().method(method).uri(target);
        if own {
            request = request.header("host", BASE.trim_start_matches("http://"));
            let cookies: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(COOKIE, cookies.join("; "));
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.body(Body::from(body.unwrap_or_default())).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let html = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Shown {
            status: parts.status,
            headers: parts.headers,
            html: without(without(html, "style"), "script"),
        }
    }

    pub async fn open(&mut self, url: &str) -> Shown {
        self.request(Method::GET, url, None).await
    }

    /// The page of a link token.
    pub async fn connect(&mut self, token: &str, rest: &str) -> Shown {
        self.open(&format!("/connect-account?link_token={token}{rest}"))
            .await
    }

    /// Fills in and sends the form of a page. Inputs that are not there are not filled.
    pub async fn submit(&mut self, shown: &Shown, values: &BTreeMap<String, String>) -> Shown {
        let action = shown
            .tag("<form")
            .and_then(|tag| attribute(tag, "action"))
            .unwrap_or_else(|| panic!("no form in {}", shown.html));
        let mut form = form_urlencoded::Serializer::new(String::new());
        for name in shown.inputs() {
            form.append_pair(&name, values.get(&name).map_or("", String::as_str));
        }
        self.request(Method::POST, &action, Some(form.finish())).await
    }

    /// Goes to the consent page that this page leads to, and decides there. Answers where the vendor sends the
    /// browser.
    pub async fn decide(&mut self, leaving: &Shown, decision: &str) -> String {
        let url = leaving
            .forward()
            .unwrap_or_else(|| panic!("no way out of {}", leaving.html));
        let page = self.open(&url).await;
        assert_eq!(page.status, 200, "{}", page.html);
        let answer = self
            .request(Method::POST, &url, Some(format!("decision={decision}")))
            .await;
        assert_eq!(answer.status, 302, "{}", answer.html);
        answer.headers[LOCATION].to_str().unwrap().to_owned()
    }

    /// All the way: the page, the form, the consent and back.
    pub async fn consent(
        &mut self,
        token: &str,
        integration: &str,
        values: &BTreeMap<String, String>,
    ) -> Shown {
        let connector = self.world.app.registry().get(integration).unwrap();
        let mut methods = connector.file.auth.schemes.keys();
        let method = methods.find(|method| connector.consents(**method)).unwrap();
        let page = self
            .connect(token, &format!("&integration={integration}&way={method}"))
            .await;
        let leaving = self.submit(&page, values).await;
        assert_eq!(leaving.status, 200, "{}", leaving.html);
        let back = self.decide(&leaving, "allow").await;
        self.open(&back).await
    }
}

impl Shown {
    fn tag(&self, start: &str) -> Option<&str> {
        let at = self.html.find(start)?;
        let end = self.html[at..].find('>')?;
        Some(&self.html[at..at + end])
    }

    /// The names of the page's inputs.
    pub fn inputs(&self) -> Vec<String> {
        self.html
            .split("<input")
            .skip(1)
            .filter_map(|rest| attribute(rest.split('>').next()?, "name"))
            .collect()
    }

    /// Where the browser goes by itself.
    pub fn forward(&self) -> Option<String> {
        let content = attribute(self.tag("<meta http-equiv=\"refresh\"")?, "content")?;
        Some(content.split_once("url=")?.1.to_owned())
    }

    /// The message to whoever opened the page.
    pub fn outcome(&self) -> Value {
        self.tag("<div data-outcome")
            .and_then(|tag| attribute(tag, "data-outcome"))
            .map(|text| serde_json::from_str(&text).unwrap())
            .unwrap_or_default()
    }
}

/// The page without the first block of that name, which only lengthens messages.
fn without(html: String, name: &str) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    match (html.find(&open), html.rfind(&close)) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &html[..from], &html[to + close.len()..]),
        _ => html,
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    let value = rest.split('"').next()?;
    Some(
        value
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
    )
}

/// Values of a form.
pub fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
