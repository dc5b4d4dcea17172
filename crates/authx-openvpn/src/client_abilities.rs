//! What a VPN client can show and carry, from what it announces.
