//! Predicates and orders in the vendor's words.

use crosswalk_connector::file::{Fragment, InstantFormat, Push, UnifiedUse};
use crosswalk_connector::{Connector, LiteralRules, TemplateError};
use crosswalk_model::{Cmp, FieldKind, Instant, Predicate, Query, Test, Text, UnifiedModel};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Order;
use crate::explain::Pushed;
use crate::request::Overlay;

/// How many bytes pushed predicates may add to a URL. Servers take 8 KiB or more, everything included and
/// encoded; a list of hundreds of addresses is filtered here instead.
const URL_ROOM: usize = 2048;

/// Lays what is pushed over the list's request.
pub(super) struct Planner<'a> {
    pub(super) connector: &'a Connector,
    pub(super) unified: &'a UnifiedUse,
    pub(super) literals: Option<&'a LiteralRules>,
    pub(super) settings: &'a Value,
    pub(super) overlay: Overlay,
    pub(super) pushed: Vec<Pushed>,
}

impl Planner<'_> {
    pub(super) fn push_all(
        &mut self,
        model: &UnifiedModel,
        predicates: &[Predicate],
    ) -> Result<(), TemplateError> {
        let most = self.unified.push_at_most.unwrap_or(usize::MAX);
        for (name, push) in &self.unified.push {
            let push = push.get();
            if self.pushed.len() >= most {
                break;
            }
            let Some(field) = model.field_id(name) else {
                self.push_search(name, push, predicates)?;
                continue;
            };
            let of_field: Vec<&Predicate> = predicates
                .iter()
                .filter(|predicate| predicate.fields.as_slice() == [field])
                .collect();
            if model.field(field).kind == FieldKind::Instant {
                self.push_instants(push, &of_field)?;
            } else {
                for predicate in of_field {
                    self.push_one(push, predicate)?;
                }
            }
        }
        Ok(())
    }

    /// A search over several fields, where the connector names the parameter itself.
    fn push_search(
        &mut self,
        name: &str,
        push: &Push,
        predicates: &[Predicate],
    ) -> Result<(), TemplateError> {
        for predicate in predicates.iter().filter(|predicate| predicate.parameter == name) {
            self.push_one(push, predicate)?;
        }
        Ok(())
    }

    fn push_one(&mut self, push: &Push, predicate: &Predicate) -> Result<(), TemplateError> {
        let (fragment, scope, values): (_, _, Vec<&str>) = match &predicate.test {
            Test::Eq(text) => (&push.eq, one(&text.given), vec![text.given.as_str()]),
            Test::In(texts) => {
                let given: Vec<&str> = texts.iter().map(|text| text.given.as_str()).collect();
                (&push.any, json!({ "values": given }), given)
            }
            Test::Contains(text) => (&push.contains, one(&text.given), vec![text.given.as_str()]),
            Test::StartsWith(text) => (&push.starts_with, one(&text.given), vec![text.given.as_str()]),
            Test::IdEq(id) => (&push.eq, one(id), vec![id.as_str()]),
            Test::IdIn(ids) => (
                &push.any,
                json!({ "values": ids }),
                ids.iter().map(String::as_str).collect(),
            ),
            Test::Is(true) => (&push.is_true, json!({ "value": true }), Vec::new()),
            Test::Is(false) => (&push.is_false, json!({ "value": false }), Vec::new()),
            _ => return Ok(()),
        };
        let Some(fragment) = fragment else { return Ok(()) };
        if !push.folds_unicode && !folds_like_ascii(&predicate.test) {
            return Ok(());
        }
        self.add(fragment, scope, &values, &predicate.parameter, fragment.exact)
    }

    /// All bounds on an instant as at most one from below and one from above, widened to the vendor's
    /// precision, so that what is cut off can not matter.
    fn push_instants(&mut self, push: &Push, predicates: &[&Predicate]) -> Result<(), TemplateError> {
        let step = push.precision.millis();
        let mut from: Option<(i64, &str)> = None;
        let mut to: Option<(i64, &str)> = None;
        for predicate in predicates {
            let Test::At(cmp, Instant(at)) = &predicate.test else {
                continue;
            };
            let below = at.div_euclid(step) * step;
            let above = below.saturating_add(step);
            let parameter = predicate.parameter.as_str();
            if matches!(cmp, Cmp::Gt | Cmp::Gte | Cmp::Eq) && from.is_none_or(|(known, _)| below > known) {
                from = Some((below, parameter));
            }
            if matches!(cmp, Cmp::Lt | Cmp::Lte | Cmp::Eq) && to.is_none_or(|(known, _)| above < known) {
                to = Some((above, parameter));
            }
        }
        let wider = if push.exclusive { step } else { 0 };
        for (bound, fragment) in [
            (
                from.map(|(at, name)| (at.saturating_sub(wider), name)),
                &push.from,
            ),
            (to.map(|(at, name)| (at.saturating_add(wider), name)), &push.to),
        ] {
            let (Some((at, parameter)), Some(fragment)) = (bound, fragment) else {
                continue;
            };
            let Some(text) = instant_text(at, push.format) else {
                continue;
            };
            // A widened bound is never exact.
            self.add(
                fragment,
                json!({ "value": text, "bare": true }),
                &[],
                parameter,
                false,
            )?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        fragment: &Fragment,
        mut scope: Value,
        values: &[&str],
        parameter: &str,
        exact: bool,
    ) -> Result<(), TemplateError> {
        if let Some(form) = &fragment.only_if
            && !values.iter().all(|value| self.connector.matches(form, value))
        {
            return Ok(());
        }
        if values.is_empty() && scope.get("values").is_some() {
            return Ok(());
        }
        if let Value::Object(members) = &mut scope {
            members.insert("settings".into(), self.settings.clone());
        }
        let rendered = Overlay::render(fragment, &scope, self.literals)?;
        // A parameter whose hole has no value says that this account's settings do not allow it.
        let says_nothing = |(name, value): &(String, Option<String>)| {
            value.is_none() && fragment.query.get(name).is_some_and(Option::is_some)
        };
        if rendered.query.iter().any(says_nothing) {
            return Ok(());
        }
        if self.overlay.collides(&rendered) || self.overlay.url_length() + rendered.url_length() > URL_ROOM {
            return Ok(());
        }
        self.pushed.push(Pushed {
            parameter: parameter.to_owned(),
            vendor: rendered.vendor_form(),
            exact,
        });
        self.overlay.add(rendered);
        Ok(())
    }

    pub(super) fn order(&mut self, model: &UnifiedModel, query: &Query) -> Result<Order, TemplateError> {
        let Some(sort) = query.sort else {
            return Ok(Order::Vendor);
        };
        let name = &model.field(sort.field).name;
        let push = self.unified.sort.get(name);
        let fragment = push.and_then(|push| {
            if sort.descending {
                push.desc.as_ref()
            } else {
                push.asc.as_ref()
            }
        });
        // Several walks come one after the other, so no vendor can sort over them.
        let (Some(fragment), true) = (fragment, self.unified.walks.len() <= 1) else {
            return Ok(Order::SortedHere(sort));
        };
        let rendered = Overlay::render(fragment, &json!({ "settings": self.settings }), self.literals)?;
        if self.overlay.collides(&rendered) {
            return Ok(Order::SortedHere(sort));
        }
        self.overlay.add(rendered);
        Ok(Order::SortedByVendor(sort))
    }
}

