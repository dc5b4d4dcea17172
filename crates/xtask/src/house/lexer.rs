//! Just enough of Rust's lexical grammar to tell code, comments and string literals apart.

/// A text, taken apart.
pub(crate) struct Lexed {
    /// The code with comments and the insides of literals blanked; line breaks are kept.
    pub(crate) code: String,
    /// String literals: the line of each (from 1), and what stands between the quotes.
    pub(crate) literals: Vec<(usize, String)>,
}

impl Lexed {
    /// The line (from 1) of a byte of `code`.
    pub(crate) fn line(&self, at: usize) -> usize {
        1 + self.code.bytes().take(at).filter(|&byte| byte == b'\n').count()
    }
}

/// Takes Rust source apart. Source that does not compile is cut into something; nothing panics.
pub(crate) fn lex(source: &str) -> Lexed {
    let mut rest = source;
    let mut lexed = Lexed { code: String::with_capacity(source.len()), literals: Vec::new() };
    let mut before = ' ';
    while let Some(next) = rest.chars().next() {
        let in_word = before.is_alphanumeric() || before == '_';
        let length = token(rest, in_word);
        let (token, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        match literal(token) {
            Some(inside) => {
                let line = lexed.line(lexed.code.len());
                lexed.literals.push((line, inside.to_owned()));
                blank(&mut lexed.code, token);
            }
            None if token.len() > next.len_utf8() => blank(&mut lexed.code, token),
            None => lexed.code.push(next),
        }
        before = token.chars().last().unwrap_or(' ');
        rest = after;
    }
    lexed
}

/// The length of the comment, string or character literal at the start of `rest`, else of its
/// first character.
fn token(rest: &str, in_word: bool) -> usize {
    let one = rest.chars().next().map_or(0, char::len_utf8);
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment(rest);
    }
    if rest.starts_with('"') {
        return quoted(rest, '"').unwrap_or(rest.len());
    }
    if rest.starts_with('\'') {
        return character(rest).unwrap_or(one);
    }
    if rest.starts_with('r') && !in_word {
        return raw_string(rest).unwrap_or(one);
    }
    one
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let bytes = rest.as_bytes();
    let mut pairs = bytes.windows(2).enumerate();
    while let Some((at, pair)) = pairs.next() {
        match pair {
            b"/*" => depth += 1,
            b"*/" => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at + 2;
        }
        // The second byte of a mark is not the first of another one.
        pairs.next();
    }
    rest.len()
}

fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return Some(at + c.len_utf8()),
            _ => {}
        }
    }
    None
}

/// `'a'` and `'\n'` are characters, `'a` is a lifetime.
fn character(rest: &str) -> Option<usize> {
    let mut inside = rest.chars().skip(1);
    let first = inside.next()?;
    if first == '\\' {
        return quoted(rest, '\'');
    }
    (inside.next()? == '\'').then(|| 2 + first.len_utf8())
}

fn raw_string(rest: &str) -> Option<usize> {
    let hashes: String = rest.chars().skip(1).take_while(|&c| c == '#').collect();
    let inside = rest.get(1 + hashes.len()..)?.strip_prefix('"')?;
    let end = inside.find(&format!("\"{hashes}"))?;
    Some(2 + hashes.len() + end + 1 + hashes.len())
}

/// What stands between the quotes of a string literal.
fn literal(token: &str) -> Option<&str> {
    let token = token.strip_prefix('r').unwrap_or(token).trim_matches('#');
    token.strip_prefix('"')?.strip_suffix('"')
}

fn blank(code: &mut String, token: &str) {
    code.extend(token.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_no_code() {
        let lexed =
            lex("a // b\n/* c /* d */ e */ f(\"g\\\"h\", r#\"i\"j\"#, 'k', '\\'', b\"l\");");
        let words: String = lexed.code.split_whitespace().collect();
        assert_eq!(words, "af(,,,,b);");
        let inside: Vec<_> = lexed.literals.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(inside, ["g\\\"h", "i\"j", "l"]);
    }

    #[test]
    fn lifetimes_are_code() {
        assert_eq!(
            lex("fn a<'b>(c: &'b str, d: char) {}").code,
            "fn a<'b>(c: &'b str, d: char) {}"
        );
        assert_eq!(lex("let for_r = r;").code, "let for_r = r;");
    }

    #[test]
    fn lines_survive() {
        let lexed = lex("/*\n*/ \"a\nb\"\n\"c\"");
        assert_eq!(lexed.literals, [(2, "a\nb".to_owned()), (4, "c".to_owned())]);
        assert_eq!(lexed.line(lexed.code.len()), 4);
    }

    #[test]
    fn unfinished_source_ends() {
        for source in ["\"", "'", "r#\"", "/*", "/*/", "'\\", "r", "🦀'🦀"] {
            lex(source);
        }
    }
}
