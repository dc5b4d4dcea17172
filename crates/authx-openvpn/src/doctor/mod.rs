//! Finds what would keep people from signing in.
