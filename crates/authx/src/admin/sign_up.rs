//! How a company comes to be, and how its people first come in: by links that count once.

use super::{
    Actor, AdminError, Change, Tenant, change, detail,
    passwords::{self, PasswordRuleError},
    sessions::{self, Cookie, From, Pending},
};
use crate::{
    app::{About, App},
    config::SignUp,
    store::{Batch, StoreError, accounts, portal as stored, tenants},
};
use authx_core::{
    Cx, Millis, TenantId, UserId,
    audit::EventKind,
    name::{InvalidName, Name, fold},
    role::Role,
    seal::DataKey,
    secret_text::{self, INVITATION, InvalidSecretText},
    wire::login::Rfc3339,
};
use aws_lc_rs::digest::{SHA256, digest};
use lettre::Address;
use zeroize::Zeroizing;

/// A link, shown this once.
pub struct Link {
    /// Opens it; stands behind the `#` of an address, so in no server's log.
    pub token: Zeroizing<String>,
    /// Until when it counts.
    pub expires: Millis,
}

/// What a link is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// An account, made by an administrator, gets its password and its second factor.
    Account {
        /// Whose company.
        tenant: TenantId,
        /// What that is called.
        tenant_name: String,
        /// Which.
        account: UserId,
        /// What it signs in with.
        name: String,
    },
    /// A company is made, with its owner.
    Company,
}

/// A company to be made.
#[derive(Debug)]
pub struct NewCompany {
    /// What it is called.
    pub company: String,
    /// What people call its owner.
    pub display: String,
    /// The owner's mail address, with which the owner signs in.
    pub mail: String,
    /// The owner's password, as typed.
    pub password: Zeroizing<String>,
}

