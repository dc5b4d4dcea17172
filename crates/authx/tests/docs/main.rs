//! The documentation says what is true: its links lead somewhere, its commands can be typed, its
//! tables are those of the code.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

mod commands;
mod links;
mod page;
mod portal;
mod shell;
mod tables;