fn one(text: &str) -> Value {
    json!({ "value": text })
}

/// Whether a vendor that ignores the case of ASCII letters finds at least what this API finds.
///
/// `İ` lower-cases to an `i` and a dot above, so that a text ending in `i` may be found inside it here and
/// nowhere else: such texts are not pushed as parts of others.
fn folds_like_ascii(test: &Test) -> bool {
    let ascii = |text: &Text| text.given.is_ascii();
    match test {
        Test::Eq(text) => ascii(text),
        Test::In(texts) => texts.iter().all(ascii),
        Test::Contains(text) | Test::StartsWith(text) => ascii(text) && !text.folded.ends_with('i'),
        _ => true,
    }
}

fn instant_text(millis: i64, format: InstantFormat) -> Option<String> {
    let time = Timestamp::from_millisecond(millis).ok()?;
    let text = match format {
        InstantFormat::IsoSeconds => time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        InstantFormat::IsoMillis => time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string(),
        InstantFormat::IsoOffset => time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
        InstantFormat::Spaced => time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        InstantFormat::UnixSeconds => millis.div_euclid(1000).to_string(),
    };
    // Years outside four digits are no date to any vendor.
    (format == InstantFormat::UnixSeconds || time.strftime("%Y").to_string().len() == 4).then_some(text)
}
