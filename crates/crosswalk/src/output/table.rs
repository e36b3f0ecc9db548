//! Tables that fit the terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A table of texts.
pub(crate) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        Self {
            head: head.iter().map(|name| (*name).to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows
            .push(cells.into_iter().map(|cell| plain(&cell)).collect());
    }

    /// The table within a width, its head dimmed where colours are welcome.
    pub(crate) fn render(&self, width: usize, colours: bool) -> String {
        let mut widths: Vec<usize> = self.head.iter().map(|cell| cell.width()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        // The widest column gives way first.
        let gaps = 2 * widths.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > width {
            let Some(widest) = widths.iter_mut().max() else {
                break;
            };
            if *widest <= 8 {
                break;
            }
            *widest -= 1;
        }
        let mut out = String::new();
        let (dim, reset) = if colours { ("\x1b[2m", "\x1b[0m") } else { ("", "") };
        out.push_str(&format!("{dim}{}{reset}\n", line(&self.head, &widths)));
        for row in &self.rows {
            out.push_str(&line(row, &widths));
            out.push('\n');
        }
        out
    }
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let parts: Vec<String> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| fit(cell, *width))
        .collect();
    parts.join("  ").trim_end().to_owned()
}

/// A text in exactly so many columns.
fn fit(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    let cut = text.width() > width;
    let room = if cut { width.saturating_sub(1) } else { width };
    for c in text.chars() {
        let columns = c.width().unwrap_or(0);
        if used + columns > room {
            break;
        }
        out.push(c);
        used += columns;
    }
    if cut {
        out.push('…');
        used += 1;
    }
    out.push_str(&" ".repeat(width.saturating_sub(used)));
    out
}

/// A text without what would move a terminal's cursor or direction.
fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| {
            !c.is_control()
                && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
        })
        .collect()
}

/// How wide the terminal is.
pub(crate) fn terminal_width() -> usize {
    std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok())
        .filter(|columns| *columns >= 40)
        .unwrap_or(
            // Most terminals are at least this wide, and longer lines only wrap.
            120,
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_script() {
        let mut table = Table::new(&["name", "email"]);
        table.row(vec!["李 小龍".into(), "a@example.com".into()]);
        table.row(vec!["Zoë\u{202e}\x1b[31m".into(), "b@example.com".into()]);
        let text = table.render(80, false);
        assert_eq!(
            text,
            "name     email\n李 小龍  a@example.com\nZoë[31m  b@example.com\n"
        );
    }

    #[test]
    fn long_texts_are_cut() {
        let mut table = Table::new(&["id", "name"]);
        table.row(vec!["1".into(), "x".repeat(50)]);
        assert!(table.render(20, false).lines().all(|line| line.width() <= 20));
    }
}
