//! The order and the layout of an answer: `sort_by`, the format, and paths into records.

use super::names::{FORMAT, REMOTE_DATA, SORT};
use super::read::Reader;
use super::refuse::{did_you_mean, unsupported};
use super::scalar::cut;
use super::tree::ParamTree;
use super::{Endpoint, Format};
use crate::error::ApiError;
use crate::schema::{FieldId, FieldKind};
use crate::sort::Sort;

const FORMATS: &[(&str, Format)] = &[
    ("unified", Format::Unified),
    ("raw", Format::Raw),
    ("normalized", Format::Normalized),
    ("stream", Format::Stream),
];

/// The layouts that a call has. One record is not laid out as tables, nor streamed.
fn layouts(endpoint: Endpoint) -> impl Iterator<Item = &'static (&'static str, Format)> {
    let alone = endpoint == Endpoint::Get;
    FORMATS
        .iter()
        .filter(move |(_, format)| !alone || matches!(format, Format::Unified | Format::Raw))
}

/// Their names.
pub(super) fn formats(endpoint: Endpoint) -> Vec<&'static str> {
    layouts(endpoint).map(|(name, _)| *name).collect()
}

impl Reader<'_> {
    /// `sort_by=field` or `sort_by[field]=desc`.
    pub(super) fn sort(&self, tree: &ParamTree) -> Result<Sort, ApiError> {
        let one_field = || {
            ApiError::bad_request(format!(
                "`{SORT}` takes one field, as `{SORT}=field` or `{SORT}[field]=desc`"
            ))
        };
        let (name, direction) = match tree {
            ParamTree::Text(name) => (name.trim(), None),
            ParamTree::Map(members) => match members.as_slice() {
                [(name, ParamTree::Text(direction))] => (name.trim(), Some(direction.trim())),
                _ => return Err(one_field()),
            },
            ParamTree::List(_) => return Err(one_field()),
        };
        let Some((field, _)) = self.sortable().find(|(_, known)| *known == name) else {
            return Err(self.not_sortable(name));
        };
        let descending = match direction.map(str::to_ascii_lowercase).as_deref() {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(other) => {
                return Err(ApiError::bad_request(format!(
                    "`{SORT}[{name}]` must be `asc` or `desc`, not `{}`",
                    cut(other)
                )));
            }
        };
        Ok(Sort { field, descending })
    }

    fn sortable(&self) -> impl Iterator<Item = (FieldId, &str)> {
        self.model
            .fields()
            .filter(|(id, field)| field.sortable && self.given.fields.contains(*id))
            .map(|(id, field)| (id, field.name.as_str()))
    }

    fn not_sortable(&self, name: &str) -> ApiError {
        if self.kind(name) == Some(FieldKind::Json) {
            return unsupported(SORT, self.no_kind(name));
        }
        let near = self.slip(name, self.sortable().map(|(_, name)| name));
        let names: Vec<&str> = self.sortable().map(|(_, name)| name).collect();
        unsupported(
            SORT,
            format!(
                "{} can not be sorted by `{}`{near} `{SORT}` takes {}",
                self.given.label,
                cut(name),
                names.join(", ")
            ),
        )
    }

    /// The layout that is asked for.
    pub(super) fn format(&self, given: &str) -> Result<Format, ApiError> {
        let given = given.trim();
        if let Some((_, format)) = layouts(self.endpoint).find(|(name, _)| *name == given) {
            return Ok(*format);
        }
        let names = formats(self.endpoint);
        Err(ApiError::bad_request(format!(
            "`{FORMAT}` must be one of {}, not `{}`",
            names.join(", "),
            cut(given)
        )))
    }

    /// A path to the value by which records are keyed: as [`Self::field_path`], and a number picks one
    /// element of an array.
    pub(super) fn key_path(&self, parameter: &str, given: &str) -> Result<Vec<String>, ApiError> {
        let mut path = split(given);
        let number = |step: &String| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit());
        let picked = path.get(1).is_some_and(number) && self.kind(&path[0]) == Some(FieldKind::Links);
        let index = picked.then(|| path.remove(1));
        self.check_path(parameter, given, &path)?;
        if let Some(index) = index {
            path.insert(1, index);
        }
        Ok(path)
    }

    /// A dotted path that begins with a member of the answer's records. Inside the vendor's record anything
    /// goes; inside a field, only what fields of its kind have.
    pub(super) fn field_path(&self, parameter: &str, given: &str) -> Result<Vec<String>, ApiError> {
        let path = split(given);
        self.check_path(parameter, given, &path)?;
        Ok(path)
    }

    fn check_path(&self, parameter: &str, given: &str, path: &[String]) -> Result<(), ApiError> {
        let (first, rest) = path
            .split_first()
            .map_or(("", path), |(first, rest)| (first.as_str(), rest));
        let complain = |hint: String| {
            Err(ApiError::bad_request(format!(
                "`{parameter}` names `{}`, which is no field of the answer{hint}",
                cut(given.trim())
            )))
        };
        let outputs: Vec<&str> = self.outputs().collect();
        if !outputs.contains(&first) || path.iter().any(String::is_empty) {
            let others = outputs.iter().copied().filter(|known| *known != first);
            let near = self.slip(first, others);
            return complain(format!("{near} Its fields are: {}", outputs.join(", ")));
        }
        if first == REMOTE_DATA || rest.is_empty() || self.kind(first) == Some(FieldKind::Json) {
            return Ok(());
        }
        let members = self.kind(first).map_or(&[][..], FieldKind::members);
        match rest {
            _ if members.is_empty() => complain(format!(". `{first}` has nothing inside")),
            [member] if members.contains(&member.as_str()) => Ok(()),
            _ => complain(format!(". Inside `{first}` there is: {}", members.join(", "))),
        }
    }

    /// The members of the answer's records.
    fn outputs(&self) -> impl Iterator<Item = &str> {
        self.model
            .output_fields()
            .filter(|(id, _)| self.given.fields.contains(*id))
            .map(|(_, field)| field.name.as_str())
            .chain(std::iter::once(REMOTE_DATA))
    }

    /// What was probably meant; a name that the model knows is no slip.
    fn slip<'k>(&self, given: &str, known: impl Iterator<Item = &'k str>) -> String {
        if self.is_of_model(given) {
            return ".".to_owned();
        }
        did_you_mean(given, known)
    }

    pub(super) fn kind(&self, name: &str) -> Option<FieldKind> {
        self.model.field_id(name).map(|id| self.model.field(id).kind)
    }
}

fn split(path: &str) -> Vec<String> {
    path.trim().split('.').map(str::to_owned).collect()
}
