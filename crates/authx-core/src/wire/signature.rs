//! Signatures on requests and answers: RFC 9421 with one fixed profile, RFC 9530 for the body.
//!
//! Nothing is negotiated. What is covered, how it is written and which algorithm belongs to which
//! key follows from the profile, so a verifier compares more than it parses. `docs/protocol.md`
//! tells it to people who write a client; `vectors/` holds examples that several implementations
//! agree on.
//!
//! A server reads a request with [`Presented::parse`], proves it with [`Presented::verify`] and only
//! then looks at [`Presented::check_age`]: a caller with a wrong clock deserves a signed answer, from
//! which it can learn the time. Answers go out through [`sign_response`].

mod answer;
mod error;
mod field;
mod key;
mod phone;
mod request;

pub use answer::{sign_response, verify_response};
pub use error::SignatureError;
pub use field::{AUTHX_CLIENT, CONTENT_DIGEST, Headers, SIGNATURE, SIGNATURE_INPUT, single};
pub use key::{AppKey, PhoneKey};
pub use phone::{PhoneSigner, sign_phone_request};
pub use request::{Caller, MAX_AGE_SECS, Presented, Proof, Request, Tag, authority, sign_request};
