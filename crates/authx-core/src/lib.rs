//! The rules of AuthX and the words its parts exchange.
//!
//! Nothing here does I/O, waits, reads a clock or draws a random number: time and chance come in
//! through [`Cx`], and decisions go out as values. That is what lets a login be tested in
//! microseconds and replayed from a log.

pub mod application;
pub mod audit;
mod cipher;
mod cx;
pub mod factor;
mod fields;
pub mod guard;
mod hpke;
pub mod id;
pub mod login;
pub mod name;
pub mod otp;
mod p256;
pub mod password_rules;
pub mod phone_box;
pub mod phone_seed;
pub mod phone_words;
pub mod policy;
pub mod prompt;
pub mod reason;
pub mod recovery;
pub mod role;
pub mod seal;
mod secret;
pub mod secret_text;
pub mod session;
#[cfg(test)]
mod testing;
pub mod webauthn;
pub mod wire;

pub use cx::{Cx, Millis};
pub use id::{
    ApplicationId, ApprovalId, CallerCheckId, DeliveryId, EventId, FactorId, GroupId, ImportId,
    InvitationId, KeyId, LoginId, PasskeyId, PhoneId, SessionId, TenantId, TokenId, UserId,
};
pub use secret::Secret;
