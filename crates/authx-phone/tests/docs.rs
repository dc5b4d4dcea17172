//! What the user's guide says of the program is true: its commands can be typed, and all are there.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

// One way of reading pages for all programs.
#[expect(dead_code, reason = "this guide has no table that repeats the code")]
#[path = "../../authx/tests/docs/page.rs"]
mod page;
#[path = "../../authx/tests/docs/shell.rs"]
mod shell;

use shell::Program;

const PHONE: Program =
    Program { name: "authx-phone", definition: authx_phone::commands::definition };

#[test]
fn every_command_in_a_block_can_be_typed() {
    let typed = PHONE.typed_in_blocks();
    assert!(typed > 10, "only {typed} commands were found");
}

#[test]
fn every_command_in_the_text_exists() {
    let named = PHONE.named_in_text();
    assert!(named > 10, "only {named} commands were found");
}

#[test]
fn every_command_is_in_the_users_guide() {
    let missing = PHONE.missing_in(&page::read("docs/user/authx-phone.md"));
    assert!(missing.is_empty(), "{missing:?}");
}
