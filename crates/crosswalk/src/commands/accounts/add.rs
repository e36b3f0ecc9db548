//! `crosswalk accounts add`

use std::path::PathBuf;

use clap::Args;
use crosswalk_connector::Connector;
use crosswalk_connector::file::{Method, Scheme};
use serde_json::{Map, Value, json};

use super::context;
use crate::cli::Global;
use crate::commands::connectors;
use crate::failure::Failed;
use crate::input::{ask, can_ask};
use crate::local::{EnvironmentArg, Local};
use crate::output::OutputArg;
use crate::output::done::print_made;
use crate::output::progress::Progress;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk accounts add --integration hubspot --set api_key=@-\n  \
                  crosswalk accounts add --integration salesforce --context-file account.json\n\n\
                  No secret has to stand on the command line, where the shell would keep it:\n  \
                  --set api_key=@-         from standard input (unseen, on a terminal)\n  \
                  --set api_key=@key.txt   from a file\n  \
                  --set api_key=@env:NAME  from an environment variable\n\n\
                  On a terminal, what is left out is asked for. `crosswalk connectors show NAME` tells \
                  what a CRM needs and where to find it.")]
pub(crate) struct AddArgs {
    /// The connector, from `crosswalk connectors list`.
    #[arg(long, value_name = "NAME")]
    integration: String,
    /// How the account proves itself (oauth2, oauth2_client_credentials, api_key, basic); the connector's
    /// first method that fits what is given, when left out.
    #[arg(long, value_name = "METHOD")]
    method: Option<String>,
    /// Whose account it is, in your own words.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TENANT")]
    tenant: String,
    /// A credential or setting.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    values: Vec<String>,
    /// Credentials and settings as one JSON object; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    context_file: Option<PathBuf>,
    /// Keep it without asking the CRM whether the credentials are good.
    #[arg(long)]
    no_validate: bool,
    #[command(flatten)]
    environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

/// Something that an account needs.
#[derive(Debug)]
struct Needed {
    name: String,
    label: String,
    is_secret: bool,
}

pub(super) async fn run(global: &Global, args: AddArgs) -> Result<(), Failed> {
    // What is given is read, and asked for, before anything is opened or made.
    let registry = connectors::registry(global)?;
    let connector = connectors::find(&registry, &args.integration)?;
    let mut context = context::given(args.context_file.as_deref(), &args.values).await?;
    let method = method(connector, args.method.as_deref(), &context)?;
    complete(connector, method, &mut context).await?;
    let local = Local::open(global, &args.environment).await?;
    local
        .finish(connect(&local, connector, method, &args, context))
        .await
}

async fn connect(
    local: &Local,
    connector: &Connector,
    method: Method,
    args: &AddArgs,
    context: Map<String, Value>,
) -> Result<(), Failed> {
    let body = json!({
        "integration": connector.name(),
        "authentication_method": method.as_str(),
        "tenant_id": args.tenant,
        "context": context,
    });
    let path = if args.no_validate {
        "/integrated-account?validate=false"
    } else {
        "/integrated-account"
    };
    let waiting = Progress::waiting(|| format!("asking {}…", connector.label()));
    let account = local.json(http::Method::POST, path, Some(&body)).await?;
    drop(waiting);
    let checked = if args.no_validate {
        "kept unchecked"
    } else {
        "connected"
    };
    let words = format!("{checked}: {} ({method})", connector.label());
    print_made(args.output, &words, account["id"].as_str(), &account)
}

/// The method that is named, or else the connector's first whose credentials are all given, or its first.
fn method(
    connector: &Connector,
    named: Option<&str>,
    context: &Map<String, Value>,
) -> Result<Method, Failed> {
    let known = || connector.file.auth.schemes.keys().copied();
    let Some(named) = named else {
        let fits = |method: &Method| {
            let needed = method.required_credentials();
            needed.iter().all(|name| context.contains_key(*name))
        };
        return known()
            .find(fits)
            .or_else(|| connector.default_method())
            .ok_or_else(|| Failed::new(format!("{} has no authentication method", connector.label())));
    };
    known().find(|method| method.as_str() == named).ok_or_else(|| {
        let known: Vec<&str> = known().map(Method::as_str).collect();
        Failed::usage(format!(
            "--method: {} has no `{named}`; it has {}",
            connector.label(),
            known.join(", ")
        ))
    })
}

/// Asks for what is missing where there is somebody to ask, and else says what it is.
async fn complete(
    connector: &Connector,
    method: Method,
    context: &mut Map<String, Value>,
) -> Result<(), Failed> {
    let missing: Vec<Needed> = needed(connector, method, context)
        .into_iter()
        .filter(|needed| !context.contains_key(&needed.name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if can_ask() {
        for needed in missing {
            let prompt = format!("{} ({})", needed.label, needed.name);
            let value = ask(&prompt, needed.is_secret).await?;
            context.insert(needed.name, value.trim().into());
        }
        return Ok(());
    }
    let names: Vec<String> = missing
        .iter()
        .map(|needed| format!("`{}` ({})", needed.name, needed.label))
        .collect();
    let mut hint = String::from("Give it with:");
    for needed in &missing {
        let name = &needed.name;
        hint.push_str(&if needed.is_secret {
            format!("\n  --set {name}=@- (standard input), --set {name}=@FILE or --set {name}=@env:NAME")
        } else {
            format!("\n  --set {name}=VALUE")
        });
    }
    let others: Vec<&str> = connector
        .file
        .auth
        .schemes
        .keys()
        .filter(|known| **known != method)
        .map(|known| known.as_str())
        .collect();
    if !others.is_empty() {
        hint.push_str(&format!(
            "\nor choose another way with --method: {}.",
            others.join(", ")
        ));
    }
    hint.push_str(&format!(
        "\n`crosswalk connectors show {}` tells where to find it.",
        connector.name()
    ));
    Err(Failed::usage(format!(
        "{} with {method} needs {}",
        connector.label(),
        names.join(", ")
    ))
    .with_hint(hint))
}

/// What an account of this method can not do without, settings first.
fn needed(connector: &Connector, method: Method, given: &Map<String, Value>) -> Vec<Needed> {
    let settings = connector.file.settings.iter().filter(|(_, setting)| {
        setting.required
            && setting.default.is_none()
            && !setting.unless.iter().any(|other| given.contains_key(other))
            && (setting.only_for.is_empty() || setting.only_for.contains(&method))
    });
    let settings = settings.map(|(name, setting)| Needed {
        name: name.clone(),
        label: match &setting.example {
            Some(example) => format!("{}, for example {example}", setting.label),
            None => setting.label.clone(),
        },
        is_secret: false,
    });
    let credentials = method.required_credentials().iter().map(|name| Needed {
        name: (*name).to_owned(),
        label: credential_label(connector.scheme(method), name),
        is_secret: !matches!(*name, "client_id" | "username"),
    });
    settings.chain(credentials).collect()
}

/// What the vendor calls a credential.
fn credential_label(scheme: Option<&Scheme>, name: &str) -> String {
    scheme
        .and_then(|scheme| scheme.credentials.get(name))
        .cloned()
        .unwrap_or_else(|| name.replace('_', " "))
}
