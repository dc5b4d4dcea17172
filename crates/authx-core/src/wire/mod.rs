//! What travels: requests, answers and their signatures, as in the protocol's documentation.

pub mod check;
pub mod login;
pub mod phone;
pub mod problem;
pub mod signature;
pub mod text;
