//! Settings in a file of Python.

use super::PackageError;
use zeroize::Zeroizing;

/// The source with a value for each of the named constants, whose lines are `NAME = …`.
pub(super) fn fill(
    source: &str,
    constants: &[(&'static str, &str)],
) -> Result<Zeroizing<String>, PackageError> {
    let literals = constants.iter().map(|(name, value)| (*name, literal(value)));
    let literals: Vec<(&str, Zeroizing<String>)> = literals.collect();
    for (name, _) in &literals {
        if source.lines().filter(|line| assigns(line, name)).count() != 1 {
            return Err(PackageError::Damaged(name));
        }
    }
    // The room is taken at once: growing would leave a copy of a key behind.
    let room = literals.iter().map(|(name, literal)| name.len() + literal.len() + 4).sum::<usize>();
    let mut filled = Zeroizing::new(String::with_capacity(source.len() + room + 1));
    for line in source.lines() {
        match literals.iter().find(|(name, _)| assigns(line, name)) {
            Some((name, literal)) => filled.extend([name, " = ", literal, "\n"]),
            None => filled.extend([line, "\n"]),
        }
    }
    Ok(filled)
}

fn assigns(line: &str, name: &str) -> bool {
    line.strip_prefix(name).is_some_and(|rest| rest.starts_with(" = "))
}

/// The text as every Python since 2.7 reads it, in one line of ASCII.
fn literal(text: &str) -> Zeroizing<String> {
    let is_plain = |c: char| c == ' ' || c.is_ascii_graphic();
    let mut literal = Zeroizing::new(String::with_capacity(text.len() * 10 + 3));
    // Python 2 knows the long escape only in this kind of literal.
    literal.push_str(if text.chars().all(is_plain) { "\"" } else { "u\"" });
    for c in text.chars() {
        match c {
            '"' | '\\' => literal.extend(['\\', c]),
            c if is_plain(c) => literal.push(c),
            c => literal.extend(format!("\\U{:08x}", u32::from(c)).chars()),
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    const SOURCE: &str = "# NAME = \"\"\nNAME = \"\"  # which\nNAMES = []\nOTHER_NAME = 1\n";

    #[test]
    fn the_value_of_one_line_is_replaced() {
        let filled = fill(SOURCE, &[("NAME", "app_1")]).unwrap();
        assert_eq!(*filled, SOURCE.replace("\nNAME = \"\"  # which", "\nNAME = \"app_1\""));
        assert_eq!(*fill(SOURCE, &[]).unwrap(), SOURCE);
    }

    #[test]
    fn what_does_not_stand_exactly_once_is_an_error() {
        for source in ["", "NAME=1\n", " NAME = 1\n", "NAME = 1\nNAME = 2\n"] {
            let filled = fill(source, &[("NAME", "x")]);
            assert!(matches!(filled, Err(PackageError::Damaged("NAME"))), "{source}");
        }
    }

    #[test]
    fn no_value_breaks_out_of_its_quotes() {
        for (text, expected) in [
            ("", r#""""#),
            ("https://mfa.example.com", r#""https://mfa.example.com""#),
            (r#"a"; import os; b = ""#, r#""a\"; import os; b = \"""#),
            (r"\", r#""\\""#),
            (r#"\""#, r#""\\\"""#),
            ("a\nb\0", r#"u"a\U0000000ab\U00000000""#),
            ("ü🦀", r#"u"\U000000fc\U0001f980""#),
        ] {
            assert_eq!(*literal(text), expected);
        }
    }

    #[test]
    fn python_reads_the_same_text() {
        let texts = ["'\"\\", "\\n", "\"\"\"", "a\r\nb\t\0", "é\u{2028}🦀{}%s$", "\\U00000041\\"];
        for text in texts {
            let filled = fill("NAME = 1\n", &[("NAME", text)]).unwrap();
            assert!(filled.is_ascii() && filled.lines().count() == 1);
            let program = format!("{}import sys\nsys.stdout.buffer.write(NAME.encode())", *filled);
            let output = Command::new("python3").args(["-c", &program]).output().unwrap();
            assert_eq!(output.stdout, text.as_bytes(), "{filled:?}");
        }
    }
}
