//! How a call is made in each language, as templates.
//!
//! The page fills them in again while its reader types (`assets/reference.js` has the same few holes), so each
//! language is written once, here.
//!
//! Holes: `{{base}}`, `{{path}}`, `{{query}}` (with its `?`), `{{id}}` (the path's last value), `{{flags}}` (the query
//! as the command line takes it), `{{json}}` and `{{python}}` (the body), `{{shell}}` (the body for a shell), and
//! `{{#pairs}}…{{/pairs}}` around what is repeated for each parameter, with `{{name}}` and `{{value}}`.

use http::Method;
use serde_json::Value;

use super::Described;
use super::endpoint::{Access, Group, Parameter, Place};

/// What stands where the reader's account belongs.
pub(crate) const ACCOUNT: &str = "YOUR_ACCOUNT_ID";

/// One language's way.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) key: &'static str,
    pub(crate) label: &'static str,
    /// As fenced blocks of Markdown name it.
    pub(crate) language: &'static str,
    pub(crate) template: String,
}

/// What the holes are filled with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values {
    pub(crate) base: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) pairs: Vec<(String, String)>,
    pub(crate) body: Option<Value>,
}

/// The languages of a call.
pub(crate) fn of(endpoint: &Described, family: Option<(&str, &str)>) -> Vec<Sample> {
    let sample = |key, label, language, template: String| Sample {
        key,
        label,
        language,
        template,
    };
    let mut samples = vec![
        sample("curl", "curl", "sh", curl(endpoint)),
        sample("javascript", "JavaScript", "js", javascript(endpoint)),
        sample("python", "Python", "py", python(endpoint)),
    ];
    if let Some(template) = python_sdk(endpoint, family) {
        samples.push(sample("python-sdk", "Python SDK", "py", template));
    }
    if let Some(template) = typescript_sdk(endpoint, family) {
        samples.push(sample("typescript-sdk", "TypeScript SDK", "ts", template));
    }
    if let Some(template) = command_line(endpoint, family) {
        samples.push(sample("cli", "CLI", "sh", template.to_owned()));
    }
    samples
}

fn curl(endpoint: &Described) -> String {
    let mut lines = String::from("curl -sg");
    if endpoint.method != Method::GET {
        lines.push_str(&format!(" -X {}", endpoint.method));
    }
    if endpoint.operation.access != Access::Open {
        lines.push_str(" -H \"Authorization: Bearer $CROSSWALK_TOKEN\"");
    }
    lines.push_str(" \\\n  '{{base}}{{path}}{{query}}'");
    if endpoint.operation.body.is_some() {
        lines.push_str(" \\\n  -H 'Content-Type: application/json' \\\n  -d {{shell}}");
    }
    lines
}

fn javascript(endpoint: &Described) -> String {
    let mut options = String::new();
    if endpoint.method != Method::GET {
        options.push_str(&format!("  method: \"{}\",\n", endpoint.method));
    }
    let mut headers = Vec::new();
    if endpoint.operation.access != Access::Open {
        headers.push("Authorization: `Bearer ${process.env.CROSSWALK_TOKEN}`");
    }
    if endpoint.operation.body.is_some() {
        headers.push("\"Content-Type\": \"application/json\"");
    }
    if !headers.is_empty() {
        options.push_str(&format!("  headers: {{ {} }},\n", headers.join(", ")));
    }
    if endpoint.operation.body.is_some() {
        options.push_str("  body: JSON.stringify({{json}}),\n");
    }
    let arguments = if options.is_empty() {
        String::new()
    } else {
        format!(", {{\n{options}}}")
    };
    let read = if answers_json(endpoint) { "json" } else { "text" };
    format!(
        "const response = await fetch(\"{{{{base}}}}{{{{path}}}}{{{{query}}}}\"{arguments});\nconsole.log(response.status, await response.{read}());"
    )
}

fn python(endpoint: &Described) -> String {
    let verb = endpoint.method.as_str().to_lowercase();
    let mut out = String::from("import os\n\nimport requests\n\n");
    out.push_str(&format!(
        "response = requests.{verb}(\n    \"{{{{base}}}}{{{{path}}}}\",\n"
    ));
    if endpoint
        .operation
        .parameters
        .iter()
        .any(|parameter| parameter.place == Place::Query)
    {
        out.push_str("    params={\n{{#pairs}}        \"{{name}}\": \"{{value}}\",\n{{/pairs}}    },\n");
    }
    if endpoint.operation.body.is_some() {
        out.push_str("    json={{python}},\n");
    }
    if endpoint.operation.access == Access::Open {
        out = out.replacen("import os\n\n", "", 1);
    } else {
        out.push_str("    headers={\"Authorization\": f\"Bearer {os.environ['CROSSWALK_TOKEN']}\"},\n");
    }
    let read = if answers_json(endpoint) { "json()" } else { "text" };
    out.push_str(&format!(
        "    timeout=30,\n)\nprint(response.status_code, response.{read})"
    ));
    out
}

