//! How changes stand in the file, so that they can be taken back line by line: a line that is out
//! of force keeps its place behind a mark, all new ones stand in one block at the end.

use super::document::Document;
use aws_lc_rs::digest;
use std::fmt::Write;

/// Writes changes into a configuration that has none yet.
pub(super) fn mark(document: &Document, silenced: &[usize], added: &[String]) -> String {
    if silenced.is_empty() && added.is_empty() {
        return document.lines.iter().map(|line| line.raw.as_str()).collect();
    }
    let (mut text, mut originals) = (String::new(), Vec::new());
    for (at, line) in document.lines.iter().enumerate() {
        if silenced.contains(&(at + 1)) {
            text.push_str(SILENCED);
            originals.push(content(&line.raw));
        }
        text.push_str(&line.raw);
    }
    let end = document.ending();
    let joined = !text.is_empty() && !text.ends_with('\n');
    let sum = sum(added.iter().map(String::as_str), originals);
    let joined_word = if joined { JOINED } else { "" };
    if joined {
        text.push_str(end);
    }
    let opening = format!("{OPENING}{sum}{OPENING_TAIL}{joined_word}");
    for line in ["", &opening].into_iter().chain(added.iter().map(String::as_str)).chain([CLOSING])
    {
        text.push_str(line);
        text.push_str(end);
    }
    text
}

/// Why changes cannot be taken back by themselves.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UnmarkError {
    /// Somebody changed what was written.
    #[error(
        "line {line}: the AuthX block, or a line behind `{SILENCED}`, was changed by hand since it was \
         written. Take the block out and the marks off yourself, or put a backup back"
    )]
    Edited {
        /// Where the block begins, counted from one.
        line: usize,
    },
    /// A mark without its block, or a block without its end.
    #[error(
        "line {line}: half of what `authx-openvpn setup` wrote is missing. Take the rest out \
         yourself, or put a backup back"
    )]
    Half {
        /// Counted from one.
        line: usize,
    },
}

/// Takes the changes of [`mark`] back. `None` when there are none.
///
/// # Errors
///
/// When what was written is not there as it was written; what else was changed does not matter.
pub fn unmark(document: &Document) -> Result<Option<String>, UnmarkError> {
    let plain = |at: usize| document.lines.get(at).filter(|line| !line.in_block);
    let find = |wanted: &dyn Fn(&str) -> bool| -> Vec<usize> {
        let all = 0..document.lines.len();
        all.filter(|&at| plain(at).is_some_and(|line| wanted(&line.raw))).collect()
    };
    let openings = find(&|raw| raw.starts_with(OPENING));
    let closings = find(&|raw| content(raw) == CLOSING);
    let silenced = find(&|raw| raw.starts_with(SILENCED));
    let (opening, closing) = match (openings.as_slice(), closings.as_slice()) {
        ([], []) if silenced.is_empty() => return Ok(None),
        (&[opening], &[closing]) if opening < closing => (opening, closing),
        (marks, others) => {
            let first = marks.iter().chain(others).chain(&silenced).min().copied();
            return Err(UnmarkError::Half { line: first.unwrap_or(0) + 1 });
        }
    };
    let raw = |at: usize| document.lines.get(at).map_or("", |line| line.raw.as_str());
    let added = (opening + 1..closing).map(|at| content(raw(at)));
    let originals = silenced.iter().filter_map(|&at| raw(at).strip_prefix(SILENCED)).map(content);
    let expected = format!("{OPENING}{}{OPENING_TAIL}", sum(added, originals));
    let joined = match content(raw(opening)).strip_prefix(&expected) {
        Some("") => false,
        Some(JOINED) => true,
        _ => return Err(UnmarkError::Edited { line: opening + 1 }),
    };
    let mut text: String = (0..opening).map(|at| bare(document, at)).collect();
    // The empty line in front is ours.
    if opening > 0 && content(raw(opening - 1)).is_empty() {
        text.truncate(text.len() - raw(opening - 1).len());
    }
    let rest: String = (closing + 1..document.lines.len()).map(|at| bare(document, at)).collect();
    if joined && rest.is_empty() {
        // No more than was written: the line before may have ended with a lone carriage return.
        let end = raw(opening).strip_prefix(content(raw(opening))).unwrap_or_default();
        text.truncate(text.strip_suffix(end).unwrap_or_else(|| content(&text)).len());
    }
    Ok(Some(text + &rest))
}

