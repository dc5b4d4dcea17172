//! Phones, through `/phone/v1` as authenticators call it and through the administrators' use cases,
//! on both engines.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "this is how a test fails, also in what tests share"
)]

mod administered;
mod credentials;
mod documented;
mod enrolling;
mod hostile;
mod moving;
mod phone;
mod properties;
mod proving;
mod unsigned;
mod world;
