//! What is counted of the record.

pub(in super::super) const STEPS: &[&str] = &[];