fn bare(document: &Document, at: usize) -> &str {
    let Some(line) = document.lines.get(at) else { return "" };
    if line.in_block { &line.raw } else { line.raw.strip_prefix(SILENCED).unwrap_or(&line.raw) }
}

/// A line without its ending.
fn content(raw: &str) -> &str {
    let bare = raw.strip_suffix('\n').unwrap_or(raw);
    bare.strip_suffix('\r').unwrap_or(bare)
}

fn sum<'a>(
    added: impl IntoIterator<Item = &'a str>,
    originals: impl IntoIterator<Item = &'a str>,
) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for (sign, line) in added
        .into_iter()
        .map(|line| ("+", line))
        .chain(originals.into_iter().map(|line| ("-", line)))
    {
        context.update(sign.as_bytes());
        context.update(line.as_bytes());
        context.update(b"\n");
    }
    context.finish().as_ref().iter().take(4).fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Before a line that is out of force.
pub(super) const SILENCED: &str = "#authx# ";
const OPENING: &str = "# >>> AuthX [";
const OPENING_TAIL: &str = "] written by `authx-openvpn setup --write`, taken back by `--undo`";
const JOINED: &str = ", no newline before";
const CLOSING: &str = "# <<< AuthX";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Document {
        Document::parse(text).unwrap()
    }

    fn written() -> String {
        mark(&read("port 1\nreneg-sec 0\n"), &[2], &["reneg-sec 3600".into()])
    }

    #[test]
    fn what_was_changed_elsewhere_stays() {
        let text = format!("# mine\n{}verb 4\n", written()).replace("port 1\n", "port 2\n");
        let back = unmark(&read(&text)).unwrap().unwrap();
        assert_eq!(back, "# mine\nport 2\nreneg-sec 0\nverb 4\n");
    }

    #[test]
    fn a_lone_carriage_return_at_the_end_stays() {
        for text in ["reneg-sec 0 #\r", "port 1\nreneg-sec 0 #\r", "port 1\r\nreneg-sec 0 #\r"] {
            for silenced in [&[][..], &[1]] {
                let marked = mark(&read(text), silenced, &["reneg-sec 3600".into()]);
                assert_eq!(unmark(&read(&marked)).unwrap().unwrap(), text);
            }
        }
    }

    #[test]
    fn what_was_changed_inside_is_not_taken_back() {
        let edited = written().replace("reneg-sec 3600", "reneg-sec 7200");
        assert_eq!(unmark(&read(&edited)), Err(UnmarkError::Edited { line: 4 }));
        let unsilenced = written().replace(SILENCED, "");
        assert_eq!(unmark(&read(&unsilenced)), Err(UnmarkError::Edited { line: 4 }));
        let half = written().replace(CLOSING, "");
        assert_eq!(unmark(&read(&half)), Err(UnmarkError::Half { line: 2 }));
        let twice = written() + &written();
        assert_eq!(unmark(&read(&twice)), Err(UnmarkError::Half { line: 2 }));
    }

    #[test]
    fn what_only_looks_like_a_mark_in_a_block_is_none() {
        let text = format!("<ca>\n{SILENCED}x\n{CLOSING}\n</ca>\n");
        assert_eq!(unmark(&read(&text)), Ok(None));
    }

    proptest! {
        /// Whatever the file, whatever is changed in it: taken back, it is the file again.
        #[test]
        fn what_is_marked_can_be_taken_back(
            lines in prop::collection::vec(("[a-z# ]{0,12}", prop::bool::ANY), 0..8),
            silenced in prop::collection::btree_set(1_usize..9, 0..4),
            added in prop::collection::vec("[a-z ]{1,12}", 0..4),
            crlf in prop::bool::ANY,
            cut in prop::bool::ANY,
        ) {
            let end = if crlf { "\r\n" } else { "\n" };
            let mut text: String = lines
                .iter()
                .map(|(line, block)| {
                    if *block { format!("<{0}>{end}{1}{end}</{0}>{end}", "ca", line) } else { format!("{line}{end}") }
                })
                .collect();
            if cut {
                text.truncate(content(&text).len());
            }
            let document = read(&text);
            let fits = |line: &usize| document.lines.get(line - 1).is_some_and(|line| !line.in_block && line.directive.as_ref().is_none_or(|d| !d.inline));
            let silenced: Vec<_> = silenced.into_iter().filter(fits).collect();
            let marked = mark(&document, &silenced, &added);
            let back = unmark(&read(&marked)).unwrap().unwrap_or(marked);
            prop_assert_eq!(back, text);
        }
    }
}
