//! The agent on a VPN host.
//!
//! OpenVPN's plugin hands it every sign-in; it proves the first factor, asks AuthX for the second,
//! and writes verdict and reason before OpenVPN's patience ends.

pub mod agent;
pub mod authx;
pub mod client_abilities;
pub mod commands;
pub mod config;
pub mod conversation;
pub mod cx;
pub mod doctor;
pub mod environment;
pub mod management;
pub mod pam;
pub mod sessions;
pub mod setup;
pub mod shim_socket;
pub mod witness;
