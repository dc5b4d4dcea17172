//! The rules of AuthX and the words its parts exchange.
//!
//! Nothing here does I/O, waits, reads a clock or draws a random number: time and chance come in
//! through [`Cx`], and decisions go out as values. That is what lets a login be tested in
//! microseconds and replayed from a log.

pub mod audit;
mod cipher;
mod cx;
mod fields;
mod hpke;
pub mod id;
pub mod recovery;
pub mod seal;
mod secret;
pub mod secret_text;
#[cfg(test)]
mod testing;

pub use cx::{Cx, Millis};
pub use secret::Secret;
