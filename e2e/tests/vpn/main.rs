//! Real OpenVPN servers and clients, in network namespaces of their own.
#![expect(clippy::unwrap_used, reason = "this is how a test fails, also in what tests share")]

mod first_factors;
mod house;
mod plain;
mod prompts;
mod sessions;
mod tokens;
