//! How SQL Server compares texts: LIKE with classes of characters, collations that ignore case or accents too.

/// A text as a collation sees it: loose ones ignore accents and all case, others the case of ASCII letters.
pub(super) fn fold(text: &str, is_loose: bool) -> String {
    if !is_loose {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'à'..='å' => folded.push('a'),
            'ç' => folded.push('c'),
            'è'..='ë' | 'ę' | 'ễ' => folded.push('e'),
            'ì'..='ï' | 'ı' => folded.push('i'),
            'ñ' | 'ń' => folded.push('n'),
            'ò'..='ö' | 'ø' => folded.push('o'),
            'ù'..='ü' | 'ư' => folded.push('u'),
            'ý' | 'ÿ' => folded.push('y'),
            'ł' => folded.push('l'),
            'ś' | 'ş' => folded.push('s'),
            'ź' | 'ż' => folded.push('z'),
            'ğ' => folded.push('g'),
            'đ' => folded.push('d'),
            'æ' => folded.push_str("ae"),
            'ß' => folded.push_str("ss"),
            // The dot that is left of a Turkish capital.
            '\u{307}' => {}
            _ => folded.push(c),
        }
    }
    folded
}

/// LIKE: `%` for anything, `_` for one character, `[a-c]` for one of some, `[^a-c]` for one of the others. A
/// bracket that is not closed matches nothing.
pub(super) fn is_like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    matches(&text, &pattern)
}

fn matches(text: &[char], pattern: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('%', rest)) => (0..=text.len()).any(|skip| matches(&text[skip..], rest)),
        Some(('_', rest)) => !text.is_empty() && matches(&text[1..], rest),
        Some(('[', rest)) => {
            let (Some(end), Some(first)) = (rest.iter().position(|c| *c == ']'), text.first()) else {
                return false;
            };
            let (class, is_negated) = match rest[..end].split_first() {
                Some(('^', class)) => (class, true),
                _ => (&rest[..end], false),
            };
            has(class, *first) != is_negated && matches(&text[1..], &rest[end + 1..])
        }
        Some((c, rest)) => text.first() == Some(c) && matches(&text[1..], rest),
    }
}

fn has(class: &[char], wanted: char) -> bool {
    match class {
        [from, '-', to, rest @ ..] => (*from..=*to).contains(&wanted) || has(rest, wanted),
        [one, rest @ ..] => *one == wanted || has(rest, wanted),
        [] => false,
    }
}
