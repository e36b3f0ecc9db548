//! A connector, read, checked and ready to run.

use std::collections::BTreeMap;
use std::sync::Arc;

use crosswalk_mapping::{Layout, Mapping, Origin, Path, Reading, Source};
use crosswalk_model::{FieldSet, UnifiedModel};
use regex_lite::Regex;
use serde_json::{Map, Value};

use crate::check;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::file::{
    ConnectorFile, FieldMapping, GetCall, InstantText, ListCall, Method, Resource, Scheme, Setting,
    UnifiedUse,
};
use crate::template::{Escape, Template, TemplateError};

/// One vendor's API, compiled.
#[derive(Debug)]
pub struct Connector {
    /// The file, whose templates and expressions are compiled already.
    pub file: ConnectorFile,
    resources: BTreeMap<String, ResourcePaths>,
    unified: BTreeMap<String, UnifiedResource>,
    patterns: BTreeMap<String, Regex>,
    /// The hosts, where no setting changes them.
    fixed_hosts: Option<Arc<[String]>>,
}

/// Where the records are in a resource's answers.
#[derive(Debug)]
struct ResourcePaths {
    list: Layout,
    record: Path,
}

/// A unified resource as this connector gives it.
#[derive(Clone, Debug)]
pub struct UnifiedResource {
    /// The field mapping.
    pub mapping: Mapping,
    /// The fields it gives, filter-only ones among them.
    pub fields: FieldSet,
    /// The query parameters beside filters that the vendor understands.
    pub parameters: BTreeMap<String, ParameterRule>,
}

/// A checked query parameter.
#[derive(Clone, Debug)]
pub struct ParameterRule {
    /// The form of its value.
    pub pattern: Option<Regex>,
}

/// A setting that a person is asked for.
#[derive(Clone, Copy, Debug)]
pub struct AskedSetting<'a> {
    /// Its name.
    pub name: &'a str,
    /// What the file says of it.
    pub setting: &'a Setting,
    /// Whether it can not be left out.
    pub required: bool,
}

/// What is wrong with an account's settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingProblem {
    /// The setting.
    pub name: String,
    /// What to write instead.
    pub message: String,
}

impl Connector {
    /// Reads and checks one file. `file_name` is only for messages.
    pub fn load(file_name: &str, text: &str, models: &[UnifiedModel]) -> Result<Self, Diagnostics> {
        let file: ConnectorFile = serde_saphyr::from_str(text).map_err(|error| {
            let location = error.location();
            let (line, column) = location.map_or((0, 0), |at| (at.line(), at.column()));
            Diagnostics(vec![Diagnostic::new(
                file_name,
                text,
                line,
                column,
                plain_message(&error),
            )])
        })?;
        let mut report = check::Report::new(file_name, text);
        let patterns = check::check(&file, models, &mut report);
        let resources = file
            .resources
            .iter()
            .filter_map(|(name, resource)| Some((name.clone(), resource_paths(resource, &mut report)?)))
            .collect();
        let unified = file
            .unified
            .iter()
            .filter_map(|(name, unified)| {
                let model = models.iter().find(|model| model.name == *name)?;
                Some((name.clone(), compile_unified(model, unified.get(), &mut report)?))
            })
            .collect();
        report.finish()?;
        let fixed_hosts = urls(&file)
            .chain(&file.api.hosts)
            .all(Template::is_constant)
            .then(|| hosts_of(&file, &Value::Null));
        Ok(Self {
            file,
            resources,
            unified,
            patterns,
            fixed_hosts,
        })
    }

    /// Its name in URLs.
    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// The product's name.
    pub fn label(&self) -> &str {
        &self.file.label
    }

    /// How it serves a unified resource (`crm/users`), if it does.
    pub fn unified(&self, model: &str) -> Option<(&UnifiedUse, &UnifiedResource)> {
        Some((self.file.unified.get(model)?.get(), self.unified.get(model)?))
    }

