//! What is read off the record: logins in a line each, and counts. All of it can be made again.

pub(in super::super) const STEPS: &[&str] = &[
    // `seq` is the ordinal of the login's first entry, `first_seq` of the reader: they are one.
    "CREATE TABLE login_line (
        seq {int} PRIMARY KEY,
        tenant {bytes} NOT NULL,
        login {bytes} NOT NULL,
        application {bytes},
        account {bytes},
        name TEXT NOT NULL,
        began {int} NOT NULL,
        ended {int},
        outcome TEXT NOT NULL,
        factor TEXT,
        reason TEXT,
        support_code TEXT,
        address TEXT,
        asked {int},
        approve_ms {int},
        last_seq {int} NOT NULL,
        reported {int},
        UNIQUE (tenant, login)
    ){rows}",
    // One for each thing that is searched for, in the order in which lists show it.
    "CREATE INDEX login_line_began ON login_line (tenant, began, seq)",
    "CREATE INDEX login_line_outcome ON login_line (tenant, outcome, began, seq, account)",
    "CREATE INDEX login_line_factor ON login_line (tenant, factor, began, seq)",
    "CREATE INDEX login_line_application ON login_line (tenant, application, began, seq)",
    "CREATE INDEX login_line_account ON login_line (tenant, account, began, seq)
        WHERE account IS NOT NULL",
    "CREATE INDEX login_line_name ON login_line (tenant, name, began, seq)
        WHERE account IS NULL",
    "CREATE INDEX login_line_reason ON login_line (tenant, reason, began, seq)
        WHERE reason IS NOT NULL",
    "CREATE INDEX login_line_reported ON login_line (tenant, reported)
        WHERE reported IS NOT NULL",
    "CREATE INDEX login_line_address ON login_line (tenant, address, began, seq)
        WHERE address IS NOT NULL",
    "CREATE INDEX login_line_code ON login_line (tenant, support_code, began, seq)
        WHERE support_code IS NOT NULL",
    // Logins that ended, by the hour in which they began. No application: no bytes.
    "CREATE TABLE tally (
        tenant {bytes} NOT NULL,
        hour {int} NOT NULL,
        application {bytes} NOT NULL,
        outcome TEXT NOT NULL,
        factor TEXT NOT NULL,
        reason TEXT NOT NULL,
        count {int} NOT NULL,
        PRIMARY KEY (tenant, hour, application, outcome, factor, reason)
    ){clustered}",
    // How long approvals took, by classes of times.
    "CREATE TABLE approve_tally (
        tenant {bytes} NOT NULL,
        hour {int} NOT NULL,
        class {int} NOT NULL,
        count {int} NOT NULL,
        PRIMARY KEY (tenant, hour, class)
    ){clustered}",
    // How far the record was read, by which reader.
    "CREATE TABLE log_reader (
        name TEXT PRIMARY KEY,
        model {int} NOT NULL,
        seq {int} NOT NULL
    ){rows}",
    // Rises with each removal of old entries: who removes, does so alone.
    "CREATE TABLE retention_run (
        tenant {bytes} PRIMARY KEY,
        version {int} NOT NULL
    ){rows}",
    // What administrators did, beside many times as many steps of logins.
    "CREATE INDEX event_action ON event (tenant, seq) WHERE login IS NULL",
    "CREATE INDEX event_application ON event (tenant, application, seq)
        WHERE login IS NULL AND application IS NOT NULL",
    "CREATE INDEX event_kind ON event (tenant, kind, seq) WHERE login IS NULL",
    // Whose doing it was, as the detail says it: read from there, so that nothing has to be kept equal.
    "ALTER TABLE event ADD COLUMN by_id TEXT GENERATED ALWAYS AS (
        CASE WHEN {find}(detail, '\"by_id\":\"') > 0
            THEN substr(detail, {find}(detail, '\"by_id\":\"') + 9, 30) END) {computed}",
    "CREATE INDEX event_by ON event (tenant, by_id, seq, kind)
        WHERE login IS NULL AND by_id IS NOT NULL",
    "CREATE INDEX event_action_at ON event (tenant, at) WHERE login IS NULL",
    "CREATE INDEX event_retention ON event (tenant, seq)
        WHERE kind IN ('entries_removed', 'retention_set')",
    "CREATE INDEX phone_request_tenant ON phone_request (tenant, created, login, phone)",
    "CREATE INDEX phone_request_missed ON phone_request (tenant, created, login, phone)
        WHERE delivered IS NULL",
    "CREATE INDEX phone_request_account ON phone_request (tenant, account, created, login, phone)",
    "CREATE INDEX phone_request_application
        ON phone_request (tenant, application, created, login, phone)",
    "CREATE INDEX phone_unreachable ON phone (tenant, unreachable_since)
        WHERE unreachable_since IS NOT NULL",
];
