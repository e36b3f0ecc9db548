//! What the types can not say: references between the parts of a file, patterns, escapes of hosts.

use std::collections::BTreeMap;

use crosswalk_model::{FieldKind, UnifiedModel};
use regex_lite::Regex;
use serde_json::{Map, Value, json};

use crate::connector::whole;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::file::{ConnectorFile, Fragment, ListCall, Method, Next, Push, Request, UnifiedUse};
use crate::located::Located;
use crate::template::{Escape, Template};

/// Findings, as they are made.
pub(crate) struct Report<'a> {
    file: &'a str,
    text: &'a str,
    found: Vec<Diagnostic>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        Self {
            file,
            text,
            found: Vec::new(),
        }
    }

    pub(crate) fn at<T>(&mut self, place: &Located<T>, message: impl Into<String>) {
        self.found.push(Diagnostic::new(
            self.file,
            self.text,
            place.line(),
            place.column(),
            message,
        ));
    }

    pub(crate) fn general(&mut self, message: impl Into<String>) {
        self.found
            .push(Diagnostic::new(self.file, self.text, 0, 0, message));
    }

    pub(crate) fn finish(mut self) -> Result<(), Diagnostics> {
        self.found.sort_by_key(|finding| (finding.line, finding.column));
        if self.found.is_empty() {
            Ok(())
        } else {
            Err(Diagnostics(self.found))
        }
    }
}

/// Checks the whole file and compiles its regular expressions.
pub(crate) fn check(
    file: &ConnectorFile,
    models: &[UnifiedModel],
    report: &mut Report<'_>,
) -> BTreeMap<String, Regex> {
    let mut patterns = BTreeMap::new();
    if !is_name(&file.name) {
        report.at(
            &file.name,
            "a connector's name is lower-case letters and digits, as `pipedrive`",
        );
    }
    settings(file, report, &mut patterns);
    base_url(file, report);
    schemes(file, report);
    for rule in &file.errors.rules {
        if rule.status.is_none() && rule.when.is_none() {
            report.at(
                &rule.class,
                "a rule needs a `status` or a `when`, or it would fit every answer",
            );
        }
    }
    for (name, resource) in &file.resources {
        if let Some(list) = &resource.list {
            list_call(name, list, report);
        }
        if let Some(get) = &resource.get {
            request(&get.request, report);
            pattern(&get.id_pattern, report, &mut patterns);
        }
        if resource.list.is_none() && resource.get.is_none() {
            report.general(format!("the resource `{name}` has neither `list` nor `get`"));
        }
    }
    for (name, unified) in &file.unified {
        let Some(model) = models.iter().find(|model| model.name == *name) else {
            let known: Vec<_> = models.iter().map(|model| model.name.as_str()).collect();
            report.at(
                unified,
                format!(
                    "there is no unified resource `{name}`; there is {}",
                    known.join(", ")
                ),
            );
            continue;
        };
        unified_use(file, model, unified, report, &mut patterns);
    }
    patterns
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}

fn pattern(pattern: &Located<String>, report: &mut Report<'_>, patterns: &mut BTreeMap<String, Regex>) {
    match whole(pattern) {
        Ok(regex) => {
            patterns.insert(pattern.get().clone(), regex);
        }
        Err(error) => report.at(pattern, format!("not a regular expression: {error}")),
    }
}

fn settings(file: &ConnectorFile, report: &mut Report<'_>, patterns: &mut BTreeMap<String, Regex>) {
    for (name, setting) in &file.settings {
        for other in setting
            .unless
            .iter()
            .filter(|other| !file.settings.contains_key(*other))
        {
            report.general(format!(
                "`{name}` is required `unless` there is `{other}`, and no such setting exists"
            ));
        }
        let Some(form) = &setting.pattern else { continue };
        pattern(form, report, patterns);
        if let (Some(example), Some(regex)) = (&setting.example, patterns.get(form.get()))
            && !regex.is_match(example)
        {
            report.at(
                form,
                format!("the example `{example}` of `{name}` does not match this pattern"),
            );
        }
    }
}

