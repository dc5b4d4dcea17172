//! The tables, once for both engines.
//!
//! A version's statements never change after a release; a change is a new version. Words in braces
//! are what the engines spell differently.

use super::StoreError;

/// What differs between the engines' languages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Dialect {
    Postgres,
    Sqlite,
}

/// The highest schema this program knows.
pub(super) fn known() -> i64 {
    i64::try_from(VERSIONS.len()).unwrap_or(i64::MAX)
}

/// Where the schema's number is kept; made before anything else.
pub(super) fn meta(dialect: Dialect) -> String {
    spell(
        "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL){rows}",
        dialect,
    )
    .unwrap_or_default()
}

/// Finds the schema's number.
pub(super) const FOUND: &str = "SELECT value FROM meta WHERE key = 'schema_version'";

/// The statements that lead from the schema that was found to the newest.
pub(super) fn steps(found: Option<&str>, dialect: Dialect) -> Result<Vec<String>, StoreError> {
    let number = found.map_or(Ok(0), str::parse::<i64>);
    let found = number.map_err(|_| StoreError::Corrupt {
        sql: FOUND,
        column: 0,
        found: "text",
        wanted: "a number",
    })?;
    if found > known() {
        return Err(StoreError::NewerSchema { found, known: known() });
    }
    let done = usize::try_from(found).unwrap_or(0);
    let missing = VERSIONS.iter().skip(done).flat_map(|version| version.iter());
    let mut steps: Vec<String> = missing.filter_map(|sql| spell(sql, dialect)).collect();
    if !steps.is_empty() {
        steps.push(format!(
            "INSERT INTO meta (key, value) VALUES ('schema_version', '{}')
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            known()
        ));
    }
    Ok(steps)
}

/// `None` for a statement that only the other engine needs.
fn spell(sql: &str, dialect: Dialect) -> Option<String> {
    let words: &[(&str, &str)] = match dialect {
        Dialect::Postgres => &[
            ("{int}", "BIGINT"),
            ("{bytes}", "BYTEA"),
            // The transaction gets its number before the event its ordinal: what `settled_seq`
            // relies on. CASE, because it is the one expression whose order is promised.
            (
                "{ordinal}",
                "BIGINT PRIMARY KEY DEFAULT CASE WHEN pg_current_xact_id() IS NOT NULL \
                 THEN nextval('event_seq') END",
            ),
            ("{rows}", ""),
            ("{clustered}", ""),
            // Room on each page, so that a new version of a row stays beside the old one and
            // touches no index.
            ("{updated}", " WITH (fillfactor = 60)"),
        ],
        Dialect::Sqlite => &[
            ("{int}", "INTEGER"),
            ("{bytes}", "BLOB"),
            ("{ordinal}", "INTEGER PRIMARY KEY AUTOINCREMENT"),
            ("{rows}", " STRICT"),
            ("{clustered}", " STRICT, WITHOUT ROWID"),
            ("{updated}", " STRICT"),
        ],
    };
    let only = match dialect {
        Dialect::Postgres => "{postgres}",
        Dialect::Sqlite => "{sqlite}",
    };
    let sql = sql.strip_prefix(only).unwrap_or(sql);
    if sql.starts_with("{sqlite}") || sql.starts_with("{postgres}") {
        return None;
    }
    Some(words.iter().fold(sql.to_owned(), |sql, (word, spelling)| sql.replace(word, spelling)))
}

const VERSIONS: &[&[&str]] = &[V1];

const V1: &[&str] = &[
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
