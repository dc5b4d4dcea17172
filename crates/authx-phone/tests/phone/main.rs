//! The authenticator against a server that does what the protocol says, and some things that it
//! does not.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is how a test fails, also in what tests share"
)]

mod commands;
mod library;
mod stand_in;
mod world;
