//! The portal in real browsers: from an empty server to a sign-in at a VPN, and every page.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is how a test fails, also in what tests share"
)]

mod caller;
mod desk;
mod form;
mod forms;
mod house;
mod manual;
mod own_program;
mod pages;
mod people;
mod roles;
mod rows;
mod sign_in;
mod things;
mod ways;
mod wrong;
