//! How a company comes to be, and how its people first come in: by links that count once.

mod account;
mod company;
mod invite;

pub use account::{account, means, resume};
pub(crate) use company::address;
pub use company::{NewCompany, company};
pub(super) use invite::set_up_link;
pub use invite::{LinkError, Mailed, invite_account, invite_account_by_mail};

use super::{AdminError, Tenant, passwords::PasswordRuleError};
use crate::{
    app::App,
    config::SignUp,
    store::{Batch, accounts, portal as stored},
};
use authx_core::{
    Cx, Millis, TenantId, UserId,
    secret_text::{self, INVITATION, InvalidSecretText},
};
use aws_lc_rs::digest::{SHA256, digest};
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

/// Why nobody came in.
#[derive(Debug, thiserror::Error)]
pub enum SignUpError {
    /// What can stop any change.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// There is a company, and no other one is to be made.
    #[error(
        "no further company is made on this server; whoever runs it can allow it with \
         sign_up = \"invited\" in [portal] of the configuration"
    )]
    Closed,
    /// Nobody may make a company without a link.
    #[error("a company is made here by invitation only; ask whoever runs this server for a link")]
    Uninvited,
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
    #[error("this is not the link that was sent, or not all of it; copy it once more")]
    Slip(#[from] InvalidSecretText),
}

/// Makes a link with which somebody makes a company.
///
/// # Errors
///
/// [`SignUpError::Closed`], [`SignUpError::Admin`].
pub async fn invite_company(app: &App) -> Result<Link, SignUpError> {
    still_open(app).await?;
    let now = app.now().map_err(AdminError::from)?;
    let (link, batch) = app.decide(now, company_link);
    app.store.commit(batch).await.map_err(AdminError::from)?;
    Ok(link)
}

/// Fails where the first company has its owner and no other one is to be made. A link that was
/// shown while there could be counts no longer either.
async fn still_open(app: &App) -> Result<(), SignUpError> {
    match app.portal.sign_up {
        SignUp::Invited | SignUp::Open => Ok(()),
        SignUp::Closed => {
            let owned = stored::has_owner(&app.store).await.map_err(AdminError::from)?;
            if owned { Err(SignUpError::Closed) } else { Ok(()) }
        }
    }
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

/// What a link is for. Looking spends nothing.
///
/// # Errors
///
/// [`SignUpError::Slip`], [`SignUpError::Link`], [`SignUpError::Closed`], [`SignUpError::Admin`].
pub async fn look(app: &App, token: &str) -> Result<Purpose, SignUpError> {
    let digest = digest_of(token)?;
    let now = app.now().map_err(AdminError::from)?;
    let link = stored::link(&app.store, digest).await.map_err(AdminError::from)?;
    let open = link.filter(|link| link.spent.is_none() && now < link.expires);
    let link = open.ok_or(SignUpError::Link)?;
    match (link.kind.as_str(), link.tenant, link.account) {
        (COMPANY, None, None) => {
            still_open(app).await?;
            Ok(Purpose::Company)
        }
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

impl Link {
    /// Where it leads: its token stands behind the `#`, which browsers tell nobody.
    pub fn address(&self, app: &App) -> Zeroizing<String> {
        Zeroizing::new(format!("{}/set-up#{}", app.public_url, *self.token))
    }
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
