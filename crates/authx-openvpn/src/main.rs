//! `authx-openvpn`: the agent on a VPN host, and its commands.

use std::process::ExitCode;

fn main() -> ExitCode {
    authx_openvpn::commands::main()
}
