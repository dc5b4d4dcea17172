//! The host's own PAM stack as first factor, in a process of its own.
