//! What is known of people besides their names, in which state they are, and how they are let in
//! without what they usually have.

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
    // When it was removed, and its state before; it can be put back for a while.
    "ALTER TABLE account ADD COLUMN removed {int}",
    "ALTER TABLE account ADD COLUMN removed_from TEXT",
    // The last time that it was let in anywhere, to the minute; 0 for never.
    "ALTER TABLE account ADD COLUMN signed_in {int} NOT NULL DEFAULT 0",
    // Until when wrong answers or “not me” keep a factor from being used; 0 for none.
    "ALTER TABLE account ADD COLUMN locked_until {int} NOT NULL DEFAULT 0",
    // How many phones count, and whether any factor does: what lists filter by.
    "ALTER TABLE account ADD COLUMN phones {int} NOT NULL DEFAULT 0",
    "ALTER TABLE account ADD COLUMN enrolled {int} NOT NULL DEFAULT 0",
    // When an answer of a phone, and a code of a factor, last let its user in, to the minute; 0 for
    // never.
    "ALTER TABLE phone ADD COLUMN used {int} NOT NULL DEFAULT 0",
    "ALTER TABLE factor ADD COLUMN used {int} NOT NULL DEFAULT 0",
    // What a search looks through, folded: names, what people call them, mail.
    "ALTER TABLE account ADD COLUMN search TEXT NOT NULL DEFAULT ''",
    // The import that made it.
    "ALTER TABLE account ADD COLUMN import {bytes}",
    "{sqlite}UPDATE account SET search =
        (SELECT group_concat(folded, ' ') FROM alias WHERE alias.account = account.id)
     WHERE EXISTS (SELECT 1 FROM alias WHERE alias.account = account.id)",
    "{postgres}UPDATE account SET search =
        (SELECT string_agg(folded, ' ') FROM alias WHERE alias.account = account.id)
     WHERE EXISTS (SELECT 1 FROM alias WHERE alias.account = account.id)",
    "UPDATE account SET phones =
        (SELECT COUNT(*) FROM phone p WHERE p.account = account.id AND p.state = 'active')",
    "UPDATE account SET enrolled = 1 WHERE phones > 0 OR EXISTS
        (SELECT 1 FROM factor f WHERE f.account = account.id AND f.state = 'active'
         AND f.kind NOT IN ('push', 'bypass', 'recovery'))",
    "DROP INDEX account_tenant",
    // All that a list filters and sorts by, so that looking through a company's people never
    // fetches their rows: of 100,000 that is some 15 MB instead of 100.
    "{sqlite}CREATE INDEX account_tenant ON account (tenant, folded, id, state, removed,
        bypass_until, locked_until, enrolled, phones, role, signed_in, search)",
    "{postgres}CREATE INDEX account_tenant ON account (tenant, folded, id)",
    // They hold all that is asked of them: SQLite would go through the long one above instead.
    "CREATE INDEX account_role ON account (tenant, role, state, removed) WHERE role IS NOT NULL",
    "CREATE INDEX account_bypass ON account (tenant, bypass_until, removed)
        WHERE bypass_until IS NOT NULL",
    "CREATE INDEX account_removed_since ON account (removed) WHERE removed IS NOT NULL",
    "CREATE INDEX account_import ON account (import) WHERE import IS NOT NULL",
    "CREATE INDEX phone_silent ON phone (tenant, account)
        WHERE unreachable_since IS NOT NULL",
    // Somebody's wish to help a user past the second factor, for somebody else to agree to. `kind`
    // is `code` or `bypass`; `agreed` is spent by what follows from it.
    "CREATE TABLE approval (
        id {bytes} PRIMARY KEY,
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        account {bytes} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        state TEXT NOT NULL
            CHECK (state IN ('open', 'agreed', 'declined', 'used')),
        reason TEXT NOT NULL,
        secs {int} NOT NULL,
        asked_by {bytes} NOT NULL,
        asked_name TEXT NOT NULL,
        decided_by {bytes},
        decided_name TEXT,
        created {int} NOT NULL,
        expires {int} NOT NULL
    ){rows}",
    "CREATE INDEX approval_tenant ON approval (tenant, state, expires)",
    "CREATE INDEX approval_account ON approval (account)",
    // Digits that a caller and an administrator read to each other.
    "CREATE TABLE caller_check (
        id {bytes} PRIMARY KEY,
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        account {bytes} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        state TEXT NOT NULL
            CHECK (state IN ('open', 'matched', 'failed', 'denied', 'used')),
        agent {bytes} NOT NULL,
        agent_name TEXT NOT NULL,
        agent_reads TEXT NOT NULL,
        caller_reads TEXT NOT NULL,
        tries {int} NOT NULL,
        created {int} NOT NULL,
        expires {int} NOT NULL
    ){rows}",
    "CREATE INDEX caller_check_account ON caller_check (account)",
    // Users from a file. `file` is what was uploaded and waits to be taken in; `errors` is a CSV
    // of the lines that could not be; `counts` is JSON.
    "CREATE TABLE user_import (
        id {bytes} PRIMARY KEY,
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        name TEXT NOT NULL,
        state TEXT NOT NULL
            CHECK (state IN ('checked', 'running', 'stopped', 'done', 'undone')),
        renew {int} NOT NULL,
        file {bytes},
        counts TEXT NOT NULL,
        errors TEXT NOT NULL,
        by_name TEXT NOT NULL,
        created {int} NOT NULL,
        beat {int} NOT NULL
    ){rows}",
    "CREATE INDEX user_import_tenant ON user_import (tenant, id)",
];
