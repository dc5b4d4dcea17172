//! `authx-openvpn`: the agent on a VPN host, and its commands.

fn main() {}
