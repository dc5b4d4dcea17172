//! The API for applications, from its signatures to its answers, on both engines: in one process,
//! with a clock that stands still.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "this is how a test fails, also in what tests share"
)]

mod check;
mod clock;
mod documented;
mod hostile;
mod limits;
mod logins;
mod signatures;
mod strangers;
mod world;