/// The settings as their examples say, to try templates on.
fn examples(file: &ConnectorFile) -> Value {
    let settings: Map<String, Value> = file
        .settings
        .iter()
        .filter_map(|(name, setting)| {
            let value = setting.example.clone().or_else(|| setting.default.clone())?;
            Some((name.clone(), Value::String(value)))
        })
        .collect();
    json!({ "settings": settings })
}

/// What is wrong with the settings that a template puts into a URL.
fn unchecked_settings(file: &ConnectorFile, template: &Template) -> Vec<String> {
    let mut problems = Vec::new();
    for name in template.settings() {
        match file.settings.get(name) {
            None => problems.push(format!("there is no setting `{name}`")),
            Some(setting) if setting.pattern.is_none() => problems.push(format!(
                "the setting `{name}` needs a `pattern` before it may stand in a URL"
            )),
            Some(_) => {}
        }
    }
    problems
}

fn base_url(file: &ConnectorFile, report: &mut Report<'_>) {
    let base = &file.api.base_url;
    for problem in unchecked_settings(file, base) {
        report.at(base, problem);
    }
    for host in &file.api.hosts {
        for problem in unchecked_settings(file, host) {
            report.general(problem);
        }
    }
    let scope = examples(file);
    let Ok(Some(url)) = base.text(&scope, Escape::Nothing) else {
        report.at(base, "the base URL has no value for the settings' examples");
        return;
    };
    let sound = url
        .parse::<http::Uri>()
        .is_ok_and(|uri| uri.scheme_str() == Some("https") && uri.host().is_some());
    if !sound {
        report.at(
            base,
            format!("`{url}` (from the settings' examples) is not an https:// address"),
        );
    }
}

fn schemes(file: &ConnectorFile, report: &mut Report<'_>) {
    if file.auth.schemes.is_empty() {
        report.general("`auth.schemes` names no way to prove oneself");
    }
    for (method, scheme) in &file.auth.schemes {
        if scheme.headers.is_empty() && scheme.query.is_empty() && scheme.basic.is_none() {
            report.general(format!(
                "the scheme `{method}` carries its credentials nowhere: add `headers` or `basic`"
            ));
        }
        let mints = *method == Method::Oauth2ClientCredentials;
        if mints && scheme.token.is_none() {
            report.general(format!("the scheme `{method}` needs a `token` endpoint"));
        }
        for name in scheme.token.iter().flat_map(|token| token.keep.keys()) {
            if !file.settings.contains_key(name) {
                report.general(format!(
                    "`keep` takes `{name}` from the token's answer, and no such setting exists"
                ));
            }
        }
        let Some(authorize) = &scheme.authorize else {
            continue;
        };
        let consents = matches!(method, Method::Oauth2 | Method::Oauth2ClientCredentials);
        if !consents || scheme.token.is_none() {
            report.general(format!(
                "the scheme `{method}` has a consent page; that takes OAuth and a `token` endpoint"
            ));
        }
        for name in authorize.keep.keys() {
            // What comes back decides where the client's secret goes, so it has to be of a form.
            let formed = file
                .settings
                .get(name)
                .is_some_and(|setting| setting.pattern.is_some());
            if !formed {
                report.general(format!(
                    "`keep` takes `{name}` from the consent, which has to be a setting with a `pattern`"
                ));
            }
        }
        for name in authorize.templates().flat_map(Template::settings) {
            if !file.settings.contains_key(name) {
                report.general(format!(
                    "the consent page of `{method}` names the setting `{name}`, which does not exist"
                ));
            }
        }
    }
}

