//! Values that remember where in the file they stand.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

/// A value with its line and column (both from 1; 0 where the format could not tell).
#[derive(Clone)]
pub struct Located<T> {
    value: T,
    line: u64,
    column: u64,
}

impl<T> Located<T> {
    /// The line on which the value starts, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The column at which the value starts, from 1.
    pub fn column(&self) -> u64 {
        self.column
    }

    /// A value that stands in no file.
    pub(crate) fn of(value: T) -> Self {
        Self {
            value,
            line: 0,
            column: 0,
        }
    }

    /// The value itself.
    pub fn get(&self) -> &T {
        &self.value
    }
}

impl<T> Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Located<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Located<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = serde_saphyr::Spanned::<T>::deserialize(deserializer)?;
        Ok(Self {
            value: spanned.value,
            line: spanned.referenced.line(),
            column: spanned.referenced.column(),
        })
    }
}

impl<T: JsonSchema> JsonSchema for Located<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}
