//! What is known of people besides their names, and in which state they are.

pub(in super::super) const STEPS: &[&str] = &[
    // As people call them, and how they are written to; neither is a name to sign in with.
    "ALTER TABLE account ADD COLUMN display TEXT",
    "ALTER TABLE account ADD COLUMN mail TEXT",
    // What lists sort by: the name, folded.
    "ALTER TABLE account ADD COLUMN folded TEXT NOT NULL DEFAULT ''",
    "UPDATE account SET folded = lower(name)",
    // A word of `authx_core::role`; absent for whoever looks after nobody else.
    "ALTER TABLE account ADD COLUMN role TEXT",
    // Until when no second factor is asked for, and JSON of why and by whom.
    "ALTER TABLE account ADD COLUMN bypass_until {int}",
    "ALTER TABLE account ADD COLUMN bypass TEXT",
    // When it was removed; it can be put back for a while.
    "ALTER TABLE account ADD COLUMN removed {int}",
    // The last time that it was let in anywhere.
    "ALTER TABLE account ADD COLUMN signed_in {int}",
    "DROP INDEX account_tenant",
    "CREATE INDEX account_tenant ON account (tenant, folded, id)",
    "CREATE INDEX account_role ON account (tenant, role) WHERE role IS NOT NULL",
];