fn answers_json(endpoint: &Described) -> bool {
    let first = endpoint.operation.answers.first();
    first
        .and_then(|answer| answer.content.first())
        .is_some_and(|(kind, _)| *kind == "application/json")
}

/// The published Python SDK, where it has the call.
fn python_sdk(endpoint: &Described, family: Option<(&str, &str)>) -> Option<String> {
    const PAIRS: &str = "{\n{{#pairs}}            \"{{name}}\": \"{{value}}\",\n{{/pairs}}        }";
    let (call, is_list) = match (endpoint.operation.id.as_str(), endpoint.operation.group, family) {
        (id, Group::Unified, Some((model, resource))) if id.starts_with("list") => (
            format!(
                "unified_api.list(\n        \"{model}\",\n        \"{resource}\",\n        {PAIRS},\n    )"
            ),
            true,
        ),
        (_, Group::Unified, Some((model, resource))) => (
            format!(
                "unified_api.get(\n        \"{model}\",\n        \"{resource}\",\n        \"{{{{id}}}}\",\n        {PAIRS},\n    )"
            ),
            false,
        ),
        ("listProxy", ..) => (
            format!("proxy_api.list(\n        \"{{{{resource}}}}\",\n        {PAIRS},\n    )"),
            true,
        ),
        ("getProxy", ..) => (
            format!(
                "proxy_api.get(\n        \"{{{{resource}}}}\",\n        \"{{{{id}}}}\",\n        {PAIRS},\n    )"
            ),
            false,
        ),
        ("listAccounts", ..) => ("integrated_accounts.list()".to_owned(), true),
        ("getAccount", ..) => ("integrated_accounts.get(\"{{id}}\")".to_owned(), false),
        ("updateAccount", ..) => (
            "integrated_accounts.update(\"{{id}}\", {{python}})".to_owned(),
            false,
        ),
        ("refreshCredentials", ..) => (
            format!("integrated_accounts.refresh_credentials(\"{ACCOUNT}\")"),
            false,
        ),
        ("createAccountToken", ..) => (
            format!("integrated_accounts.create_integrated_account_token(\"{ACCOUNT}\")"),
            false,
        ),
        ("listIntegrations", ..) => ("integrations.list()".to_owned(), true),
        ("getIntegration", ..) => ("integrations.get(\"{{id}}\")".to_owned(), false),
        _ => return None,
    };
    let use_it = if is_list {
        format!("    records = api.{call}\n    async for record in records:\n        print(record)")
    } else {
        format!("    print(await api.{call})")
    };
    Some(format!(
        "import asyncio\nimport os\n\nfrom truto_python_sdk import TrutoApi\n\napi = TrutoApi(os.environ[\"CROSSWALK_TOKEN\"], base_url=\"{{{{base}}}}\")\n\n\nasync def main():\n{use_it}\n\n\nasyncio.run(main())"
    ))
}

/// The published TypeScript SDK, in its object form.
fn typescript_sdk(endpoint: &Described, family: Option<(&str, &str)>) -> Option<String> {
    const PAIRS: &str = "{{#pairs}}  \"{{name}}\": \"{{value}}\",\n{{/pairs}}";
    let list = |call: String| {
        format!("const records = await api.{call};\nfor await (const record of records) console.log(record);")
    };
    let call = match (endpoint.operation.id.as_str(), endpoint.operation.group, family) {
        (id, Group::Unified, Some((model, resource))) => {
            let options =
                format!("{{\n  unified_model: \"{model}\",\n  resource: \"{resource}\",\n{PAIRS}}}");
            if id.starts_with("list") {
                list(format!("unifiedApi.list({options})"))
            } else {
                format!("console.log(await api.unifiedApi.get(\"{{{{id}}}}\", {options}));")
            }
        }
        ("listAccounts", ..) => list(format!("integratedAccount.list({{\n{PAIRS}}})")),
        ("getAccount", ..) => "console.log(await api.integratedAccount.get(\"{{id}}\"));".to_owned(),
        _ => return None,
    };
    Some(format!(
        "import TrutoApi from \"@truto/truto-ts-sdk\";\n\nconst api = new TrutoApi({{ token: process.env.CROSSWALK_TOKEN, baseUrl: \"{{{{base}}}}\" }});\n{call}"
    ))
}

