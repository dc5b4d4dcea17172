//! The API for scripts, asked as scripts do, on both engines.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is how a test fails, also in what tests share"
)]

mod applications;
mod documented;
mod foreign;
mod matrix;
mod requests;
mod samples;
mod tokens;
mod world;