    /// The list call of a resource, and where its records are.
    pub fn list_call(&self, resource: &str) -> Option<(&ListCall, &Layout)> {
        Some((
            self.file.resources.get(resource)?.list.as_ref()?,
            &self.resources.get(resource)?.list,
        ))
    }

    /// The get call of a resource, and where its record is.
    pub fn get_call(&self, resource: &str) -> Option<(&GetCall, &Path)> {
        Some((
            self.file.resources.get(resource)?.get.as_ref()?,
            &self.resources.get(resource)?.record,
        ))
    }

    /// The scheme of an authentication method.
    pub fn scheme(&self, method: Method) -> Option<&Scheme> {
        self.file.auth.schemes.get(&method)
    }

    /// The method that is meant when none is named.
    pub fn default_method(&self) -> Option<Method> {
        self.file.auth.schemes.keys().next().copied()
    }

    /// Whether an account of this method is connected on the vendor's consent page.
    pub fn consents(&self, method: Method) -> bool {
        self.scheme(method)
            .is_some_and(|scheme| scheme.authorize.is_some())
    }

    /// The settings that a person is asked for before an account of this method is connected, in the order of
    /// the file. On the way through a consent page, what it or the token brings is not asked for, unless the
    /// way there needs it.
    pub fn asked_settings(&self, method: Method, consents: bool) -> Vec<AskedSetting<'_>> {
        let scheme = self.scheme(method);
        let authorize = scheme
            .and_then(|scheme| scheme.authorize.as_ref())
            .filter(|_| consents);
        let token_url = scheme
            .and_then(|scheme| scheme.token.as_ref())
            .map(|token| &token.url);
        let on_the_way = |name: &str| {
            authorize.is_some_and(|authorize| {
                authorize
                    .templates()
                    .flat_map(Template::settings)
                    .any(|named| named == name)
            })
        };
        let applies = |setting: &Setting| setting.only_for.is_empty() || setting.only_for.contains(&method);
        let comes_back = |name: &str, setting: &Setting| {
            authorize.is_some_and(|authorize| setting.from_token || authorize.keep.contains_key(name))
        };
        self.file
            .settings
            .iter()
            .filter(|(name, setting)| applies(setting) && (!comes_back(name, setting) || on_the_way(name)))
            .map(|(name, setting)| {
                let hangs = authorize
                    .iter()
                    .flat_map(|authorize| authorize.templates())
                    .chain(token_url)
                    .any(|template| template.hangs_on(name));
                AskedSetting {
                    name,
                    setting,
                    required: setting.default.is_none()
                        && setting.unless.is_empty()
                        && (hangs || setting.required && !comes_back(name, setting)),
                }
            })
            .collect()
    }

    /// Whether all of `value` matches a regular expression of the file. One that the file does not have
    /// matches nothing.
    pub fn matches(&self, pattern: &str, value: &str) -> bool {
        self.patterns
            .get(pattern)
            .is_some_and(|regex| regex.is_match(value))
    }

    /// Tidies one setting and checks it against its pattern. One that the file does not name passes as it is.
    pub fn check_setting(&self, name: &str, value: &str) -> Result<String, SettingProblem> {
        let Some(setting) = self.file.settings.get(name) else {
            return Ok(value.to_owned());
        };
        let value = value.trim();
        let tidied = match &setting.tidy {
            Some(tidy) => match tidy.evaluate(&Value::String(value.to_owned())) {
                Ok(Some(Value::String(tidied))) => tidied,
                _ => value.to_owned(),
            },
            None => value.to_owned(),
        };
        match &setting.pattern {
            Some(pattern) if !self.matches(pattern, &tidied) => {
                let example = setting.example.as_deref().unwrap_or(pattern.get());
                Err(SettingProblem {
                    name: name.to_owned(),
                    message: format!(
                        "does not look like a {} (an example is `{example}`)",
                        setting.label
                    ),
                })
            }
            _ => Ok(tidied),
        }
    }

    /// Tidies and checks the settings of an account of this method; unknown ones pass as they are.
    pub fn check_settings(
        &self,
        method: Method,
        given: &Map<String, Value>,
    ) -> Result<Map<String, Value>, Vec<SettingProblem>> {
        let mut kept = given.clone();
        let mut problems = Vec::new();
        for (name, setting) in &self.file.settings {
            let problem = |message: String| SettingProblem {
                name: name.clone(),
                message,
            };
            let value = match given.get(name) {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
                Some(Value::Number(number)) => Some(number.to_string()),
                Some(_) => {
                    problems.push(problem("must be a text".into()));
                    continue;
                }
            };
            let applies = setting.only_for.is_empty() || setting.only_for.contains(&method);
            let Some(value) = value.or_else(|| setting.default.clone()) else {
                kept.shift_remove(name);
                if setting.required && applies && !setting.unless.iter().any(|other| is_given(given, other)) {
                    let example = setting
                        .example
                        .as_ref()
                        .map(|example| format!(", for example `{example}`"));
                    let instead = match setting.unless.as_slice() {
                        [] => String::new(),
                        others => format!("; `{}` does as well", others.join("` or `")),
                    };
                    problems.push(problem(format!(
                        "is required ({}{}{instead})",
                        setting.label,
                        example.unwrap_or_default()
                    )));
                }
                continue;
            };
            match self.check_setting(name, &value) {
                Ok(tidied) => drop(kept.insert(name.clone(), Value::String(tidied))),
                Err(found) => problems.push(found),
            }
        }
        if problems.is_empty() {
            Ok(kept)
        } else {
            Err(problems)
        }
    }

    /// The base URL of an account with these settings, without a trailing slash.
    pub fn base_url(&self, settings: &Value) -> Result<String, TemplateError> {
        let url = self
            .file
            .api
            .base_url
            .text(settings, Escape::Nothing)?
            .unwrap_or_default();
        Ok(url.trim_end_matches('/').to_owned())
    }

    /// The host of a method's token endpoint, for an account with these settings.
    pub fn token_host(&self, method: Method, settings: &Map<String, Value>) -> Option<String> {
        let token = self.scheme(method)?.token.as_ref()?;
        let mut scope = Map::with_capacity(1);
        scope.insert("settings".into(), Value::Object(settings.clone()));
        host_of(&token.url, &Value::Object(scope))
    }

    /// The hosts an account with these settings may talk to: the base URL's, those of token endpoints and of
    /// `api.hosts`, in lower case.
    pub fn hosts(&self, settings: &Value) -> Arc<[String]> {
        match &self.fixed_hosts {
            Some(hosts) => Arc::clone(hosts),
            None => hosts_of(&self.file, settings),
        }
    }
}

