//! The API for scripts, asked as scripts do, on both engines.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is how a test fails, also in what tests share"
)]

mod applications;
mod documented;
mod files;
mod foreign;
mod groups;
mod guide;
mod helped;
mod logs;
mod mapped;
mod matrix;
mod people_samples;
mod policies;
mod requests;
mod rooms;
mod samples;
mod tokens;
mod users;
mod world;
