//! Single values about the database itself.

use super::{Batch, Store, StoreError};

/// Reads one. `None`: it was never written.
///
/// # Errors
///
/// [`StoreError::Unavailable`]: the database gave no answer.
pub async fn read(store: &Store, key: &'static str) -> Result<Option<String>, StoreError> {
    let row = store.query_one("SELECT value FROM meta WHERE key = $1", [key.into()]).await?;
    row.map(|row| row.text(0).map(ToOwned::to_owned)).transpose()
}

impl Batch {
    /// Writes a value over what is there.
    #[must_use]
    pub fn put_meta(self, key: &'static str, value: String) -> Self {
        self.run(
            "INSERT INTO meta (key, value) VALUES ($1, $2)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            [key.into(), value.into()],
        )
    }

    /// Writes a value unless there is one.
    #[must_use]
    pub fn keep_meta(self, key: &'static str, value: String) -> Self {
        self.run(KEEP, [key.into(), value.into()])
    }

    /// Writes a value that must not be there yet.
    #[must_use]
    pub fn insert_meta(self, key: &'static str, value: String) -> Self {
        self.one(KEEP, [key.into(), value.into()])
    }
}

const KEEP: &str = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