/// Why nobody came in.
#[derive(Debug, thiserror::Error)]
pub enum SignUpError {
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// Nobody may make a company without a link.
    #[error("a company is made here by invitation only")]
    Closed,
    /// The company's name is none, or taken.
    #[error("{0}")]
    Company(String),
    /// The owner's name.
    #[error("{0}")]
    Display(String),
    /// The link was used, is too old, or never was.
    #[error("this link was used or is too old; ask whoever sent it for a new one")]
    Link,
    /// The mail address is none.
    #[error("{0}")]
    Mail(String),
    /// The password breaks a rule.
    #[error(transparent)]
    Password(#[from] PasswordRuleError),
    /// The link is mistyped.
    #[error("this link is not whole: {0}")]
    Slip(#[from] InvalidSecretText),
}

/// Makes a link with which somebody makes a company.
///
/// # Errors
///
/// [`AdminError`].
pub async fn invite_company(app: &App) -> Result<Link, AdminError> {
    let now = app.now()?;
    let (link, batch) = app.decide(now, |cx| company_link(cx));
    app.store.commit(batch).await?;
    Ok(link)
}

/// The same, to be stored together with something else.
pub fn company_link(cx: &mut Cx<'_>) -> (Link, Batch) {
    let now = cx.now;
    let (token, digest) = draw(cx);
    let expires = now.plus_secs(LINK_SECS);
    let row = stored::PortalLink {
        kind: COMPANY.to_owned(),
        tenant: None,
        account: None,
        detail: "{}".to_owned(),
        created: now,
        expires,
        spent: None,
    };
    (Link { token, expires }, Batch::default().insert_portal_link(digest, &row))
}

/// Makes a link with which an account gets its password and its second factor. Earlier ones count
/// no longer.
///
/// # Errors
///
/// [`AdminError`], also where the account is not one that `by` may act on.
pub async fn invite_account(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    account: UserId,
) -> Result<Link, AdminError> {
    change(app, by, tenant, move |tenant, now| async move {
        let row = accounts::account(&app.store, tenant.id, account).await?;
        let row = row.ok_or_else(|| AdminError::Damaged(format!("no account {account}")))?;
        by.check_outranks(row.role)?;
        let (token, digest) = app.decide(now, draw);
        let expires = now.plus_secs(LINK_SECS);
        let link = stored::PortalLink {
            kind: ACCOUNT.to_owned(),
            tenant: Some(tenant.id),
            account: Some(account),
            detail: "{}".to_owned(),
            created: now,
            expires,
            spent: None,
        };
        Ok(Change {
            batch: Batch::default()
                .delete_portal_links(ACCOUNT, account)
                .insert_portal_link(digest, &link),
            kind: EventKind::PortalInvited,
            about: About { user: Some(account), ..About::default() },
            detail: detail([
                ("name", row.name.into()),
                ("expires", String::from(Rfc3339(expires)).into()),
            ]),
            outcome: Link { token, expires },
        })
    })
    .await
}

/// What a link is for. Looking spends nothing.
///
/// # Errors
///
/// [`SignUpError::Slip`], [`SignUpError::Link`], [`SignUpError::Admin`].
pub async fn look(app: &App, token: &str) -> Result<Purpose, SignUpError> {
    let digest = digest_of(token)?;
    let now = app.now().map_err(AdminError::from)?;
    let link = stored::link(&app.store, digest).await.map_err(AdminError::from)?;
    let open = link.filter(|link| link.spent.is_none() && now < link.expires);
    let link = open.ok_or(SignUpError::Link)?;
    match (link.kind.as_str(), link.tenant, link.account) {
        (COMPANY, None, None) => Ok(Purpose::Company),
        (ACCOUNT, Some(tenant), Some(account)) => {
            let row = accounts::account(&app.store, tenant, account).await;
            let row = row.map_err(AdminError::from)?.filter(|row| row.active);
            let row = row.ok_or(SignUpError::Link)?;
            let tenant_name = Tenant::load(app, tenant).await?.name;
            Ok(Purpose::Account { tenant, tenant_name, account, name: row.name })
        }
        _ => Err(SignUpError::Link),
    }
}

/// Makes a company with its owner, who still has to enrol a second factor before anything else.
///
/// # Errors
///
/// [`SignUpError`] names the first thing that cannot be.
pub async fn company(
    app: &App,
    from: &From,
    token: Option<&str>,
    new: NewCompany,
) -> Result<Cookie, SignUpError> {
    let link = match token {
        Some(token) => match look(app, token).await? {
            Purpose::Company => Some(digest_of(token)?),
            Purpose::Account { .. } => return Err(SignUpError::Link),
        },
        None if app.portal.sign_up == SignUp::Open => None,
        None => return Err(SignUpError::Closed),
    };
    let NewCompany { company, display, mail, password } = new;
    let named = |error: InvalidName| SignUpError::Company(error.to_string());
    let company = Name::new(&company).map_err(named)?;
    let display = shown(&display).map_err(SignUpError::Display)?;
    let mail = address(&mail).map_err(SignUpError::Mail)?;
    let name = Name::new(&mail).map_err(|error| SignUpError::Mail(error.to_string()))?;
    let taken = tenants::tenant_named(&app.store, &company).await.map_err(AdminError::from)?;
    if taken.is_some() {
        return Err(SignUpError::Company(taken_name(&company)));
    }
    let known = vec![company.to_string(), display.clone(), mail.clone()];
    let hash = passwords::hashed(app, password, known).await?;
    let now = app.now().map_err(AdminError::from)?;
    let (tenant, account, key, wrapped) = app.decide(now, |cx| {
        let (tenant, account) = (TenantId::new(cx), UserId::new(cx));
        let key = DataKey::generate(cx);
        let wrapped = app.keys.master.wrap(cx, tenant, &key);
        (tenant, account, key, wrapped)
    });
    let sealed = passwords::sealed_under(app, &key, tenant, now, account, &hash);
    let mut batch = Batch::default();
    if let Some(digest) = link {
        batch = batch.spend_portal_link(digest, now);
    }
    let batch = batch
        .insert_tenant(tenant, &company, wrapped, now)
        .insert_account(accounts::NewAccount {
            tenant,
            id: account,
            name: &name,
            known: accounts::Known {
                display: Some(&display),
                mail: Some(&mail),
                search: &fold(&format!("{mail}\n{display}")),
            },
            active: true,
            password: Some(sealed),
            now,
            import: None,
        })
        .insert_alias(tenant, account, &name.folded())
        .set_role(tenant, account, Some(Role::Owner));
    let made = detail([("name", company.as_str().into()), ("by", name.as_str().into())]);
    let batch = app.record(batch, now, tenant, EventKind::TenantCreated, About::default(), made);
    let about = About { user: Some(account), ..About::default() };
    let owner = detail([
        ("name", name.as_str().into()),
        ("role", Role::Owner.word().into()),
        ("by", name.as_str().into()),
    ]);
    let batch = app.record(batch, now, tenant, EventKind::UserCreated, about, owner);
    match app.store.commit(batch).await {
        Ok(()) => {}
        Err(StoreError::Conflict) if link.is_some() && look_spent(app, link).await? => {
            return Err(SignUpError::Link);
        }
        Err(StoreError::Conflict) => return Err(SignUpError::Company(taken_name(&company))),
        Err(error) => return Err(AdminError::from(error).into()),
    }
    let pending = Pending::Enrol { phone: None };
    Ok(sessions::begin(app, tenant, account, from, &pending).await?)
}

/// Gives an invited account its password. One without a second factor has to enrol one before
/// anything else, in the session that begins; `None`: it has one, and signs in with both.
///
/// # Errors
///
/// [`SignUpError::Link`], [`SignUpError::Password`], [`SignUpError::Admin`].
pub async fn account(
    app: &App,
    from: &From,
    token: &str,
    password: Zeroizing<String>,
) -> Result<Option<Cookie>, SignUpError> {
    let digest = digest_of(token)?;
    let Purpose::Account { tenant, account, name, tenant_name } = look(app, token).await? else {
        return Err(SignUpError::Link);
    };
    let hash = &passwords::hashed(app, password, vec![name.clone(), tenant_name]).await?;
    let by = &Actor::account(account, None, name);
    let spent = change(app, by, tenant, move |tenant, now| async move {
        let row = accounts::account(&app.store, tenant.id, account).await;
        let row = row.map_err(AdminError::from)?.filter(|row| row.active);
        let row = row.ok_or(SignUpError::Link)?;
        let link = stored::link(&app.store, digest).await.map_err(AdminError::from)?;
        if link.is_none_or(|link| link.spent.is_some() || now >= link.expires) {
            return Err(SignUpError::Link);
        }
        let sealed = passwords::sealed(app, &tenant, now, account, hash);
        Ok(Change {
            batch: Batch::default()
                .spend_portal_link(digest, now)
                .set_password(tenant.id, account, sealed)
                .end_portal_sessions(tenant.id, account, None)
                .end_sessions(tenant.id, account, now),
            kind: EventKind::PasswordSet,
            about: About { user: Some(account), ..About::default() },
            detail: detail([
                ("name", row.name.into()),
                ("replaced", row.has_password.into()),
                ("link", true.into()),
            ]),
            outcome: (),
        })
    });
    spent.await?;
    if has_second_factor(app, tenant, account).await? {
        return Ok(None);
    }
    let pending = Pending::Enrol { phone: None };
    Ok(Some(sessions::begin(app, tenant, account, from, &pending).await?))
}

/// Lets somebody go on who made a company or spent a link a short while ago and has not enrolled a
/// second factor since; the password was checked before. `None`: that time is over, or there is one.
///
/// # Errors
///
/// [`AdminError`].
pub async fn resume(
    app: &App,
    from: &From,
    tenant: TenantId,
    account: UserId,
) -> Result<Option<Cookie>, AdminError> {
    let now = app.now()?;
    let row = accounts::account(&app.store, tenant, account).await?;
    let spent = stored::newest_spent_link(&app.store, account).await?;
    let Some(row) = row.filter(|row| row.role.is_some()) else { return Ok(None) };
    let began = spent.map_or(row.created, |spent| spent.max(row.created));
    if now.since(began) > RESUME_SECS * 1_000 || has_second_factor(app, tenant, account).await? {
        return Ok(None);
    }
    let pending = Pending::Enrol { phone: None };
    Ok(Some(sessions::begin(app, tenant, account, from, &pending).await?))
}

/// Whether an account has anything that counts as a second factor of the portal.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn has_second_factor(
    app: &App,
    tenant: TenantId,
    account: UserId,
) -> Result<bool, AdminError> {
    let passkeys = crate::store::passkeys::passkeys_of(&app.store, tenant, account).await?;
    let factors = accounts::factors_of(&app.store, tenant, account).await?;
    Ok(!passkeys.is_empty() || factors.iter().any(|factor| factor.active))
}

async fn look_spent(app: &App, link: Option<[u8; 32]>) -> Result<bool, AdminError> {
    let Some(digest) = link else { return Ok(false) };
    let found = stored::link(&app.store, digest).await?;
    Ok(found.is_none_or(|link| link.spent.is_some()))
}

/// A mail address that can be written to and signed in with.
pub(crate) fn address(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("a mail address is missing, as in anna@example.com".to_owned());
    }
    let wrong = format!("{text} is no mail address; one looks like anna@example.com");
    let good = text.chars().count() <= MOST_MAIL_CHARS && text.parse::<Address>().is_ok();
    if good { Ok(text.to_owned()) } else { Err(wrong) }
}

