//! The rules of AuthX and the words its parts exchange.
//!
//! Nothing here does I/O, waits, reads a clock or draws a random number: time and chance come in
//! through [`Cx`], and decisions go out as values. That is what lets a login be tested in
//! microseconds and replayed from a log.

mod cx;
pub mod id;
pub mod password_rules;
mod secret;

pub use cx::{Cx, Millis};
pub use secret::Secret;
