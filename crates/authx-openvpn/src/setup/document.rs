//! A configuration file of OpenVPN, line by line: what each line sets, and each line as it is.

/// A configuration file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Document {
    /// Its lines; put together they are the file again.
    pub lines: Vec<Line>,
}

/// One line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// All of it, with its ending.
    pub raw: String,
    /// What it sets, if anything.
    pub directive: Option<Directive>,
    /// Whether it belongs to a block such as `<ca>`, after the line that opens it.
    pub in_block: bool,
}

/// One setting: a name and its arguments.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Directive {
    /// The name first, without the dashes that OpenVPN allows before it.
    pub words: Vec<String>,
    /// Whether what follows the name is written in the file itself, as in `<ca>`.
    pub inline: bool,
}

/// Why OpenVPN would not read a configuration.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DocumentError {
    /// A backslash in front of something it cannot stand in front of.
    #[error("line {line}: a backslash may stand before a space, a quote or a backslash only")]
    Backslash {
        /// Counted from one.
        line: usize,
    },
    /// A block without its end.
    #[error("line {line}: <{name}> is never closed by </{name}>")]
    OpenBlock {
        /// Counted from one.
        line: usize,
        /// The block's name.
        name: String,
    },
    /// A quote without its end.
    #[error("line {line}: a quote is never closed")]
    OpenQuote {
        /// Counted from one.
        line: usize,
    },
}

impl Document {
    /// Reads a configuration as OpenVPN does (openvpn: `src/openvpn/options.c`, `parse_line` and
    /// `read_config_file`).
    ///
    /// # Errors
    ///
    /// When OpenVPN would not start with it.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        let mut lines = Vec::new();
        let mut open: Option<(usize, String)> = None;
        for (at, raw) in text.split_inclusive('\n').enumerate() {
            let (line, raw) = (at + 1, raw.to_owned());
            if let Some((_, name)) = &open {
                if raw.trim_start_matches(is_space).starts_with(&format!("</{name}>")) {
                    open = None;
                }
                lines.push(Line { raw, directive: None, in_block: true });
                continue;
            }
            let content = if at == 0 { raw.trim_start_matches('\u{feff}') } else { &raw };
            let mut directive = directive(words(content).map_err(|fault| fault.at(line))?);
            if let Some(name) = directive.as_ref().and_then(opened_block) {
                directive = Some(Directive { words: vec![name.clone()], inline: true });
                open = Some((line, name));
            }
            lines.push(Line { raw, directive, in_block: false });
        }
        match open {
            Some((line, name)) => Err(DocumentError::OpenBlock { line, name }),
            None => Ok(Self { lines }),
        }
    }

    /// What is set, each with the number of its line, counted from one.
    pub fn directives(&self) -> impl Iterator<Item = (usize, &Directive)> {
        let numbered = self.lines.iter().enumerate();
        numbered.filter_map(|(at, line)| Some((at + 1, line.directive.as_ref()?)))
    }

    /// How its lines end: as its first one does.
    pub fn ending(&self) -> &'static str {
        match self.lines.first() {
            Some(line) if line.raw.ends_with("\r\n") => "\r\n",
            _ => "\n",
        }
    }
}

/// The words of one line: quotes taken off, comments left out.
///
/// # Errors
///
/// As [`Document::parse`], as if it were line 0.
pub(super) fn split(line: &str) -> Result<Vec<String>, DocumentError> {
    words(line).map_err(|fault| fault.at(0))
}

/// One word as OpenVPN reads it back.
pub(super) fn quoted(word: &str) -> String {
    let special = |c: char| is_space(c) || matches!(c, '"' | '\'' | '\\' | '#' | ';');
    if !word.is_empty() && !word.contains(special) {
        return word.to_owned();
    }
    format!("\"{}\"", word.replace('\\', r"\\").replace('"', "\\\""))
}

fn directive(mut words: Vec<String>) -> Option<Directive> {
    let name = words.first_mut()?;
    if name.len() >= 3
        && let Some(bare) = name.strip_prefix("--")
    {
        *name = bare.to_owned();
    }
    Some(Directive { words, inline: false })
}

fn opened_block(directive: &Directive) -> Option<String> {
    let [only] = directive.words.as_slice() else { return None };
    Some(only.strip_prefix('<')?.strip_suffix('>')?.to_owned())
}

#[derive(Clone, Copy)]
enum Fault {
    Backslash,
    OpenQuote,
}

