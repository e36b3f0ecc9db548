//! `crosswalk accounts import`: existing connections in bulk, from another system.

use std::path::Path;

use clap::{Args, ValueEnum};
use futures_util::{StreamExt, stream};
use http::Method;
use serde_json::{Map, Value, json};

use crate::failure::Failed;
use crate::input::Inputs;
use crate::local::{EnvironmentArg, Local};
use crate::output::progress::Progress;
use crate::output::records::{Look, Member, Records};
use crate::output::{Format, OutputArg, text};

/// How many accounts are made at once.
const AT_ONCE: usize = 8;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk accounts import accounts.ndjson\n  \
                  crosswalk accounts import accounts.csv --validate\n  \
                  crosswalk accounts import - --format json --output csv\n\n\
                  Each row is one account, as POST /integrated-account takes it:\n  \
                  {\"tenant\": \"acme\", \"integration\": \"hubspot\", \"method\": \"oauth2\",\n  \
                   \"context\": {\"access_token\": \"…\", \"refresh_token\": \"…\",\n  \
                               \"expires_at\": 1767225600}}\n\n\
                  `tenant` and `method` stand for `tenant_id` and `authentication_method`. In CSV, `context` is a column of JSON, \
                  or every further column is one of its members. The report has one line for each row, and \
                  no secret.")]
pub(crate) struct ImportArgs {
    /// The file: NDJSON, a JSON array, or CSV with a head; `-` is standard input.
    file: String,
    /// How the file is written, where its name does not tell.
    #[arg(long, value_name = "FORMAT")]
    format: Option<FileFormat>,
    /// Ask the CRM about each account first, and leave out those it refuses.
    #[arg(long)]
    validate: bool,
    #[command(flatten)]
    pub(super) environment: EnvironmentArg,
    #[command(flatten)]
    output: OutputArg,
}

/// How accounts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FileFormat {
    Ndjson,
    Json,
    Csv,
}

/// A row, or why it is none.
type Row = Result<Map<String, Value>, String>;

pub(super) async fn run(local: &Local, args: &ImportArgs) -> Result<(), Failed> {
    let contents = Inputs::default().text(&args.file)?;
    let rows = read(&contents, format_of(args, &contents))?;
    if rows.is_empty() {
        return Err(Failed::new(format!("there is no account in {}", args.file)));
    }
    let count = rows.len() as u64;
    let members = [
        ("row", Look::Text),
        ("state", Look::State),
        ("id", Look::Id),
        ("integration", Look::Text),
        ("tenant_id", Look::Text),
        ("reason", Look::Text),
    ];
    let mut report = Records::new(
        args.output.output.unwrap_or(Format::Table),
        members.map(|(name, look)| Member::new(name, look)).to_vec(),
    );
    let mut progress = Progress::new(true);
    let (mut at, mut bad) = (0_u64, 0_u64);
    let mut outcomes = stream::iter(rows)
        .map(|row| async { import(local, args.validate, row).await })
        .buffered(AT_ONCE);
    while let Some((mut line, is_good)) = outcomes.next().await {
        at += 1;
        bad += u64::from(!is_good);
        line["row"] = at.into();
        progress.clear();
        report.add(line.to_string().as_bytes())?;
        progress.show(|| format!("{at} of {count}…"));
    }
    progress.clear();
    report.finish()?;
    let good = text::counted(count - bad, "account", "accounts");
    say!("imported {good} of {count}");
    if bad == 0 {
        return Ok(());
    }
    Err(
        Failed::new(format!("{bad} of {count} could not be imported")).with_hint(
            "Put those rows right and import them alone: what is imported already would be made twice.",
        ),
    )
}

/// Makes one account; a line of the report, and whether it went well.
async fn import(local: &Local, validate: bool, row: Row) -> (Value, bool) {
    let body = match row {
        Ok(members) => Value::Object(members),
        Err(problem) => return (json!({ "state": "failed", "reason": problem }), false),
    };
    let path = format!("/integrated-account?validate={validate}");
    let told = |state: &str, id: &Value, reason: Option<String>| {
        json!({
            "row": null,
            "state": state,
            "id": id,
            "integration": body["integration"],
            "tenant_id": body["tenant_id"],
            "reason": reason,
        })
    };
    match local.json(Method::POST, &path, Some(&body)).await {
        Ok(account) => (told("imported", &account["id"], None), true),
        Err(refusal) => (told("failed", &Value::Null, Some(refusal.message)), false),
    }
}

fn format_of(args: &ImportArgs, contents: &str) -> FileFormat {
    if let Some(format) = args.format {
        return format;
    }
    let extension = Path::new(&args.file)
        .extension()
        .and_then(|extension| extension.to_str())
        .map(str::to_ascii_lowercase);
    match extension.as_deref() {
        Some("csv") => FileFormat::Csv,
        Some("json") => FileFormat::Json,
        Some("ndjson" | "jsonl") => FileFormat::Ndjson,
        _ => match contents.trim_start().as_bytes().first() {
            Some(b'[') => FileFormat::Json,
            Some(b'{') => FileFormat::Ndjson,
            _ => FileFormat::Csv,
        },
    }
}

