//! Phones in real browsers: enrolment, codes, and push from the server to the notice and back.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is how a test fails, also in what tests share"
)]

mod harness;
mod house;
mod lock;
mod more;
mod origin;
mod push;
mod sign_in;
mod stories;
