//! The rules of AuthX and the words its parts exchange.
//!
//! Nothing here does I/O, waits, reads a clock or draws a random number: time and chance come in
//! through [`Cx`], and decisions go out as values. That is what lets a login be tested in
//! microseconds and replayed from a log.

pub mod audit;
mod cx;
pub mod factor;
pub mod guard;
pub mod id;
pub mod login;
pub mod name;
pub mod otp;
pub mod policy;
pub mod prompt;
pub mod reason;
mod secret;
pub mod session;
pub mod wire;

pub use cx::{Cx, Millis};
pub use id::{
    ApplicationId, EventId, FactorId, KeyId, LoginId, PhoneId, SessionId, TenantId, TokenId, UserId,
};
pub use secret::Secret;
