//! What AuthX and its callers say to each other.

pub mod signature;
