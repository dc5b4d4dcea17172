//! Browsers that somebody came in with before.

use crate::store::{Batch, Store, StoreError};
use authx_core::{Millis, TenantId, UserId};

/// Reads the digests of the browsers that an account came in with, the last used ones first.
///
/// # Errors
///
/// As [`super::session`].
pub async fn browsers(store: &Store, account: UserId) -> Result<Vec<Vec<u8>>, StoreError> {
    let sql = "SELECT digest FROM portal_browser WHERE account = $1 ORDER BY seen DESC LIMIT 100";
    let rows = store.query(sql, [account.into()]).await?;
    rows.iter().map(|row| Ok(row.bytes(0)?.to_vec())).collect()
}

impl Batch {
    /// Notes that an account came in with a browser.
    #[must_use]
    pub fn see_browser(
        self,
        tenant: TenantId,
        account: UserId,
        digest: [u8; 32],
        now: Millis,
    ) -> Self {
        self.run(
            "INSERT INTO portal_browser (tenant, account, digest, first, seen)
             VALUES ($1, $2, $3, $4, $4)
             ON CONFLICT (account, digest) DO UPDATE SET seen = excluded.seen",
            [tenant.into(), account.into(), digest.into(), now.into()],
        )
    }

    /// Forgets browsers that nobody came in with since a moment.
    #[must_use]
    pub fn forget_browsers(self, before: Millis) -> Self {
        self.run("DELETE FROM portal_browser WHERE seen < $1", [before.into()])
    }
}
