//! Tables for people: columns as wide as their widest entry.

use authx_program::output::visible;
use std::fmt::Write as _;

/// Rows under headings.
pub(super) struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    widths: Vec<usize>,
}

impl Table {
    /// A table without rows.
    pub(super) fn new(headings: &[&'static str]) -> Self {
        Self { headings: headings.to_vec(), rows: vec![], widths: vec![] }
    }

    /// Adds a row. An empty entry is shown as a dash.
    pub(super) fn row<const N: usize>(&mut self, entries: [String; N]) {
        self.rows.push(entries.map(|entry| shown(&entry)).to_vec());
    }

    /// The text, or `nothing` where there are no rows.
    pub(super) fn text(&self, nothing: &str) -> String {
        if self.rows.is_empty() {
            return format!("{nothing}\n");
        }
        self.lines(true).0
    }

    /// The text of the rows so far, which are forgotten; the headings come with the first ones, and
    /// columns keep at least the width that they had.
    pub(super) fn part(&mut self) -> String {
        let (text, widths) = self.lines(self.widths.is_empty());
        self.rows.clear();
        self.widths = widths;
        text
    }

    fn lines(&self, with_headings: bool) -> (String, Vec<usize>) {
        let headings: Vec<String> = self.headings.iter().map(|word| (*word).to_owned()).collect();
        let lines = || with_headings.then_some(&headings).into_iter().chain(&self.rows);
        let width = |column: usize| {
            let entries = lines().filter_map(|line| line.get(column));
            let before = self.widths.get(column).copied().unwrap_or(0);
            entries.map(|entry| entry.chars().count()).max().unwrap_or(0).max(before)
        };
        let widths: Vec<usize> = (0..self.headings.len()).map(width).collect();
        let mut text = String::new();
        for line in lines() {
            let mut shown = String::new();
            for (entry, &width) in line.iter().zip(&widths) {
                // Writing to a String cannot fail.
                let _ = write!(shown, "{entry:width$}  ");
            }
            text.push_str(shown.trim_end());
            text.push('\n');
        }
        (text, widths)
    }
}

fn shown(entry: &str) -> String {
    if entry.is_empty() { "-".to_owned() } else { visible(entry) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_entry() {
        let mut table = Table::new(&["NAME", "STATE"]);
        table.row(["älice".to_owned(), String::new()]);
        table.row(["b\u{1b}[2J".to_owned(), "active".to_owned()]);
        insta::assert_snapshot!(table.text("nobody"), @r"
        NAME   STATE
        älice  -
        b�[2J  active
        ");
        assert_eq!(Table::new(&["NAME"]).text("nobody"), "nobody\n");
    }
}
