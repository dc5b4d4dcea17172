//! Pages in Markdown, as far as the tests read them.

use std::fs;
use std::path::{Path, PathBuf};

/// One page.
pub(super) struct Page {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

/// A block between fences, and what it is said to hold.
pub(super) struct Block<'a> {
    pub(super) language: &'a str,
    pub(super) lines: Vec<&'a str>,
}

/// Every page that people read.
pub(super) fn all() -> Vec<Page> {
    let mut pages = vec![read("README.md"), read("CHANGELOG.md")];
    let mut directories = vec![root().join("docs")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                pages.push(Page { text: fs::read_to_string(&path).unwrap(), path });
            }
        }
    }
    pages
}

/// A page by its path from the root.
pub(super) fn read(name: &str) -> Page {
    let path = root().join(name);
    let text = fs::read_to_string(&path).unwrap();
    Page { path, text }
}

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

impl Page {
    /// What stands between fences.
    pub(super) fn blocks(&self) -> Vec<Block<'_>> {
        let (mut blocks, mut open) = (vec![], None::<Block<'_>>);
        for line in self.text.lines() {
            match (line.trim_start().strip_prefix("```"), &mut open) {
                (Some(language), None) => open = Some(Block { language, lines: vec![] }),
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (None, Some(block)) => block.lines.push(line),
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{}: a fence is not closed", self.path.display());
        blocks
    }

    /// What stands outside of fences, line by line.
    pub(super) fn prose(&self) -> Vec<&str> {
        let mut inside = false;
        let outside = |line: &&str| {
            let fence = line.trim_start().starts_with("```");
            inside ^= fence;
            !inside && !fence
        };
        self.text.lines().filter(outside).collect()
    }

    /// Words in backquotes, outside of fences.
    pub(super) fn spans(&self) -> Vec<String> {
        let prose = self.prose().join("\n");
        let spans = prose.split('`').skip(1).step_by(2);
        spans.map(|span| span.replace('\n', " ")).collect()
    }

    /// The rows of the table between `<!-- name -->` and `<!-- /name -->`, without its head.
    pub(super) fn table(&self, name: &str) -> Vec<Vec<String>> {
        let (_, rest) = self.text.split_once(&format!("<!-- {name} -->\n")).unwrap();
        let (table, _) = rest.split_once(&format!("<!-- /{name} -->")).unwrap();
        let rows = table.lines().filter(|line| line.starts_with('|')).skip(2);
        let cells = |row: &str| {
            // Of two marks with an empty cell between them, each has a space of its own.
            let row = row.trim_matches('|').replace(" |", "  |");
            row.split(" | ").map(|cell| cell.trim().to_owned()).collect()
        };
        rows.map(cells).collect()
    }
}
