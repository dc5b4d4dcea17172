//! `cargo xtask house`: the rules of the tree that neither compiler nor clippy knows. Each rule is
//! a function from what it looks at to what it found, and has a test in which it finds something.

mod arrows;
mod graph;
mod lengths;
mod lexer;
mod tree;
mod words;

use graph::Graph;
use std::{fmt, io::Write, process::ExitCode};
use tree::Tree;

/// Checks the tree around the current directory and prints what is wrong with it.
///
/// # Errors
///
/// `git` or `cargo` did not answer, or standard output is closed.
pub(crate) fn check(out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let tree = Tree::tracked()?;
    let core = Graph::of(&["--package", "authx-core"])?;
    let phone = Graph::of(&["--package", "authx-phone"])?;
    let shipped = Graph::of(&["--workspace", "--exclude", "xtask"])?;
    let findings = [
        arrows::check(&tree),
        graph::pure(&core),
        graph::outside(&phone),
        graph::banned(&shipped),
        graph::licences(&shipped),
        lengths::check(&tree),
        words::check(&tree),
    ]
    .concat();
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    let twice = graph::duplicates(&shipped);
    if !twice.is_empty() {
        writeln!(out, "in several versions, not a fault: {}", twice.join(", "))?;
    }
    writeln!(
        out,
        "house: {} files, {} shipped crates, {} findings",
        tree.files.len(),
        shipped.crates.len(),
        findings.len()
    )?;
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Something in the tree that breaks a rule.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Finding {
    /// A file, with the line where there is one, or a crate.
    place: String,
    /// What is wrong, and what to do instead.
    fault: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.fault)
    }
}
