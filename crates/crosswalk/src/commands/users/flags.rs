//! Filters and sorts as flags, made from a unified model.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches};
use crosswalk_model::{Field, FieldKind, Operator, ParameterKind, UnifiedModel};

use crate::local::encode;

const FILTERS: &str = "Filters (joined by AND)";
const SORT: &str = "sort";

/// A flag, and the query parameter that it stands for.
pub(super) struct Flag {
    long: String,
    parameter: String,
    takes: Takes,
    help: String,
    is_first: bool,
}

/// What a flag's value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Text,
    Texts,
    Truth,
    Instant,
}

impl Flag {
    /// The flag as the command line has it.
    pub(super) fn to_arg(&self) -> Arg {
        let arg = Arg::new(self.id())
            .long(self.long.clone())
            .help(self.help.clone())
            .help_heading(FILTERS)
            // The short help has one flag a field; `--help` has them all.
            .hide_short_help(!self.is_first);
        match self.takes {
            Takes::Text => arg.value_name("TEXT"),
            Takes::Texts => arg.value_name("TEXT,…").action(ArgAction::Append),
            Takes::Instant => arg.value_name("TIME"),
            Takes::Truth => arg
                .value_name("TRUTH")
                .value_parser(PossibleValuesParser::new(["true", "false"]))
                .num_args(0..=1)
                .default_missing_value("true"),
        }
    }

    /// No field's name can be another argument's.
    fn id(&self) -> String {
        format!("filter:{}", self.parameter)
    }
}

/// All filters of a model.
pub(super) fn all(model: &UnifiedModel) -> Vec<Flag> {
    let mut flags = Vec::new();
    for field in &model.fields {
        let operators = field.kind.operators().iter();
        // Equality is the bare flag.
        flags.extend(
            operators
                .clone()
                .filter(|op| **op == Operator::Eq)
                .map(|_| equality(field)),
        );
        flags.extend(
            operators
                .filter(|op| **op != Operator::Eq)
                .map(|op| further(field, *op)),
        );
    }
    for parameter in &model.parameters {
        let flag = |member: Option<&str>| Flag {
            long: dashed(&[&parameter.name, member.unwrap_or_default()]),
            parameter: member.map_or_else(
                || parameter.name.clone(),
                |member| format!("{}[{member}]", parameter.name),
            ),
            takes: Takes::Text,
            help: parameter.description.trim_end_matches('.').to_owned(),
            is_first: true,
        };
        match parameter.kind {
            ParameterKind::Search => flags.push(flag(None)),
            ParameterKind::Object => {
                flags.extend(parameter.members.iter().map(|member| flag(Some(member))));
            }
        }
    }
    flags
}

fn equality(field: &Field) -> Flag {
    let takes = match field.kind {
        FieldKind::Boolean => Takes::Truth,
        FieldKind::Instant => Takes::Instant,
        _ => Takes::Text,
    };
    let help = match field.kind {
        FieldKind::Boolean => format!("`{}` is so (true when no value is given)", field.name),
        FieldKind::Instant => format!(
            "`{}` is this instant: 2024-05-06, 2024-05-06T07:08:09Z …",
            field.name
        ),
        FieldKind::Id => format!("`{}` is exactly this", field.name),
        _ => format!("`{}` is this, whatever the case", field.name),
    };
    Flag {
        long: dashed(&[&field.name]),
        parameter: field.name.clone(),
        takes,
        help,
        is_first: true,
    }
}

fn further(field: &Field, operator: Operator) -> Flag {
    let name = &field.name;
    let help = match operator {
        Operator::Eq => format!("`{name}` is this"),
        Operator::Ne => format!("`{name}` is not this, or empty"),
        Operator::In => {
            format!("`{name}` is one of these; give the flag several times for values that hold commas")
        }
        Operator::Contains => format!("`{name}` contains this"),
        Operator::StartsWith => format!("`{name}` starts with this"),
        Operator::Gt => format!("`{name}` is after this instant"),
        Operator::Gte => format!("`{name}` is this instant or after it"),
        Operator::Lt => format!("`{name}` is before this instant"),
        Operator::Lte => format!("`{name}` is this instant or before it"),
    };
    Flag {
        long: dashed(&[name, operator.as_str()]),
        parameter: format!("{name}[{}]", operator.as_str()),
        takes: match (operator, field.kind) {
            (Operator::In, _) => Takes::Texts,
            (_, FieldKind::Instant) => Takes::Instant,
            _ => Takes::Text,
        },
        help,
        // Of an instant, people ask for a span.
        is_first: matches!(operator, Operator::Contains | Operator::Gte | Operator::Lt),
    }
}

