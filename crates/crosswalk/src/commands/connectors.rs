//! `crosswalk connectors`

use crosswalk_connector::{Connector, Registry, json_schema};

use crate::cli::{ConnectorsCommand, Global};
use crate::failure::Failed;
use crate::output::table::{Table, terminal_width};
use crate::output::{colours, print};

pub(crate) fn run(global: &Global, command: ConnectorsCommand) -> Result<(), Failed> {
    let models = crosswalk_model::builtin();
    match command {
        ConnectorsCommand::Check { files } => return check(&files, &models),
        ConnectorsCommand::Schema => {
            print(&format!("{:#}\n", json_schema()));
            return Ok(());
        }
        ConnectorsCommand::List | ConnectorsCommand::Show { .. } => {}
    }
    let mut registry = Registry::bundled(&models)?;
    if let Some(directory) = &global.connectors {
        registry.add_directory(directory, &models)?;
    }
    if let ConnectorsCommand::Show { name } = command {
        let connector = registry.get(&name).ok_or_else(|| {
            Failed::new(format!(
                "there is no connector `{name}`; see `crosswalk connectors list`"
            ))
        })?;
        show(connector);
        return Ok(());
    }
    let mut table = Table::new(&[
        "name",
        "label",
        "authentication",
        "filtered by the vendor",
        "sorted by the vendor",
    ]);
    for connector in registry.iter() {
        let methods: Vec<&str> = connector
            .file
            .auth
            .schemes
            .keys()
            .map(|method| method.as_str())
            .collect();
        let (mut pushed, mut sorts) = (Vec::new(), Vec::new());
        for unified in connector.file.unified.values() {
            pushed.extend(
                unified
                    .walks
                    .iter()
                    .flat_map(|walk| walk.holds.keys().map(String::as_str)),
            );
            pushed.extend(unified.push.keys().map(String::as_str));
            sorts.extend(unified.sort.keys().map(String::as_str));
        }
        pushed.sort_unstable();
        pushed.dedup();
        table.row(vec![
            connector.name().to_owned(),
            connector.label().to_owned(),
            methods.join(", "),
            pushed.join(", "),
            sorts.join(", "),
        ]);
    }
    print(&table.render(terminal_width(), colours()));
    Ok(())
}

fn check(files: &[std::path::PathBuf], models: &[crosswalk_model::UnifiedModel]) -> Result<(), Failed> {
    let mut wrong = 0;
    for path in files {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failed::new(format!("can't read {name}: {error}")))?;
        match Connector::load(&name, &text, models) {
            Ok(connector) => print(&format!("{name}: good ({})\n", connector.label())),
            Err(diagnostics) => {
                wrong += 1;
                print(&format!("{diagnostics}\n"));
            }
        }
    }
    match wrong {
        0 => Ok(()),
        1 => Err(Failed::new("one file is wrong")),
        many => Err(Failed::new(format!("{many} files are wrong"))),
    }
}

fn show(connector: &Connector) {
    let file = &connector.file;
    let mut out = format!("{} ({})\n", file.label, connector.name());
    let mut section = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            out.push_str(&format!("\n{title}\n"));
            for line in lines {
                out.push_str(&format!("  {line}\n"));
            }
        }
    };
    section("About", file.about.iter().chain(&file.docs).cloned().collect());
    section(
        "How to get credentials",
        file.setup
            .iter()
            .enumerate()
            .map(|(at, step)| format!("{}. {step}", at + 1))
            .collect(),
    );
    section(
        "Authentication",
        file.auth
            .schemes
            .iter()
            .map(|(method, scheme)| {
                let label = scheme
                    .label
                    .as_deref()
                    .map(|label| format!(" ({label})"))
                    .unwrap_or_default();
                format!("{method}{label}: {}", method.required_credentials().join(", "))
            })
            .collect(),
    );
    section(
        "Settings",
        file.settings
            .iter()
            .map(|(name, setting)| {
                let required = if setting.required { ", required" } else { "" };
                let example = setting.example.as_deref().unwrap_or("");
                format!("{name}: {}{required}, for example {example}", setting.label)
            })
            .collect(),
    );
    for (name, unified) in &file.unified {
        let mapped = unified.fields.keys().cloned().collect::<Vec<_>>().join(", ");
        section(
            name,
            vec![
                format!("from the resource {}", unified.resource.get()),
                format!("fields: {mapped}"),
            ],
        );
        let mut pushed: Vec<String> = unified.push.keys().cloned().collect();
        pushed.extend(unified.walks.iter().flat_map(|walk| walk.holds.keys().cloned()));
        pushed.sort();
        pushed.dedup();
        section(
            "Filtered by the vendor (all other filters are done here)",
            vec![pushed.join(", ")],
        );
    }
    let limit = match (file.rate_limit.requests, file.rate_limit.per_seconds) {
        (Some(requests), Some(seconds)) => vec![format!("{requests} requests in {seconds} s")],
        _ => Vec::new(),
    };
    section("Rate limit", limit);
    section("Good to know", file.notes.clone());
    print(&out);
}
