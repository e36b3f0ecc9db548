//! What stands in the page's address.

/// The parameters of `/connect-account`.
#[derive(Clone, Debug, Default)]
pub(super) struct PageQuery {
    /// The link token.
    pub(super) link_token: String,
    /// The connector that is chosen already.
    pub(super) integration: Option<String>,
    /// The only connectors to choose from.
    pub(super) integrations: Vec<String>,
    /// Whether the way back to the choice is closed.
    pub(super) no_back: bool,
    /// The only authentication method.
    pub(super) auth_format: Option<String>,
    /// The method that was chosen on the page.
    pub(super) way: Option<String>,
    /// Whether the page is in a frame of somebody's.
    pub(super) iframe: bool,
}

impl PageQuery {
    /// Reads a query; what is not known plays no part.
    pub(super) fn parse(raw: &str) -> Self {
        let mut query = Self::default();
        for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
            let value = value.trim();
            let text = || Some(value.to_owned()).filter(|text| !text.is_empty());
            let flag = !matches!(value.to_ascii_lowercase().as_str(), "" | "0" | "false");
            match name.as_ref() {
                "link_token" => query.link_token = value.to_owned(),
                "integration" => query.integration = text(),
                "integrations" | "integrations[]" => query.integrations.extend(
                    value
                        .split(',')
                        .map(|name| name.trim().to_owned())
                        .filter(|name| !name.is_empty()),
                ),
                "no_back" => query.no_back = flag,
                "auth_format" => query.auth_format = text(),
                "way" => query.way = text(),
                "iframe" => query.iframe = flag,
                _ => {}
            }
        }
        query
    }

    /// The same page with this connector and method chosen.
    pub(super) fn choosing(&self, integration: Option<&str>, way: Option<&str>) -> Self {
        Self {
            integration: integration.map(str::to_owned),
            way: way.map(str::to_owned),
            ..self.clone()
        }
    }

    /// The query as it is written.
    pub(super) fn write(&self) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        out.append_pair("link_token", &self.link_token);
        for (name, value) in [
            ("integration", &self.integration),
            ("auth_format", &self.auth_format),
            ("way", &self.way),
        ] {
            if let Some(value) = value {
                out.append_pair(name, value);
            }
        }
        if !self.integrations.is_empty() {
            out.append_pair("integrations", &self.integrations.join(","));
        }
        for (name, set) in [("no_back", self.no_back), ("iframe", self.iframe)] {
            if set {
                out.append_pair(name, "true");
            }
        }
        out.finish()
    }
}
