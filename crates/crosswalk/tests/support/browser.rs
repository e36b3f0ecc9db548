//! A simple browser over HTTP: cookies, forms, and pages that send it on.

use std::collections::BTreeMap;

use super::request;

/// A browser with its cookies, by host.
#[derive(Default)]
pub struct Browser {
    cookies: BTreeMap<(String, String), String>,
}

/// What it shows.
pub struct Page {
    url: String,
    pub status: u16,
    pub html: String,
    location: Option<String>,
}

impl Browser {
    /// Opens an address.
    pub fn open(&mut self, url: &str) -> Page {
        self.request("GET", url, None)
    }

    /// Fills in and sends the form of a page. Inputs without a value here are sent empty.
    pub fn submit(&mut self, page: &Page, values: &[(&str, &str)]) -> Page {
        let action = page
            .tag("<form")
            .and_then(|tag| attribute(tag, "action"))
            .unwrap_or_else(|| panic!("no form in {}", page.html));
        let pairs: Vec<String> = page
            .inputs()
            .iter()
            .map(|name| {
                let value = values.iter().find(|(known, _)| known == name);
                format!(
                    "{}={}",
                    encode(name),
                    encode(value.map_or("", |(_, value)| value))
                )
            })
            .collect();
        self.request("POST", &page.beside(&action), Some(&pairs.join("&")))
    }

    /// Goes where a page sends it by itself, to the vendor's consent; decides there, and comes back.
    pub fn decide(&mut self, leaving: &Page, decision: &str) -> Page {
        let content = leaving
            .tag("<meta http-equiv=\"refresh\"")
            .and_then(|tag| attribute(tag, "content"))
            .unwrap_or_else(|| panic!("no way out of {}", leaving.html));
        let url = content.split_once("url=").unwrap().1.to_owned();
        let consent = self.open(&url);
        assert_eq!(consent.status, 200, "{}", consent.html);
        let decided = self.request("POST", &url, Some(&format!("decision={decision}")));
        assert_eq!(decided.status, 302, "{}", decided.html);
        self.open(&decided.location.unwrap())
    }

    fn request(&mut self, method: &str, url: &str, body: Option<&str>) -> Page {
        let rest = url
            .strip_prefix("http://")
            .unwrap_or_else(|| panic!("{url} is no address"));
        let (host, target) = rest.split_once('/').unwrap_or((rest, ""));
        let own: Vec<String> = self
            .cookies
            .iter()
            .filter(|((known, _), _)| known == host)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        let cookies = own.join("; ");
        let mut headers = Vec::new();
        if !cookies.is_empty() {
            headers.push(("Cookie", cookies.as_str()));
        }
        if body.is_some() {
            headers.push(("Content-Type", "application/x-www-form-urlencoded"));
        }
        let answer = request(
            host,
            method,
            &format!("/{target}"),
            &headers,
            body.map(str::as_bytes),
        );
        for line in answer.head.lines() {
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("set-cookie")
                && let Some((name, value)) = value
                    .trim()
                    .split(';')
                    .next()
                    .and_then(|pair| pair.split_once('='))
            {
                self.cookies
                    .insert((host.to_owned(), name.to_owned()), value.to_owned());
            }
        }
        Page {
            url: url.to_owned(),
            status: answer.status,
            location: answer.header("location").map(str::to_owned),
            html: String::from_utf8(answer.body).unwrap(),
        }
    }
}

impl Page {
    /// The names of the page's inputs.
    pub fn inputs(&self) -> Vec<String> {
        self.html
            .split("<input")
            .skip(1)
            .filter_map(|rest| attribute(rest.split('>').next()?, "name"))
            .collect()
    }

    fn tag(&self, start: &str) -> Option<&str> {
        let at = self.html.find(start)?;
        let end = self.html[at..].find('>')?;
        Some(&self.html[at..at + end])
    }

    /// An address as this page means it.
    fn beside(&self, address: &str) -> String {
        if address.starts_with("http://") {
            return address.to_owned();
        }
        let host = self
            .url
            .strip_prefix("http://")
            .unwrap()
            .split('/')
            .next()
            .unwrap();
        format!("http://{host}{address}")
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

fn encode(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => (byte as char).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}
