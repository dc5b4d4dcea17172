//! Listening: TCP with TLS, behind a proxy, on a unix socket; until told to stop.

mod stopping;

pub use stopping::{Stop, Stopping, stopping};
