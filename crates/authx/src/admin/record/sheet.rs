//! Cells of a file that somebody opens in a spreadsheet.

use std::borrow::Cow;

/// What goes into a cell of a CSV file: a text that a spreadsheet would take for a formula gets an
/// apostrophe before it, which shows that it is text. Names come from strangers.
pub fn cell(text: &str) -> Cow<'_, str> {
    // Spreadsheets pass over what is blank, and know the wide forms too.
    let first = text.trim_start().chars().next();
    let formula = first.is_some_and(|c| "=+-@|%\u{ff1d}\u{ff0b}\u{ff0d}\u{ff20}".contains(c));
    if formula || text.starts_with(['\t', '\r', '\n']) {
        return Cow::Owned(format!("'{text}"));
    }
    Cow::Borrowed(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_text_stays() {
        for hostile in
            ["=1+1", "+49", "-1", "@SUM(A1)", "\t=1", "\r=1", " =cmd|'/C calc'!A0", "＝1"]
        {
            assert_eq!(cell(hostile), format!("'{hostile}"));
        }
        for plain in ["alice", "", "a=b", "CORP\\alice", "2001:db8::1", "ä", "'x"] {
            assert_eq!(cell(plain), plain);
        }
    }
}
