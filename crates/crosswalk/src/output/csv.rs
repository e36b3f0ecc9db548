//! Comma-separated values (RFC 4180).

/// One record.
pub(crate) fn line(cells: &[String]) -> String {
    let mut out = String::new();
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        if cell.contains(['"', ',', '\n', '\r']) {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(cell);
        }
    }
    out.push_str("\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_and_quotes_are_quoted() {
        let cells = ["a".to_owned(), "b,c".to_owned(), "d\"e".to_owned()];
        assert_eq!(line(&cells), "a,\"b,c\",\"d\"\"e\"\r\n");
    }
}
