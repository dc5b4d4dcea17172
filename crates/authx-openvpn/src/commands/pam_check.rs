//! `authx-openvpn pam-check`.

use crate::pam::check;
use std::process::ExitCode;

/// Checks one password for the agent, which has the other end of standard input. Needs no runtime
/// and starts none: PAM modules fork.
pub(crate) fn run() -> ExitCode {
    match check::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("authx-openvpn: {error}");
            ExitCode::FAILURE
        }
    }
}
