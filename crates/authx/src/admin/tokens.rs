//! Tokens: with one a script does what its account may, as far as the token's scopes go, until it
//! expires or is revoked.

mod bearer;

pub use bearer::{Bearer, find};

use super::{Actor, AdminError, Change, change, detail};
use crate::{
    app::{About, App},
    store::{Batch, tokens as stored},
};
use authx_core::{
    Millis, TenantId, TokenId, UserId,
    audit::EventKind,
    name::Name,
    role::{Permission, Role},
    secret_text::{self, TOKEN},
    wire::login::Rfc3339,
};
use serde::Serialize;
use zeroize::Zeroizing;

/// Why a token was not made, found or changed.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// Too short or too long.
    #[error("a token counts from one hour to one year")]
    Lifetime,
    /// Another token that counts has this name.
    #[error("there is already a token “{0}”; choose another name, such as the script's")]
    NameTaken(String),
    /// A token that may nothing.
    #[error("choose at least one thing that the token may do")]
    NoScope,
    /// A script asks.
    #[error("a token makes no tokens and brings none back; do it in the portal")]
    NotForScripts,
    /// It counts, was revoked too long ago, or is over.
    #[error("this token cannot be restored: its ten minutes are over; make a new one")]
    NotRestorable,
    /// More than whoever makes it may.
    #[error("your role may not do “{}”, so no token of yours may", .0.word())]
    ScopeTooWide(Permission),
    /// No more tokens.
    #[error(
        "there are {MOST} tokens already, as many as there may be; revoke one that is no longer used"
    )]
    TooMany,
    /// No token of this id.
    #[error("there is no such token")]
    Unknown,
}

/// A token as administrators see it: never the token itself.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Token {
    /// Which.
    #[serde(rename = "token_id")]
    pub id: TokenId,
    /// As its owner calls it.
    pub name: String,
    /// Whose it is.
    pub user_id: UserId,
    /// What its owner signs in with.
    pub user: String,
    /// What it may do, as far as its owner's role lets it.
    pub scopes: Vec<Permission>,
    /// When it was made.
    pub created: Rfc3339,
    /// Until when it counts.
    pub expires: Rfc3339,
    /// When it stopped counting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Rfc3339>,
    /// The last time that it was used, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Rfc3339>,
    /// From where; absent for the unix socket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_address: Option<String>,
    /// Until when its revocation can be taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restorable_until: Option<Rfc3339>,
    /// Whether it counts now.
    pub counts: bool,
    /// What its owner is, where that counts.
    #[serde(skip)]
    pub role: Option<Role>,
}

/// What a token is to be.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// What to call it.
    pub name: &'a Name,
    /// What it may do.
    pub scopes: &'a [Permission],
    /// For how long.
    pub lifetime_secs: u64,
}

/// A new token.
pub struct NewToken {
    /// Which.
    pub id: TokenId,
    /// The token, shown this once.
    pub text: Zeroizing<String>,
    /// Until when it counts.
    pub expires: Millis,
}

/// Makes a token of whoever asks.
///
/// # Errors
///
/// [`TokenError`].
pub async fn create(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    wish: Wish<'_>,
) -> Result<NewToken, TokenError> {
    // A token that makes tokens would outlive its own end.
    let account = by.user().filter(|_| by.is_person()).ok_or(TokenError::NotForScripts)?;
    let mut scopes = wish.scopes.to_vec();
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() {
        return Err(TokenError::NoScope);
    }
    if let Some(&wide) = scopes.iter().find(|&&scope| !by.may(scope)) {
        return Err(TokenError::ScopeTooWide(wide));
    }
    if !(LEAST_SECS..=MOST_SECS).contains(&wish.lifetime_secs) {
        return Err(TokenError::Lifetime);
    }
    let words: Vec<&str> = scopes.iter().map(|scope| scope.word()).collect();
    let words = &words;
    change(app, by, tenant, move |tenant, now| async move {
        let known = stored::tokens(&app.store, tenant.id).await.map_err(AdminError::from)?;
        check_room(&known, wish.name, now)?;
        let (id, text, digest) = app.decide(now, |cx| {
            let bytes = Zeroizing::new(cx.bytes::<32>());
            (TokenId::new(cx), secret_text::format(TOKEN, &bytes), bearer::digest_of(&bytes))
        });
        let expires = now.plus_secs(wish.lifetime_secs);
        let json = serde_json::to_string(words);
        let new = stored::NewToken {
            id,
            digest,
            tenant: tenant.id,
            account,
            name: wish.name.as_str(),
            scopes: json.map_err(|error| AdminError::Damaged(error.to_string()))?,
            now,
            expires,
        };
        Ok(Change {
            batch: Batch::default().insert_token(new),
            kind: EventKind::TokenMade,
            about: About { user: Some(account), ..About::default() },
            detail: detail([
                ("token", wish.name.as_str().into()),
                ("token_id", id.to_string().into()),
                ("scopes", words.clone().into()),
                ("expires", String::from(Rfc3339(expires)).into()),
            ]),
            outcome: NewToken { id, text, expires },
        })
    })
    .await
}

/// The tokens of a company, the newest first; also those that ended lately.
///
/// # Errors
///
/// [`AdminError::Store`], [`AdminError::Damaged`].
pub async fn list(app: &App, tenant: TenantId) -> Result<Vec<Token>, AdminError> {
    let rows = stored::tokens(&app.store, tenant).await?;
    let now = app.clock.clock().now();
    rows.into_iter().map(|row| token(row, now)).collect()
}

/// What the tokens of an account are called that count, the newest first.
///
/// # Errors
///
/// As [`list`].
pub async fn names_of(
    app: &App,
    tenant: TenantId,
    account: UserId,
) -> Result<Vec<String>, AdminError> {
    let all = list(app, tenant).await?;
    let own = all.into_iter().filter(|token| token.user_id == account && token.counts);
    Ok(own.map(|token| token.name).collect())
}

