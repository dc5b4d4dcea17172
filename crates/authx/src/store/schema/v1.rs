//! The first version: tenants, applications, accounts with their factors, logins, the record.

pub(super) const STEPS: &[&str] = &[
    "CREATE TABLE tenant (
        id {bytes} PRIMARY KEY,
        name TEXT NOT NULL,
        folded TEXT NOT NULL UNIQUE,
        created {int} NOT NULL,
        data_key {bytes} NOT NULL,
        policy TEXT NOT NULL,
        generation {int} NOT NULL
    ){rows}",
    "CREATE TABLE application (
        id {bytes} PRIMARY KEY,
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        name TEXT NOT NULL,
        folded TEXT NOT NULL,
        kind TEXT NOT NULL,
        policy TEXT NOT NULL,
        created {int} NOT NULL,
        UNIQUE (tenant, folded)
    ){rows}",
    "CREATE TABLE application_key (
        id {bytes} PRIMARY KEY,
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        application {bytes} NOT NULL REFERENCES application (id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        folded TEXT NOT NULL,
        secret {bytes} NOT NULL,
        created {int} NOT NULL,
        revoked {int}
    ){rows}",
    "CREATE INDEX application_key_application ON application_key (application)",
    "CREATE TABLE account (
        id {bytes} PRIMARY KEY,
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        name TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
        password {bytes},
        created {int} NOT NULL,
        stands_since {int} NOT NULL
    ){rows}",
    "CREATE INDEX account_tenant ON account (tenant, name)",
    // Also holds the account's own name.
    "CREATE TABLE alias (
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        folded TEXT NOT NULL,
        account {bytes} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        PRIMARY KEY (tenant, folded)
    ){clustered}",
    "CREATE INDEX alias_account ON alias (account)",
    "CREATE TABLE factor (
        id {bytes} PRIMARY KEY,
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        account {bytes} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        kind TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('pending', 'active')),
        record {bytes} NOT NULL,
        guard TEXT NOT NULL,
        version {int} NOT NULL,
        created {int} NOT NULL
    ){updated}",
    "CREATE INDEX factor_account ON factor (account)",
    "CREATE TABLE throttle (
        tenant {bytes} NOT NULL,
        application {bytes} NOT NULL,
        source TEXT NOT NULL,
        failures {int} NOT NULL,
        last {int} NOT NULL,
        PRIMARY KEY (tenant, application, source)
    ){clustered}",
    // No foreign keys from here on: a login and its events are written with every verification,
    // and their ids come from rows that were just read.
    "CREATE TABLE login (
        tenant {bytes} NOT NULL,
        id {bytes} NOT NULL,
        application {bytes} NOT NULL,
        version {int} NOT NULL,
        state TEXT NOT NULL,
        final {int} NOT NULL,
        created {int} NOT NULL,
        expires {int} NOT NULL,
        generation {int} NOT NULL,
        PRIMARY KEY (tenant, id)
    ){clustered}",
    "CREATE INDEX login_sweep ON login (final, expires)",
    "CREATE TABLE session (
        id {bytes} PRIMARY KEY,
        tenant {bytes} NOT NULL,
        application {bytes} NOT NULL,
        account {bytes} NOT NULL,
        login {bytes} NOT NULL,
        created {int} NOT NULL,
        until {int} NOT NULL,
        ended {int}
    ){clustered}",
    "CREATE INDEX session_account ON session (account)",
    "{postgres}CREATE SEQUENCE event_seq",
    "CREATE TABLE event (
        seq {ordinal},
        tenant {bytes} NOT NULL,
        id {bytes} NOT NULL,
        at {int} NOT NULL,
        kind TEXT NOT NULL,
        account {bytes},
        application {bytes},
        login {bytes},
        support_code TEXT,
        detail TEXT NOT NULL,
        mac {bytes} NOT NULL
    ){rows}",
    "CREATE INDEX event_tenant ON event (tenant, seq)",
    "CREATE INDEX event_support_code ON event (tenant, support_code)
        WHERE support_code IS NOT NULL",
    "CREATE INDEX event_account ON event (tenant, account, seq) WHERE account IS NOT NULL",
    "CREATE TABLE seal (
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        number {int} NOT NULL,
        upto {int} NOT NULL,
        count {int} NOT NULL,
        root {bytes} NOT NULL,
        previous {bytes} NOT NULL,
        at {int} NOT NULL,
        mac {bytes} NOT NULL,
        PRIMARY KEY (tenant, number)
    ){clustered}",
    "CREATE TABLE lease (
        name TEXT PRIMARY KEY,
        holder TEXT NOT NULL,
        until {int} NOT NULL
    ){rows}",
];
