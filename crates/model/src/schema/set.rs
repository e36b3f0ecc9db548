//! Fields by their places.

/// A field's place in its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub u8);

/// Some of a model's fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldSet(u64);

impl FieldSet {
    /// How many fields a model may have.
    pub const CAPACITY: u8 = 64;

    /// Whether a field is among them.
    pub fn contains(self, field: FieldId) -> bool {
        self.0 & bit(field) != 0
    }

    /// Adds a field. A place that no model has is not added.
    pub fn insert(&mut self, field: FieldId) {
        self.0 |= bit(field);
    }

    /// Its fields in the order of the model.
    pub fn iter(self) -> impl Iterator<Item = FieldId> {
        (0..Self::CAPACITY)
            .map(FieldId)
            .filter(move |field| self.contains(*field))
    }
}

impl FromIterator<FieldId> for FieldSet {
    fn from_iter<I: IntoIterator<Item = FieldId>>(fields: I) -> Self {
        let mut set = Self::default();
        fields.into_iter().for_each(|field| set.insert(field));
        set
    }
}

fn bit(field: FieldId) -> u64 {
    1_u64.checked_shl(u32::from(field.0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_what_was_put_in(places in proptest::collection::btree_set(0_u8..64, 0..20), other: u8) {
            let set: FieldSet = places.iter().copied().map(FieldId).collect();
            prop_assert_eq!(set.iter().map(|field| field.0).collect::<Vec<_>>(), places.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(set.contains(FieldId(other)), places.contains(&other));
        }
    }
}
