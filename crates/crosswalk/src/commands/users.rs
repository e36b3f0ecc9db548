//! `crosswalk users`: a unified list or record in the terminal.
//!
//! The filters are flags made from the unified model, so that none of its fields is named here.

use clap::{Arg, ArgAction, ArgMatches, Command};
use crosswalk_model::{FieldKind, ParameterKind, UnifiedModel, builtin};
use http::Method;
use serde_json::Value;

use super::client::{Local, cell, encode};
use crate::cli::Global;
use crate::failure::Failed;
use crate::output::table::{Table, terminal_width};
use crate::output::{Progress, colours, csv, is_terminal, print};

const ACCOUNT: &str = "account";
const LIMIT: &str = "limit";
const SORT: &str = "sort-by";
const OUTPUT: &str = "output";
const REMOTE: &str = "remote-data";
const ID: &str = "ID";

fn model() -> Option<UnifiedModel> {
    builtin().into_iter().find(|model| model.resource == "users")
}

/// `users` with its flags.
pub(crate) fn command() -> Command {
    let account = Arg::new(ACCOUNT)
        .long(ACCOUNT)
        .required(true)
        .value_name("ID")
        .help("The integrated account");
    let output = Arg::new(OUTPUT)
        .short('o')
        .long(OUTPUT)
        .value_name("FORMAT")
        .value_parser(["table", "json", "ndjson", "csv"])
        .help("How to print: a table on terminals, else one JSON record a line");
    let remote = Arg::new(REMOTE)
        .long(REMOTE)
        .action(ArgAction::SetTrue)
        .help("With the vendor's own record");
    let mut list = Command::new("list")
        .about("List users")
        .arg(account.clone())
        .arg(output.clone())
        .arg(remote.clone())
        .arg(
            Arg::new(LIMIT)
                .long(LIMIT)
                .value_name("N")
                .value_parser(clap::value_parser!(u64))
                .help("Stop after so many; all otherwise"),
        )
        .arg(
            Arg::new(SORT)
                .long(SORT)
                .value_name("FIELD[:desc]")
                .help("Sort by a field"),
        );
    for (flag, _, help) in model().iter().flat_map(flags) {
        list = list.arg(
            Arg::new(flag.clone())
                .long(flag)
                .value_name("VALUE")
                .help(help)
                .help_heading("Filters"),
        );
    }
    let get = Command::new("get")
        .about("Show one user")
        .arg(account)
        .arg(Arg::new(ID).required(true).help("The user's id"))
        .arg(remote);
    Command::new("users")
        .about("List and show users")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(list)
        .subcommand(get)
}

/// A flag, the parameter it stands for, and its help.
fn flags(model: &UnifiedModel) -> Vec<(String, String, String)> {
    let mut flags = Vec::new();
    for field in model.fields.iter().filter(|field| field.kind != FieldKind::Links) {
        let base = field.name.replace('_', "-");
        flags.push((
            base.clone(),
            field.name.clone(),
            format!("{} is this", field.name),
        ));
        // Equality is the bare flag.
        for word in field
            .kind
            .operators()
            .iter()
            .map(|operator| operator.as_str())
            .filter(|word| *word != "eq")
        {
            let flag = format!("{base}-{}", word.replace('_', "-"));
            flags.push((
                flag,
                format!("{}[{word}]", field.name),
                format!("{} {}", field.name, meaning(word)),
            ));
        }
    }
    for parameter in &model.parameters {
        let base = parameter.name.replace('_', "-");
        match parameter.kind {
            ParameterKind::Search => {
                flags.push((base, parameter.name.clone(), parameter.description.clone()));
            }
            ParameterKind::Object => {
                for member in &parameter.members {
                    flags.push((
                        format!("{base}-{member}"),
                        format!("{}[{member}]", parameter.name),
                        parameter.description.clone(),
                    ));
                }
            }
        }
    }
    flags
}

fn meaning(operator: &str) -> &'static str {
    match operator {
        "ne" => "is not this",
        "in" => "is one of these, separated by commas",
        "contains" => "contains this",
        "starts_with" => "starts with this",
        "gt" => "is after this",
        "gte" => "is not before this",
        "lt" => "is before this",
        _ => "is not after this",
    }
}

