//! What phones are asked and answer, from the login that wants it to the login that follows: through
//! `/api/v1` as VPN hosts call it and `/phone/v1` as authenticators do, on both engines.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is how a test fails, also in what tests share"
)]

mod site;

#[path = "../phones/phone.rs"]
mod phone;
#[expect(dead_code, reason = "shared with the tests of enrolment, which use all of it")]
#[path = "../phones/world.rs"]
mod world;

mod push_service;

mod access_server;
mod answers;
mod caller;
mod codes;
mod evidence;
mod hostile;
mod life;
mod limits;
mod parallel;
mod properties;
mod quiet;
mod retries;
mod ringing;
mod verified;
mod watching;
