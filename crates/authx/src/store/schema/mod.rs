//! The tables, once for both engines.
//!
//! A version's statements never change after a release; a change is a new version. Words in braces
//! are what the engines spell differently.

mod v1;
mod v2;
mod v3;

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
    let missing = VERSIONS.iter().skip(done).flat_map(|version| version.iter().copied().flatten());
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
            ("{find}", "strpos"),
            ("{computed}", "STORED"),
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
            ("{find}", "instr"),
            ("{computed}", "VIRTUAL"),
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

const VERSIONS: &[&[&[&str]]] = &[&[v1::STEPS], &[v2::STEPS], v3::STEPS];
