//! What a client is told whose parameter is not understood: which one, what was probably meant, and what
//! there is.

use serde_json::json;

use super::nearest::nearest;
use super::read::Reader;
use super::scalar::cut;
use super::tree::ParamTree;
use super::{Endpoint, names};
use crate::error::{ApiError, Insight};
use crate::schema::{FieldKind, Parameter, ParameterKind};

/// How many unknown parameters one message explains; the insight has them all.
const EXPLAINED: usize = 5;

impl Reader<'_> {
    /// A 400 for parameters that this call does not know or this CRM can not answer.
    pub(super) fn unknown<'t>(&self, given: impl Iterator<Item = &'t (String, ParamTree)>) -> ApiError {
        let given: Vec<&(String, ParamTree)> = given.collect();
        let reasons: Vec<String> = given
            .iter()
            .take(EXPLAINED)
            .map(|(name, tree)| self.reason(name, tree))
            .collect();
        let more = match given.len().saturating_sub(EXPLAINED) {
            0 => String::new(),
            more => format!(" and {more} more."),
        };
        let accepted: Vec<String> = self
            .accepted()
            .iter()
            .map(|(_, spelling)| spelling.clone())
            .collect();
        let message = format!(
            "{}{more} Accepted are: {}",
            reasons.join(" "),
            accepted.join(", ")
        );
        let names: Vec<String> = given.iter().map(|(name, _)| cut(name)).collect();
        ApiError::bad_request(message).with_insight(insight(&names))
    }

    /// Why one parameter is not understood, as a sentence.
    fn reason(&self, name: &str, tree: &ParamTree) -> String {
        let parameter = self
            .model
            .parameters
            .iter()
            .find(|parameter| parameter.name == name);
        let shown = match (parameter, tree) {
            (Some(parameter), _) => spelling(parameter),
            (None, _) => cut(name),
        };
        if self.endpoint == Endpoint::List && self.kind(name) == Some(FieldKind::Json) {
            return format!("{}.", self.no_kind(name));
        }
        let why = if self.endpoint == Endpoint::List && self.is_of_model(name) {
            format!("{} can not answer `{shown}`", self.given.label)
        } else {
            format!("`{shown}` is not a parameter of this call")
        };
        let accepted = self.accepted();
        // A name that the model knows is no slip.
        let near = nearest(name, accepted.iter().map(|(name, _)| *name)).filter(|_| !self.is_of_model(name));
        match near {
            Some(near) => format!("{why}; did you mean `{near}`?"),
            None => format!("{why}; leave it out."),
        }
    }

    /// Why a field of any type is not asked for.
    pub(super) fn no_kind(&self, name: &str) -> String {
        format!(
            "`{}` holds JSON of any type, so that no list can be filtered or sorted by it; its mapping can say a \
             `kind`: text, boolean or instant",
            cut(name)
        )
    }

    /// What this call takes: names, and how they are written.
    fn accepted(&self) -> Vec<(&str, String)> {
        let fields = self.filters().map(|id| self.model.field(id).name.as_str());
        let shared = names::of(self.endpoint).iter().copied();
        let plain = |name| (name, String::from(name));
        fields
            .map(plain)
            .chain(
                self.parameters()
                    .map(|parameter| (parameter.name.as_str(), spelling(parameter))),
            )
            .chain(shared.map(plain))
            .collect()
    }
}

/// How a parameter of a model is written: `search`, `object[member]`.
fn spelling(parameter: &Parameter) -> String {
    match parameter.kind {
        ParameterKind::Search => parameter.name.clone(),
        ParameterKind::Object => {
            let members = parameter.members.iter();
            let written: Vec<String> = members
                .map(|member| format!("{}[{member}]", parameter.name))
                .collect();
            written.join(", ")
        }
    }
}

/// A 400 about one parameter that is known and used in a way that is not.
pub(super) fn unsupported(parameter: &str, message: String) -> ApiError {
    ApiError::bad_request(message).with_insight(insight(&[cut(parameter)]))
}

/// The end of a sentence: "; did you mean …?" where something is near, else a full stop.
pub(super) fn did_you_mean<'k>(given: &str, known: impl Iterator<Item = &'k str>) -> String {
    match nearest(given, known) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => ".".to_owned(),
    }
}

fn insight(names: &[String]) -> Insight {
    Insight::new(
        "unsupported_query_parameters",
        "These parameters are not understood by this call for this account.",
        json!(names),
    )
}
