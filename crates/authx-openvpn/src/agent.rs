//! Puts all together: connections from OpenVPN, conversations, and what follows from them.
