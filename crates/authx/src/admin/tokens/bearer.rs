//! Who shows a token.

use super::{super::AdminError, scopes};
use crate::{
    admin::Actor,
    app::App,
    store::{Batch, tokens as stored},
};
use authx_core::{
    Millis, TenantId, TokenId, UserId,
    role::{Permission, Role},
    secret_text::{self, TOKEN},
};
use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};

/// A script that showed a token that counts.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// Which token.
    pub id: TokenId,
    /// What it is called.
    pub name: String,
    /// Whose company.
    pub tenant: TenantId,
    /// Whose token it is.
    pub account: UserId,
    /// What its owner signs in with.
    pub account_name: String,
    /// What its owner is now.
    pub role: Role,
    /// What it may do, as far as the role lets it.
    pub scopes: Vec<Permission>,
    /// Until when it counts.
    pub expires: Millis,
}

impl Bearer {
    /// Who acts, for use cases.
    pub fn actor(&self) -> Actor {
        let scopes = self.scopes.clone();
        Actor::token(self.id, self.account, self.role, scopes, self.account_name.clone())
    }
}

/// Whose token a text is; `None` for what is no token that counts, and nothing says why. That it
/// was used is noted, to the minute.
///
/// # Errors
///
/// [`AdminError::Store`], [`AdminError::Clock`], [`AdminError::Damaged`].
pub async fn find(
    app: &App,
    text: &str,
    from: Option<String>,
) -> Result<Option<Bearer>, AdminError> {
    let Ok(bytes) = secret_text::parse(TOKEN, text) else { return Ok(None) };
    let digest = digest_of(&bytes);
    let Some(row) = stored::token(&app.store, digest).await? else { return Ok(None) };
    let same = verify_slices_are_equal(&row.digest, &digest).is_ok();
    let now = app.now()?;
    let over = row.revoked.is_some() || now >= row.expires;
    let Some(role) = row.role.filter(|_| same && !over && row.active) else { return Ok(None) };
    let old = row.used.is_none_or(|used| now.since(used) >= SEEN_SECS * 1_000);
    if old {
        app.store.commit(Batch::default().use_token(row.id, now, from)).await?;
    }
    Ok(Some(Bearer {
        id: row.id,
        tenant: row.tenant,
        account: row.account,
        role,
        scopes: scopes(&row)?,
        expires: row.expires,
        name: row.name,
        account_name: row.account_name,
    }))
}

/// Of 256 random bits a plain digest tells nothing.
pub(super) fn digest_of(bytes: &[u8; 32]) -> [u8; 32] {
    let digest = digest(&SHA256, &[b"authx admin token\0", bytes.as_ref()].concat());
    digest.as_ref().first_chunk().copied().unwrap_or_default()
}

/// How exactly it is known when a token was last used.
const SEEN_SECS: u64 = 60;