/// Makes a token count no longer: whoever holds it is refused from this commit on.
///
/// # Errors
///
/// [`TokenError::Unknown`], also for one that counts no longer; [`TokenError::Admin`], also where it
/// is the token of somebody who stands above.
pub async fn revoke(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: TokenId,
) -> Result<String, TokenError> {
    change(app, by, tenant, move |tenant, now| async move {
        let row = row(app, tenant.id, id).await?;
        // A script may always give up what it holds itself.
        if !by.holds(id) {
            by.check_self_or_outranks(row.account, row.role)?;
        }
        if row.revoked.is_some() || now >= row.expires {
            return Err(TokenError::Unknown);
        }
        Ok(Change {
            batch: Batch::default().revoke_token(tenant.id, id, now),
            kind: EventKind::TokenRevoked,
            about: About { user: Some(row.account), ..About::default() },
            detail: named(&row),
            outcome: row.name,
        })
    })
    .await
}

/// Takes a revocation back, within ten minutes.
///
/// # Errors
///
/// [`TokenError::NotRestorable`], [`TokenError::NameTaken`], [`TokenError::TooMany`],
/// [`TokenError::NotForScripts`], [`TokenError::Unknown`], [`TokenError::Admin`].
pub async fn restore(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: TokenId,
) -> Result<String, TokenError> {
    if !by.is_person() {
        return Err(TokenError::NotForScripts);
    }
    change(app, by, tenant, move |tenant, now| async move {
        let row = row(app, tenant.id, id).await?;
        by.check_self_or_outranks(row.account, row.role)?;
        let after = Millis(now.0.saturating_sub(RESTORABLE_SECS * 1_000));
        let lately = row.revoked.is_some_and(|revoked| revoked > after);
        if !lately || now >= row.expires || !row.active || row.role.is_none() {
            return Err(TokenError::NotRestorable);
        }
        let known = stored::tokens(&app.store, tenant.id).await.map_err(AdminError::from)?;
        let name = Name::new(&row.name).map_err(|error| AdminError::Damaged(error.to_string()))?;
        check_room(&known, &name, now)?;
        Ok(Change {
            batch: Batch::default().restore_token(tenant.id, id, after),
            kind: EventKind::TokenRestored,
            about: About { user: Some(row.account), ..About::default() },
            detail: named(&row),
            outcome: row.name,
        })
    })
    .await
}

/// Forgets tokens that have not counted for a month; the record keeps what became of them.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn forget_old(app: &App, now: Millis) -> Result<(), AdminError> {
    let until = Millis(now.0.saturating_sub(KEPT_SECS * 1_000));
    Ok(app.store.commit(Batch::default().forget_tokens(until)).await?)
}

/// Fails where a token that counts has the name, or there are enough.
fn check_room(known: &[stored::TokenRow], name: &Name, now: Millis) -> Result<(), TokenError> {
    let counting = || known.iter().filter(|row| row.revoked.is_none() && now < row.expires);
    let folded = name.folded();
    if counting().any(|row| Name::new(&row.name).is_ok_and(|known| known.folded() == folded)) {
        return Err(TokenError::NameTaken(name.to_string()));
    }
    if counting().count() >= MOST { Err(TokenError::TooMany) } else { Ok(()) }
}

async fn row(app: &App, tenant: TenantId, id: TokenId) -> Result<stored::TokenRow, TokenError> {
    let known = stored::tokens(&app.store, tenant).await.map_err(AdminError::from)?;
    known.into_iter().find(|row| row.id == id).ok_or(TokenError::Unknown)
}

fn named(row: &stored::TokenRow) -> serde_json::Map<String, serde_json::Value> {
    detail([
        ("token", row.name.as_str().into()),
        ("token_id", row.id.to_string().into()),
        ("of", row.account_name.as_str().into()),
    ])
}

fn token(row: stored::TokenRow, now: Millis) -> Result<Token, AdminError> {
    let until = row.revoked.map(|revoked| revoked.plus_secs(RESTORABLE_SECS));
    let over = row.revoked.is_some() || now >= row.expires;
    let restorable = until.filter(|until| now < *until && now < row.expires && row.active);
    Ok(Token {
        id: row.id,
        scopes: scopes(&row)?,
        counts: !over && row.active && row.role.is_some(),
        name: row.name,
        user_id: row.account,
        user: row.account_name,
        created: Rfc3339(row.created),
        expires: Rfc3339(row.expires),
        revoked: row.revoked.map(Rfc3339),
        last_used: row.used.map(Rfc3339),
        last_address: row.used_from,
        restorable_until: restorable.map(Rfc3339),
        role: row.role,
    })
}

/// A scope that this version does not know lets nobody do anything.
fn scopes(row: &stored::TokenRow) -> Result<Vec<Permission>, AdminError> {
    let words: Vec<String> = serde_json::from_str(&row.scopes)
        .map_err(|error| AdminError::Damaged(format!("token {}: {error}", row.id)))?;
    Ok(words.iter().filter_map(|word| Permission::from_word(word)).collect())
}

impl std::fmt::Debug for NewToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewToken").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Tokens of one company that count.
pub const MOST: usize = 50;
/// The shortest life of a token.
pub const LEAST_SECS: u64 = 3_600;
/// The longest.
pub const MOST_SECS: u64 = 366 * 86_400;
/// The usual one.
pub const USUAL_SECS: u64 = 90 * 86_400;
/// How long a revocation can be taken back.
const RESTORABLE_SECS: u64 = 600;
/// How long a token that is over is still listed.
const KEPT_SECS: u64 = 30 * 86_400;
