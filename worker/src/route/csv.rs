//! Comma-separated values as RFC 4180 has them: quotes, doubled quotes, line breaks inside quotes.

/// One record after another of `text`. Empty lines are skipped.
#[derive(Clone)]
pub(super) struct Records<'a> {
    rest: &'a str,
    /// A record has at most so many cells; what is beyond is left out, but for one cell that tells so.
    cells: usize,
}

impl<'a> Records<'a> {
    pub(super) fn new(text: &'a str, cells: usize) -> Records<'a> {
        Records { rest: text.strip_prefix('\u{feff}').unwrap_or(text), cells }
    }
}

impl Iterator for Records<'_> {
    /// The cells of a record; none when a quote is never closed.
    type Item = Option<Vec<String>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.rest = self.rest.trim_start_matches(['\r', '\n']);
        if self.rest.is_empty() {
            return None;
        }
        let mut record = vec![String::new()];
        let mut quoted = false;
        let mut chars = self.rest.char_indices().peekable();
        let mut end = self.rest.len();
        while let Some((at, c)) = chars.next() {
            let full = record.len() > self.cells;
            let Some(cell) = record.last_mut() else { break };
            match c {
                '"' if quoted && chars.next_if(|(_, next)| *next == '"').is_some() => cell.push('"'),
                '"' if quoted || cell.is_empty() => quoted = !quoted,
                // A cell costs many times the comma that asks for it.
                ',' if !quoted && full => {}
                ',' if !quoted => record.push(String::new()),
                '\r' | '\n' if !quoted => {
                    end = at;
                    break;
                }
                c => cell.push(c),
            }
        }
        self.rest = self.rest.get(end..).unwrap_or("");
        Some((!quoted).then_some(record))
    }
}

#[cfg(test)]
mod tests {
    use super::Records;

    #[test]
    fn reads_records() {
        let text = "\u{feff}a,b\r\n1,\"x, \"\"y\"\"\nz\"\n\n,\n\"\",q\"r";
        let records: Vec<_> = Records::new(text, 9).map(Option::unwrap).collect();
        assert_eq!(records, [vec!["a", "b"], vec!["1", "x, \"y\"\nz"], vec!["", ""], vec!["", "q\"r"]]);
        assert_eq!(Records::new("a,\"b", 9).collect::<Vec<_>>(), [None]);
        let cells = |text: &str| Records::new(text, 3).map(|record| record.unwrap().len()).collect::<Vec<_>>();
        assert_eq!(cells("a,b,c\na,b,c,d\n,,,,,,,,\na"), [3, 4, 4, 1]);
    }
}
