//! One VPN client's sign-in, as a state machine without I/O.
