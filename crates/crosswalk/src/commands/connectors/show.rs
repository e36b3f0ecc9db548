//! `crosswalk connectors show`: the whole story of one connector.

use clap::Args;
use crosswalk_connector::file::{
    ConnectorFile, FieldMapping, InstantText, Method, Scheme, Setting, UnifiedUse,
};
use crosswalk_connector::{Connector, Registry, directions, vendor_filters};

use super::find;
use super::view::view;
use crate::failure::Failed;
use crate::output::record::print_record;
use crate::output::records::{Look, Member};
use crate::output::style::Style;
use crate::output::{Format, OutputArg, print, text, width};

/// Wider than this lines are hard to read.
const WIDEST: usize = 110;

/// Writes sections, leaving out empty ones.
struct Story {
    out: String,
    style: Style,
    /// How wide prose may be.
    width: usize,
}

impl Story {
    fn section(&mut self, title: &str, lines: &[String]) {
        if lines.is_empty() {
            return;
        }
        self.out.push_str(&format!("\n{}\n", self.style.head(title)));
        for line in lines {
            self.out.push_str(&format!("  {line}\n"));
        }
    }

    /// Paragraphs, each after its mark, in lines that fit.
    fn prose(&mut self, title: &str, paragraphs: &[(String, &String)]) {
        let mut lines = Vec::new();
        for (mark, paragraph) in paragraphs {
            let room = self.width.saturating_sub(2 + mark.len()).max(24);
            for (at, line) in text::wrap(paragraph, room).into_iter().enumerate() {
                let mark = if at == 0 {
                    mark.clone()
                } else {
                    " ".repeat(mark.len())
                };
                lines.push(format!("{mark}{line}"));
            }
        }
        self.section(title, &lines);
    }

    /// Names on the left, their meaning on the right: as it stands, since it may be code.
    fn pairs(&mut self, title: &str, pairs: &[(String, String)]) {
        self.columns(title, pairs, usize::MAX);
    }

    /// The same with a meaning in words, which is broken into lines.
    fn meanings(&mut self, title: &str, pairs: &[(String, String)]) {
        self.columns(title, pairs, self.width);
    }

    fn columns(&mut self, title: &str, pairs: &[(String, String)], width: usize) {
        let names = pairs.iter().map(|(name, _)| text::columns(name));
        let before = names.max().unwrap_or_default() + 2;
        let room = width.saturating_sub(before + 2).max(24);
        let mut lines = Vec::new();
        for (name, meaning) in pairs {
            let broken = if width == usize::MAX {
                vec![meaning.clone()]
            } else {
                text::wrap(meaning, room)
            };
            for (at, line) in broken.iter().enumerate() {
                let name = if at == 0 { name.as_str() } else { "" };
                let blanks = " ".repeat(before.saturating_sub(text::columns(name)));
                lines.push(format!("{name}{blanks}{}", self.style.dim(line)));
            }
        }
        self.section(title, &lines);
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  crosswalk connectors show hubspot\n  \
                  crosswalk connectors show \"Zoho CRM\" --output json | jq .settings")]
pub(crate) struct ShowArgs {
    /// Its name or label, from `crosswalk connectors list`.
    name: String,
    #[command(flatten)]
    output: OutputArg,
}

pub(super) fn run(registry: &Registry, args: &ShowArgs) -> Result<(), Failed> {
    let connector = find(registry, &args.name)?;
    match args.output.output {
        None | Some(Format::Table) => tell(connector),
        format => {
            let view = view(connector);
            let names = view.as_object().map(serde_json::Map::keys).into_iter().flatten();
            let members = names.map(|name| Member::new(name, Look::Text)).collect();
            print_record(format, members, view.to_string().as_bytes())
        }
    }
}

fn tell(connector: &Connector) -> Result<(), Failed> {
    let style = Style::for_output();
    let file = &connector.file;
    let mut story = Story {
        out: format!(
            "{} {}\n",
            style.head(connector.label()),
            style.dim(format!("({})", connector.name()))
        ),
        style,
        width: width().min(WIDEST),
    };
    for line in file.about.iter().chain(&file.docs) {
        story.out.push_str(&format!("{line}\n"));
    }
    let steps = file.setup.iter().enumerate();
    let steps: Vec<_> = steps.map(|(at, step)| (format!("{}. ", at + 1), step)).collect();
    story.prose("How to get credentials", &steps);
    for (method, scheme) in &file.auth.schemes {
        let label = scheme.label.as_deref().map(|label| format!(": {label}"));
        let title = format!("Method {method}{}", label.unwrap_or_default());
        story.meanings(&title, &credentials(*method, scheme));
    }
    let settings: Vec<(String, String)> = file
        .settings
        .iter()
        .map(|(name, setting)| (name.clone(), describe(setting)))
        .collect();
    story.meanings("Settings", &settings);
    story.section("Connect an account", &[connect_line(connector)]);
    for (name, unified) in &file.unified {
        tell_unified(&mut story, name, unified);
    }
    story.pairs("The CRM's own resources (/proxy/…)", &resources(file));
    story.section("Rate limit", &rate_limit(file));
    let notes: Vec<_> = file.notes.iter().map(|note| (String::new(), note)).collect();
    story.prose("Good to know", &notes);
    print(&story.out)
}

