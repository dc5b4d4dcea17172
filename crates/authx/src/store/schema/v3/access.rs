//! Who signs in to the portal, and with what.

pub(in super::super) const STEPS: &[&str] = &[
    // JSON: time zone, colour, how long the record is kept.
    "ALTER TABLE tenant ADD COLUMN settings TEXT NOT NULL DEFAULT '{}'",
    // A WebAuthn credential; `record` is what verifies it, JSON.
    "CREATE TABLE passkey (
        id {bytes} PRIMARY KEY,
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        account {bytes} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        credential {bytes} NOT NULL UNIQUE,
        record TEXT NOT NULL,
        version {int} NOT NULL,
        created {int} NOT NULL,
        used {int}
    ){rows}",
    "CREATE INDEX passkey_account ON passkey (account)",
    // Whose name it is, before it is known at which company.
    "CREATE INDEX alias_folded ON alias (folded)",
    // A browser that somebody signed in with. `digest` is that of the cookie. `proved` is when a
    // second factor was last given; absent while only the password was. `pending` is JSON of what
    // is under way, `stash` a sealed request that waits for a step-up.
    "CREATE TABLE portal_session (
        id {bytes} PRIMARY KEY,
        digest {bytes} NOT NULL UNIQUE,
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        account {bytes} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        created {int} NOT NULL,
        seen {int} NOT NULL,
        until {int} NOT NULL,
        proved {int},
        proved_by TEXT,
        address TEXT,
        browser TEXT NOT NULL,
        pending TEXT,
        stash {bytes},
        toast TEXT,
        version {int} NOT NULL
    ){updated}",
    "CREATE INDEX portal_session_account ON portal_session (account)",
    "CREATE INDEX portal_session_until ON portal_session (until)",
    // Browsers that an account came in with, by a keyed digest of what they keep.
    "CREATE TABLE portal_browser (
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        account {bytes} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        digest {bytes} NOT NULL,
        first {int} NOT NULL,
        seen {int} NOT NULL,
        PRIMARY KEY (account, digest)
    ){clustered}",
    // A challenge of a passkey that was answered, so that it counts once.
    "CREATE TABLE portal_challenge (
        digest {bytes} PRIMARY KEY,
        until {int} NOT NULL
    ){rows}",
    // A link that lets somebody in once: the first owner, an invited company or administrator,
    // who forgot a password. No tenant where it is to be made.
    "CREATE TABLE portal_link (
        digest {bytes} PRIMARY KEY,
        kind TEXT NOT NULL,
        tenant {bytes} REFERENCES tenant (id),
        account {bytes} REFERENCES account (id) ON DELETE CASCADE,
        detail TEXT NOT NULL,
        created {int} NOT NULL,
        expires {int} NOT NULL,
        spent {int}
    ){rows}",
    "CREATE INDEX portal_link_account ON portal_link (account) WHERE account IS NOT NULL",
    // For scripts; `scopes` are words of `authx_core::role::Permission`, as JSON.
    "CREATE TABLE admin_token (
        id {bytes} PRIMARY KEY,
        digest {bytes} NOT NULL UNIQUE,
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        account {bytes} REFERENCES account (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        scopes TEXT NOT NULL,
        created {int} NOT NULL,
        expires {int},
        used {int},
        used_from TEXT,
        revoked {int}
    ){rows}",
    "CREATE INDEX admin_token_tenant ON admin_token (tenant)",
];
