//! Links with which an account that somebody else made gets its password.

use super::{ACCOUNT, LINK_SECS, Link, draw};
use crate::{
    admin::{
        Actor, AdminError, Change, Tenant,
        accounts::{self, AccountError},
        change, detail,
        letters::{self, Letter, LetterError, Posted, SET_UP},
    },
    app::{About, App},
    mail::MailRefused,
    store::{Batch, accounts::AccountRow, portal as stored},
};
use authx_core::{Millis, TenantId, UserId, audit::EventKind, wire::login::Rfc3339};
use serde_json::{Map, Value};

/// Why nobody is given a link.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The account is not there, or removed.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// What can stop any change; also where the account is not one that who asks may act on.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// It could not sign in with it.
    #[error("“{0}” is disabled; enable the user first")]
    Disabled(String),
    /// It cannot be sent.
    #[error(transparent)]
    Mail(#[from] MailRefused),
}

/// A link that went by mail. Whoever sent it does not get to see it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mailed {
    /// Until when it counts.
    pub expires: Millis,
    /// The mail.
    pub posted: Posted,
}

/// Makes a link with which an account gets its password, and its second factor if it has none.
/// Earlier ones count no longer.
///
/// # Errors
///
/// [`LinkError`].
pub async fn invite_account(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    account: UserId,
) -> Result<Link, LinkError> {
    change(app, by, tenant, move |tenant, now| async move {
        let row = invited(app, by, &tenant, account).await?;
        let (link, batch) = set_up_link(app, now, tenant.id, account);
        let detail = said(&row, &link);
        Ok(made(account, batch, detail, link))
    })
    .await
}

/// The same, at the mail address on record and nowhere else: whoever asks is not shown the link.
///
/// # Errors
///
/// [`LinkError`], [`LinkError::Mail`] where mail is not set up or no address is on record.
pub async fn invite_account_by_mail(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    account: UserId,
) -> Result<Mailed, LinkError> {
    change(app, by, tenant, move |tenant, now| async move {
        let row = invited(app, by, &tenant, account).await?;
        let (link, batch) = set_up_link(app, now, tenant.id, account);
        let mut detail = said(&row, &link);
        let expires = link.expires;
        let letter = Letter::set_up(app, &link, row.role, by);
        let post = letters::post(app, now, tenant.id, account, &letter).await;
        let (letter, posted) = post.map_err(|error| match error {
            LetterError::Admin(error) => LinkError::Admin(error),
            LetterError::Refused(error) => LinkError::Mail(error),
        })?;
        detail.insert("mailed_to".to_owned(), posted.to.as_str().into());
        Ok(made(account, batch.and(letter), detail, Mailed { expires, posted }))
    })
    .await
}

/// A link for an account, to be stored. Earlier ones count no longer, nor are they sent any more.
pub(in crate::admin) fn set_up_link(
    app: &App,
    now: Millis,
    tenant: TenantId,
    account: UserId,
) -> (Link, Batch) {
    let (token, digest) = app.decide(now, draw);
    let expires = now.plus_secs(LINK_SECS);
    let row = stored::PortalLink {
        kind: ACCOUNT.to_owned(),
        tenant: Some(tenant),
        account: Some(account),
        detail: "{}".to_owned(),
        created: now,
        expires,
        spent: None,
    };
    let batch = Batch::default()
        .delete_portal_links(ACCOUNT, account)
        .withdraw_deliveries(tenant, account, SET_UP, now)
        .insert_portal_link(digest, &row);
    (Link { token, expires }, batch)
}

async fn invited(
    app: &App,
    by: &Actor,
    tenant: &Tenant,
    account: UserId,
) -> Result<AccountRow, LinkError> {
    let row = accounts::row(app, tenant.id, account).await?;
    by.check_outranks(row.role)?;
    if row.active { Ok(row) } else { Err(LinkError::Disabled(row.name)) }
}

fn said(row: &AccountRow, link: &Link) -> Map<String, Value> {
    detail([
        ("name", row.name.as_str().into()),
        ("expires", String::from(Rfc3339(link.expires)).into()),
    ])
}

fn made<T>(account: UserId, batch: Batch, detail: Map<String, Value>, outcome: T) -> Change<T> {
    let about = About { user: Some(account), ..About::default() };
    Change { batch, kind: EventKind::PortalInvited, about, detail, outcome }
}