fn list_call(name: &str, list: &ListCall, report: &mut Report<'_>) {
    request(&list.request, report);
    let wanted = match list.next.get() {
        Next::Cursor(_) => Some("page.cursor"),
        Next::Offset(_) => Some("page.offset"),
        Next::Number(_) => Some("page.number"),
        Next::None | Next::Link(_) | Next::LinkHeader | Next::Expression(_) => None,
    };
    let mut holes = String::new();
    each_template(&list.request, &mut |template| {
        for hole in template.holes() {
            holes.push_str(hole.source());
            holes.push('\n');
        }
    });
    if let Some(wanted) = wanted
        && !holes.contains(wanted)
    {
        report.at(
            &list.next,
            format!("pages of `{name}` follow by `{wanted}`, and its request sends no `{{{wanted}}}`"),
        );
    }
    if list.page_size.is_some() && !holes.contains("limit") {
        report.at(
            &list.request,
            format!("`{name}` has a `page_size`, and its request sends no `{{limit}}`"),
        );
    }
    if list.page_size.is_none() && !matches!(list.next.get(), Next::None | Next::Link(_) | Next::LinkHeader) {
        report.at(&list.next, format!("`{name}` has pages and needs a `page_size`"));
    }
    if let Some(size) = list.page_size
        && (size.min == 0 || size.min > size.max)
    {
        report.at(&list.request, "`page_size` needs 1 ≤ min ≤ max");
    }
}

fn request(request: &Located<Request>, report: &mut Report<'_>) {
    match (&request.path, &request.url) {
        (Some(path), None) if !path.source().starts_with('/') && !path.source().is_empty() => {
            report.at(
                request,
                format!("the path `{}` must start with `/`", path.source()),
            );
        }
        (None, None) => report.at(request, "a request needs a `path`"),
        (Some(_), Some(_)) => report.at(request, "a request has either a `path` or a `url`"),
        _ => {}
    }
    let bodies = usize::from(request.json.is_some())
        + usize::from(request.form.is_some())
        + usize::from(request.graphql.is_some());
    if bodies > 1 {
        report.at(request, "a request has one body: `json`, `form` or `graphql`");
    }
    if bodies == 1 && request.method == crate::file::HttpMethod::Get {
        report.at(request, "a request with a body needs `method: POST`");
    }
}

fn each_template<'a>(request: &'a Request, visit: &mut dyn FnMut(&'a Template)) {
    request.path.iter().chain(&request.url).for_each(&mut *visit);
    request
        .query
        .values()
        .chain(request.headers.values())
        .for_each(&mut *visit);
    request
        .form
        .iter()
        .flat_map(indexmap::IndexMap::values)
        .for_each(&mut *visit);
    if let Some(json) = &request.json {
        json.templates(visit);
    }
    for variable in request
        .graphql
        .iter()
        .flat_map(|graphql| graphql.variables.values())
    {
        variable.templates(visit);
    }
}

fn unified_use(
    file: &ConnectorFile,
    model: &UnifiedModel,
    unified: &Located<UnifiedUse>,
    report: &mut Report<'_>,
    patterns: &mut BTreeMap<String, Regex>,
) {
    let list = match file.resources.get(unified.resource.get()) {
        Some(resource) => resource.list.as_ref(),
        None => {
            let known: Vec<_> = file.resources.keys().map(String::as_str).collect();
            let resource = unified.resource.get();
            report.at(
                &unified.resource,
                format!("there is no resource `{resource}`; there is {}", known.join(", ")),
            );
            return;
        }
    };
    let Some(list) = list else {
        report.at(
            &unified.resource,
            format!("the resource `{}` has no `list`", unified.resource.get()),
        );
        return;
    };
    for (name, mapping) in &unified.fields {
        if model.field_id(name).is_none() {
            let known: Vec<_> = model.fields.iter().map(|field| field.name.as_str()).collect();
            report.at(
                mapping,
                format!(
                    "{} has no field `{name}`; its fields are {}",
                    model.name,
                    known.join(", ")
                ),
            );
        }
    }
    let id = model.fields.iter().find(|field| field.kind == FieldKind::Id);
    if let Some(id) = id
        && !unified.fields.contains_key(&id.name)
    {
        report.at(unified, format!("`fields` must map `{}`", id.name));
    }
    for walk in &unified.walks {
        for name in walk.holds.keys() {
            if kind(model, name) != Some(FieldKind::Boolean) {
                report.at(
                    unified,
                    format!("`holds` names `{name}`, which is no boolean field"),
                );
            } else if !unified.fields.contains_key(name) {
                report.at(
                    unified,
                    format!(
                        "`holds` names `{name}`, which `fields` does not map: records are checked again by it"
                    ),
                );
            }
        }
    }
    for (name, push) in &unified.push {
        pushed_field(model, unified.get(), name, push, report);
        for fragment in fragments(push) {
            check_fragment(list, fragment, push, report, patterns);
        }
    }
    for (name, sort) in &unified.sort {
        let sortable = model.field_id(name).is_some_and(|id| model.field(id).sortable);
        if !sortable || !unified.fields.contains_key(name) {
            report.at(
                sort,
                format!("`{name}` is not a field to sort by that this connector gives"),
            );
        }
    }
    for (name, parameter) in &unified.parameters {
        if !model.parameters.iter().any(|known| known.name == *name) {
            report.at(unified, format!("{} has no query parameter `{name}`", model.name));
        }
        if let Some(form) = &parameter.pattern {
            pattern(form, report, patterns);
        }
    }
}

