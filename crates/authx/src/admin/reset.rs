//! A forgotten password: a mail to the address on record, then the second factor, then a new one.
//! Neither alone is enough.

use super::{
    Actor, AdminError, Change, Tenant, change, detail,
    letters::{self, Deed, FORGOTTEN, Letter, Link},
    passwords,
    sessions::{self, From, Sealed, Visit},
    sign_up::{self, SignUpError},
};
use crate::{
    app::{About, App},
    store::{Batch, StoreError, accounts, portal as stored},
};
use authx_core::{Millis, TenantId, UserId, audit::EventKind, name::Name};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// What a link for a new password is for.
#[derive(Clone, Debug)]
pub struct Forgotten {
    /// Whose company.
    pub tenant: TenantId,
    /// Whose account.
    pub account: UserId,
    /// What it signs in with.
    pub name: String,
}

/// Mails a link to whoever goes by that name and has an address on record; to nobody otherwise,
/// which whoever asked is not told. One account is written to once in five minutes.
///
/// # Errors
///
/// [`AdminError`].
pub async fn ask(app: &App, from: &From, tenant: TenantId, name: &Name) -> Result<(), AdminError> {
    let found = accounts::account_named(&app.store, tenant, name).await?;
    let Some(row) = found.filter(|row| row.active && row.removed.is_none() && row.has_password)
    else {
        return Ok(());
    };
    let now = app.now()?;
    let newest = stored::newest_link(&app.store, KIND, row.id).await?;
    if row.mail.is_none() || newest.is_some_and(|made| now.since(made) < PAUSE_SECS * 1_000) {
        return Ok(());
    }
    let (token, digest) = app.decide(now, sign_up::draw);
    let expires = now.plus_secs(LINK_SECS);
    let link = stored::PortalLink {
        kind: KIND.to_owned(),
        tenant: Some(tenant),
        account: Some(row.id),
        detail: "{}".to_owned(),
        created: now,
        expires,
        spent: None,
    };
    let url = Zeroizing::new(format!("{}/reset#{}", app.public_url, *token));
    let deed = from.address.iter().fold(Deed::own(now), Deed::from);
    let letter = Letter::PasswordForgotten { link: Link { url, until: expires }, deed };
    let posted = letters::notify(app, now, tenant, row.id, &letter).await?;
    let mut said = detail([]);
    Actor::account(row.id, None, row.name).sign(&mut said);
    if let Some(address) = &from.address {
        said.insert("address".to_owned(), address.as_str().into());
    }
    // Not under the tenant's generation: whoever knows names would stand in the way of logins. Of
    // many that come at once the first one counts.
    let batch = Batch::default()
        .spend_portal_challenge(turn(now, row.id), now.plus_secs(PAUSE_SECS))
        .delete_portal_links(KIND, row.id)
        // Its link is dead.
        .withdraw_deliveries(tenant, row.id, FORGOTTEN, now)
        .insert_portal_link(digest, &link)
        .and(posted);
    let about = About { user: Some(row.id), ..About::default() };
    let batch = app.record(batch, now, tenant, EventKind::PasswordForgotten, about, said);
    match app.store.commit(batch).await {
        Ok(()) | Err(StoreError::Conflict) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Names an account's turn to be written to.
fn turn(now: Millis, account: UserId) -> [u8; 32] {
    let number = now.secs() / PAUSE_SECS;
    let named = [b"authx forgotten\0", account.as_bytes().as_slice(), &number.to_be_bytes()];
    let digest = digest(&SHA256, &named.concat());
    digest.as_ref().first_chunk().copied().unwrap_or_default()
}

/// Whose password a link is for. Looking spends nothing.
///
/// # Errors
///
/// [`SignUpError::Slip`], [`SignUpError::Link`], [`SignUpError::Admin`].
pub async fn look(app: &App, token: &str) -> Result<Forgotten, SignUpError> {
    let now = app.now().map_err(AdminError::from)?;
    let link = stored::link(&app.store, sign_up::digest_of(token)?).await;
    let link = link.map_err(AdminError::from)?;
    let open = link.filter(|it| it.kind == KIND && it.spent.is_none() && now < it.expires);
    let (Some(tenant), Some(account)) =
        open.map_or((None, None), |link| (link.tenant, link.account))
    else {
        return Err(SignUpError::Link);
    };
    let row = accounts::account(&app.store, tenant, account).await.map_err(AdminError::from)?;
    let row = row.filter(|row| row.active && row.removed.is_none()).ok_or(SignUpError::Link)?;
    Ok(Forgotten { tenant, account, name: row.name })
}

/// Checks a new password and seals its hash for a session that has yet to give a second factor; the
/// link is not spent before that.
///
/// # Errors
///
/// As [`look`]; [`SignUpError::Password`].
pub async fn choose(
    app: &App,
    token: &str,
    visit: &Visit,
    typed: Zeroizing<String>,
) -> Result<Sealed, SignUpError> {
    let found = look(app, token).await?;
    if (found.tenant, found.account) != (visit.tenant, visit.account) {
        return Err(SignUpError::Link);
    }
    let tenant = Tenant::load(app, found.tenant).await?;
    let hash =
        passwords::hashed(app, Some(found.account), typed, vec![found.name, tenant.name]).await?;
    let digest = URL_SAFE_NO_PAD.encode(sign_up::digest_of(token)?);
    let until = app.now().map_err(AdminError::from)?.plus_secs(LINK_SECS);
    let plain = Zeroizing::new(format!("{digest} {}", *hash));
    Ok(sessions::seal(app, visit, &plain, until).await?)
}

/// Sets the password that a session holds, now that its second factor was given, and spends the
/// link. Every other session and what VPNs remember ends.
///
/// # Errors
///
/// [`SignUpError::Link`]: it was used meanwhile; [`SignUpError::Admin`].
pub async fn finish(app: &App, visit: &Visit, kept: &Sealed) -> Result<(), SignUpError> {
    let opened = sessions::open(app, visit, kept).await?.ok_or(SignUpError::Link)?;
    let (digest, hash) = opened.split_once(' ').ok_or(SignUpError::Link)?;
    let digest = URL_SAFE_NO_PAD.decode(digest).map_err(|_| SignUpError::Link)?;
    let digest = <[u8; 32]>::try_from(digest).map_err(|_| SignUpError::Link)?;
    let hash = &Zeroizing::new(hash.to_owned());
    let (account, own) = (visit.account, visit.id);
    let by = visit.actor();
    change(app, &by, visit.tenant, move |tenant, now| async move {
        let link = stored::link(&app.store, digest).await.map_err(AdminError::from)?;
        if link.is_none_or(|link| link.spent.is_some() || now >= link.expires) {
            return Err(SignUpError::Link);
        }
        let sealed = passwords::sealed(app, &tenant, now, account, hash);
        let letter = Letter::PasswordChanged(Deed::own(now));
        let posted = letters::notify(app, now, tenant.id, account, &letter).await?;
        Ok(Change {
            batch: Batch::default()
                .spend_portal_link(digest, now)
                .delete_open_portal_links(account)
                .set_password(tenant.id, account, sealed)
                .end_portal_sessions(tenant.id, account, Some(own))
                .end_sessions(tenant.id, account, now)
                .and(posted),
            kind: EventKind::PasswordSet,
            about: About { user: Some(account), ..About::default() },
            detail: detail([("forgotten", true.into()), ("replaced", true.into())]),
            outcome: (),
        })
    })
    .await
}

const KIND: &str = "password";
const LINK_SECS: u64 = 3_600;
const PAUSE_SECS: u64 = 300;