/// This project's command line, where it has the call.
fn command_line(endpoint: &Described, family: Option<(&str, &str)>) -> Option<&'static str> {
    Some(match (endpoint.operation.id.as_str(), family) {
        (id, Some(("crm", "users"))) if id.starts_with("list") => "crosswalk users list{{flags}}",
        ("getCrmUser", _) => "crosswalk users get '{{id}}'{{flags}}",
        ("listAccounts", _) => "crosswalk accounts list",
        ("getAccount", _) => "crosswalk accounts show '{{id}}'",
        ("deleteAccount", _) => "crosswalk accounts remove '{{id}}'",
        ("listIntegrations", _) => "crosswalk connectors list",
        ("getIntegration", _) => "crosswalk connectors show '{{id}}'",
        _ => return None,
    })
}

/// The values a page begins with.
pub(crate) fn first_values(endpoint: &Described, base: &str) -> Values {
    let mut values = Values {
        base: base.trim_end_matches('/').to_owned(),
        path: endpoint.path.clone(),
        body: endpoint
            .operation
            .body
            .as_ref()
            .map(|body| with_account(&body.example)),
        ..Values::default()
    };
    for parameter in &endpoint.operation.parameters {
        let value = first_value(parameter);
        match parameter.place {
            Place::Path => {
                values.path = values
                    .path
                    .replace(&format!("{{{}}}", parameter.name), &encoded(&value));
                values.id = value;
            }
            Place::Query if !value.is_empty() => values.pairs.push((parameter.name.clone(), value)),
            Place::Query => {}
        }
    }
    values
}

/// What a call begins with: the account, and a small page.
pub(crate) fn first_value(parameter: &Parameter) -> String {
    match (parameter.place, parameter.name.as_str()) {
        (Place::Path, _) if parameter.example.is_empty() => ACCOUNT.to_owned(),
        (Place::Path, _) => parameter.example.clone(),
        (Place::Query, "integrated_account_id") => ACCOUNT.to_owned(),
        (Place::Query, "limit") => parameter.example.clone(),
        _ => String::new(),
    }
}

/// A body's example with the reader's account in it.
pub(crate) fn with_account(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(account) = body.get_mut("integrated_account_id") {
        *account = ACCOUNT.into();
    }
    body
}

/// Fills a template in.
pub(crate) fn fill(sample: &Sample, values: &Values) -> String {
    let mut text = String::new();
    let mut rest = sample.template.as_str();
    while let Some((before, after)) = rest.split_once("{{#pairs}}") {
        let (inside, behind) = after.split_once("{{/pairs}}").unwrap_or((after, ""));
        text.push_str(before);
        for (name, value) in &values.pairs {
            text.push_str(
                &inside
                    .replace("{{name}}", name)
                    .replace("{{value}}", &quoted(value)),
            );
        }
        rest = behind;
    }
    text.push_str(rest);
    let body = values.body.clone().unwrap_or_default();
    let json = format!("{body:#}");
    // The second of `/proxy/{resource}`.
    let resource = values.path.split('/').nth(2).unwrap_or_default();
    text.replace("{{base}}", &values.base)
        .replace("{{path}}", &values.path)
        .replace("{{query}}", &query(&values.pairs))
        .replace("{{resource}}", resource)
        .replace("{{id}}", &quoted(&values.id))
        .replace("{{flags}}", &flags(&values.pairs))
        .replace(
            "{{shell}}",
            &format!("'{}'", body.to_string().replace('\'', r"'\''")),
        )
        .replace("{{python}}", &literal(&body))
        .replace("{{json}}", &json)
}

/// The inside of a quoted text, as JavaScript, Python and TypeScript write it.
fn quoted(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn query(pairs: &[(String, String)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    if pairs.is_empty() {
        String::new()
    } else {
        format!("?{}", pairs.join("&"))
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b':' | b',' | b'@' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// The query as flags of the command line; shaping is left out, which only the API has.
fn flags(pairs: &[(String, String)]) -> String {
    pairs
        .iter()
        .filter_map(|(name, value)| {
            let shell = format!("'{}'", value.replace('\'', r"'\''"));
            let is_plain = value
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "-_.:@,".contains(letter));
            let value = if is_plain && !value.is_empty() {
                value.as_str()
            } else {
                shell.as_str()
            };
            let inner = name.split_once('[').map(|(_, inner)| inner.trim_end_matches(']'));
            match name.split('[').next().unwrap_or_default() {
                "integrated_account_id" => Some(format!(" --account {value}")),
                "sort_by" => Some(match inner {
                    Some(field) => format!(" --sort-by {field}:{value}"),
                    None => format!(" --sort-by {value}"),
                }),
                "next_cursor" | "remote_query" => None,
                shaping if shaping.starts_with("truto_") || shaping.starts_with("crosswalk_") => None,
                plain => {
                    let flag = match inner {
                        Some("eq") | None => plain.to_owned(),
                        Some(inner) => format!("{plain}-{inner}"),
                    };
                    Some(format!(" --{} {value}", flag.replace('_', "-")))
                }
            }
        })
        .collect()
}

/// JSON as Python writes it.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), literal(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        plain => plain.to_string(),
    }
}