/// Whether a setting has a value.
fn is_given(given: &Map<String, Value>, name: &str) -> bool {
    match given.get(name) {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.trim().is_empty(),
        Some(_) => true,
    }
}

/// The URLs that an account's requests may begin with.
fn urls(file: &ConnectorFile) -> impl Iterator<Item = &Template> {
    let tokens = file
        .auth
        .schemes
        .values()
        .filter_map(|scheme| scheme.token.as_ref());
    let elsewhere = file.resources.values().flat_map(|resource| {
        let list = resource.list.as_ref().and_then(|list| list.request.url.as_ref());
        list.into_iter()
            .chain(resource.get.as_ref().and_then(|get| get.request.url.as_ref()))
    });
    std::iter::once(file.api.base_url.get())
        .chain(tokens.flat_map(|token| {
            std::iter::once(&token.url)
                .chain(&token.refresh.url)
                .chain(token.revoke.as_ref().map(|revoke| &revoke.url))
        }))
        .chain(elsewhere)
        .chain(file.auth.checks().filter_map(|check| check.request.url.as_ref()))
}

fn hosts_of(file: &ConnectorFile, settings: &Value) -> Arc<[String]> {
    let further = file.api.hosts.iter();
    let mut hosts: Vec<String> = further
        .filter_map(|host| host.text(settings, Escape::Nothing).ok()?)
        .map(|host| host.to_lowercase())
        .collect();
    hosts.extend(urls(file).filter_map(|url| host_of(url, settings)));
    hosts.sort();
    hosts.dedup();
    hosts.into()
}