fn dashed(words: &[&str]) -> String {
    let words: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
    words.join("-").replace('_', "-")
}

/// `--sort-by`
pub(super) fn sort(model: &UnifiedModel) -> Arg {
    let names: Vec<&str> = sortable(model).collect();
    let values = names
        .iter()
        .flat_map(|name| [(*name).to_owned(), format!("{name}:asc"), format!("{name}:desc")]);
    Arg::new(SORT)
        .long("sort-by")
        .value_name("FIELD[:desc]")
        .value_parser(PossibleValuesParser::new(values))
        .hide_possible_values(true)
        .help(format!(
            "Sort by {}; ascending unless `:desc` follows",
            names.join(", ")
        ))
}

fn sortable(model: &UnifiedModel) -> impl Iterator<Item = &str> {
    let fields = model.fields.iter().filter(|field| field.sortable);
    fields.map(|field| field.name.as_str())
}

/// The query that the flags stand for; each parameter begins with `&`.
pub(super) fn query(model: &UnifiedModel, matches: &ArgMatches) -> String {
    let mut query = String::new();
    let mut push = |name: &str, value: &str| {
        query.push_str(&format!("&{}={}", encode(name), encode(value)));
    };
    for flag in all(model) {
        let values: Vec<&String> = matches.get_many(&flag.id()).into_iter().flatten().collect();
        match (flag.takes, values.as_slice()) {
            // One text is a list with commas; several are taken as they are.
            (Takes::Texts, many) if many.len() > 1 => {
                for value in many {
                    push(&format!("{}[]", flag.parameter), value);
                }
            }
            (_, values) => values.iter().for_each(|value| push(&flag.parameter, value)),
        }
    }
    if let Some(sort) = matches.get_one::<String>(SORT) {
        let (field, direction) = sort.split_once(':').unwrap_or((sort, "asc"));
        push(&format!("sort_by[{field}]"), direction);
    }
    query
}

/// Commands to begin with.
pub(super) fn examples(model: &UnifiedModel) -> String {
    let first = |kind: FieldKind| model.fields.iter().find(|field| field.kind == kind);
    let mut examples = String::from("Examples:\n  crosswalk users list --account ID");
    if let Some(search) = model
        .parameters
        .iter()
        .find(|parameter| parameter.kind == ParameterKind::Search)
    {
        let example = search.example.as_str().unwrap_or("TEXT");
        let flag = dashed(&[&search.name]);
        examples.push_str(&format!(
            "\n  crosswalk users list --account ID --{flag} {example} -o csv"
        ));
    }
    if let (Some(truth), Some(instant)) = (first(FieldKind::Boolean), first(FieldKind::Instant)) {
        examples.push_str(&format!(
            "\n  crosswalk users list --account ID --{} false --sort-by {}:desc\n  \
             crosswalk users list --account ID --{} 2024-01-01",
            dashed(&[&truth.name]),
            instant.name,
            dashed(&[&instant.name, Operator::Gte.as_str()]),
        ));
    }
    examples.push_str("\n\n`--help` shows every filter.");
    examples
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn asked(args: &[&str]) -> String {
        let words = ["users", "list", "--account", "a"].iter().chain(args);
        let matches = crate::commands::users::command()
            .try_get_matches_from(words)
            .unwrap();
        query(
            &super::super::model().unwrap(),
            matches.subcommand_matches("list").unwrap(),
        )
    }

    #[test]
    fn every_filter_of_the_model_is_a_flag() {
        let model = super::super::model().unwrap();
        let longs: Vec<String> = all(&model).into_iter().map(|flag| flag.long).collect();
        for field in &model.fields {
            for operator in field.kind.operators() {
                let words = match operator {
                    Operator::Eq => vec![field.name.as_str()],
                    further => vec![field.name.as_str(), further.as_str()],
                };
                assert!(longs.contains(&dashed(&words)), "{words:?}");
            }
        }
    }

    #[test]
    fn flags_become_parameters() {
        assert_eq!(asked(&["--name-contains", "a&b"]), "&name%5Bcontains%5D=a%26b");
        assert_eq!(asked(&["--is-active"]), "&is%5Factive=true");
        assert_eq!(asked(&["--id-in", "1,2"]), "&id%5Bin%5D=1%2C2");
        assert_eq!(
            asked(&["--id-in", "1", "--id-in", "2,3"]),
            "&id%5Bin%5D%5B%5D=1&id%5Bin%5D%5B%5D=2%2C3"
        );
        assert_eq!(
            asked(&["--sort-by", "created_at:desc"]),
            "&sort%5Fby%5Bcreated%5Fat%5D=desc"
        );
        assert_eq!(asked(&["--workspace-id", "w"]), "&workspace%5Bid%5D=w");
    }
}
