//! Commands of `authx` that a page shows.

use super::{page, shell::Program};

const AUTHX: Program = Program { name: "authx", definition: authx::commands::definition };

#[test]
fn every_command_in_a_block_can_be_typed() {
    let typed = AUTHX.typed_in_blocks();
    assert!(typed > 30, "only {typed} commands were found");
}

/// A command that the text names may leave out what it takes; what it says must exist.
#[test]
fn every_command_in_the_text_exists() {
    let named = AUTHX.named_in_text();
    assert!(named > 30, "only {named} commands were found");
}

#[test]
fn every_command_is_in_the_operators_guide() {
    let missing = AUTHX.missing_in(&page::read("docs/operator/running.md"));
    assert!(missing.is_empty(), "{missing:?}");
}