/// The host of a URL template, once every hole before its path has a value.
fn host_of(url: &Template, settings: &Value) -> Option<String> {
    let text = url.text(settings, Escape::Nothing).ok()??;
    let uri: http::Uri = text.parse().ok()?;
    uri.host()
        .filter(|host| !host.starts_with('.'))
        .map(str::to_lowercase)
}

fn resource_paths(resource: &Resource, report: &mut check::Report<'_>) -> Option<ResourcePaths> {
    let mut parse = |source: &str| match Path::parse(source) {
        Ok(path) => Some(path),
        Err(problem) => {
            report.general(format!("`{source}` is not a path to a value: {problem}"));
            None
        }
    };
    let (records, unwrap) = resource
        .list
        .as_ref()
        .map_or(("", ""), |list| (list.records.as_str(), list.unwrap.as_str()));
    let record = resource.get.as_ref().map_or("", |get| get.record.as_str());
    Some(ResourcePaths {
        list: Layout {
            records: parse(records)?,
            unwrap: parse(unwrap)?,
        },
        record: parse(record)?,
    })
}

fn compile_unified(
    model: &UnifiedModel,
    unified: &UnifiedUse,
    report: &mut check::Report<'_>,
) -> Option<UnifiedResource> {
    let mut fields = FieldSet::default();
    let mut sources = Vec::new();
    for (name, mapping) in &unified.fields {
        let Some(id) = model.field_id(name) else { continue };
        fields.insert(id);
        sources.push((id, source(mapping.get())));
    }
    let parameters = unified
        .parameters
        .iter()
        .map(|(name, rule)| {
            let pattern = rule.pattern.as_ref().and_then(|pattern| whole(pattern).ok());
            (name.clone(), ParameterRule { pattern })
        })
        .collect();
    match Mapping::compile(model, sources) {
        Ok(mapping) => Some(UnifiedResource {
            mapping,
            fields,
            parameters,
        }),
        Err(problems) => {
            for problem in problems {
                let name = &model.field(problem.field).name;
                let at = problem
                    .offset
                    .map(|offset| format!(" at character {}", offset + 1));
                let message = format!(
                    "the mapping of `{name}` is not valid{}: {}",
                    at.unwrap_or_default(),
                    problem.message
                );
                match unified.fields.get(name) {
                    Some(mapping) => report.at(mapping, message),
                    None => report.general(message),
                }
            }
            None
        }
    }
}

/// A field's expression and reading.
pub(crate) fn source(mapping: &FieldMapping) -> Source {
    match mapping {
        FieldMapping::Expression(expression) => Source {
            expression: expression.clone(),
            reading: Reading::Auto,
            origin: Origin::Connector,
        },
        FieldMapping::Read(read) => Source {
            expression: read.value.clone(),
            reading: reading(&read.read),
            origin: Origin::Connector,
        },
    }
}

pub(crate) fn reading(read: &InstantText) -> Reading {
    match read {
        InstantText::UnixSeconds => Reading::UnixSeconds,
        InstantText::UnixMillis => Reading::UnixMillis,
        InstantText::Zone(zone) => Reading::Zone(zone.clone()),
    }
}

/// The regular expression for the whole of a text.
pub(crate) fn whole(pattern: &str) -> Result<Regex, regex_lite::Error> {
    Regex::new(&format!("^(?:{pattern})$"))
}

/// The loader's message without the position, which the diagnostic shows itself.
fn plain_message(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let end = text.find('\n').unwrap_or(text.len());
    let line = text[..end].trim();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    // The position is shown in front already.
    line.find(" at line ").map_or(line, |at| &line[..at]).to_owned()
}