pub(crate) async fn run(global: &Global, matches: &ArgMatches) -> Result<(), Failed> {
    let model = model().ok_or_else(|| Failed::new("there is no unified model of users"))?;
    let Some(("users", matches)) = matches.subcommand() else {
        return Ok(());
    };
    let local = Local::open(global).await?;
    let outcome = match matches.subcommand() {
        Some(("list", matches)) => list(&local, &model, matches).await,
        Some(("get", matches)) => get(&local, &model, matches).await,
        _ => Ok(()),
    };
    local.app.close().await;
    outcome
}

fn text<'m>(matches: &'m ArgMatches, name: &str) -> &'m str {
    matches.get_one::<String>(name).map_or("", String::as_str)
}

async fn get(local: &Local, model: &UnifiedModel, matches: &ArgMatches) -> Result<(), Failed> {
    let path = format!(
        "/unified/{}/{}?integrated_account_id={}&truto_ignore_remote_data={}",
        model.name,
        encode(text(matches, ID)),
        encode(text(matches, ACCOUNT)),
        !matches.get_flag(REMOTE)
    );
    let user = local.json(Method::GET, &path, None).await?;
    print(&format!("{user:#}\n"));
    Ok(())
}

async fn list(local: &Local, model: &UnifiedModel, matches: &ArgMatches) -> Result<(), Failed> {
    let mut path = format!(
        "/unified/{}?integrated_account_id={}&truto_ignore_remote_data={}",
        model.name,
        encode(text(matches, ACCOUNT)),
        !matches.get_flag(REMOTE)
    );
    for (flag, parameter, _) in flags(model) {
        if let Some(value) = matches.get_one::<String>(&flag) {
            path.push_str(&format!("&{}={}", encode(&parameter), encode(value)));
        }
    }
    if let Some(sort) = matches.get_one::<String>(SORT) {
        let (field, direction) = sort.split_once(':').unwrap_or((sort, "asc"));
        path.push_str(&format!(
            "&{}={}",
            encode(&format!("sort_by[{field}]")),
            encode(direction)
        ));
    }
    let most = matches.get_one::<u64>(LIMIT).copied();
    let format = match matches.get_one::<String>(OUTPUT) {
        Some(format) => format.as_str(),
        None if is_terminal() => "table",
        None => "ndjson",
    };
    let mut printer = Printer {
        format,
        columns: Vec::new(),
        held: Vec::new(),
        count: 0,
    };
    let progress = Progress::new();
    let mut cursor = String::new();
    loop {
        let left = most.map(|most| most.saturating_sub(printer.count));
        if left == Some(0) {
            break;
        }
        let limit = left.unwrap_or(1000).min(1000);
        let page = local
            .json(
                Method::GET,
                &format!("{path}&limit={limit}&next_cursor={}", encode(&cursor)),
                None,
            )
            .await
            .inspect_err(|_| progress.clear())?;
        for user in page["result"].as_array().into_iter().flatten() {
            printer.add(user);
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
        progress.show(&format!("{} users so far…", printer.count));
    }
    progress.clear();
    printer.finish();
    Ok(())
}

/// Prints records as they come, or as a table at the end.
struct Printer<'a> {
    format: &'a str,
    columns: Vec<String>,
    held: Vec<Value>,
    count: u64,
}

impl Printer<'_> {
    fn add(&mut self, user: &Value) {
        if self.columns.is_empty() {
            self.columns = user
                .as_object()
                .into_iter()
                .flat_map(|members| members.keys().cloned())
                .collect();
            if self.format == "csv" {
                print(&csv::line(&self.columns));
            }
        }
        self.count += 1;
        match self.format {
            "ndjson" => print(&format!("{user}\n")),
            "csv" => print(&csv::line(&self.cells(user))),
            _ => self.held.push(user.clone()),
        }
    }

    fn cells(&self, user: &Value) -> Vec<String> {
        self.columns.iter().map(|name| cell(&user[name])).collect()
    }

    fn finish(self) {
        match self.format {
            "json" => print(&format!("{:#}\n", Value::Array(self.held))),
            "table" => {
                let names: Vec<&str> = self.columns.iter().map(String::as_str).collect();
                let mut table = Table::new(&names);
                for user in &self.held {
                    table.row(self.cells(user));
                }
                print(&table.render(terminal_width(), colours()));
                eprintln!("{} users", self.count);
            }
            _ => {}
        }
    }
}
