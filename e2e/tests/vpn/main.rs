//! Real OpenVPN servers and clients, in network namespaces of their own.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is how a test fails, also in what tests share"
)]

mod answers;
mod bad_days;
mod crowds;
mod first_factors;
mod hosts;
mod house;
mod lost;
mod plain;
mod prompts;
mod push;
mod restarts;
mod secrets;
mod sessions;
mod strangers;
mod tokens;
