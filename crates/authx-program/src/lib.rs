//! What AuthX's programs share, so that an operator meets the same manner in each: how a
//! configuration file is read and faulted, where secrets are, how answers are written.

pub mod cause;
pub mod config;
pub mod logging;
pub mod output;
pub mod typed;
