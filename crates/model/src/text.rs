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
            return text.eq_ignore_ascii_case(&self.folded);
        }
        match lower_case(text) {
            Some(letters) => letters.eq(self.folded.chars()),
            None => text.to_lowercase() == self.folded,
        }
    }

    /// Whether `text` contains this one.
    pub fn is_in(&self, text: &str) -> bool {
        if !text.is_ascii() {
            return text.to_lowercase().contains(&self.folded);
        }
        let (text, part) = (text.as_bytes(), self.folded.as_bytes());
        part.is_empty()
            || text
                .windows(part.len())
                .any(|window| window.eq_ignore_ascii_case(part))
    }

    /// Whether `text` starts with this one.
    pub fn starts(&self, text: &str) -> bool {
        if text.is_ascii() {
            let (text, part) = (text.as_bytes(), self.folded.as_bytes());
            return text
                .get(..part.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(part));
        }
        match lower_case(text) {
            Some(mut letters) => self.folded.chars().all(|letter| letters.next() == Some(letter)),
            None => text.to_lowercase().starts_with(&self.folded),
        }
    }
}

/// The letters of [`str::to_lowercase`], without building it. Its one rule that looks around is that of the
/// final sigma, so texts with a capital sigma have none.
fn lower_case(text: &str) -> Option<impl Iterator<Item = char>> {
    (!text.contains('Σ')).then(|| text.chars().flat_map(char::to_lowercase))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof!["[a-cA-C ]{0,6}", "[aİiıßẞſsKkÅåΣσςǅ\u{307}]{0,5}", "(?s).{0,8}"]
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

        #[test]
        fn case_makes_no_difference(record in texts(), from in 0_usize..8, length in 0_usize..8) {
            let letters: Vec<char> = record.chars().collect();
            let part: String = letters.iter().skip(from).take(length).collect();
            prop_assert!(Text::new(&record.to_lowercase()).equals(record.trim()) || record.contains('Σ'));
            prop_assert!(Text::new(&part).is_in(&record) || record.contains('Σ'));
        }
    }

    #[test]
    fn letters_that_fold_in_ways_of_their_own() {
        assert!(Text::new("ὈΔΥΣΣΕΎΣ").equals("Ὀδυσσεύς"));
        assert!(Text::new("k").equals("\u{212a}"), "the Kelvin sign");
        assert!(Text::new("i").starts("İnan"));
        assert!(
            !Text::new("strasse").equals("Straße"),
            "lower-casing is no folding"
        );
    }
}
