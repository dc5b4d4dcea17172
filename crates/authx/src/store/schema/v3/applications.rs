//! What is known of an application besides its policy, and of who calls for it.

pub(in super::super) const STEPS: &[&str] = &[
    // JSON: see `admin::applications`.
    "ALTER TABLE application ADD COLUMN settings TEXT NOT NULL DEFAULT '{}'",
];
