//! Tables that fit the terminal.

use super::style::Style;
use super::text;

/// Narrower than this no column gets.
const NARROWEST: usize = 6;

/// A column's head, and whether its values may be cut.
#[derive(Clone, Debug)]
struct Column {
    head: String,
    is_whole: bool,
}

/// How a cell is set off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Not at all.
    #[default]
    Plain,
    /// Of less weight.
    Dim,
    /// As it should be.
    Good,
    /// Passing.
    Warn,
    /// Needs somebody.
    Bad,
}

/// One cell.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// A cell that is set off.
    pub(crate) fn toned(value: &str, tone: Tone) -> Self {
        Self {
            text: text::plain(value),
            tone,
        }
    }

    /// No value.
    pub(crate) fn none() -> Self {
        Self::toned("–", Tone::Dim)
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(value: T) -> Self {
        Self::toned(value.as_ref(), Tone::Plain)
    }
}

/// A table of texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// One more column; a whole one is never cut.
    pub(crate) fn column(mut self, head: &str, is_whole: bool) -> Self {
        self.columns.push(Column {
            head: text::plain(head),
            is_whole,
        });
        self
    }

    /// One more row.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// Whether there are no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table within a width, where its whole columns leave room for that.
    pub(crate) fn render(&self, width: usize, style: Style) -> String {
        let widths = self.widths(width);
        let heads: Vec<Cell> = self
            .columns
            .iter()
            .map(|column| Cell::toned(&column.head, Tone::Plain))
            .collect();
        let mut out = String::new();
        push_line(&mut out, &heads, &widths, |text, _| style.head(text));
        for row in &self.rows {
            push_line(&mut out, row, &widths, |text, tone| style.toned(text, tone));
        }
        out
    }

    /// As wide as the content, the widest column giving way first.
    fn widths(&self, room: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = self
            .columns
            .iter()
            .map(|column| text::columns(&column.head))
            .collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(text::columns(&cell.text));
            }
        }
        let gaps = 2 * widths.len().saturating_sub(1);
        let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(room);
        while excess > 0 {
            let widest = widths
                .iter_mut()
                .zip(&self.columns)
                .filter(|(width, column)| !column.is_whole && **width > NARROWEST)
                .max_by_key(|(width, _)| **width);
            let Some((width, _)) = widest else { break };
            *width -= 1;
            excess -= 1;
        }
        widths
    }
}

fn push_line(out: &mut String, cells: &[Cell], widths: &[usize], show: impl Fn(String, Tone) -> String) {
    let mut pending = 0;
    for (cell, width) in cells.iter().zip(widths) {
        let text = text::cut(&cell.text, *width);
        let used = text::columns(&text);
        // Blanks are written before the next cell, so that none end a line.
        if used > 0 {
            out.extend(std::iter::repeat_n(' ', pending));
            out.push_str(&show(text, cell.tone));
            pending = 0;
        }
        pending += width.saturating_sub(used) + 2;
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_script() {
        let mut table = Table::default().column("name", false).column("email", false);
        table.row(vec!["李 小龍".into(), "a@example.com".into()]);
        table.row(vec!["Zoë\u{202e}\x1b[31m".into(), "b@example.com".into()]);
        table.row(vec![Cell::none(), Cell::default()]);
        assert_eq!(
            table.render(80, Style::plain()),
            "name     email\n李 小龍  a@example.com\nZoë[31m  b@example.com\n–\n"
        );
    }

    #[test]
    fn long_texts_give_way_and_ids_do_not() {
        let mut table = Table::default().column("id", true).column("name", false);
        table.row(vec!["12345678901234".into(), "x".repeat(50).into()]);
        let text = table.render(30, Style::plain());
        assert!(text.lines().all(|line| text::columns(line) <= 30));
        assert!(text.contains("12345678901234  xxxxxxxxxxxxx…"));
        let narrow = table.render(5, Style::plain());
        assert!(narrow.contains("12345678901234  xxxxx…"));
    }
}
