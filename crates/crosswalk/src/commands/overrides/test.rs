//! `crosswalk overrides test`: nothing is asked of anybody, and nothing is saved.

use clap::Args;
use crosswalk_connector::file::UnifiedUse;
use crosswalk_connector::{
    Connector, Layer, LayerOverride, Overridden, OverriddenCall, UnifiedResource, preview,
};
use crosswalk_model::UnifiedModel;
use serde_json::{Value, json};

use crate::cli::Global;
use crate::commands::connectors;
use crate::failure::Failed;
use crate::input::Inputs;
use crate::output::style::Style;
use crate::output::{Format, print};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk overrides test a.json --record user.json --integration hubspot\n  \
                  crosswalk overrides test - --record sample.json --call get -o json\n\n\
                  FILE is JSON: an account's `unified_model_override`, or the body of POST \
                  /environment-unified-model-resource-method. `-` is standard input.")]
pub(crate) struct TestArgs {
    /// The overrides.
    file: String,
    /// A file with one record of the CRM's, as `remote_data` shows it.
    #[arg(long, value_name = "FILE")]
    record: String,
    /// The connector, where the file does not name it.
    #[arg(long, value_name = "NAME")]
    integration: Option<String>,
    /// Which call is meant.
    #[arg(long, value_name = "CALL", default_value = "list", value_parser = ["list", "get"])]
    call: String,
    /// How to print.
    #[arg(short, long, value_name = "FORMAT")]
    output: Option<Format>,
}

/// What a file says of one model.
struct Said {
    layer: Layer,
    call: OverriddenCall,
    value: Value,
    path: String,
}

pub(super) fn run(global: &Global, args: &TestArgs) -> Result<(), Failed> {
    let mut inputs = Inputs::default();
    let overrides = json_of(&mut inputs, &args.file)?;
    let record = inputs.text(&args.record)?;
    let named = args
        .integration
        .as_deref()
        .or_else(|| overrides["integration"].as_str());
    let name = named.ok_or_else(|| {
        Failed::usage("which CRM's records are they? Name the connector with --integration NAME")
    })?;
    let registry = connectors::registry(global)?;
    let connector = connectors::find(&registry, name)?;
    let models = crosswalk_model::builtin();
    let mut seen = false;
    for model in &models {
        let said = said(&overrides, model)?;
        if said.is_empty() {
            continue;
        }
        seen = true;
        show(connector, model, &said, record.trim(), args)?;
    }
    if seen {
        return Ok(());
    }
    let known: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
    Err(Failed::new(format!(
        "{} says nothing of {}: write `{{\"crm\": {{\"users\": {{\"list\": {{\"response_mapping\": …}}}}}}}}`",
        args.file,
        known.join(", ")
    )))
}

pub(super) fn json_of(inputs: &mut Inputs, file: &str) -> Result<Value, Failed> {
    serde_json::from_str(&inputs.text(file)?)
        .map_err(|error| Failed::new(format!("{file} is not JSON: {error}")))
}

fn said(overrides: &Value, model: &UnifiedModel) -> Result<Vec<Said>, Failed> {
    let (family, resource) = model.name.split_once('/').unwrap_or((&model.name, ""));
    let call = |name: &str, path: &str| {
        OverriddenCall::parse(name).ok_or_else(|| {
            Failed::new(format!(
                "`{path}` is no call that can be overridden; there is list, get"
            ))
        })
    };
    if let Some(value) = overrides.get("override") {
        let member = |name: &str| {
            let given = overrides
                .get(name)
                .or_else(|| overrides.get(format!("{name}_name")));
            given.and_then(Value::as_str).unwrap_or_default()
        };
        if member("unified_model") != family || member("resource") != resource {
            return Ok(Vec::new());
        }
        return Ok(vec![Said {
            layer: Layer::Environment,
            call: call(member("method"), "method")?,
            value: value.clone(),
            path: "override".to_owned(),
        }]);
    }
    let account = overrides.get("unified_model_override").unwrap_or(overrides);
    let methods = account.get(family).and_then(|family| family.get(resource));
    let methods = methods.and_then(Value::as_object).into_iter().flatten();
    methods
        .map(|(name, value)| {
            let path = format!("{family}.{resource}.{name}");
            Ok(Said {
                layer: Layer::Account,
                call: call(name, &path)?,
                value: value.clone(),
                path,
            })
        })
        .collect()
}

fn show(
    connector: &Connector,
    model: &UnifiedModel,
    said: &[Said],
    record: &str,
    args: &TestArgs,
) -> Result<(), Failed> {
    let (_, base): (&UnifiedUse, &UnifiedResource) = connector
        .unified(&model.name)
        .ok_or_else(|| Failed::new(format!("{} has no unified {}", connector.label(), model.name)))?;
    let layers: Vec<LayerOverride<'_>> = said
        .iter()
        .map(|said| LayerOverride {
            layer: said.layer,
            call: said.call,
            value: &said.value,
            path: said.path.clone(),
        })
        .collect();
    let call = OverriddenCall::parse(&args.call).unwrap_or(OverriddenCall::List);
    let built = Overridden::build(connector, model, call, &layers).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failed::new(lines.join("\n"))
    })?;
    let before = unified(model, base, record)?;
    let after = unified(&built.model, &built.compiled, record)?;
    if args.output.is_some_and(|format| format != Format::Table) {
        return print(&format!("{:#}\n", json!({ "before": before, "after": after })));
    }
    let style = Style::for_output();
    let mut out = format!(
        "{}\n{before:#}\n\n{}\n{after:#}\n",
        style.head("before"),
        style.head("after")
    );
    for (call, extras) in [("list", &built.list), ("get", &built.get)] {
        if !extras.is_empty() {
            out.push_str(&format!(
                "\n{}\n{:#}\n",
                style.head(format!("added to each {call}")),
                extras.to_json()
            ));
        }
    }
    print(&out)
}

/// The user that a record becomes, without the record itself.
fn unified(model: &UnifiedModel, compiled: &UnifiedResource, record: &str) -> Result<Value, Failed> {
    preview(model, compiled, record.as_bytes())
        .map(Value::Object)
        .map_err(|problem| Failed::new(format!("the record can't be read: {problem}")))
}
