//! The known name that somebody probably meant.

/// The nearest of `known` to `given`, if any is near: a third of its letters may differ.
pub(super) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let letters = given.chars().count();
    // What is this long is no slip, and would only cost time.
    if letters > 64 {
        return None;
    }
    let most = (letters / 3).clamp(1, 4);
    known
        .map(|name| (distance(given, name), name))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, name)| name)
}

/// The fewest insertions, deletions, replacements and swaps of neighbours that make one text of the other;
/// the case of ASCII letters does not count.
fn distance(a: &str, b: &str) -> usize {
    let lower = |text: &str| text.chars().map(|letter| letter.to_ascii_lowercase()).collect();
    let (a, b): (Vec<char>, Vec<char>) = (lower(a), lower(b));
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut next = vec![i + 1];
        for j in 0..b.len() {
            let replaced = row[j] + usize::from(a[i] != b[j]);
            let mut best = replaced.min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                best = best.min(before[j - 1] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_understood_and_strangers_are_not() {
        let known = ["email", "created_at", "is_active"];
        assert_eq!(nearest("e_mail", known.into_iter()), Some("email"));
        assert_eq!(nearest("emial", known.into_iter()), Some("email"));
        assert_eq!(nearest("createdAt", known.into_iter()), Some("created_at"));
        assert_eq!(nearest("isActive", known.into_iter()), Some("is_active"));
        assert_eq!(nearest("phone", known.into_iter()), None);
        assert_eq!(nearest("", known.into_iter()), None);
        assert_eq!(nearest(&"x".repeat(60_000), known.into_iter()), None);
    }

    #[test]
    fn the_fewest_changes() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("ab", "BA"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
