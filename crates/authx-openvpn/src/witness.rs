//! The newest seal of the server's record, kept where the server cannot change it.