impl Fault {
    fn at(self, line: usize) -> DocumentError {
        match self {
            Self::Backslash => DocumentError::Backslash { line },
            Self::OpenQuote => DocumentError::OpenQuote { line },
        }
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Reading {
    Between,
    Bare,
    Quoted(char),
}

fn words(line: &str) -> Result<Vec<String>, Fault> {
    // C sees no further than the first NUL.
    let line = line.split('\0').next().unwrap_or_default();
    let (mut found, mut word, mut reading) = (Vec::new(), String::new(), Reading::Between);
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        if letter == '\\' && reading != Reading::Quoted('\'') {
            // Even between two words a backslash makes the next letter a plain one.
            match letters.next() {
                Some(next) if is_space(next) && reading == Reading::Between => {}
                // A comment all the same.
                Some('#' | ';') if reading == Reading::Between => break,
                Some(next) if is_space(next) || matches!(next, '\\' | '"') => {
                    word.push(next);
                    if reading == Reading::Between {
                        reading = Reading::Bare;
                    }
                }
                None if reading == Reading::Between => {}
                Some(_) | None => return Err(Fault::Backslash),
            }
            continue;
        }
        match reading {
            Reading::Between if is_space(letter) => {}
            Reading::Between if matches!(letter, '#' | ';') => break,
            Reading::Between if matches!(letter, '"' | '\'') => reading = Reading::Quoted(letter),
            Reading::Between => {
                word.push(letter);
                reading = Reading::Bare;
            }
            Reading::Bare if is_space(letter) => {
                found.push(std::mem::take(&mut word));
                reading = Reading::Between;
            }
            Reading::Quoted(quote) if letter == quote => {
                found.push(std::mem::take(&mut word));
                reading = Reading::Between;
            }
            Reading::Bare | Reading::Quoted(_) => word.push(letter),
        }
    }
    match reading {
        Reading::Between => {}
        Reading::Bare => found.push(word),
        Reading::Quoted(_) => return Err(Fault::OpenQuote),
    }
    Ok(found)
}

/// What C's `isspace` calls so in OpenVPN's locale.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(line: &str) -> Vec<String> {
        split(line).unwrap()
    }

    #[test]
    fn words_are_read_as_openvpn_reads_them() {
        assert_eq!(read("  port 1194 # why\n"), ["port", "1194"]);
        assert_eq!(read(";local 10.0.0.1"), [""; 0]);
        assert_eq!(
            read(r#"push "route 10.0.0.0 255.0.0.0""#),
            ["push", "route 10.0.0.0 255.0.0.0"]
        );
        assert_eq!(read(r#"a 'b "c" \d' "e\"f\\g" """#), ["a", r#"b "c" \d"#, r#"e"f\g"#, ""]);
        assert_eq!(read("key a#b;c"), ["key", "a#b;c"], "comments begin between words only");
        assert_eq!(read(r"path a\ b"), ["path", "a b"]);
        assert_eq!(read("\"a\"b"), ["a", "b"]);
        assert_eq!(read("verb 3\r\n"), ["verb", "3"]);
    }

    #[test]
    fn what_openvpn_refuses_is_refused() {
        assert_eq!(split("a \"b"), Err(DocumentError::OpenQuote { line: 0 }));
        assert_eq!(split(r"a C:\dir"), Err(DocumentError::Backslash { line: 0 }));
        let open = Document::parse("port 1\n<ca>\nx\n");
        assert_eq!(open, Err(DocumentError::OpenBlock { line: 2, name: "ca".into() }));
    }

    #[test]
    fn what_stands_in_a_block_sets_nothing() {
        let text = "\u{feff}--port 1\n <ca>\nplugin x.so\n  </ca>\nverb 3";
        let document = Document::parse(text).unwrap();
        let names: Vec<_> =
            document.directives().map(|(line, d)| (line, d.words.join(" "), d.inline)).collect();
        let expected = [(1, "port 1", false), (2, "ca", true), (5, "verb 3", false)];
        assert_eq!(names, expected.map(|(line, words, inline)| (line, words.to_owned(), inline)));
    }

    proptest! {
        #[test]
        fn no_text_is_changed_by_reading(text in "(?s)([a-z<>/#;\"'\\\\ \n]|\r\n){0,60}") {
            if let Ok(document) = Document::parse(&text) {
                let again: String = document.lines.iter().map(|line| line.raw.as_str()).collect();
                prop_assert_eq!(again, text);
            }
        }

        #[test]
        fn a_quoted_word_is_read_back(word in "[a-z /\\\\\"'#;]{0,20}") {
            prop_assert_eq!(read(&format!("x {}", quoted(&word))), ["x".to_owned(), word]);
        }
    }
}
