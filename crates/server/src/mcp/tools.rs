//! Which tools there are, and the request that each of them makes.

use crosswalk_accounts::{AccountId, AccountStatus};
use crosswalk_model::{Endpoint, UnifiedModel};
use rmcp::model::{Tool, ToolAnnotations};
use serde_json::{Map, Value, json};

use super::{query, schema};
use crate::app::App;

const ACCOUNT: &str = "integrated_account_id";

/// What a tool's call comes to.
pub(super) enum Call {
    /// A GET of this server's own.
    Get(String),
    /// One whose answer is the only record of a list.
    Only(String),
    /// Several, whose answers come under these names.
    Each(Vec<(String, String)>),
    /// It is asked for wrongly, in words that say what to change.
    Refused(String),
}

/// The tools of a caller; with `one` it is an account's own token, and no account is named.
pub(super) fn of(told: &[schema::Told], one: bool) -> Vec<Tool> {
    let needed = (!one).then_some(ACCOUNT);
    let mut tools = vec![
        tool(
            "list_accounts",
            "List connected CRM accounts",
            "The integrated accounts that this token reaches, with the CRM of each (`integration`), its status and its tenant.",
            accounts_schema(one),
        ),
        tool(
            "get_capabilities",
            "What an account supports",
            "What can be asked of an account: for each kind of record the fields that its CRM gives (`schema`), the filters and sorts (`query_schema`), and how the fields are mapped.",
            schema::object(account_property(!one), needed),
        ),
    ];
    for told in told {
        let model = &told.model;
        let (list, get) = names(model);
        let with_account = |mut properties: Map<String, Value>, further: Option<&'static str>| {
            properties.extend(account_property(!one));
            schema::object(properties, further.into_iter().chain(needed))
        };
        let mut listed = tool(
            &list,
            &format!("List {}", model.resource),
            &format!(
                "{} Filters are joined by AND; a filter is a value, or an object of operators. Give `next_cursor` back with the same arguments for the next page, until it is null.",
                model.description
            ),
            with_account(told.properties(Endpoint::List), None),
        );
        listed.output_schema = Some(std::sync::Arc::new(told.page()));
        tools.push(listed);
        let mut got = tool(
            &get,
            &format!("Get one {}", model.singular),
            &format!("One {} by its id.", model.singular),
            with_account(told.properties(Endpoint::Get), Some("id")),
        );
        got.output_schema = Some(std::sync::Arc::new(told.record()));
        tools.push(got);
    }
    tools
}

/// The request of a tool's call; `None` when there is no such tool.
pub(super) fn call(
    app: &App,
    own: Option<&AccountId>,
    name: &str,
    mut arguments: Map<String, Value>,
) -> Option<Call> {
    if name == "list_accounts" {
        return Some(match own {
            Some(_) => Call::Only("/integrated-account/me".to_owned()),
            None => Call::Get(format!("/integrated-account?{}", query::of(&arguments))),
        });
    }
    if name == "get_capabilities" {
        let unknown = arguments.keys().find(|name| *name != ACCOUNT);
        if let Some(unknown) = unknown {
            return Some(Call::Refused(format!(
                "`{unknown}` is not an argument of this tool; there is {ACCOUNT}"
            )));
        }
        return Some(match (arguments.get(ACCOUNT).and_then(Value::as_str), own) {
            (None, None) => Call::Refused(format!("`{ACCOUNT}` is missing: list_accounts shows them")),
            (Some(id), _) => capabilities(app, id),
            (None, Some(own)) => capabilities(app, own.as_str()),
        });
    }
    let (model, endpoint) = app.models().iter().find_map(|model| {
        let (list, get) = names(model);
        let endpoint = [(list, Endpoint::List), (get, Endpoint::Get)]
            .into_iter()
            .find(|(known, _)| known == name)?
            .1;
        Some((model, endpoint))
    })?;
    for name in schema::LEFT_OUT {
        if arguments.contains_key(*name) {
            return Some(Call::Refused(format!("`{name}` is not an argument of this tool")));
        }
    }
    let mut target = format!("/unified/{}", model.name);
    if endpoint == Endpoint::Get {
        let id = match arguments.remove("id") {
            Some(Value::String(id)) if !id.is_empty() => id,
            Some(Value::Number(id)) => id.to_string(),
            _ => {
                return Some(Call::Refused(
                    "`id` is missing: the record's unified id".to_owned(),
                ));
            }
        };
        target.push('/');
        target.push_str(&query::part(&id));
    }
    // The vendor's own records are large, and what a tool gives is read word by word.
    arguments
        .entry(schema::NO_REMOTE_DATA)
        .or_insert(Value::Bool(true));
    Some(Call::Get(format!("{target}?{}", query::of(&arguments))))
}

/// What each model is on an account.
fn capabilities(app: &App, id: &str) -> Call {
    let id = query::part(id);
    let models = app.models().iter();
    Call::Each(
        models
            .map(|model| {
                let target = format!("/unified/{}/meta/list?{ACCOUNT}={id}", model.name);
                (model.name.clone(), target)
            })
            .collect(),
    )
}

/// `list_users` and `get_user`.
fn names(model: &UnifiedModel) -> (String, String) {
    (
        format!("list_{}", model.resource),
        format!("get_{}", model.singular),
    )
}

fn account_property(needed: bool) -> Map<String, Value> {
    let mut properties = Map::new();
    if needed {
        let description = "The account whose CRM is asked, as list_accounts shows it.";
        properties.insert(
            ACCOUNT.into(),
            json!({ "type": "string", "description": description }),
        );
    }
    properties
}

fn accounts_schema(one: bool) -> Map<String, Value> {
    if one {
        return schema::object(Map::new(), None);
    }
    let text = |description: &str| json!({ "type": "string", "description": description });
    let properties = json!({
        "tenant_id": text("Only those of this customer."),
        "integration": text("Only those of this CRM, as `hubspot`."),
        "status": {
            "type": "string",
            "enum": AccountStatus::ALL.map(AccountStatus::as_str),
            "description": "Only those in this state.",
        },
        "limit": { "type": "integer", "minimum": 1, "maximum": 1000, "default": 100 },
        "next_cursor": text("Where to go on: the `next_cursor` of the page before."),
    });
    match properties {
        Value::Object(properties) => schema::object(properties, None),
        _ => Map::new(),
    }
}

fn tool(name: &str, title: &str, description: &str, input: Map<String, Value>) -> Tool {
    Tool::new(name.to_owned(), description.to_owned(), input)
        .with_title(title)
        .with_annotations(ToolAnnotations::new().read_only(true).open_world(true))
}
