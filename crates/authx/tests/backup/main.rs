//! Backups and what becomes of them, on both engines.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is how a test fails, also in what tests share"
)]

mod clock;
mod kills;
mod locks;
mod program;
mod refusals;
mod restores;
mod world;
