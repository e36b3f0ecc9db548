//! Texts in columns, whatever their script.

use unicode_width::UnicodeWidthStr;

/// A text on one line, without what would move a terminal's cursor, colour it or turn its direction around.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some(' '),
            '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
            c if c.is_control() => None,
            c => Some(c),
        })
        .collect()
}

/// How many columns a text takes.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// A text cut to so many columns; `…` shows where.
pub(crate) fn cut(text: &str, room: usize) -> String {
    if columns(text) <= room {
        return text.to_owned();
    }
    let mut end = 0;
    for (at, c) in text.char_indices() {
        let next = at + c.len_utf8();
        // Measured as a whole: characters join into narrower ones.
        if columns(&text[..next]) + 1 > room {
            break;
        }
        end = next;
    }
    format!("{}…", text[..end].trim_end())
}

/// A text in lines of so many columns, broken between words; a word that is longer than a line is broken too.
pub(crate) fn wrap(text: &str, room: usize) -> Vec<String> {
    let room = room.max(1);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut word = word.to_owned();
        let last = lines.last().map_or(0, |line| columns(line));
        if last > 0 && last + 1 + columns(&word) > room {
            lines.push(String::new());
        }
        while columns(&word) > room {
            let at = word
                .char_indices()
                .map(|(at, c)| at + c.len_utf8())
                .take_while(|end| columns(&word[..*end]) <= room)
                .last()
                // One character may be wider than the line.
                .unwrap_or_else(|| word.chars().next().map_or(0, char::len_utf8));
            let rest = word.split_off(at);
            if let Some(line) = lines.last_mut() {
                line.push_str(&word);
            }
            lines.push(String::new());
            word = rest;
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
    }
    lines
}

/// A size in bytes, in the unit that leaves a readable number.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if number < 1024 {
        return counted(number, "byte", "bytes");
    }
    let (mut whole, mut unit) = (number, 0);
    while whole >= 1024 * 1024 && unit + 1 < UNITS.len() {
        whole /= 1024;
        unit += 1;
    }
    let tenths = whole * 10 / 1024;
    match tenths {
        tenths if tenths < 100 => format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit]),
        tenths => format!("{} {}", count(tenths / 10), UNITS[unit]),
    }
}

/// A number with its thousands set apart.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 user`, `2 users`.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_by_columns() {
        assert_eq!(cut("Zoë", 3), "Zoë");
        assert_eq!(cut("Lindqvist", 5), "Lind…");
        assert_eq!(cut("李小龍", 5), "李小…");
        assert_eq!(cut("李小龍", 4), "李…");
    }

    #[test]
    fn texts_are_broken_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(
            wrap("one abcdefghij two", 4),
            ["one", "abcd", "efgh", "ij", "two"]
        );
        assert_eq!(wrap("李小龍", 4), ["李小", "龍"]);
        assert_eq!(wrap("李", 1), ["李", ""]);
        assert_eq!(wrap("", 9), [""]);
    }

    #[test]
    fn sizes_are_readable() {
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(64 << 20), "64 MiB");
        assert_eq!(bytes(3 << 30), "3.0 GiB");
        assert_eq!(bytes(u64::MAX), "16,777,215 TiB");
    }

    #[test]
    fn nothing_moves_the_cursor() {
        assert_eq!(plain("a\x1b[31m\u{202e}b\u{9b}c\nd"), "a[31mbc d");
    }

    #[test]
    fn numbers_are_readable() {
        assert_eq!(count(0), "0");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "user", "users"), "1 user");
    }
}
