//! The signed API of AuthX, as its client.
