//! What OpenVPN tells of a sign-in: its environment, as the plugin passed it on.
