//! VPN sessions that were approved: what a renegotiation is held against.
