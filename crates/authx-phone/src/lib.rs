//! An authenticator for the command line, on the public API of phones alone.
//!
//! [`Phone`] is one account with its keys, [`Server`] the way to the server it belongs to. The
//! program `authx-phone` keeps both in a [`store`] and puts [`commands`] on top; tests and load
//! generators use them directly.

pub mod commands;
mod cx;
mod link;
mod phone;
mod server;
pub mod store;

pub use link::{InvalidLink, Link};
pub use phone::{
    Answer, Code, Codes, DamagedKeys, EnrolError, Enrolled, Enrolment, KeptKeys, Keys, Phone,
    UnknownForm,
};
pub use server::{CallError, Live, Refusal, Server, Trouble};
