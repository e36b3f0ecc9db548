//! Text compared without regard to case.

/// A text of a query: trimmed, and its full Unicode lower-casing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// As given, trimmed.
    pub given: String,
    /// In lower case.
    pub folded: String,
}

impl Text {
    /// A text to compare with.
    pub fn new(given: &str) -> Self {
        let given = given.trim();
        Self {
            given: given.to_owned(),
            folded: given.to_lowercase(),
        }
    }

    /// Whether `text` is this one.
    pub fn equals(&self, text: &str) -> bool {
        if text.is_ascii() {
            text.eq_ignore_ascii_case(&self.folded)
        } else {
            text.to_lowercase() == self.folded
        }
    }

    /// Whether `text` contains this one.
    pub fn is_in(&self, text: &str) -> bool {
        if text.is_ascii() {
            let (text, part) = (text.as_bytes(), self.folded.as_bytes());
            part.is_empty()
                || text
                    .windows(part.len())
                    .any(|window| window.eq_ignore_ascii_case(part))
        } else {
            text.to_lowercase().contains(&self.folded)
        }
    }

    /// Whether `text` starts with this one.
    pub fn starts(&self, text: &str) -> bool {
        if text.is_ascii() {
            let (text, part) = (text.as_bytes(), self.folded.as_bytes());
            text.get(..part.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(part))
        } else {
            text.to_lowercase().starts_with(&self.folded)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof!["[a-cA-C ]{0,6}", "[aİiıßẞſsKkÅå]{0,5}", ".{0,8}"]
    }

    proptest! {
        #[test]
        fn comparing_is_comparing_lower_cased(record in texts(), given in texts()) {
            let text = Text::new(&given);
            let (record_folded, given_folded) = (record.to_lowercase(), given.trim().to_lowercase());
            prop_assert_eq!(text.equals(&record), record_folded == given_folded);
            prop_assert_eq!(text.is_in(&record), record_folded.contains(&given_folded));
            prop_assert_eq!(text.starts(&record), record_folded.starts_with(&given_folded));
        }
    }
}
