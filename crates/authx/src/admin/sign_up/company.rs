//! A company with its owner.

use super::{Purpose, SignUpError, digest_of, look, still_open};
use crate::{
    admin::{
        AdminError, detail, passwords,
        sessions::{self, Cookie, From, Pending},
    },
    app::{About, App},
    config::SignUp,
    store::{Batch, StoreError, accounts, portal as stored, tenants},
};
use authx_core::{
    Millis, TenantId, UserId,
    audit::EventKind,
    name::{Name, fold},
    role::Role,
    seal::DataKey,
};
use lettre::Address;
use zeroize::Zeroizing;

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
        None => match app.portal.sign_up {
            SignUp::Open => None,
            SignUp::Invited => return Err(SignUpError::Uninvited),
            SignUp::Closed => return Err(SignUpError::Closed),
        },
    };
    let NewCompany { company, display, mail, password } = new;
    let company = Name::new(&company).map_err(|error| SignUpError::Company(error.to_string()))?;
    let display = shown(&display).map_err(SignUpError::Display)?;
    let mail = address(&mail).map_err(SignUpError::Mail)?;
    let login = Name::new(&mail).map_err(|error| SignUpError::Mail(error.to_string()))?;
    let other = tenants::tenant_named(&app.store, &company).await.map_err(AdminError::from)?;
    if other.is_some() {
        return Err(SignUpError::Company(taken_name(&company)));
    }
    let known = vec![company.to_string(), display.clone(), mail.clone()];
    let hash = passwords::hashed(app, None, password, known).await?;
    let now = app.now().map_err(AdminError::from)?;
    let owner = Owner { login: &login, display: &display, mail: &mail, hash: &hash };
    let (tenant, account, batch) = made(app, now, &company, &owner);
    let batch = match link {
        // Looking found it open, but another link may be faster.
        Some(digest) if app.portal.sign_up == SignUp::Closed => {
            Batch::default().spend_first_portal_link(digest, now).and(batch)
        }
        Some(digest) => Batch::default().spend_portal_link(digest, now).and(batch),
        None => batch,
    };
    match app.store.commit(batch).await {
        Ok(()) => {}
        Err(StoreError::Conflict) if link.is_some() && look_spent(app, link).await? => {
            return Err(SignUpError::Link);
        }
        Err(StoreError::Conflict) => {
            if link.is_some() {
                still_open(app).await?;
            }
            return Err(SignUpError::Company(taken_name(&company)));
        }
        Err(error) => return Err(AdminError::from(error).into()),
    }
    let pending = Pending::Enrol { phone: None };
    Ok(sessions::begin(app, tenant, account, from, &pending).await?)
}

/// Who owns a company that is being made.
struct Owner<'a> {
    login: &'a Name,
    display: &'a str,
    mail: &'a str,
    hash: &'a Zeroizing<String>,
}

/// What makes a company with its owner, and what is recorded of it.
fn made(app: &App, now: Millis, company: &Name, owner: &Owner<'_>) -> (TenantId, UserId, Batch) {
    let (tenant, account, key, wrapped) = app.decide(now, |cx| {
        let (tenant, account) = (TenantId::new(cx), UserId::new(cx));
        let key = DataKey::generate(cx);
        let wrapped = app.keys.master.wrap(cx, tenant, &key);
        (tenant, account, key, wrapped)
    });
    let sealed = passwords::sealed_under(app, &key, tenant, now, account, owner.hash);
    let batch = Batch::default()
        .insert_tenant(tenant, company, wrapped, now)
        .insert_account(accounts::NewAccount {
            tenant,
            id: account,
            name: owner.login,
            known: accounts::Known {
                display: Some(owner.display),
                mail: Some(owner.mail),
                search: &fold(&format!("{}\n{}", owner.mail, owner.display)),
            },
            active: true,
            password: Some(sealed),
            now,
            import: None,
        })
        .insert_alias(tenant, account, &owner.login.folded())
        .set_role(tenant, account, Some(Role::Owner));
    let by = owner.login.as_str();
    let entry = detail([("name", company.as_str().into()), ("by", by.into())]);
    let batch = app.record(batch, now, tenant, EventKind::TenantCreated, About::default(), entry);
    let about = About { user: Some(account), ..About::default() };
    let entry =
        detail([("name", by.into()), ("role", Role::Owner.word().into()), ("by", by.into())]);
    let batch = app.record(batch, now, tenant, EventKind::UserCreated, about, entry);
    (tenant, account, batch)
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
    let wrong = format!("“{text}” is no mail address; one looks like anna@example.com");
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
    format!("“{company}” is not free here; choose another name")
}

const MOST_DISPLAY_CHARS: usize = 100;
const MOST_MAIL_CHARS: usize = 128;
