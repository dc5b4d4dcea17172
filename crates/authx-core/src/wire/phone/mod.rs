//! `/phone/v1`: what an authenticator sends and gets.
//!
//! Every account on a phone has keys of its own, all on P-256: the *answer key* signs what counts,
//! the *device key* what a phone may do while it is locked, and to the *box key* the seed of its
//! codes is sealed.

mod account;
mod base64url;
mod caller;
mod device;
mod enrol;
mod jwk;
mod problem;
mod request;
mod short_code;
mod token;

pub use account::{
    Account, AccountPolicy, AccountState, AppLock, MatchNumber, NamedApplication, NamedTenant,
    NamedUser, PhoneClass, Reach, ReachState, ReachWay, UserVerification,
};
pub use base64url::Base64Url;
pub use caller::{CallerDigits, DenyCaller, PhoneCallerCheck, ShowCallerDigits};
pub use device::{ChangeDevice, RegisterCredential, StartMove, Subscribe, SubscriptionKeys};
pub use enrol::{
    Activate, Activated, ActivationView, Confirm, GivenProof, InvitationProof, InvitationView,
    InvitedAccount, LookInvitation, MadePhone, PhoneKeys, Prove, Seed, ServerView, TotpForm,
};
pub use jwk::Jwk;
pub use problem::PhoneProblem;
pub use request::{
    AnswerRequest, AnswerWord, Answered, AskedUser, Assertion, EndRequest, Entry, HistoryView,
    Outcome, PhoneCode, Receipts, Request, RequestClient, RequestKind, RequestMatch, RequestsView,
    Statement,
};
pub use short_code::ShortCode;
pub use token::{InvalidToken, Token};