/// The rows of a file. What is wrong with one row is told for that row; errors never repeat what stands
/// there, since that may be a secret.
fn read(contents: &str, format: FileFormat) -> Result<Vec<Row>, Failed> {
    let contents = contents.trim_start_matches('\u{feff}');
    match format {
        FileFormat::Ndjson => Ok(contents
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| match serde_json::from_str(line) {
                Ok(value) => object(value),
                Err(error) => Err(format!("it is not JSON, at column {}", error.column())),
            })
            .collect()),
        FileFormat::Json => match serde_json::from_str(contents) {
            Ok(Value::Array(values)) => Ok(values.into_iter().map(object).collect()),
            Ok(value @ Value::Object(_)) => Ok(vec![object(value)]),
            Ok(_) => Err(Failed::new("the file must hold a JSON array of accounts")),
            Err(error) => Err(Failed::new(format!(
                "the file is not JSON, at line {} column {}; is it NDJSON (--format ndjson)?",
                error.line(),
                error.column()
            ))),
        },
        FileFormat::Csv => read_csv(contents),
    }
}

fn object(value: Value) -> Row {
    let Value::Object(mut members) = value else {
        return Err("it is not a JSON object".to_owned());
    };
    for (short, long) in [("tenant", "tenant_id"), ("method", "authentication_method")] {
        if let Some(value) = members.shift_remove(short) {
            members.entry(long).or_insert(value);
        }
    }
    Ok(members)
}

fn read_csv(contents: &str) -> Result<Vec<Row>, Failed> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::Headers)
        .from_reader(contents.as_bytes());
    let head = reader
        .headers()
        .map_err(|_| Failed::new("the file's first line is no head of columns"))?
        .clone();
    if !head.iter().any(|name| name == "integration") {
        return Err(Failed::new(
            "the head has no column `integration`; it needs tenant_id, integration, authentication_method, and \
             context or one column for each of its members",
        ));
    }
    Ok(reader
        .records()
        .map(|record| {
            let record = record.map_err(|_| "it has more or fewer cells than the head".to_owned())?;
            let mut members = Map::new();
            let mut context = Map::new();
            for (name, cell) in head.iter().zip(&record) {
                let cell = cell.trim();
                match name {
                    _ if cell.is_empty() => {}
                    "tenant_id" | "tenant" | "integration" | "authentication_method" | "method" => {
                        members.insert(name.to_owned(), cell.into());
                    }
                    "context" => match serde_json::from_str(cell) {
                        Ok(Value::Object(given)) => context.extend(given),
                        _ => return Err("its `context` is not a JSON object".to_owned()),
                    },
                    _ => {
                        let name = name.strip_prefix("context.").unwrap_or(name);
                        context.insert(name.to_owned(), cell.into());
                    }
                }
            }
            members.insert("context".to_owned(), context.into());
            object(Value::Object(members))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_format_says_the_same() {
        let wanted = json!({
            "integration": "hubspot",
            "context": {"access_token": "a,b", "refresh_token": "r"},
            "tenant_id": "acme",
            "authentication_method": "oauth2",
        });
        let ndjson = "{\"tenant\":\"acme\",\"integration\":\"hubspot\",\"method\":\"oauth2\",\
                      \"context\":{\"access_token\":\"a,b\",\"refresh_token\":\"r\"}}\n\n";
        let csv = "tenant_id,integration,method,access_token,context.refresh_token\nacme,hubspot,oauth2,\"a,b\",r\n";
        let wide = "tenant_id,integration,method,context\nacme,hubspot,oauth2,\"{\"\"access_token\"\":\"\"a,b\"\",\"\"refresh_token\"\":\"\"r\"\"}\"\n";
        for (text, format) in [
            (ndjson.to_owned(), FileFormat::Ndjson),
            (format!("\u{feff}[{}]", ndjson.trim()), FileFormat::Json),
            (csv.to_owned(), FileFormat::Csv),
            (wide.to_owned(), FileFormat::Csv),
        ] {
            let rows = read(&text, format).unwrap();
            assert_eq!(rows.len(), 1, "{format:?}");
            assert_eq!(Value::Object(rows[0].clone().unwrap()), wanted, "{format:?}");
        }
    }

    #[test]
    fn a_bad_row_is_alone_and_not_repeated() {
        let rows = read(
            "{\"integration\":\"hubspot\"}\n{\"secret\": hunter2}\n[]\n",
            FileFormat::Ndjson,
        )
        .unwrap();
        assert!(rows[0].is_ok());
        assert!(
            rows[1]
                .as_ref()
                .is_err_and(|problem| !problem.contains("hunter2"))
        );
        assert!(rows[2].is_err());
        assert!(read("a,b\n1,2\n", FileFormat::Csv).is_err());
    }
}