/// What people call somebody.
pub(crate) fn shown(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("a name is missing, as in Anna Berger".to_owned());
    }
    if text.chars().count() > MOST_DISPLAY_CHARS || text.chars().any(char::is_control) {
        return Err(format!("a name has at most {MOST_DISPLAY_CHARS} characters, on one line"));
    }
    Ok(text.to_owned())
}

fn taken_name(company: &Name) -> String {
    format!("there is already a company “{company}” here; choose another name")
}

pub(super) fn draw(cx: &mut Cx<'_>) -> (Zeroizing<String>, [u8; 32]) {
    let bytes = Zeroizing::new(cx.bytes::<32>());
    (secret_text::format(INVITATION, &bytes), digest_bytes(&bytes))
}

pub(super) fn digest_of(token: &str) -> Result<[u8; 32], InvalidSecretText> {
    let token = token.trim();
    let token = token.split_once('#').map_or(token, |(_, token)| token);
    let bytes = secret_text::parse(INVITATION, token)?;
    Ok(digest_bytes(&bytes))
}

/// Of 256 random bits a plain digest tells nothing.
fn digest_bytes(bytes: &[u8; 32]) -> [u8; 32] {
    let digest = digest(&SHA256, &[b"authx portal link\0", bytes.as_ref()].concat());
    digest.as_ref().first_chunk().copied().unwrap_or_default()
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").field("expires", &self.expires).finish_non_exhaustive()
    }
}

const COMPANY: &str = "company";
const ACCOUNT: &str = "account";
/// How long a link counts: seven days.
const LINK_SECS: u64 = 604_800;
/// How long somebody who has just come in may enrol a second factor with the password alone: a day.
const RESUME_SECS: u64 = 86_400;
const MOST_DISPLAY_CHARS: usize = 100;
const MOST_MAIL_CHARS: usize = 128;
