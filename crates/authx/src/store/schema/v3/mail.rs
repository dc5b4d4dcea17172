//! What is to be delivered to people.

pub(in super::super) const STEPS: &[&str] = &[];
