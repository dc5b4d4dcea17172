//! Phones in real browsers: enrolment, codes, and push from the server to the notice and back.
#![expect(clippy::indexing_slicing, reason = "of JSON, which gives null for what is missing")]

mod harness;
mod house;
mod stories;
