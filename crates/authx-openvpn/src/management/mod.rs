//! OpenVPN's management interface, as its client.