fn kind(model: &UnifiedModel, name: &str) -> Option<FieldKind> {
    model.field_id(name).map(|id| model.field(id).kind)
}

fn pushed_field(
    model: &UnifiedModel,
    unified: &UnifiedUse,
    name: &str,
    push: &Located<Push>,
    report: &mut Report<'_>,
) {
    let Some(kind) = kind(model, name).filter(|_| unified.fields.contains_key(name)) else {
        report.at(
            push,
            format!("`{name}` is pushed down, and `fields` does not map it"),
        );
        return;
    };
    if let Err(words) = fits(kind, push) {
        report.at(push, format!("`{name}` can be pushed down with {words} only"));
    }
}

/// Whether a field of this kind can be pushed down so; the error is the words that it can be with.
pub(crate) fn fits(kind: FieldKind, push: &Push) -> Result<(), &'static str> {
    let text =
        push.eq.is_some() || push.any.is_some() || push.contains.is_some() || push.starts_with.is_some();
    let boolean = push.is_true.is_some() || push.is_false.is_some();
    let instant = push.from.is_some() || push.to.is_some();
    let (fits, words) = match kind {
        FieldKind::Id | FieldKind::Text => (
            text && !boolean && !instant,
            "`eq`, `in`, `contains`, `starts_with`",
        ),
        FieldKind::Boolean => (boolean && !text && !instant, "`true` and `false`"),
        FieldKind::Instant => (instant && !text && !boolean, "`from` and `to`"),
        FieldKind::Links | FieldKind::Json => (false, "nothing"),
    };
    if fits { Ok(()) } else { Err(words) }
}

pub(crate) fn fragments(push: &Push) -> impl Iterator<Item = &Fragment> {
    [
        &push.eq,
        &push.any,
        &push.contains,
        &push.starts_with,
        &push.is_true,
        &push.is_false,
        &push.from,
        &push.to,
    ]
    .into_iter()
    .flatten()
}

fn check_fragment(
    list: &ListCall,
    fragment: &Fragment,
    push: &Located<Push>,
    report: &mut Report<'_>,
    patterns: &mut BTreeMap<String, Regex>,
) {
    if let Some(form) = &fragment.only_if {
        pattern(form, report, patterns);
    }
    if !fragment.variables.is_empty() && list.request.graphql.is_none() {
        report.at(push, "`variables` needs a `graphql` request");
    }
    if fragment.json.is_some() && list.request.json.is_none() {
        report.at(push, "`json` needs a request with a `json` body");
    }
    let Some(clause) = &fragment.clause else { return };
    let Some(clauses) = &list.clauses else {
        report.at(push, "a `clause` needs the list's `where`");
        return;
    };
    let quoted = clauses
        .literals
        .as_ref()
        .is_some_and(|literals| literals.quote.is_some());
    if !quoted && !clause.is_constant() && fragment.only_if.is_none() {
        report.at(
            push,
            "a clause with a value needs quoted `literals` or an `only_if` pattern",
        );
    }
}
