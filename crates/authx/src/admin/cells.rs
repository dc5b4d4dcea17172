//! The cells of CSV files that people open in spreadsheets.

/// A text as a cell that no spreadsheet takes for a formula: one that begins with `=`, `+`, `-`,
/// `@`, one of these as wide as a Chinese character, a tab or a line's end gets an apostrophe before it (OWASP, CSV injection), and so does one
/// that looks as if it had got one already. [`plain`] takes it away again.
pub fn neutral(text: &str) -> String {
    if is_formula(text) { format!("'{text}") } else { text.to_owned() }
}

/// The text of a cell that [`neutral`] made, or a person typed.
pub fn plain(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        Some(_) | None => cell,
    }
}

fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(STARTS)
}

/// Several texts in one cell, divided by `;`. One that has a `;` or `"` stands in quotation marks.
pub fn join<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut cell = String::new();
    for text in texts {
        if !cell.is_empty() {
            cell.push(';');
        }
        if text.contains([';', '"']) || text.trim() != text || text.is_empty() {
            cell.push('"');
            cell.push_str(&text.replace('"', "\"\""));
            cell.push('"');
        } else {
            cell.push_str(text);
        }
    }
    cell
}

/// The texts of such a cell; empty ones are left out.
pub fn split(cell: &str) -> Vec<String> {
    let mut texts = vec![];
    let mut text = String::new();
    let (mut quoted, mut chars) = (false, cell.chars().peekable());
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                text.push('"');
            }
            '"' if quoted || text.trim().is_empty() => quoted = !quoted,
            ';' if !quoted => texts.push(std::mem::take(&mut text)),
            c => text.push(c),
        }
    }
    texts.push(text);
    texts.retain(|text| !text.trim().is_empty());
    texts.iter().map(|text| text.trim().to_owned()).collect()
}

/// Spreadsheets set to Chinese, Japanese or Korean read the wide forms as the narrow ones.
const STARTS: [char; 11] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n'];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("@sum", "'@sum"),
            ("-2", "'-2"),
            ("\tx", "'\tx"),
            ("＝1+1", "'＝1+1"),
            ("＋1", "'＋1"),
            ("－1", "'－1"),
            ("＠sum", "'＠sum"),
            ("１", "１"),
            ("'=x", "''=x"),
            ("O'Brien", "O'Brien"),
            ("'quoted'", "'quoted'"),
            ("", ""),
        ] {
            assert_eq!(neutral(text), cell);
            assert_eq!(plain(cell), text);
        }
        assert_eq!(split(r#" a ; ;"b;c";d""#), ["a", "b;c", "d\""]);
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in "['=+@＝－\\-a-c\t ]{0,6}") {
            let cell = neutral(&text);
            prop_assert_eq!(plain(&cell), text);
            prop_assert!(!cell.starts_with(STARTS));
        }

        #[test]
        fn every_list_comes_back(texts in proptest::collection::vec("[a-c;\"]{1,5}", 0..5)) {
            let cell = join(texts.iter().map(String::as_str));
            prop_assert_eq!(split(&cell), texts);
        }
    }
}
