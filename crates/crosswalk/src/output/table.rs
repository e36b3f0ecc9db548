//! Tables that fit the terminal.

use super::style::Style;
use super::text;

/// Narrower than this no column gets.
const NARROWEST: usize = 6;
/// Narrower than this a column is not worth its place while others can be left out.
const WORTH: usize = 12;

/// What becomes of a column where there is little room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It stays, and its values are never cut: people copy them.
    Whole,
    /// It stays, and its values are cut.
    Kept,
    /// Its values are cut, and it is left out where that would not help; the last one first.
    May,
}

/// A column's head, and what becomes of it.
#[derive(Clone, Debug)]
struct Column {
    head: String,
    fit: Fit,
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
    /// What does where the text has no room.
    short: Option<String>,
    tone: Tone,
}

impl Cell {
    /// A cell that is set off.
    pub(crate) fn toned(value: &str, tone: Tone) -> Self {
        Self {
            text: text::plain(value),
            short: None,
            tone,
        }
    }

    /// A cell with a text for narrow columns.
    pub(crate) fn or_short(value: &str, short: &str) -> Self {
        Self {
            short: Some(text::plain(short)),
            ..Self::from(value)
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
    /// One more column.
    pub(crate) fn column(mut self, head: &str, fit: Fit) -> Self {
        self.columns.push(Column {
            head: text::plain(head),
            fit,
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

    /// The heads of columns with something in them that a width leaves no room for.
    pub(crate) fn left_out(&self, width: usize) -> Vec<&str> {
        let widths = self.widths(width);
        let lost = (0..widths.len()).filter(|at| widths[*at].is_none() && !self.says_nothing(*at));
        lost.map(|at| self.columns[at].head.as_str()).collect()
    }

    fn says_nothing(&self, at: usize) -> bool {
        let empty = |cell: &Cell| cell.text.is_empty() || cell.tone == Tone::Dim && cell.text == "–";
        self.rows.iter().all(|row| row.get(at).is_none_or(empty))
    }

    /// As wide as the content, the widest column giving way first; `None` for columns that are left out.
    fn widths(&self, room: usize) -> Vec<Option<usize>> {
        let cells = |at: usize| self.rows.iter().filter_map(move |row| row.get(at));
        let natural = |at: usize| {
            let head = text::columns(&self.columns[at].head);
            let widest = cells(at).map(|cell| text::columns(&cell.text)).max();
            head.max(widest.unwrap_or_default())
        };
        let is_shortened = |at: usize| cells(at).any(|cell| cell.short.is_some());
        let least = |at: usize| {
            let head = text::columns(&self.columns[at].head).min(WORTH);
            let shorts = cells(at).map(|cell| text::columns(cell.short.as_ref().unwrap_or(&cell.text)));
            match self.columns[at].fit {
                Fit::Whole => natural(at),
                _ if is_shortened(at) => head.max(shorts.max().unwrap_or_default()),
                _ => natural(at).min(WORTH),
            }
        };
        let mut widths: Vec<Option<usize>> = (0..self.columns.len()).map(|at| Some(natural(at))).collect();
        let gaps = |widths: &[Option<usize>]| 2 * widths.iter().flatten().count().saturating_sub(1);
        // Columns that say nothing go first, and others only where cutting would leave nothing readable.
        for only_empty in [true, false] {
            for at in (1..widths.len()).rev() {
                let present = (0..widths.len()).filter(|at| widths[*at].is_some());
                let needed: usize = present
                    .map(|at| if only_empty { natural(at) } else { least(at) })
                    .sum();
                if needed + gaps(&widths) <= room {
                    break;
                }
                if self.columns[at].fit == Fit::May && (!only_empty || self.says_nothing(at)) {
                    widths[at] = None;
                }
            }
        }
        let used: usize = widths.iter().flatten().sum();
        let mut excess = (used + gaps(&widths)).saturating_sub(room);
        for floor in [None, Some(NARROWEST)] {
            while excess > 0 {
                let may_shrink = |at: &usize| {
                    let floor = floor.unwrap_or_else(|| least(*at));
                    self.columns[*at].fit != Fit::Whole && widths[*at].is_some_and(|width| width > floor)
                };
                let widest = (0..widths.len()).filter(may_shrink).max_by_key(|at| widths[*at]);
                let Some((at, width)) = widest.and_then(|at| Some((at, widths[at]?))) else {
                    break;
                };
                // Texts with a short form have that or all of themselves.
                let narrower = if is_shortened(at) && width > least(at) {
                    least(at)
                } else {
                    width - 1
                };
                widths[at] = Some(narrower);
                excess = excess.saturating_sub(width - narrower);
            }
        }
        widths
    }
}

fn push_line(
    out: &mut String,
    cells: &[Cell],
    widths: &[Option<usize>],
    show: impl Fn(String, Tone) -> String,
) {
    let mut pending = 0;
    for (cell, width) in cells.iter().zip(widths) {
        let Some(width) = *width else { continue };
        let text = match &cell.short {
            Some(short) if text::columns(&cell.text) > width => text::cut(short, width),
            _ => text::cut(&cell.text, width),
        };
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
        let mut table = Table::default()
            .column("name", Fit::Kept)
            .column("email", Fit::May);
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
        let mut table = Table::default()
            .column("id", Fit::Whole)
            .column("name", Fit::Kept);
        table.row(vec!["12345678901234".into(), "x".repeat(50).into()]);
        let text = table.render(30, Style::plain());
        assert!(text.lines().all(|line| text::columns(line) <= 30));
        assert!(text.contains("12345678901234  xxxxxxxxxxxxx…"));
        let narrow = table.render(5, Style::plain());
        assert!(narrow.contains("12345678901234  xxxxx…"));
    }

    #[test]
    fn columns_are_left_out_before_all_are_unreadable() {
        let mut table = Table::default()
            .column("id", Fit::Whole)
            .column("last_error", Fit::May)
            .column("at", Fit::May)
            .column("state", Fit::Kept)
            .column("remark", Fit::May);
        for number in 0..3 {
            table.row(vec![
                format!("1234567890{number}").into(),
                Cell::none(),
                Cell::or_short("2030-01-31 12:00", "2030-01-31"),
                "active".into(),
                "a long remark about it".into(),
            ]);
        }
        // All of it; without what says nothing; with the day alone; without the remark.
        assert!(table.render(80, Style::plain()).contains("–"));
        let text = table.render(62, Style::plain());
        assert!(
            text.contains("2030-01-31 12:00  active  a long remark about it"),
            "{text}"
        );
        let text = table.render(48, Style::plain());
        assert!(text.contains("2030-01-31  active  a long re"), "{text}");
        assert_eq!(table.left_out(48), Vec::<&str>::new());
        let text = table.render(36, Style::plain());
        assert!(text.contains("12345678900  2030-01-31  active\n"), "{text}");
        assert_eq!(table.left_out(36), ["remark"]);
        for width in 20..90 {
            let text = table.render(width, Style::plain());
            assert!(
                text.lines().all(|line| text::columns(line) <= width),
                "{width}\n{text}"
            );
        }
    }
}
