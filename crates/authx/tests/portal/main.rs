//! The portal's pages, asked for as a browser does, on both engines.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is how a test fails, also in what tests share"
)]

mod app;
mod applications;
#[path = "../admin/authenticator.rs"]
mod authenticator;
mod by_passkey;
mod codes;
mod codes_given;
mod coming_in;
mod company;
mod dashboard;
mod enrolling;
mod foreign;
mod forms;
mod found;
mod groups;
mod guarded;
mod guesses;
mod hostile;
mod html;
mod keyless;
mod letting_in;
mod lists;
mod logs;
mod meanwhile;
mod own;
mod passkeys;
mod policies;
mod reported;
mod rising;
mod roles;
mod samples;
mod sent;
mod settings;
mod standing;
mod tokens;
mod undo;
mod uploads;
mod users;
mod what_if;
mod wished;
mod world;