/// A scheme's credentials, and which of them it can't do without.
fn credentials(method: Method, scheme: &Scheme) -> Vec<(String, String)> {
    let required = method.required_credentials().iter().map(|name| (*name, true));
    let further = further_credentials(method, scheme)
        .iter()
        .map(|name| (*name, false));
    required
        .chain(further)
        .map(|(name, is_required)| {
            let label = scheme.credentials.get(name).cloned();
            let label = label.unwrap_or_else(|| name.replace('_', " "));
            let rest = if is_required { "" } else { ", if there is one" };
            (name.to_owned(), format!("{label}{rest}"))
        })
        .collect()
}

/// What an account of this method may have beside.
pub(super) fn further_credentials(method: Method, scheme: &Scheme) -> &'static [&'static str] {
    if method != Method::Oauth2 {
        return &[];
    }
    let refreshes = scheme
        .token
        .as_ref()
        .is_some_and(|token| !token.refresh.unsupported);
    if refreshes {
        &["refresh_token", "expires_at", "client_id", "client_secret"]
    } else {
        &["expires_at"]
    }
}

fn describe(setting: &Setting) -> String {
    let mut words = setting.label.clone();
    if setting.required {
        words.push_str(", required");
        if !setting.unless.is_empty() {
            words.push_str(&format!(" unless there is {}", setting.unless.join(" or ")));
        }
    }
    if let Some(default) = &setting.default {
        words.push_str(&format!(", {default} when left out"));
    }
    if let Some(example) = &setting.example {
        words.push_str(&format!(", for example {example}"));
    }
    if !setting.only_for.is_empty() {
        let methods: Vec<&str> = setting.only_for.iter().copied().map(Method::as_str).collect();
        words.push_str(&format!(" (only for {})", methods.join(", ")));
    }
    if let Some(help) = &setting.help {
        words.push_str(&format!(". {help}"));
    }
    words
}

/// A command that connects an account.
pub(super) fn connect_line(connector: &Connector) -> String {
    // What one person can copy from one page goes first.
    let methods: Vec<Method> = connector.file.auth.schemes.keys().copied().collect();
    let simple = methods
        .iter()
        .find(|method| matches!(method, Method::ApiKey | Method::Basic));
    let Some(method) = simple.or(methods.first()) else {
        return String::new();
    };
    let mut line = format!(
        "crosswalk accounts add --integration {} --method {method}",
        connector.name()
    );
    for (name, setting) in &connector.file.settings {
        let applies = setting.only_for.is_empty() || setting.only_for.contains(method);
        if setting.required && applies {
            let example = setting.example.as_deref().unwrap_or("VALUE");
            line.push_str(&format!(" --set {name}={example}"));
        }
    }
    for name in method.required_credentials() {
        line.push_str(&format!(" --set {name}=@{name}.txt"));
    }
    line
}

fn tell_unified(story: &mut Story, name: &str, unified: &UnifiedUse) {
    let fields: Vec<(String, String)> = unified
        .fields
        .iter()
        .map(|(field, mapping)| (field.clone(), expression(mapping.get())))
        .collect();
    story.pairs(
        &format!("/unified/{name}, from {}", unified.resource.get()),
        &fields,
    );
    let pushed: Vec<(String, String)> = vendor_filters(unified)
        .into_iter()
        .map(|(field, operators)| (field, operators.join(", ")))
        .collect();
    story.pairs(
        "Filtered by the CRM (the other filters are applied here)",
        &pushed,
    );
    let sorts: Vec<(String, String)> = unified
        .sort
        .iter()
        .map(|(field, sort)| (field.clone(), directions(sort.get()).join(", ")))
        .collect();
    story.pairs("Sorted by the CRM (the other sorts are done here)", &sorts);
    let parameters: Vec<(String, String)> = unified
        .parameters
        .iter()
        .map(|(parameter, rule)| {
            let need = if rule.required { "required" } else { "optional" };
            (parameter.clone(), need.to_owned())
        })
        .collect();
    story.pairs("Further query parameters", &parameters);
}

pub(super) fn expression(mapping: &FieldMapping) -> String {
    match mapping {
        FieldMapping::Expression(expression) => expression.clone(),
        FieldMapping::Read(read) => {
            let reading = match &read.read {
                InstantText::UnixSeconds => "Unix seconds".to_owned(),
                InstantText::UnixMillis => "Unix milliseconds".to_owned(),
                InstantText::Zone(zone) => format!("in {zone}"),
            };
            format!("{} ({reading})", read.value)
        }
    }
}

pub(super) fn resources(file: &ConnectorFile) -> Vec<(String, String)> {
    file.resources
        .iter()
        .map(|(name, resource)| {
            let calls = match (&resource.list, &resource.get) {
                (Some(_), Some(_)) => "list, get",
                (Some(_), None) => "list",
                _ => "get",
            };
            let label = resource.label.as_deref().map(|label| format!("{label}: "));
            (name.clone(), format!("{}{calls}", label.unwrap_or_default()))
        })
        .collect()
}

fn rate_limit(file: &ConnectorFile) -> Vec<String> {
    let limit = &file.rate_limit;
    let mut lines = Vec::new();
    if let (Some(requests), Some(seconds)) = (limit.requests, limit.per_seconds) {
        let window = match seconds {
            1 => "a second".to_owned(),
            60 => "a minute".to_owned(),
            3600 => "an hour".to_owned(),
            86_400 => "a day".to_owned(),
            seconds => format!("in {seconds} seconds"),
        };
        lines.push(format!("{} requests {window}", text::count(u64::from(requests))));
    }
    if let Some(concurrency) = limit.concurrency {
        lines.push(format!("{concurrency} requests at once"));
    }
    lines
}
