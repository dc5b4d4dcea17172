//! The files of the tree, and which part of a Rust file is code and which is tests.

use super::lexer::{Lexed, lex};
use anyhow::{Context as _, bail};
use std::{path::Path, process::Command};

/// Everything git tracks or is about to, as text.
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
}

impl Tree {
    /// Reads the working tree; binary files are left out.
    pub(crate) fn tracked() -> anyhow::Result<Self> {
        let top = git(&["rev-parse", "--show-toplevel"])?;
        let top = Path::new(top.trim_end());
        let names = git(&[
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "-z",
            "--full-name",
            ":/",
        ])?;
        let mut files = Vec::new();
        for path in names.split_terminator('\0') {
            // A file deleted but not yet committed is still listed.
            let Ok(bytes) = std::fs::read(top.join(path)) else { continue };
            if let Ok(text) = String::from_utf8(bytes) {
                files.push(File { path: path.to_owned(), text });
            }
        }
        Ok(Self { files })
    }

    /// The Rust files of shipped crates, below `crates/`.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.starts_with("crates/") && file.has_ending("rs"))
    }
}

/// One file of the tree.
pub(crate) struct File {
    /// From the top of the tree, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    pub(crate) fn has_ending(&self, ending: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == ending)
    }

    /// Whether the file is nothing but tests or benches.
    pub(crate) fn is_test(&self) -> bool {
        let mut parts = self.path.split('/');
        parts
            .any(|part| matches!(part, "tests" | "benches" | "testing" | "tests.rs" | "testing.rs"))
    }

    /// The lines before the tests of a Rust file; all of another one.
    pub(crate) fn code(&self) -> &str {
        if self.is_test() {
            return "";
        }
        let tests = self.text.match_indices("#[cfg(test)]\n").find(|(at, _)| {
            // Only a module with its body ends the code of this file.
            let rest = self.text.get(*at..).unwrap_or_default();
            rest.lines().nth(1).is_some_and(|line| line.contains("mod ") && line.ends_with('{'))
        });
        tests.and_then(|(at, _)| self.text.get(..at)).unwrap_or(&self.text)
    }

    /// The code, with comments and literals taken apart.
    pub(crate) fn lexed(&self) -> Lexed {
        lex(self.code())
    }
}

fn git(arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("git").args(arguments).output().context("git cannot be run")?;
    if !output.status.success() {
        bail!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout).context("git lists a name that is not UTF-8")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A tree of the given paths and texts.
    pub(crate) fn tree<const N: usize>(files: [(&str, &str); N]) -> Tree {
        let file = |(path, text): (&str, &str)| File { path: path.into(), text: text.into() };
        Tree { files: files.into_iter().map(file).collect() }
    }

    fn file(path: &str, text: &str) -> File {
        File { path: path.into(), text: text.into() }
    }

    #[test]
    fn code_ends_where_the_tests_begin() {
        let both = file("crates/a/src/b.rs", "fn a() {}\n#[cfg(test)]\nmod tests {\n}\n");
        assert_eq!(both.code(), "fn a() {}\n");
        let elsewhere = "#[cfg(test)]\nmod tests;\nfn a() {}\n";
        assert_eq!(file("crates/a/src/b.rs", elsewhere).code(), elsewhere);
        assert_eq!(file("crates/a/src/b/tests.rs", "fn a() {}").code(), "");
        assert_eq!(file("crates/a/tests/b.rs", "fn a() {}").code(), "");
    }
}
